/// What an operator may ask for. Keys, buttons, pads and remotes all make these; app::Session carries them
/// out.
#pragma once

#include "base/cube_lut.hpp"
#include "base/time.hpp"

#include <optional>
#include <string>
#include <variant>

namespace backtake::ui {

struct ToggleRoll { }; ///< R: roll; while rolling: cut, and review starts reversed.
struct ToggleReview {
};                      ///< Tab: live / review of the take last looked at; while rolling, of its last minute.
struct TogglePlay { };  ///< Space.
struct ToggleOrder { }; ///< D: shown order / captured order; the picture on screen stays.
struct Shuttle {        ///< J K L, in the order on screen: -1 slower or reverse, 0 pause, +1 faster.
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
struct SaveStill {        ///< S: the picture on screen.
    base::CubeLutPtr lut; ///< That it is seen through; null: none.
};
struct CycleCompare { };   ///< W: reference as wipe, mix, difference, side by side, blink, off.
struct ToggleBothWays { }; ///< B: the take as shown beside the take as captured, on one clock; off.
struct ToggleQuad { };     ///< V: up to four cameras, or takes; off.
struct ChoosePane {        ///< A click on one of several pictures: the keys act on it from now on.
    std::size_t pane = 0;
};
struct KeepReference { }; ///< Shift+W: the picture on screen is what W compares with.
struct ListStills { };    ///< Which stills has the shoot?
struct ChooseReference {  ///< @p still: a name of ReferenceModel::stills; empty: the take in review.
    std::string still;
};
struct CycleOrientation {
};                        ///< Y: 0, 180, mirrored, flipped; of the take on screen, live of those to be shot.
struct SetCameraSetting { ///< From the camera panel's lists: a dial by the driver's name.
    std::string name;
    std::string value;
};
struct StepCameraSetting { ///< Keys and buttons: along the camera's own list.
    std::string name;
    int steps = 0;
};
struct RecordOnCamera { ///< Whether roll and cut start and stop the camera's own recording, too.
    bool on = true;
};
struct FetchClip { ///< The camera's clip of a take, from its card: a row of Model::takes.
    std::size_t row = 0;
};
struct CancelFetch {
    std::uint64_t id = 0; ///< As TakeClip::fetch has it.
};
struct AddCamera { ///< An address that was typed: it is opened, and stays in the list of cameras.
    std::string spec;
};
struct FreeCamera { ///< Ends the program that holds a camera, then opens the camera.
    std::string spec;
    int pid = 0;
};
struct ListDisks { }; ///< Which other disks are there for a second folder?
struct LookAtFolder { ///< Typed as second folder, not chosen yet: how much fits there?
    std::string folder;
};
struct ChooseSecondFolder { ///< Where takes go on when the shoot's disk refuses, also those rolling now.
    std::string folder;     ///< Empty: nowhere.
};
struct QuitAnyway { }; ///< The answers to Model::quit_question.
struct KeepRunning { };
struct DismissMessage {
    std::uint64_t id = 0;
};
/// The destructor keeps intents from being constants: with this many kinds GCC 12 takes minutes and gigabytes
/// to evaluate one while it compiles.
struct Quit {
    Quit() = default;
    Quit(const Quit&) = default;
    Quit& operator=(const Quit&) = default;
    ~Quit() { } // NOLINT
};

using Intent = std::variant<ToggleRoll, ToggleReview, TogglePlay, ToggleOrder, Shuttle, StepFrames,
    StepSeconds, GoToFirst, GoToLast, SelectTake, SetIn, SetOut, ClearIn, ClearOut, CycleLoop, SetSpeed,
    SeekTo, SetSlate, ChooseCamera, ChooseTakeDirection, SaveStill, CycleCompare, ToggleBothWays, ToggleQuad,
    ChoosePane, KeepReference, ListStills, ChooseReference, CycleOrientation, SetCameraSetting,
    StepCameraSetting, RecordOnCamera, FetchClip, CancelFetch, AddCamera, FreeCamera, ListDisks, LookAtFolder,
    ChooseSecondFolder, QuitAnyway, KeepRunning, DismissMessage, Quit>;

} // namespace backtake::ui
