/// What an operator may ask for. Keys, buttons, pads and remotes all make these; app::Session carries them
/// out.
#pragma once

#include "base/cube_lut.hpp"
#include "base/sound.hpp"
#include "base/time.hpp"
#include "ui/cue_model.hpp"
#include "ui/guide.hpp"
#include "ui/handover.hpp"
#include "ui/sheet.hpp"
#include "ui/story.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

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
struct JamTimecode { };    ///< F11: the clock takes LTC over and runs by itself; again: it follows LTC.
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
};                   ///< Y: 0, 180, mirrored, flipped; of the take on screen, live of those to be shot.
struct ChooseSound { ///< Level, channels, device: as the settings have them from now on.
    base::SoundChoice choice;
};
struct CircleTake { }; ///< C: the take in review; again: no longer.
struct AddMark { };    ///< M: at the frame on screen, also live while it rolls.
struct AddTell {       ///< 1 … 9, 0.
    int tell = 1;      ///< 1 … kTells.
};
struct PutNote {  ///< N: a new one; Shift+N: other words for a mark, note or tell that stands.
    SaidFrame at; ///< What was on screen when N was pressed. Empty take: there was none.
    std::string text;
    std::int64_t mark = 0; ///< 0: a new one; kNone: there was none to change.
    static constexpr std::int64_t kNone = -1;
};
struct RemoveMark {
    std::int64_t mark = 0; ///< 0: the chosen one, else the newest at the frame on screen.
};
struct GoToMark { ///< In the order on screen, from the frame on screen: +1 the next, -1 the one before.
    int direction = 1;
};
struct SelectMark { ///< Its frame is shown; Delete means it.
    std::int64_t mark = 0;
};
struct UndoLog { };
struct RedoLog { };
struct PutSheet {
    std::string take; ///< ReviewModel::take; empty: there was none.
    TakeSheet sheet;
    bool all_after = false; ///< Another number moves the later takes of its setup, too.
    // Of all its cameras, from now on; none: as it is.
    std::optional<bool> backward = std::nullopt;
    std::optional<base::Orientation> orientation = std::nullopt;
};
struct SayBoard {
    Board board = Board::None;
    std::string take; ///< ReviewModel::take, or BoardQuestion::take; empty: there was none.
};
struct PutSetup {
    SetupSheet setup;
};
struct TakesOnScreen { ///< Rows of Model::takes, when others come into sight: they get their pictures.
    std::vector<std::size_t> rows;
};
struct FilterTakes {
    TakeFilter filter;
};
struct NextSetup { };     ///< Of the take to be shot next: 12A, 12B, …
struct NextScene { };     ///< 12B, 13.
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
struct LoadGuide {                   ///< A file's sound; the one loaded before goes.
    std::string file;                ///< As typed; empty: none any more.
    std::optional<base::Nanos> from; ///< Of a part, in the file's own time; none: its beginning
    std::optional<base::Nanos> to;   ///< and its end.
};
struct CancelGuide { }; ///< What is being loaded is not.
struct ChooseGuide {    ///< As the settings have it from now on.
    GuideChoice choice;
};
struct ToggleGuide { };     ///< Shift+F5: plays it, also without a take; again: stops it.
struct CycleHeardTrack { }; ///< Ctrl+A: of the take in review both tracks, its sound, the master.
struct NudgeMaster {        ///< In the order on screen: +1 later, -1 earlier.
    int steps = 0;
};
struct ToggleLipCheck { };  ///< F12: the panel, for the take in review; closing it ends what is under way.
struct LoopPhrase { };      ///< Shift+F12: in and out round the phrase under the playhead; again: off.
struct GoToPhrase {         ///< Its beginning, in the order on screen.
    std::size_t phrase = 0; ///< Of LipCheck::phrases.
};
struct TogglePractice { }; ///< Ctrl+P: opens and closes the panel.
struct Practise {          ///< Its keys.
    enum class What { Record = 1, HearFlipped, HearGuide, HearBoth, Remove, Restore };
    What what = What::Record;
};
struct ChooseAttempt { ///< `absolute` picks one of PracticeModel::attempts.
    int relative = 0;
    std::optional<std::size_t> absolute;
};
struct LookAtHandover { ///< What would be handed over, and how much room would it take?
    HandoverWish wish;
};
struct StartHandover { ///< In the background, after those already asked for.
    HandoverWish wish;
};
struct CancelHandover {
    std::uint64_t id = 0; ///< HandoverRun::id.
};
struct OrderCue { ///< From the cue sheets' editor.
    CueOrder order;
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
    SeekTo, SetSlate, ChooseCamera, ChooseTakeDirection, SaveStill, CycleCompare, ToggleBothWays, JamTimecode,
    ToggleQuad, ChoosePane, KeepReference, ListStills, ChooseReference, CycleOrientation, ChooseSound,
    CircleTake, AddMark, AddTell, PutNote, RemoveMark, GoToMark, SelectMark, UndoLog, RedoLog, PutSheet,
    SayBoard, PutSetup, TakesOnScreen, FilterTakes, NextSetup, NextScene, SetCameraSetting, StepCameraSetting,
    RecordOnCamera, FetchClip, CancelFetch, AddCamera, FreeCamera, ListDisks, LookAtFolder,
    ChooseSecondFolder, QuitAnyway, KeepRunning, DismissMessage, LoadGuide, CancelGuide, ChooseGuide,
    ToggleGuide, CycleHeardTrack, NudgeMaster, ToggleLipCheck, LoopPhrase, GoToPhrase, TogglePractice,
    Practise, ChooseAttempt, LookAtHandover, StartHandover, CancelHandover, StoryIntent, OrderCue, Quit>;

} // namespace backtake::ui
