/// The script supervisor's log of a shoot: what was said of setups, takes and frames.
#pragma once

#include "base/picture.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "takes/slate.hpp"
#include "takes/story.hpp"
#include "takes/take_facts.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::takes {

/// What gives a reversal away, in the order of the keys 1 … 9, 0.
enum class Tell {
    Blink = 1,
    Breath,
    Gait,
    HairAndCloth,
    Water,
    SmokeAndDust,
    Sound,
    ScreensAndClocks,
    Vehicles,
    OtherPeople,
};
inline constexpr int kTells = 10;
std::string_view nameOf(Tell tell); ///< "blink", "hair and cloth": in the window, in files.
std::optional<Tell> tellNamed(std::string_view name);

/// What was decided of a take, besides the circle.
enum class Verdict { Open = 1, NoGood, Hold, FalseStart };
std::string_view nameOf(Verdict verdict); ///< "", "NG", "HOLD", "FALSE START".

/// The board in a backward take: a slate that closes the take, and one held upside down, are two things.
enum class Board { NotSaid = 1, Head, Tail, UpsideDownHead, UpsideDownTail, None };
std::string_view nameOf(Board board);

/// A setup: scene and setup letter, "12A". What it says holds for its takes unless they say otherwise.
struct Setup {
    std::string name; ///< As in Slate::scene.
    std::string description;
    Direction direction = Direction::Backward;
    Orientation orientation = Orientation::Upright;
    std::string lens;
    std::string stop;
    std::string filter;
    std::string rate = {};   ///< That the camera runs at, as said on set: "25", "48 fps".
    std::string camera = {}; ///< The body: "EOS-1D C".
    friend bool operator==(const Setup&, const Setup&) = default;
};

/// What is said of a take: of all its cameras together. Empty text: nothing was said, the setup's holds.
struct TakeSheet {
    Slate slate; ///< As renumbered, or as shot. camera is 'A'.
    bool circled = false;
    Verdict verdict = Verdict::Open;
    bool pickup = false; ///< PU.
    bool series = false; ///< SER.
    bool mos = false;    ///< Without sound.
    int rating = 0;      ///< 0: none; 1 … 5.
    Board board = Board::NotSaid;
    std::string lens;
    std::string stop;
    std::string filter;
    std::string rate;
    std::string camera;
    std::string note; ///< Of the take as a whole.
    friend bool operator==(const TakeSheet&, const TakeSheet&) = default;
};

/// Something said of one frame. It stands at a captured frame, whatever order it was made in; the order on
/// screen is computed from it: shown frame k of N is captured frame N-1-k.
struct Mark {
    enum class Kind { Mark = 1, Note, Tell };
    std::int64_t id = 0; ///< The log's; 0: not stored yet.
    std::string take;    ///< TakeFacts::id of the recording it was made on.
    base::FrameIndex captured_frame = 0;
    std::optional<std::int64_t> timecode; ///< Of that frame, frames since midnight in the take's format.
    Kind kind = Kind::Mark;
    Tell tell = Tell::Blink; ///< Of a Tell.
    std::string text;        ///< As typed, any text.
    base::Nanos made_at_utc {};
    friend bool operator==(const Mark&, const Mark&) = default;
};

/// How a recording is meant for the audience.
struct Showing {
    Direction direction = Direction::Backward;
    Orientation orientation = Orientation::Upright;
    friend bool operator==(const Showing&, const Showing&) = default;
};
Showing showingOf(const TakeFacts& facts);
/// In the facts, from now on.
void show(TakeFacts& facts, const Showing& showing);
/// By TakeFacts::id.
using Showings = std::map<std::string, Showing>;

/// One camera's recording of a take, whole: of a take in several parts the first one, with the facts of all.
/// Direction and orientation are as the log has them.
using LoggedClip = TakeEntry;
struct LoggedTake {
    std::int64_t id = 0; ///< The log's.
    Slate shot_as;       ///< The slate under which media/ has it. camera is 'A'.
    TakeSheet sheet;
    std::vector<LoggedClip> clips; ///< A first.
    std::vector<Mark> marks;       ///< By clip, then by captured frame, then as they were made.
    bool edited = false;           ///< Somebody said something of it.
    std::optional<Setup> setup;    ///< Of its scene; absent: nothing was said of that.
};

