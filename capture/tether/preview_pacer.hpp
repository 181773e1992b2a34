/// When to ask the camera for its next picture. Asking a busy camera early costs one of the library's sleeps,
/// asking late costs what it is late: the best moment is just when the picture is due, and the camera's clock
/// has to be learnt from nothing but the times of the calls.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace backtake::capture::tether {

/// Room: one thread; time is an argument.
///
/// Every call says something certain: by its return the picture was there, and when it had to wait, before
/// that it was not. Between these bounds lies the camera's clock, its phase and its period, however much this
/// process, the machine and the network add. Bounds that are not confirmed drift apart, so the next call
/// probes a little earlier: this way a clock that drifts is followed.
class PreviewPacer {
public:
    /// What a call brought.
    enum class Came {
        New = 1,  ///< A new picture, or a damaged one.
        Repeated, ///< The same picture once more: it was asked too early.
        Nothing,  ///< An error.
    };
    /// What the camera does when it is asked too early.
    enum class Manner { Unknown = 1, Busy, Hold, Repeat };

    /// A call of the library is over. @p not_there_at: when it last heard that there is no picture yet.
    void called(base::Nanos asked_at, base::Nanos returned_at, Came came,
        std::optional<base::Nanos> not_there_at = std::nullopt);

    /// When to call next; a time that is past means now. @p room_wanted: somebody has use for the time until
    /// the picture is due, so a camera that holds its answer is not asked early.
    [[nodiscard]] base::Nanos askAt(bool room_wanted = false) const;

    [[nodiscard]] Manner manner() const { return manner_; }
    /// Between two pictures; nullopt until it is known.
    [[nodiscard]] std::optional<base::Nanos> period() const;

private:
    struct Seen {
        std::int64_t index = 0;          ///< Counts the camera's pictures.
        std::optional<base::Nanos> from; ///< It was not there then …
        base::Nanos by {};               ///< … and was by then.
    };

    void forget();
    void learnCost(base::Nanos duration);
    void learnManner(bool slept, base::Nanos waited);
    void learnPeriod();
    [[nodiscard]] bool learning() const;
    [[nodiscard]] double periodNs() const { return (least_period_ns_ + most_period_ns_) / 2; }

    Manner manner_ = Manner::Unknown;
    base::Nanos cost_ {};       ///< Of a call that need not wait: the least seen lately.
    std::deque<Seen> seen_;     ///< The last ones.
    std::int64_t pictures_ = 0; ///< Since the beginning, or since the clock was forgotten.
    double least_period_ns_ = 0;
    double most_period_ns_ = 0;
    base::Nanos low_ {};                     ///< The next picture is not there before …
    base::Nanos high_ {};                    ///< … and is there by then.
    base::Nanos not_before_ {};              ///< After a repeated picture or an error: a pause.
    base::Nanos last_new_ {};                ///< When the last new one was returned.
    std::optional<base::Nanos> repeated_at_; ///< The last look that brought the old picture.
    int votes_ = 0;                          ///< For another manner, in a row.
    int skipped_ = 0;                        ///< Pictures in a row whose neighbours never came.
    std::int64_t unconfirmed_ = 0;           ///< Pictures since the last lower bound.
    bool probing_ = false;                   ///< The next call comes far too early, on purpose.
};

} // namespace backtake::capture::tether
