/// When to ask the camera for its next picture. libgphoto2 hides what the camera does: when one that says
/// "busy" is asked too early, the library sleeps 5, 10, 15 … ms before it looks again, so asking early costs
/// up to 20 ms; asking late costs what it is late. The best moment is just when the picture is due, and the
/// camera's clock has to be learnt from nothing but the times of the calls.
#pragma once

#include "base/time.hpp"

#include <deque>
#include <optional>

namespace backtake::capture::tether {

/// Room: one thread; time is an argument. It keeps two bounds for the moment at which the next picture can be
/// had: a call that had to wait moves the lower one, a call that was answered at once the upper one; in
/// between it asks nearer to the lower. Bounds that are not confirmed drift apart, so it follows a clock that
/// drifts.
class PreviewPacer {
public:
    /// What a call brought.
    enum class Came {
        New = 1,  ///< A new picture, or a damaged one.
        Repeated, ///< The same picture once more: it was asked too early.
        Nothing,  ///< An error.
    };
    /// What the camera seems to do when it is asked too early.
    enum class Manner { Unknown = 1, Busy, Hold, Repeat };

    /// A call of the library is over.
    void called(base::Nanos asked_at, base::Nanos returned_at, Came came);

    /// When to call next; a time that is past means now. @p room_wanted: somebody has use for the time until
    /// the picture is due, so a camera that holds its answer is not asked early.
    [[nodiscard]] base::Nanos askAt(bool room_wanted = false) const;

    [[nodiscard]] Manner manner() const { return manner_; }
    /// Between two pictures; nullopt until it is known.
    [[nodiscard]] std::optional<base::Nanos> period() const;

private:
    enum class Probe { None = 1, Near, Far };
    struct Seen {
        std::int64_t index = 0; ///< Counts the camera's pictures.
        base::Nanos at {};      ///< When it was there, about …
        base::Nanos give {};    ///< … this much more or less.
    };

    void learnCost(base::Nanos duration);
    void sawNew(base::Nanos lowest, base::Nanos highest);
    void judgeManner(base::Nanos waited, bool early_on_purpose);
    [[nodiscard]] base::Nanos lead(bool room_wanted) const;

    Manner manner_ = Manner::Unknown;
    base::Nanos cost_ {};         ///< Of a call that need not wait: the least seen lately.
    std::deque<Seen> seen_;       ///< The last ones, for the period.
    std::int64_t calls_ = 0;      ///< With a new picture, since the beginning or the last long pause.
    base::Nanos low_ {};          ///< The next picture is not there before …
    base::Nanos high_ {};         ///< … and is there by then.
    base::Nanos not_before_ {};   ///< After a repeated picture or an error: a pause.
    base::Nanos last_new_ {};     ///< When the last new one was returned.
    base::Nanos too_early_at_ {}; ///< The last look that brought a repeated one; zero: none.
    int held_ = 0;                ///< Votes: it waited for as long as the picture took, not in steps …
    int stepped_ = 0;             ///< … or in steps of the library's sleeps.
    int smooth_ = 0;              ///< Pictures in a row that came exactly a period apart.
    Probe probe_ = Probe::None;   ///< The next call comes early on purpose, to see what the camera does.
};

} // namespace backtake::capture::tether
