/// What the window shows: one const snapshot a UI frame, built by app, drawn by the views. No lock is held
/// while drawing.
#pragma once

#include "base/filmstrip.hpp"
#include "base/picture.hpp"
#include "base/sound.hpp"
#include "base/time.hpp"
#include "ui/cue_model.hpp"
#include "ui/guide.hpp"
#include "ui/handover.hpp"
#include "ui/lip.hpp"
#include "ui/practice.hpp"
#include "ui/sheet.hpp"
#include "ui/story.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace backtake::ui {

enum class CameraState { Opening = 1, Live, Stalled, Lost, Returning, Refused, Ended };

struct CameraModel {
    CameraState state = CameraState::Opening;
    std::string name;
    std::string format; ///< "1920x1080 JPEG".
    std::string why;    ///< One line when not live: what, why, what to do.
    double measured_fps = 0;
    base::Rate nominal_rate;
    int width = 0;
    int height = 0;
    std::optional<base::Nanos> latency; ///< Buffering configured in the source.
    base::Nanos since_last_frame {};    ///< For "CAMERA LOST 00:03".
    std::string timecode;               ///< Of the newest frame; empty: no clock is shown while live.
    std::string timecode_words =
        "time of day"; ///< What that goes by: "free run", "LTC", "JAM", "HOLD 02:13".
};

/// The sound that takes get, with meters.
struct SoundModel {
    struct Channel {
        double peak_db = -60; ///< -60 … 0, of full scale.
        double hold_db = -60; ///< The highest of the last moments.
        bool clipped = false;
    };
    bool lost = false; ///< Silence is recorded in its place.
    std::string name;  ///< Without secrets.
    int bits = 0;
    int channels = 0; ///< 0: none has come yet.
    std::array<Channel, base::kMostSoundChannels> channel {};
};

/// One dial of the camera's body.
struct CameraSetting {
    std::string name;                 ///< The driver's.
    std::string label;                ///< "ISO".
    std::string value;                ///< What the camera really has.
    std::vector<std::string> choices; ///< The camera's own list; empty: any text, or none.
    bool read_only = false;
    std::string wanted; ///< Asked for and not answered yet; empty: nothing is.
};

/// The body of the camera on screen: its dials, its own recording, its card.
struct BodyModel {
    bool attached = false; ///< Else this is how it was when it left.
    std::string model;
    std::string lens;
    std::string battery; ///< The camera's words.
    std::optional<int> battery_percent;
    std::optional<std::int64_t> shots_left;
    std::optional<base::Nanos> time_left; ///< On the card, at the rate of the last clip.
    std::optional<bool> card_present;
    std::optional<std::uint64_t> card_free_bytes;
    std::optional<bool> movie_mode;
    std::string output; ///< Where the camera sends its picture.
    bool can_record = false;
    bool recording = false;         ///< Onto its own card.
    base::Nanos recording_for {};   ///< Counted here: the camera does not tell.
    bool records_with_takes = true; ///< Roll and cut start and stop it.
    std::vector<CameraSetting> settings;
};

/// What can be chosen as a camera.
struct CameraChoice {
    std::string spec;
    std::string name;
    std::string why = {};    ///< Why it cannot be opened now; empty: it can.
    std::string holder = {}; ///< The program that holds it; empty: none is known.
    int holder_pid = 0;
};

enum class LoopMode { Loop = 1, PingPong, Once };

/// Review of one take. Positions are in the order on screen unless named captured.
struct ReviewModel {
    std::string slate; ///< "12A/3".
    char camera_letter = 'A';
    bool backward_take = true; ///< Else a FORWARD TAKE.
    bool shown_order = true;   ///< REVERSED badge for a backward take; else AS CAPTURED.
    bool playing = false;
    base::FilmstripPtr filmstrip; ///< Null while there is none yet.
    base::Orientation orientation = base::Orientation::Upright;
    double speed = 1.0;         ///< Signed, in the order on screen: -1 plays against it.
    base::FrameIndex frame = 0; ///< In the order on screen.
    base::FrameIndex captured_frame = 0;
    base::FrameIndex frame_count = 0;
    base::Nanos position {}; ///< Of the frame on screen, from the start of the order on screen.
    base::Nanos duration {};
    base::Rate rate;                    ///< Nominal, for the labels of position and duration.
    std::string captured_timecode;      ///< Falls while a backward take plays in shown order.
    int captured_clock_direction = 0;   ///< -1 falling ▼, +1 rising ▲, 0 standing.
    std::optional<base::FrameIndex> in; ///< In the order on screen.
    std::optional<base::FrameIndex> out;
    LoopMode loop = LoopMode::Loop;
    base::FrameIndex roll_frame = 0; ///< Captured frame at which R was pressed; before it is pre-roll.
    std::int64_t damaged_frames = 0; ///< Met so far in this take.
    bool frame_damaged = false;      ///< The picture on screen is a placeholder.
    bool decoding_late = false;      ///< The decoder does not keep up at this speed.
    /// A chase: the last minute of the take that rolls on. How long ago the picture on screen was captured.
    std::optional<base::Nanos> behind_live;
    std::string take; ///< Id of the recording; empty: nothing can be said of it.
    TakeSheet sheet;
    SetupSheet setup;                  ///< Of the take.
    std::string shot_as;               ///< "12A/3": its slate before it was renumbered; empty: it was not.
    std::vector<MarkModel> marks;      ///< In the order on screen; at one frame as they were made.
    std::int64_t chosen_mark = 0;      ///< 0: none.
    std::optional<MasterModel> master; ///< None: no guide is known to have been played with it.
    std::string part; ///< Of a sequence, which of its takes is on screen: "2 of 5". Empty: it is a take.
};

