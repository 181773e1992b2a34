/// What an operator may ask for. Keys, buttons, pads and remotes all make these; app::Session carries them
/// out.
#pragma once

#include "base/time.hpp"

#include <optional>
#include <string>
#include <variant>

namespace backtake::ui {

struct ToggleRoll { };   ///< R: roll; while rolling: cut, and review starts reversed.
struct ToggleReview { }; ///< Tab: live / review of the take last looked at.
struct TogglePlay { };   ///< Space.
struct ToggleOrder { };  ///< D: shown order / captured order; the picture on screen stays.
struct Shuttle {         ///< J K L, in the order on screen: -1 slower or reverse, 0 pause, +1 faster.
    int direction = 0;
};
struct StepFrames { ///< Left, Right: frames in the order on screen.
    int frames = 0;
};
struct StepSeconds { ///< Ctrl+Left, Ctrl+Right.
    int seconds = 0;
};
struct GoToFirst { }; ///< Home: first frame in the order on screen.
struct GoToLast { };  ///< End.
struct SelectTake {   ///< Up, Down: previous or next take; `absolute` picks a row of TakesModel.
    int relative = 0;
    std::optional<std::size_t> absolute;
};
struct SetIn { };  ///< I, at the frame on screen.
struct SetOut { }; ///< O.
struct ClearIn { };
struct ClearOut { };
struct CycleLoop { }; ///< Q: loop, ping-pong, once.
struct SetSpeed {     ///< 5 … 800, per cent; direction is not touched.
    int percent = 100;
};
struct SeekTo { ///< Scrub bar and jog: a frame in the order on screen. @p dragging: more will follow.
    base::FrameIndex frame = 0;
    bool dragging = false;
};
struct SetSlate { ///< From the slate field: scene with setup letter, and the take to be shot next.
    std::string scene;
    int take = 1;
};
struct ChooseCamera { ///< From the list of cameras.
    std::string spec;
};
struct ChooseTakeDirection { ///< Of the take to be shot next, and the shoot's default: backward or forward.
    bool backward = true;
};
struct DismissMessage {
    std::uint64_t id = 0;
};
struct Quit { };

using Intent = std::variant<ToggleRoll, ToggleReview, TogglePlay, ToggleOrder, Shuttle, StepFrames,
    StepSeconds, GoToFirst, GoToLast, SelectTake, SetIn, SetOut, ClearIn, ClearOut, CycleLoop, SetSpeed,
    SeekTo, SetSlate, ChooseCamera, ChooseTakeDirection, DismissMessage, Quit>;

} // namespace backtake::ui
