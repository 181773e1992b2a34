/// What the window knows of practice: attempts to speak along with the reversed guide, and their scores.
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace backtake::ui {

/// Of an attempt, or of one phrase of it.
struct PracticeMark {
    int expected = 0; ///< Beginnings of sounds in the guide.
    int made = 0;     ///< In the attempt.
    int matched = 0;
    base::Nanos mean {};  ///< Positive: late.
    base::Nanos worst {}; ///< Furthest from its place, with its sign.
    double points = 0;    ///< 0 … 100.

    friend bool operator==(const PracticeMark&, const PracticeMark&) = default;
};

struct PracticeAttempt {
    int number = 1; ///< Of its file.
    base::Nanos length {};
    PracticeMark whole;
    std::vector<PracticeMark> phrases; ///< In the order in which they are spoken.

    friend bool operator==(const PracticeAttempt&, const PracticeAttempt&) = default;
};

/// While the panel is open.
struct PracticeModel {
    enum class State {
        Opening = 1, ///< Sound devices, and the attempts of earlier sessions.
        Ready,
        Recording,
        Scoring,
        Hearing,
    };
    enum class Heard { Nothing = 1, Flipped, Guide, Both };
    State state = State::Opening;
    Heard heard = Heard::Nothing;
    base::Nanos length {};                 ///< Recorded so far.
    double level_db = -60;                 ///< Of the microphone, -60 … 0.
    std::string guide_missing;             ///< What to do to have a guide; empty: there is one.
    std::string trouble;                   ///< What does not work and what to do; empty: all does.
    std::vector<PracticeAttempt> attempts; ///< By number, without those thrown away.
    std::size_t chosen = 0;                ///< Of attempts, which the keys mean.
    std::optional<std::size_t> best;       ///< With the most points.
    bool can_restore = false;              ///< One was thrown away.
};

} // namespace backtake::ui