/// The clip that the camera recorded of a take.
struct TakeClip {
    enum class State { OnCard = 1, Fetching, Fetched };
    State state = State::OnCard;
    std::string name;
    std::uint64_t bytes = 0;       ///< Here already.
    std::uint64_t total_bytes = 0; ///< 0: not known.
    double bytes_per_second = 0;
    std::uint64_t fetch = 0; ///< For CancelFetch.
    std::size_t parts = 1;   ///< Into how many clips the camera split the take.
};

struct TakeRow {
    std::string slate;
    char camera_letter = 'A';
    bool backward = true;
    bool recording = false;
    base::Nanos duration {};
    base::FrameIndex frames = 0;
    std::int64_t lost_frames = 0;
    std::optional<TakeClip> clip = std::nullopt;
    bool recovered = false;         ///< Closed later, from what a crash left.
    std::size_t parts = 1;          ///< On how many disks it lies, one after the other.
    base::FrameIndex unwritten = 0; ///< Cut, but these frames are in memory only: no disk takes them.
    std::string
        where {}; ///< For the tooltip: the folders of its parts, what was lost. Empty: nothing to say.
    bool circled = false;
    Verdict verdict = Verdict::Open;
    bool pickup = false;
    bool series = false;
    bool mos = false;
    int rating = 0;
    std::size_t marks = 0; ///< With notes and tells.
    bool listed = true;    ///< As the filter wants it.
    base::Orientation orientation = base::Orientation::Upright;
    /// Its frames captured first and last, as two cells; null: not made yet. Without cells: there are none.
    base::FilmstripPtr ends = nullptr;
};

/// Where takes go on when the disk of the shoot refuses.
struct SecondFolder {
    std::string folder; ///< Empty: none is chosen.
    std::uint64_t free_bytes = 0;
    std::optional<base::Nanos> time_left; ///< At the present rate of bytes.
    bool in_use = false;                  ///< A take is going on there now.
};

/// A disk that is attached and could hold the second folder.
struct DiskChoice {
    std::string folder; ///< On it, to be chosen as it is.
    std::uint64_t free_bytes = 0;
    std::optional<base::Nanos> time_left; ///< At the present rate of bytes.
};

/// A folder that was asked about before it is chosen.
struct FolderLook {
    std::string folder;
    std::uint64_t free_bytes = 0;
    std::optional<base::Nanos> time_left;
    bool same_disk = false; ///< As the shoot: it fills up with it.
    std::string why {};     ///< It cannot be used; empty: it can.
};

struct Message {
    enum class Kind { Note = 1, Warning, Trouble };
    std::uint64_t id = 0;
    Kind kind = Kind::Note;
    std::string text;
    bool standing = false; ///< True as long as it is true; else it fades after 6 s.
    base::Nanos since {};
    int times = 1; ///< That it was said, while it stood there.
};

/// The picture's way as far as the model knows it; the window measures the rest (Pace). Zero: not known in
/// this state.
struct StageTimes {
    base::Nanos captured_at {}; ///< Monotonic, of a live picture: its last byte arrived.
    base::Nanos ready_at {};    ///< Monotonic, of a live picture: it was decoded and in its slot.
    base::Nanos encode {};      ///< Mean of one picture.
    base::Nanos decode {};      ///< Mean of one picture.
};

/// How many pictures stand on screen, and how.
enum class ViewMode {
    Single = 1,
    Reference, ///< The picture on screen against a take or a still.
    BothWays,  ///< The take in review as shown beside the take as captured.
    Quad,      ///< Up to four cameras, or takes.
};

/// How picture and reference meet.
enum class Compare { Wipe = 1, Mix, Difference, SideBySide, Blink };

