/// What state the screen is in and which badges say so: pure functions of the model, shared by bar and
/// monitor.
#pragma once

#include "ui/layout.hpp"
#include "ui/model.hpp"
#include "ui/words.hpp"

#include <array>
#include <span>

namespace backtake::ui {

/// The band round the picture. Rolling wins over everything.
enum class ScreenState { Live = 1, Rolling, ReviewShown, ReviewCaptured, Lost, Still };

enum class BadgeKind { Live = 1, Rec, Reversed, AsCaptured, ForwardTake, Lost, Waiting, Chase, Still };

struct Badge {
    BadgeKind kind = BadgeKind::Live;
    Words<63> words;  ///< Without the sign that is drawn beside it: arrow, disc.
    Words<63> widest; ///< Room is kept for this, so that running numbers move nothing.
};

/// At most four, the most important first.
class Badges {
public:
    void add(Badge badge)
    {
        if (count_ < badges_.size())
            badges_[count_++] = badge;
    }
    [[nodiscard]] std::span<const Badge> all() const& { return { badges_.data(), count_ }; }
    std::span<const Badge> all() const&& = delete; // a loop over a temporary would outlive it

private:
    std::array<Badge, 4> badges_ {};
    std::size_t count_ = 0;
};

/// Whether the review has the screen.
[[nodiscard]] bool inReview(const Model& model);
/// Whether the picture of a live screen is old: it must never pass for live.
[[nodiscard]] bool pictureIsOld(const Model& model);
[[nodiscard]] ScreenState screenStateOf(const Model& model);
[[nodiscard]] Badges badgesOf(const Model& model);

/// How the reference lies on the picture, in its place; none: it does not.
[[nodiscard]] std::optional<Compare> overlaidCompare(const Model& model);
/// How many pictures stand side by side, each in its own band.
[[nodiscard]] std::size_t placesOf(const Model& model);
/// The same of one of Model::panes, by its number; of the picture on screen while there are none. The first
/// of them is red as soon as anything rolls, so that red is on screen whatever else is.
[[nodiscard]] ScreenState screenStateOf(const Model& model, std::size_t pane);
[[nodiscard]] bool pictureIsOld(const Model& model, std::size_t pane);
[[nodiscard]] bool pictureIsDamaged(const Model& model, std::size_t pane);
/// How much a pane's badge says.
enum class BadgeDetail { Word = 1, Name, Clock };
/// "REVERSED  12A/3 B  01:02:17:09". @param rec whether a rolling camera's says REC; else LIVE.
[[nodiscard]] Badge badgeOf(const Pane& pane, BadgeDetail detail, bool rec = true);
/// Where something of a pane is seen: its place, or, while the reference lies on the picture, its part of
/// that one's. Empty while it is not seen. @param wipe where the picture ends and the reference begins, in
/// parts of the width.
[[nodiscard]] Rect seenOf(const Model& model, const Layout& layout, double wipe, std::size_t pane);
/// Whether the picture on screen is a placeholder or from a damaged JPEG.
[[nodiscard]] bool pictureIsDamaged(const Model& model);

/// "12A / 3" of a slate "12A/3".
[[nodiscard]] Words<63> slateWords(std::string_view slate);
/// The slate of what is on screen: of the take in review, else of the take being or to be shot.
[[nodiscard]] Words<63> slateOnScreen(const Model& model);
/// "00:12", "1:02:03".
[[nodiscard]] Words<15> lengthWords(base::Nanos length);
/// In per cent, with its sign: +100, -50.
[[nodiscard]] int percentOf(double speed);

} // namespace backtake::ui