/// Which takes are asked for. All that is said must hold.
struct LogQuery {
    std::string words; ///< Full text over slates, notes, marks, tells, setups, cameras, clips; empty: all.
    bool circled = false;
    std::optional<Verdict> verdict;
    std::optional<Tell> tell;
    std::string day; ///< "2026-11-21", local; empty: all.
};

/// The log lives in shoot.db beside the takes. Each call that changes it is one transaction, on disk when it
/// returns, kept in a history that outlives the program; what it says is also written beside the take's media
/// (log.json), so that shoot.db can be made again from media/ alone.
/// Room and time: as Shoot, to which it belongs. Errors: Fault::Denied for a shoot that is only looked at,
/// OutOfSpace, Busy, Corrupt, NotFound (no such take or mark), Usage (what is wrong with the argument).
class Log {
public:
    virtual ~Log() = default;

    /// Everything, oldest take first.
    virtual base::Result<std::vector<LoggedTake>> takes() = 0;
    virtual base::Result<std::vector<Setup>> setups() = 0;
    /// Ids of the takes that @p query wants, oldest first.
    virtual base::Result<std::vector<std::int64_t>> find(const LogQuery& query) = 0;

    /// @param take LoggedTake::id. Another slate in @p sheet renumbers it: the media stay where they are.
    virtual base::Outcome setSheet(std::int64_t take, const TakeSheet& sheet) = 0;
    /// Renumbers @p take and all takes of its scene with a higher number, in one change: @p take becomes
    /// @p to, the others follow at their distance, under the same scene. The media stay where they are.
    virtual base::Outcome renumberFrom(std::int64_t take, const Slate& to) = 0;
    /// Direction and orientation of these recordings, in one change. Their take.json follows: the log's word
    /// holds, also where a crash or a full disk came between.
    virtual base::Outcome setShowing(const Showings& recordings) = 0;
    /// Makes the setup, or replaces what is said of it.
    virtual base::Outcome setSetup(const Setup& setup) = 0;
    /// A new mark, or in place of the one with its id; also of a recording that is still rolling, as long as
    /// Shoot::record() hears of it afterwards.
    /// @return its id.
    virtual base::Result<std::int64_t> putMark(const Mark& mark) = 0;
    virtual base::Outcome removeMark(std::int64_t id) = 0;

    /// The sequences, by name.
    virtual base::Result<std::vector<Story>> stories() = 0;
    /// Makes the sequence, or replaces what it was. Its cards may name recordings that the log does not have.
    virtual base::Outcome setStory(const Story& story) = 0;
    virtual base::Outcome removeStory(const std::string& name) = 0;
    /// Gives a sequence another name. Usage: @p to is empty, or another one has it.
    virtual base::Outcome renameStory(const std::string& name, const std::string& to) = 0;

    /// @return what was undone or done again, in words: "circle 12A/3"; empty: there is nothing to.
    virtual base::Result<std::string> undo() = 0;
    virtual base::Result<std::string> redo() = 0;
    /// Counts all changes to the log, by whatever program: who shows it reads again when it has grown.
    virtual base::Result<std::int64_t> version() = 0;
    /// What went wrong beside the calls since this was last asked, each said once: a log.json that cannot be
    /// written or read, a shoot.db that was kept aside. The log itself stands.
    virtual std::vector<std::string> troubles() = 0;
};

/// "PU", "SER", "PU SER"; empty for most takes.
std::string suffixOf(const TakeSheet& sheet);
/// What holds for the take: its own sheet, and its setup's glass, rate and camera where it says none.
TakeSheet withSetup(const LoggedTake& take);
/// "12A/3 PU": the slate with what is said beside it on the board.
std::string displaySlate(const TakeSheet& sheet);
/// The next setup of a scene, letters without I and O: "12" -> "12A", "12A" -> "12B", "12H" -> "12J",
/// "12Z" -> "12AA".
std::string nextSetup(std::string_view scene);
/// "12B" -> "13".
std::string nextScene(std::string_view scene);

} // namespace backtake::takes