/// One of several pictures on screen, with what its badge says.
struct Pane {
    enum class Kind { Live = 1, Shown, Captured, Still };
    Kind kind = Kind::Live;
    base::PicturePtr picture;     ///< Null before its first.
    std::uint64_t picture_id = 0; ///< Changes with the picture; never the same for two different ones.
    base::Orientation orientation = base::Orientation::Upright;
    std::string words; ///< Which camera, take or still it is: "A", "12A/3 B", a file's name.
    std::string clock; ///< Captured timecode of the picture; empty: none is known.
    CameraState camera = CameraState::Live; ///< Of a live one.
    base::Nanos since_last_frame {};        ///< Of a live one.
    bool rolling = false;                   ///< Of a live one.
    bool damaged = false;                   ///< The picture is a placeholder.
};
inline constexpr std::size_t kMostPanes = 4;

/// What W compares with, and what could be chosen instead.
struct ReferenceModel {
    bool is_take = true;             ///< The take in review; else a still.
    std::string still;               ///< The still's file name; empty: none was chosen.
    std::vector<std::string> stills; ///< The answer to ListStills: of this shoot, newest first.
};

/// The sound of the take in review. Level and the like are settings, which the window has itself.
struct HeardModel {
    bool recorded = false; ///< The take has some.
    std::string trouble;   ///< Why no device plays it; empty: one does.
};

struct Model {
    base::Nanos now {};
    bool live_on_screen = true; ///< Else review.
    bool rolling = false;       ///< Wins over everything: red frame and REC whatever is on screen.
    base::Nanos rolling_for {};

    std::string next_scene; ///< Slate of the take being or to be shot.
    int next_take = 1;
    SetupSheet next_setup; ///< Of next_scene.
    char camera_letter = 'A';
    bool next_backward = true;

    CameraModel camera;
    std::optional<SoundModel> sound;   ///< None: takes have none.
    std::optional<BodyModel> body;     ///< None for a camera that only sends pictures.
    std::vector<CameraChoice> cameras; ///< To choose from.
    std::optional<ReviewModel> review; ///< Of the take on screen, or the one Tab goes to.

    base::PicturePtr picture;     ///< To be shown now; null before the first.
    std::uint64_t picture_id = 0; ///< Changes with the picture: upload when it does.
    base::Orientation orientation = base::Orientation::Upright; ///< Of the picture on screen.

    ViewMode mode = ViewMode::Single;
    Compare compare = Compare::Wipe; ///< In ViewMode::Reference.
    /// Of the modes with several pictures, at most kMostPanes: the first is the one above, which the keys act
    /// on. ViewMode::Reference has two of them, picture and reference. Empty in ViewMode::Single.
    std::vector<Pane> panes;
    ReferenceModel reference;
    HeardModel heard;
    GuideModel guide;
    std::optional<LipModel> lip;           ///< While its panel is open.
    std::optional<PracticeModel> practice; ///< The same.
    StoryModel story;

    CueDeskModel cue;
    std::vector<TakeRow> takes; ///< Oldest first.
    TakeFilter filter;          ///< Which of them are listed.
    /// What a mark would be said of now: the frame in review; live, the newest of the take that rolls.
    std::optional<SaidFrame> here;
    std::optional<BoardQuestion> board_question; ///< None while a take rolls.
    std::optional<std::size_t> selected_take;

    double ring_seconds = 0;
    std::uint64_t ring_bytes = 0;
    std::uint64_t ring_cap_bytes = 0;
    std::vector<std::pair<std::string, std::uint64_t>> drops; ///< By cause, only what is not zero.
    std::optional<base::Nanos>
        disk_left;           ///< Recording time left at the present data rate, where takes go now.
    bool disk_low = false;   ///< Less than the operator should be warned at.
    double ring_waiting = 0; ///< Part of the ring that frames take which are not on disk yet: 0 … 1.
    base::Nanos ring_waiting_for {}; ///< As time of the take.
    bool disk_behind = false;        ///< Those are more than the disk owes at any time: show them.
    SecondFolder second_folder;
    std::vector<DiskChoice> disks;             ///< The answer to ListDisks, most room first.
    std::optional<FolderLook> folder_look;     ///< The newest answer to LookAtFolder.
    std::vector<std::string> handover_days;    ///< On which takes were shot, oldest first.
    std::optional<HandoverLook> handover_look; ///< The newest answer to LookAtHandover.
    std::vector<HandoverRun> handovers;        ///< The one that runs first.
    std::string quit_question;                 ///< To be answered before the end; empty: none is asked.
    std::vector<Message> messages;             ///< Newest first.
    std::string shoot_folder;
    StageTimes stages;
};

} // namespace backtake::ui
