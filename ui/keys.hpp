/// The keys: one table says key, action and words. It dispatches, labels the tooltips of the buttons and
/// fills the overlay on F1, so the three agree by construction.
#pragma once

#include "ui/intent.hpp"
#include "ui/settings.hpp"

#include <SDL_keycode.h>

#include <optional>
#include <span>
#include <string>
#include <variant>

namespace backtake::ui {

/// What a key or button does to the window alone; the session never hears of it.
enum class ViewAction {
    FullScreen = 1,
    Chrome, ///< Hides or shows all but picture, frame and badge.
    Keys,   ///< The overlay that lists this table.
    Debug,
    Leave,  ///< What is on top: a popup, an overlay, full screen. Never cuts a take.
    Faster, ///< To the next step of the speed ladder; becomes SetSpeed with the model's speed known.
    Slower,
    Camera, ///< The camera panel takes the arrow keys, or gives them back.
    SettingUp,
    SettingDown,
    SettingLess,
    SettingMore,
    SettingList,
    RecordOnCamera, ///< Becomes the intent with the model's choice known; so do the next two.
    Fetch,
    CancelFetch,
    Cameras, ///< The list of cameras.
    CameraUp,
    CameraDown,
    CameraTake,
    CameraType,
    SecondFolder, ///< The popup that chooses it.
    Still,        ///< Becomes SaveStill with the LUT that the picture is seen through.
    SecondOutput, ///< Opens or closes it.
    Tools,        ///< The popup with all image tools; from here on they themselves.
    Lut,
    FalseColour,
    Peaking,
    Zebra,
    Scopes,
    FrameLines,
    SafeAreas,
    CentreCross,
    Zoom,
    Desqueeze,
    Settings, ///< The window with all settings.
    Mute,     ///< From here on they change the sound's settings.
    Softer,
    Louder,
    KeepPitch,
    CompareLess, ///< Moves the wipe's line, or takes from the mix; CompareMore the other way.
    CompareMore,
    Note,              ///< The field for a note on the frame on screen.
    Sheet,             ///< What is said of the take in review.
    Setup,             ///< What is said of its setup; live, of that of the take to be shot next.
    Search,            ///< Which takes are listed.
    Guide,             ///< The popup that loads it and says how it is played.
    Handover,          ///< The sheet of what goes to editorial.
    Story,             ///< The panel with the sequences.
    StoryName,         ///< The field for another name of the sequence in it.
    CueSheets,         ///< Their editor.
    CueOverPicture,    ///< The chosen one, large.
    CueOnSecondOutput, ///< The same there.
};

/// Opens the note's field with the words of a mark of the take in review.
struct EditNote {
    std::int64_t mark =
        0; ///< 0: the one at the frame on screen (the chosen, else the newest), else the chosen.
};

/// Becomes SayBoard: of the take that is asked about, else of the one in review.
struct AnswerBoard {
    Board board = Board::None;
};

using Action = std::variant<Intent, ViewAction, EditNote, AnswerBoard>;

/// Names a row of the table, for the buttons.
enum class KeyId {
    Roll = 1,
    RollWhileTyping,
    Review,
    Play,
    Order,
    ShuttleBack,
    ShuttlePause,
    ShuttleOn,
    FrameBack,
    FrameOn,
    TenBack,
    TenOn,
    SecondBack,
    SecondOn,
    First,
    Last,
    PreviousTake,
    NextTake,
    In,
    Out,
    ClearIn,
    ClearOut,
    Loop,
    Slower,
    Faster,
    FullScreen,
    Chrome,
    Keys,
    Debug,
    Leave,
    Quit,
    Camera,
    SettingUp,
    SettingDown,
    SettingLess,
    SettingMore,
    SettingList,
    RecordOnCamera,
    Fetch,
    CancelFetch,
    JamTimecode,
    Cameras,
    CameraUp,
    CameraDown,
    CameraTake,
    CameraType,
    SecondFolder,
    Still,
    SecondOutput,
    QuitAnyway,
    Tools,
    Lut,
    FalseColour,
    Peaking,
    Zebra,
    Scopes,
    FrameLines,
    SafeAreas,
    CentreCross,
    Orientation,
    Zoom,
    Desqueeze,
    Settings,
    Compare,
    KeepReference,
    CompareLess,
    CompareMore,
    BothWays,
    Quad,
    Mute,
    Softer,
    Louder,
    KeepPitch,
    Circle,
    Mark,
    Note,
    Tell1, ///< The tells in a row, for KeyId arithmetic: tellKey().
    Tell2,
    Tell3,
    Tell4,
    Tell5,
    Tell6,
    Tell7,
    Tell8,
    Tell9,
    Tell10,
    PreviousMark,
    NextMark,
    RemoveMark,
    EditNote,
    Undo,
    Redo,
    Sheet,
    Setup,
    Search,
    BoardHead, ///< The boards in a row, for KeyId arithmetic: boardKey().
    BoardTail,
    BoardUpsideDownHead,
    BoardUpsideDownTail,
    BoardNone,
    NextSetup,
    NextScene,
    Guide,
    PlayGuide,
    HeardTrack,
    MasterEarlier,
    MasterLater,
    LipCheck,
    LoopPhrase,
    Practice,
    PracticeRecord,
    PracticeFlipped,
    PracticeGuide,
    PracticeBoth,
    PracticeRemove,
    PracticeRestore,
    PracticeBefore,
    PracticeAfter,
    Handover,
    Story,
    StoryAdd,
    StoryPlay,
    StoryBefore,
    StoryNext,
    StoryLeft,
    StoryRight,
    StoryRemove,
    StoryTrim,
    StoryTurn,
    StoryName,
    CueSheets,
    CueOverPicture,
    CueOnSecondOutput,
};
/// @param tell 1 … kTells.
constexpr KeyId tellKey(int tell) { return static_cast<KeyId>(static_cast<int>(KeyId::Tell1) + tell - 1); }

/// @param board not NotSaid.
constexpr KeyId boardKey(Board board)
{
    return static_cast<KeyId>(
        static_cast<int>(KeyId::BoardHead) + static_cast<int>(board) - static_cast<int>(Board::Head));
}

enum class KeyGroup { Take = 1, Play, Marks, Log, Camera, Picture, Compare, Guide, Window };
/// Its heading.
const char* nameOf(KeyGroup group);

/// Where a key means this. What has the arrow keys for itself comes first; all its other keys mean what they
/// mean everywhere.
enum class KeyPlace { Everywhere = 1, CameraPanel, CameraList, Practice, QuitQuestion, StoryPanel };

namespace modifier {
inline constexpr unsigned kNone = 0;
inline constexpr unsigned kShift = 1;
inline constexpr unsigned kCtrl = 2;
inline constexpr unsigned kAlt = 4;
inline constexpr unsigned kAnyShift = 8; ///< With or without Shift: for signs that some layouts put on Shift.
} // namespace modifier

struct KeyBinding {
    KeyId id;
    KeyGroup group;
    SDL_Keycode key;
    SDL_Keycode other_key; ///< The same on the number pad, or SDLK_UNKNOWN.
    unsigned modifiers;
    bool repeats;      ///< Held down it goes on. Toggles do not: a leaning elbow must not roll and cut.
    bool while_typing; ///< Works while text is typed.
    const char* name;  ///< "Ctrl+Left"
    const char* words; ///< What it does, for people.
    Action action;
    KeyPlace place = KeyPlace::Everywhere;
};

/// One press, as SDL tells it.
struct KeyPress {
    SDL_Keycode key = SDLK_UNKNOWN;
    SDL_Scancode scancode = SDL_SCANCODE_UNKNOWN;
    unsigned sdl_modifiers = 0; ///< SDL_Keymod bits; Caps Lock and Num Lock change nothing.
    bool repeat = false;        ///< Made by the keyboard's auto-repeat.
};

/// Its key. Letters go by the place of the key where the layout's own sign is no Latin one; "+" stands for
/// what US keyboards have as "=".
SDL_Keycode readable(const KeyPress& press);
/// Its modifier bits.
unsigned modifiersOf(const KeyPress& press);

/// All keys as the program brings them, in the order people read them. Lives as long as the program.
std::span<const KeyBinding> keyTable();
/// The same as they are in force, after rebind().
std::span<const KeyBinding> keysInForce();

/// Lays these rows on other keys, all others on their own. Room: the window's. The rows stay where they are;
/// names read before are gone.
void rebind(const KeyChoices& choices);

const KeyBinding& bindingOf(KeyId id);

/// What this press asks for. @return nullptr when nothing is bound, when it is the repeat of a toggle, or
/// when
/// @p typing and the key does not work while text is typed.
/// A layout whose letters are not Latin (Cyrillic, Greek) is read by the place of the key on the keyboard.
const KeyBinding* bindingOf(const KeyPress& press, bool typing, KeyPlace place = KeyPlace::Everywhere);

/// The next step of the speed ladder above or below @p percent; 5 … 800.
int fasterThan(int percent);
int slowerThan(int percent);

} // namespace backtake::ui
