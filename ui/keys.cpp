#include "ui/keys.hpp"

#include "ui/key_names.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <deque>
#include <vector>

namespace backtake::ui {
namespace {

using namespace modifier;

/// A row as it is written down. The action is made by a function of its own: all of them in one would take
/// the compiler minutes and gigabytes.
struct Row {
    KeyId id;
    KeyGroup group;
    SDL_Keycode key;
    SDL_Keycode other_key;
    unsigned modifiers;
    bool repeats;
    bool while_typing;
    const char* name;
    const char* words;
    Action (*make)();
    KeyPlace place = KeyPlace::Everywhere;
};

template <typename T> Action asking(T what)
{
    Intent intent(std::in_place_type<T>, std::move(what));
    return Action(std::in_place_type<Intent>, std::move(intent));
}

const std::vector<KeyBinding>& table()
{
    using G = KeyGroup;
    using K = KeyId;
    constexpr bool kOnce = false;
    constexpr bool kRepeats = true;
    constexpr bool kNotTyping = false;
    constexpr bool kTyping = true;
    constexpr SDL_Keycode kNoOther = SDLK_UNKNOWN;
    static const Row written[] {
        Row { K::Roll, G::Take, SDLK_r, kNoOther, kNone, kOnce, kNotTyping, "R",
            "Roll; again: cut, and review starts reversed", [] { return asking(ToggleRoll {}); } },
        Row { K::RollWhileTyping, G::Take, SDLK_r, kNoOther, kCtrl, kOnce, kTyping, "Ctrl+R",
            "The same, also while typing", [] { return asking(ToggleRoll {}); } },
        Row { K::Review, G::Take, SDLK_TAB, kNoOther, kNone, kOnce, kNotTyping, "Tab",
            "Live / review; rolling: the last minute", [] { return asking(ToggleReview {}); } },
        Row { K::Still, G::Take, SDLK_s, kNoOther, kNone, kOnce, kNotTyping, "S",
            "Still: save the picture on screen", [] { return Action(ViewAction::Still); } },
        Row { K::Guide, G::Take, SDLK_F5, kNoOther, kNone, kOnce, kNotTyping, "F5",
            "Guide: file, part, count-in, armed", [] { return Action(ViewAction::Guide); } },
        Row { K::PlayGuide, G::Take, SDLK_F5, kNoOther, kShift, kOnce, kNotTyping, "Shift+F5",
            "Guide: play / stop, also without a take", [] { return asking(ToggleGuide {}); } },
        Row { K::PreviousTake, G::Take, SDLK_UP, kNoOther, kNone, kRepeats, kNotTyping, "Up", "Previous take",
            [] {
                return asking(SelectTake { -1, std::nullopt });
            } },
        Row { K::NextTake, G::Take, SDLK_DOWN, kNoOther, kNone, kRepeats, kNotTyping, "Down", "Next take",
            [] {
                return asking(SelectTake { +1, std::nullopt });
            } },
        Row { K::CueSheets, G::Take, SDLK_l, kNoOther, kCtrl, kOnce, kNotTyping, "Ctrl+L",
            "Cue sheets: lines to say backwards", [] { return Action(ViewAction::CueSheets); } },
        Row { K::CueOverPicture, G::Take, SDLK_l, kNoOther, kShift, kOnce, kNotTyping, "Shift+L",
            "The cue sheet over the picture", [] { return Action(ViewAction::CueOverPicture); } },
        Row { K::CueOnSecondOutput, G::Take, SDLK_l, kNoOther, kCtrl | kShift, kOnce, kNotTyping,
            "Ctrl+Shift+L", "The same on the second output",
            [] { return Action(ViewAction::CueOnSecondOutput); } },

        Row { K::Play, G::Play, SDLK_SPACE, kNoOther, kNone, kOnce, kNotTyping, "Space", "Play / pause",
            [] { return asking(TogglePlay {}); } },
        Row { K::Order, G::Play, SDLK_d, kNoOther, kNone, kOnce, kNotTyping, "D",
            "Shown order / captured order", [] { return asking(ToggleOrder {}); } },
        Row { K::ShuttleBack, G::Play, SDLK_j, kNoOther, kNone, kOnce, kNotTyping, "J",
            "Slower, or against the order on screen", [] { return asking(Shuttle { -1 }); } },
        Row { K::ShuttlePause, G::Play, SDLK_k, kNoOther, kNone, kOnce, kNotTyping, "K", "Pause",
            [] { return asking(Shuttle { 0 }); } },
        Row { K::ShuttleOn, G::Play, SDLK_l, kNoOther, kNone, kOnce, kNotTyping, "L", "Play, or faster",
            [] { return asking(Shuttle { +1 }); } },
        Row { K::FrameBack, G::Play, SDLK_LEFT, kNoOther, kNone, kRepeats, kNotTyping, "Left",
            "One frame back", [] { return asking(StepFrames { -1 }); } },
        Row { K::FrameOn, G::Play, SDLK_RIGHT, kNoOther, kNone, kRepeats, kNotTyping, "Right", "One frame on",
            [] { return asking(StepFrames { +1 }); } },
        Row { K::TenBack, G::Play, SDLK_LEFT, kNoOther, kShift, kRepeats, kNotTyping, "Shift+Left",
            "Ten frames back", [] { return asking(StepFrames { -10 }); } },
        Row { K::TenOn, G::Play, SDLK_RIGHT, kNoOther, kShift, kRepeats, kNotTyping, "Shift+Right",
            "Ten frames on", [] { return asking(StepFrames { +10 }); } },
        Row { K::SecondBack, G::Play, SDLK_LEFT, kNoOther, kCtrl, kRepeats, kNotTyping, "Ctrl+Left",
            "One second back", [] { return asking(StepSeconds { -1 }); } },
        Row { K::SecondOn, G::Play, SDLK_RIGHT, kNoOther, kCtrl, kRepeats, kNotTyping, "Ctrl+Right",
            "One second on", [] { return asking(StepSeconds { +1 }); } },
        Row { K::First, G::Play, SDLK_HOME, kNoOther, kNone, kOnce, kNotTyping, "Home",
            "First frame, in the order on screen", [] { return asking(GoToFirst {}); } },
        Row { K::Last, G::Play, SDLK_END, kNoOther, kNone, kOnce, kNotTyping, "End", "Last frame",
            [] { return asking(GoToLast {}); } },

        Row { K::Mute, G::Play, SDLK_a, kNoOther, kNone, kOnce, kNotTyping, "A", "Sound: mute / on",
            [] { return Action(ViewAction::Mute); } },
        Row { K::Softer, G::Play, SDLK_COMMA, kNoOther, kAnyShift, kRepeats, kNotTyping, ",", "Sound softer",
            [] { return Action(ViewAction::Softer); } },
        Row { K::Louder, G::Play, SDLK_PERIOD, kNoOther, kAnyShift, kRepeats, kNotTyping, ".", "Sound louder",
            [] { return Action(ViewAction::Louder); } },
        Row { K::KeepPitch, G::Play, SDLK_a, kNoOther, kShift, kOnce, kNotTyping, "Shift+A",
            "Other speeds in the recorded pitch", [] { return Action(ViewAction::KeepPitch); } },
        Row { K::HeardTrack, G::Play, SDLK_a, kNoOther, kCtrl, kOnce, kNotTyping, "Ctrl+A",
            "Heard: take and master, take, master", [] { return asking(CycleHeardTrack {}); } },
        Row { K::MasterEarlier, G::Play, SDLK_COMMA, kNoOther, kAlt | kAnyShift, kRepeats, kNotTyping,
            "Alt+,", "Master 5 ms earlier", [] { return asking(NudgeMaster { -1 }); } },
        Row { K::MasterLater, G::Play, SDLK_PERIOD, kNoOther, kAlt | kAnyShift, kRepeats, kNotTyping, "Alt+.",
            "Master 5 ms later", [] { return asking(NudgeMaster { +1 }); } },

        Row { K::In, G::Marks, SDLK_i, kNoOther, kNone, kOnce, kNotTyping, "I", "In, at the frame on screen",
            [] { return asking(SetIn {}); } },
        Row { K::Out, G::Marks, SDLK_o, kNoOther, kNone, kOnce, kNotTyping, "O",
            "Out, at the frame on screen", [] { return asking(SetOut {}); } },
        Row { K::ClearIn, G::Marks, SDLK_i, kNoOther, kAlt, kOnce, kNotTyping, "Alt+I", "Clear in",
            [] { return asking(ClearIn {}); } },
        Row { K::ClearOut, G::Marks, SDLK_o, kNoOther, kAlt, kOnce, kNotTyping, "Alt+O", "Clear out",
            [] { return asking(ClearOut {}); } },
        Row { K::Loop, G::Marks, SDLK_q, kNoOther, kNone, kOnce, kNotTyping, "Q", "Loop, ping-pong, once",
            [] { return asking(CycleLoop {}); } },
        Row { K::Slower, G::Marks, SDLK_MINUS, SDLK_KP_MINUS, kAnyShift, kRepeats, kNotTyping, "-",
            "Speed down", [] { return Action(ViewAction::Slower); } },
        Row { K::Faster, G::Marks, SDLK_PLUS, SDLK_KP_PLUS, kAnyShift, kRepeats, kNotTyping, "+", "Speed up",
            [] { return Action(ViewAction::Faster); } },

        Row { K::Circle, G::Log, SDLK_c, kNoOther, kNone, kOnce, kNotTyping, "C",
            "Circle the take; again: not", [] { return asking(CircleTake {}); } },
        Row { K::Mark, G::Log, SDLK_m, kNoOther, kNone, kOnce, kNotTyping, "M", "Mark the frame on screen",
            [] { return asking(AddMark {}); } },
        Row { K::Note, G::Log, SDLK_n, kNoOther, kNone, kOnce, kNotTyping, "N", "Note on the frame on screen",
            [] { return Action(ViewAction::Note); } },
        Row { K::Tell1, G::Log, SDLK_1, SDLK_KP_1, kNone, kOnce, kNotTyping, "1", "Tell: blink",
            [] { return asking(AddTell { 1 }); } },
        Row { K::Tell2, G::Log, SDLK_2, SDLK_KP_2, kNone, kOnce, kNotTyping, "2", "Tell: breath",
            [] { return asking(AddTell { 2 }); } },
        Row { K::Tell3, G::Log, SDLK_3, SDLK_KP_3, kNone, kOnce, kNotTyping, "3", "Tell: gait",
            [] { return asking(AddTell { 3 }); } },
        Row { K::Tell4, G::Log, SDLK_4, SDLK_KP_4, kNone, kOnce, kNotTyping, "4", "Tell: hair and cloth",
            [] { return asking(AddTell { 4 }); } },
        Row { K::Tell5, G::Log, SDLK_5, SDLK_KP_5, kNone, kOnce, kNotTyping, "5", "Tell: water",
            [] { return asking(AddTell { 5 }); } },
        Row { K::Tell6, G::Log, SDLK_6, SDLK_KP_6, kNone, kOnce, kNotTyping, "6", "Tell: smoke and dust",
            [] { return asking(AddTell { 6 }); } },
        Row { K::Tell7, G::Log, SDLK_7, SDLK_KP_7, kNone, kOnce, kNotTyping, "7", "Tell: sound",
            [] { return asking(AddTell { 7 }); } },
        Row { K::Tell8, G::Log, SDLK_8, SDLK_KP_8, kNone, kOnce, kNotTyping, "8", "Tell: screens and clocks",
            [] { return asking(AddTell { 8 }); } },
        Row { K::Tell9, G::Log, SDLK_9, SDLK_KP_9, kNone, kOnce, kNotTyping, "9", "Tell: vehicles",
            [] { return asking(AddTell { 9 }); } },
        Row { K::Tell10, G::Log, SDLK_0, SDLK_KP_0, kNone, kOnce, kNotTyping, "0", "Tell: other people",
            [] { return asking(AddTell { 10 }); } },
        Row { K::PreviousMark, G::Log, SDLK_LEFT, kNoOther, kAlt, kRepeats, kNotTyping, "Alt+Left",
            "The mark before, in the order on screen", [] { return asking(GoToMark { -1 }); } },
        Row { K::NextMark, G::Log, SDLK_RIGHT, kNoOther, kAlt, kRepeats, kNotTyping, "Alt+Right",
            "The next mark", [] { return asking(GoToMark { +1 }); } },
        Row { K::RemoveMark, G::Log, SDLK_DELETE, kNoOther, kNone, kOnce, kNotTyping, "Delete",
            "Remove the chosen mark, or that on screen", [] { return asking(RemoveMark {}); } },
        Row { K::EditNote, G::Log, SDLK_n, kNoOther, kShift, kOnce, kNotTyping, "Shift+N",
            "Other words for the note, mark or tell", [] { return Action(EditNote {}); } },
        Row { K::Undo, G::Log, SDLK_z, kNoOther, kCtrl, kRepeats, kNotTyping, "Ctrl+Z", "Undo, in the log",
            [] { return asking(UndoLog {}); } },
        Row { K::Redo, G::Log, SDLK_z, kNoOther, kCtrl | kShift, kRepeats, kNotTyping, "Ctrl+Shift+Z",
            "Do again what was undone", [] { return asking(RedoLog {}); } },
        Row { K::Sheet, G::Log, SDLK_c, kNoOther, kShift, kOnce, kNotTyping, "Shift+C",
            "Sheet of the take: verdict, board, lens \u2026", [] { return Action(ViewAction::Sheet); } },
        Row { K::BoardHead, G::Log, SDLK_1, SDLK_KP_1, kCtrl, kOnce, kNotTyping, "Ctrl+1",
            "Board of the take: head", [] { return Action(AnswerBoard { Board::Head }); } },
        Row { K::BoardTail, G::Log, SDLK_2, SDLK_KP_2, kCtrl, kOnce, kNotTyping, "Ctrl+2",
            "Board of the take: tail", [] { return Action(AnswerBoard { Board::Tail }); } },
        Row { K::BoardUpsideDownHead, G::Log, SDLK_3, SDLK_KP_3, kCtrl, kOnce, kNotTyping, "Ctrl+3",
            "Board of the take: head, upside down",
            [] { return Action(AnswerBoard { Board::UpsideDownHead }); } },
        Row { K::BoardUpsideDownTail, G::Log, SDLK_4, SDLK_KP_4, kCtrl, kOnce, kNotTyping, "Ctrl+4",
            "Board of the take: tail, upside down",
            [] { return Action(AnswerBoard { Board::UpsideDownTail }); } },
        Row { K::BoardNone, G::Log, SDLK_5, SDLK_KP_5, kCtrl, kOnce, kNotTyping, "Ctrl+5",
            "Board of the take: none", [] { return Action(AnswerBoard { Board::None }); } },
        Row { K::Setup, G::Log, SDLK_c, kNoOther, kCtrl | kShift, kOnce, kNotTyping, "Ctrl+Shift+C",
            "Setup: what holds for all its takes", [] { return Action(ViewAction::Setup); } },
        Row { K::Search, G::Log, SDLK_f, kNoOther, kCtrl, kOnce, kNotTyping, "Ctrl+F",
            "Search: which takes are listed", [] { return Action(ViewAction::Search); } },
        Row { K::NextSetup, G::Log, SDLK_UP, kNoOther, kShift, kOnce, kNotTyping, "Shift+Up",
            "Next setup: 12A, 12B, \u2026", [] { return asking(NextSetup {}); } },
        Row { K::NextScene, G::Log, SDLK_UP, kNoOther, kCtrl, kOnce, kNotTyping, "Ctrl+Up",
            "Next scene: 12B, 13", [] { return asking(NextScene {}); } },
        Row { K::Handover, G::Log, SDLK_e, kNoOther, kCtrl, kOnce, kNotTyping, "Ctrl+E",
            "Hand over to editorial", [] { return Action(ViewAction::Handover); } },

        Row { K::Story, G::Log, SDLK_t, kNoOther, kCtrl, kOnce, kNotTyping, "Ctrl+T",
            "Story order: the takes as a sequence", [] { return Action(ViewAction::Story); } },
        Row { K::StoryAdd, G::Log, SDLK_RETURN, SDLK_KP_ENTER, kNone, kOnce, kNotTyping, "Enter",
            "there: adds the take in review", [] { return asking(StoryIntent(AddCard {})); },
            KeyPlace::StoryPanel },
        Row { K::StoryPlay, G::Log, SDLK_RETURN, SDLK_KP_ENTER, kShift, kOnce, kNotTyping, "Shift+Enter",
            "there: plays it; again: the card's take", [] { return asking(StoryIntent(PlayStory {})); },
            KeyPlace::StoryPanel },
        Row { K::StoryBefore, G::Log, SDLK_PAGEUP, kNoOther, kNone, kRepeats, kNotTyping, "PageUp",
            "there: the card before", [] { return asking(StoryIntent(ChooseNextCard { -1 })); },
            KeyPlace::StoryPanel },
        Row { K::StoryNext, G::Log, SDLK_PAGEDOWN, kNoOther, kNone, kRepeats, kNotTyping, "PageDown",
            "there: the next card", [] { return asking(StoryIntent(ChooseNextCard { +1 })); },
            KeyPlace::StoryPanel },
        Row { K::StoryLeft, G::Log, SDLK_PAGEUP, kNoOther, kAlt, kRepeats, kNotTyping, "Alt+PageUp",
            "there: the card goes to the left", [] { return asking(StoryIntent(MoveCard { -1 })); },
            KeyPlace::StoryPanel },
        Row { K::StoryRight, G::Log, SDLK_PAGEDOWN, kNoOther, kAlt, kRepeats, kNotTyping, "Alt+PageDown",
            "there: the card goes to the right", [] { return asking(StoryIntent(MoveCard { +1 })); },
            KeyPlace::StoryPanel },
        Row { K::StoryRemove, G::Log, SDLK_BACKSPACE, kNoOther, kNone, kOnce, kNotTyping, "Backspace",
            "there: takes the card out", [] { return asking(StoryIntent(RemoveCard {})); },
            KeyPlace::StoryPanel },
        Row { K::StoryTrim, G::Log, SDLK_RETURN, SDLK_KP_ENTER, kCtrl, kOnce, kNotTyping, "Ctrl+Enter",
            "there: trims the card to in and out", [] { return asking(StoryIntent(TrimCard {})); },
            KeyPlace::StoryPanel },
        Row { K::StoryTurn, G::Log, SDLK_d, kNoOther, kShift, kOnce, kNotTyping, "Shift+D",
            "there: turns the card round", [] { return asking(StoryIntent(TurnCard {})); },
            KeyPlace::StoryPanel },
        Row { K::StoryName, G::Log, SDLK_t, kNoOther, kShift, kOnce, kNotTyping, "Shift+T",
            "there: another name for the sequence", [] { return Action(ViewAction::StoryName); },
            KeyPlace::StoryPanel },

        Row { K::Camera, G::Camera, SDLK_F6, kNoOther, kNone, kOnce, kNotTyping, "F6",
            "Camera settings: arrow keys on / off", [] { return Action(ViewAction::Camera); } },
        Row { K::SettingUp, G::Camera, SDLK_UP, kNoOther, kNone, kRepeats, kNotTyping, "Up",
            "there: the setting above", [] { return Action(ViewAction::SettingUp); }, KeyPlace::CameraPanel },
        Row { K::SettingDown, G::Camera, SDLK_DOWN, kNoOther, kNone, kRepeats, kNotTyping, "Down",
            "there: the setting below", [] { return Action(ViewAction::SettingDown); },
            KeyPlace::CameraPanel },
        Row { K::SettingLess, G::Camera, SDLK_LEFT, kNoOther, kNone, kRepeats, kNotTyping, "Left",
            "there: the value before", [] { return Action(ViewAction::SettingLess); },
            KeyPlace::CameraPanel },
        Row { K::SettingMore, G::Camera, SDLK_RIGHT, kNoOther, kNone, kRepeats, kNotTyping, "Right",
            "there: the next value", [] { return Action(ViewAction::SettingMore); }, KeyPlace::CameraPanel },
        Row { K::SettingList, G::Camera, SDLK_RETURN, SDLK_KP_ENTER, kNone, kOnce, kNotTyping, "Enter",
            "there: the list; takes what is marked", [] { return Action(ViewAction::SettingList); },
            KeyPlace::CameraPanel },
        Row { K::RecordOnCamera, G::Camera, SDLK_F6, kNoOther, kShift, kOnce, kNotTyping, "Shift+F6",
            "The camera records with R: on / off", [] { return Action(ViewAction::RecordOnCamera); } },
        Row { K::Fetch, G::Camera, SDLK_F7, kNoOther, kNone, kOnce, kNotTyping, "F7",
            "Fetch the camera's clip of the take", [] { return Action(ViewAction::Fetch); } },
        Row { K::CancelFetch, G::Camera, SDLK_F7, kNoOther, kShift, kOnce, kNotTyping, "Shift+F7",
            "Stop fetching; F7 goes on later", [] { return Action(ViewAction::CancelFetch); } },
        Row { K::JamTimecode, G::Camera, SDLK_F11, kNoOther, kNone, kOnce, kNotTyping, "F11",
            "Timecode: jam to LTC; again: follow it", [] { return asking(JamTimecode {}); } },
        Row { K::Cameras, G::Camera, SDLK_F8, kNoOther, kNone, kOnce, kNotTyping, "F8",
            "Cameras: Up, Down and Enter choose", [] { return Action(ViewAction::Cameras); } },
        Row { K::CameraUp, G::Camera, SDLK_UP, kNoOther, kNone, kRepeats, kNotTyping, "Up",
            "there: the camera above", [] { return Action(ViewAction::CameraUp); }, KeyPlace::CameraList },
        Row { K::CameraDown, G::Camera, SDLK_DOWN, kNoOther, kNone, kRepeats, kNotTyping, "Down",
            "there: the camera below", [] { return Action(ViewAction::CameraDown); }, KeyPlace::CameraList },
        Row { K::CameraTake, G::Camera, SDLK_RETURN, SDLK_KP_ENTER, kNone, kOnce, kNotTyping, "Enter",
            "there: opens it; ends who holds it", [] { return Action(ViewAction::CameraTake); },
            KeyPlace::CameraList },
        Row { K::CameraType, G::Camera, SDLK_TAB, kNoOther, kNone, kOnce, kNotTyping, "Tab",
            "there: type an address", [] { return Action(ViewAction::CameraType); }, KeyPlace::CameraList },

        Row { K::Lut, G::Picture, SDLK_u, kNoOther, kNone, kOnce, kNotTyping, "U", "Look-up table: on / off",
            [] { return Action(ViewAction::Lut); } },
        Row { K::FalseColour, G::Picture, SDLK_e, kNoOther, kNone, kOnce, kNotTyping, "E", "False colour",
            [] { return Action(ViewAction::FalseColour); } },
        Row { K::Peaking, G::Picture, SDLK_p, kNoOther, kNone, kOnce, kNotTyping, "P",
            "Peaking: what is sharp", [] { return Action(ViewAction::Peaking); } },
        Row { K::Zebra, G::Picture, SDLK_z, kNoOther, kNone, kOnce, kNotTyping, "Z", "Zebra",
            [] { return Action(ViewAction::Zebra); } },
        Row { K::Scopes, G::Picture, SDLK_t, kNoOther, kNone, kOnce, kNotTyping, "T",
            "Scopes: one by one, all, off", [] { return Action(ViewAction::Scopes); } },
        Row { K::FrameLines, G::Picture, SDLK_g, kNoOther, kNone, kOnce, kNotTyping, "G",
            "Frame lines: 1.78 \u2026 9:16, own, off", [] { return Action(ViewAction::FrameLines); } },
        Row { K::SafeAreas, G::Picture, SDLK_g, kNoOther, kShift, kOnce, kNotTyping, "Shift+G", "Safe areas",
            [] { return Action(ViewAction::SafeAreas); } },
        Row { K::CentreCross, G::Picture, SDLK_x, kNoOther, kShift, kOnce, kNotTyping, "Shift+X",
            "Centre cross", [] { return Action(ViewAction::CentreCross); } },
        Row { K::Orientation, G::Picture, SDLK_y, kNoOther, kNone, kOnce, kNotTyping, "Y",
            "Orientation: 0, 180, mirrored, flipped", [] { return asking(CycleOrientation {}); } },
        Row { K::Desqueeze, G::Picture, SDLK_y, kNoOther, kShift, kOnce, kNotTyping, "Shift+Y",
            "Desqueeze: 1, 1.33, 1.5, 1.8, 2", [] { return Action(ViewAction::Desqueeze); } },
        Row { K::Zoom, G::Picture, SDLK_x, kNoOther, kNone, kOnce, kNotTyping, "X",
            "Zoom, pixel for pixel; again: all of it", [] { return Action(ViewAction::Zoom); } },
        Row { K::Tools, G::Picture, SDLK_F4, kNoOther, kNone, kOnce, kNotTyping, "F4",
            "All of these, with their levels", [] { return Action(ViewAction::Tools); } },

        Row { K::Compare, G::Compare, SDLK_w, kNoOther, kNone, kOnce, kNotTyping, "W",
            "Reference: wipe, mix, difference \u2026 off", [] { return asking(CycleCompare {}); } },
        Row { K::KeepReference, G::Compare, SDLK_w, kNoOther, kShift, kOnce, kNotTyping, "Shift+W",
            "Reference is the picture on screen", [] { return asking(KeepReference {}); } },
        Row { K::CompareLess, G::Compare, SDLK_LEFTBRACKET, kNoOther, kAnyShift, kRepeats, kNotTyping, "[",
            "Wipe: line to the left; mix: less reference", [] { return Action(ViewAction::CompareLess); } },
        Row { K::CompareMore, G::Compare, SDLK_RIGHTBRACKET, kNoOther, kAnyShift, kRepeats, kNotTyping, "]",
            "Wipe: line to the right; mix: more of it", [] { return Action(ViewAction::CompareMore); } },
        Row { K::BothWays, G::Compare, SDLK_b, kNoOther, kNone, kOnce, kNotTyping, "B",
            "Both ways: as shown beside as captured", [] { return asking(ToggleBothWays {}); } },
        Row { K::Quad, G::Compare, SDLK_v, kNoOther, kNone, kOnce, kNotTyping, "V",
            "Quad: up to four cameras, or takes", [] { return asking(ToggleQuad {}); } },

        Row { K::LipCheck, G::Guide, SDLK_F12, kNoOther, kNone, kOnce, kNotTyping, "F12",
            "Lip check of the take: on / off", [] { return asking(ToggleLipCheck {}); } },
        Row { K::LoopPhrase, G::Guide, SDLK_F12, kNoOther, kShift, kOnce, kNotTyping, "Shift+F12",
            "Loop the phrase under the playhead", [] { return asking(LoopPhrase {}); } },
        Row { K::Practice, G::Guide, SDLK_p, kNoOther, kCtrl, kOnce, kNotTyping, "Ctrl+P",
            "Practice with the reversed guide: on / off", [] { return asking(TogglePractice {}); } },
        Row { K::PracticeRecord, G::Guide, SDLK_RETURN, SDLK_KP_ENTER, kNone, kOnce, kNotTyping, "Enter",
            "there: record; again: hear it flipped",
            [] { return asking(Practise { Practise::What::Record }); }, KeyPlace::Practice },
        Row { K::PracticeFlipped, G::Guide, SDLK_SPACE, kNoOther, kNone, kOnce, kNotTyping, "Space",
            "there: hear the attempt flipped; again: stop",
            [] { return asking(Practise { Practise::What::HearFlipped }); }, KeyPlace::Practice },
        Row { K::PracticeGuide, G::Guide, SDLK_g, kNoOther, kNone, kOnce, kNotTyping, "G",
            "there: hear the guide the right way round",
            [] { return asking(Practise { Practise::What::HearGuide }); }, KeyPlace::Practice },
        Row { K::PracticeBoth, G::Guide, SDLK_c, kNoOther, kNone, kOnce, kNotTyping, "C",
            "there: compare: attempt left, guide right",
            [] { return asking(Practise { Practise::What::HearBoth }); }, KeyPlace::Practice },
        Row { K::PracticeBefore, G::Guide, SDLK_UP, kNoOther, kNone, kRepeats, kNotTyping, "Up",
            "there: the attempt before", [] { return asking(ChooseAttempt { -1, std::nullopt }); },
            KeyPlace::Practice },
        Row { K::PracticeAfter, G::Guide, SDLK_DOWN, kNoOther, kNone, kRepeats, kNotTyping, "Down",
            "there: the next attempt", [] { return asking(ChooseAttempt { +1, std::nullopt }); },
            KeyPlace::Practice },
        Row { K::PracticeRemove, G::Guide, SDLK_DELETE, kNoOther, kNone, kOnce, kNotTyping, "Delete",
            "there: throw the attempt away", [] { return asking(Practise { Practise::What::Remove }); },
            KeyPlace::Practice },
        Row { K::PracticeRestore, G::Guide, SDLK_z, kNoOther, kCtrl, kOnce, kNotTyping, "Ctrl+Z",
            "there: bring it back", [] { return asking(Practise { Practise::What::Restore }); },
            KeyPlace::Practice },

        Row { K::FullScreen, G::Window, SDLK_f, kNoOther, kNone, kOnce, kNotTyping, "F", "Full screen",
            [] { return Action(ViewAction::FullScreen); } },
        Row { K::Chrome, G::Window, SDLK_h, kNoOther, kNone, kOnce, kNotTyping, "H",
            "Hide all but picture, frame and badge", [] { return Action(ViewAction::Chrome); } },
        Row { K::SecondOutput, G::Window, SDLK_F2, kNoOther, kNone, kOnce, kNotTyping, "F2",
            "Clean second output: open / close", [] { return Action(ViewAction::SecondOutput); } },
        Row { K::Keys, G::Window, SDLK_F1, kNoOther, kNone, kOnce, kNotTyping, "F1", "Keys",
            [] { return Action(ViewAction::Keys); } },
        Row { K::Debug, G::Window, SDLK_F3, kNoOther, kNone, kOnce, kNotTyping, "F3", "Debug overlay",
            [] { return Action(ViewAction::Debug); } },
        Row { K::SecondFolder, G::Window, SDLK_F9, kNoOther, kNone, kOnce, kNotTyping, "F9",
            "Second folder, for when the disk refuses", [] { return Action(ViewAction::SecondFolder); } },
        Row { K::Settings, G::Window, SDLK_F10, kNoOther, kNone, kOnce, kNotTyping, "F10", "Settings",
            [] { return Action(ViewAction::Settings); } },
        Row { K::Leave, G::Window, SDLK_ESCAPE, kNoOther, kNone, kOnce, kTyping, "Esc",
            "Leave what is on top; never cuts a take", [] { return Action(ViewAction::Leave); } },
        Row { K::Quit, G::Window, SDLK_q, kNoOther, kCtrl, kOnce, kTyping, "Ctrl+Q", "Quit",
            [] { return asking(Quit {}); } },
        Row { K::QuitAnyway, G::Window, SDLK_RETURN, SDLK_KP_ENTER, kNone, kOnce, kNotTyping, "Enter",
            "asked so: quit, lose what is only in memory", [] { return asking(QuitAnyway {}); },
            KeyPlace::QuitQuestion },
    };
    static const std::vector<KeyBinding> rows = [] {
        std::vector<KeyBinding> made;
        made.reserve(std::size(written));
        for (const Row& row : written)
            made.push_back({ row.id, row.group, row.key, row.other_key, row.modifiers, row.repeats,
                row.while_typing, row.name, row.words, row.make(), row.place });
        return made;
    }();
    return rows;
}

std::vector<KeyBinding>& inForce()
{
    static std::vector<KeyBinding> rows = table();
    return rows;
}

bool agree(unsigned wanted, unsigned pressed)
{
    if ((wanted & kAnyShift) != 0)
        return (wanted & ~kAnyShift) == (pressed & ~kShift);
    return wanted == pressed;
}

constexpr std::array kSpeedLadder { 5, 10, 25, 50, 75, 100, 150, 200, 400, 800 };

} // namespace

SDL_Keycode readable(const KeyPress& press)
{
    const bool special = (press.key & SDLK_SCANCODE_MASK) != 0;
    if (!special && press.key > 127 && press.scancode >= SDL_SCANCODE_A && press.scancode <= SDL_SCANCODE_Z)
        return SDLK_a + (press.scancode - SDL_SCANCODE_A);
    if (press.key == SDLK_EQUALS)
        return SDLK_PLUS;
    return press.key;
}

unsigned modifiersOf(const KeyPress& press)
{
    unsigned modifiers = kNone;
    if ((press.sdl_modifiers & KMOD_SHIFT) != 0)
        modifiers |= kShift;
    if ((press.sdl_modifiers & KMOD_CTRL) != 0)
        modifiers |= kCtrl;
    if ((press.sdl_modifiers & KMOD_ALT) != 0)
        modifiers |= kAlt;
    return modifiers;
}

std::span<const KeyBinding> keyTable() { return table(); }

std::span<const KeyBinding> keysInForce() { return inForce(); }

void rebind(const KeyChoices& choices)
{
    static std::deque<std::string> names; // what the rows' names point into
    inForce() = table();
    names.clear();
    for (KeyBinding& row : inForce()) {
        if (!choices.contains(row.id))
            continue;
        const KeyCombination keys = keysOf(row, choices);
        row.key = keys.key;
        row.other_key = SDLK_UNKNOWN;
        row.modifiers = keys.modifiers;
        row.name = names.emplace_back(text(keys)).c_str();
    }
}

const KeyBinding& bindingOf(KeyId id)
{
    const auto row =
        std::find_if(inForce().begin(), inForce().end(), [&](const auto& b) { return b.id == id; });
    assert(row != inForce().end() && "every KeyId has a row");
    return *row;
}

const KeyBinding* bindingOf(const KeyPress& press, bool typing, KeyPlace place)
{
    if (press.key == SDLK_UNKNOWN || (press.sdl_modifiers & KMOD_GUI) != 0)
        return nullptr;
    const SDL_Keycode key = readable(press);
    const unsigned modifiers = modifiersOf(press);
    const auto find = [&](KeyPlace where) -> const KeyBinding* {
        for (const KeyBinding& binding : inForce())
            if (binding.place == where && (binding.key == key || binding.other_key == key)
                && agree(binding.modifiers, modifiers))
                return &binding;
        return nullptr;
    };
    const KeyBinding* found = place == KeyPlace::Everywhere ? nullptr : find(place);
    if (found == nullptr)
        found = find(KeyPlace::Everywhere);
    if (found == nullptr || (typing && !found->while_typing) || (press.repeat && !found->repeats))
        return nullptr;
    return found;
}

const char* nameOf(KeyGroup group)
{
    switch (group) {
    case KeyGroup::Take:
        return "Takes";
    case KeyGroup::Play:
        return "Play, in the order on screen";
    case KeyGroup::Marks:
        return "In, out, loop, speed";
    case KeyGroup::Log:
        return "Log: marks, notes, takes";
    case KeyGroup::Camera:
        return "Camera";
    case KeyGroup::Picture:
        return "Picture, as it is looked at";
    case KeyGroup::Compare:
        return "Several pictures";
    case KeyGroup::Guide:
        return "Guide: lip check, practice";
    case KeyGroup::Window:
        break;
    }
    return "Window";
}

int fasterThan(int percent)
{
    const auto* next = std::upper_bound(kSpeedLadder.begin(), kSpeedLadder.end(), percent);
    return next == kSpeedLadder.end() ? kSpeedLadder.back() : *next;
}

int slowerThan(int percent)
{
    const auto* next = std::lower_bound(kSpeedLadder.begin(), kSpeedLadder.end(), percent);
    return next == kSpeedLadder.begin() ? kSpeedLadder.front() : *(next - 1);
}

} // namespace backtake::ui
