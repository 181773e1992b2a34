/// A camera's body as the operator sees it: its dials, its own recording, its card. One per Camera; it
/// outlives reconnects, while the source behind it comes and goes.
#pragma once

#include "base/result.hpp"
#include "base/thread_marks.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace backtake::capture {

/// One dial of the body: ISO, shutter, aperture …
struct BodySetting {
    std::string name;  ///< The driver's: "iso", "shutterspeed", "aperture", "whitebalance",
                       ///< "colortemperature", "picturestyle", "autoexposuremode", "output".
    std::string label; ///< What people call it: "ISO".
    std::string value; ///< What the camera really has, in its own words.
    std::vector<std::string>
        choices; ///< The camera's own list; empty: it takes what it is given, or nothing.
    bool read_only = false;
    bool pending = false; ///< A change was asked for and not answered yet.
    friend bool operator==(const BodySetting&, const BodySetting&) = default;
};

/// A clip on its way from the card to a folder of ours.
struct ClipFetch {
    enum class State { Running = 1, Done, Cancelled, Failed };
    std::uint64_t id = 0; ///< Of the request that asked for it.
    State state = State::Running;
    std::string clip;             ///< "MVI_0042.MOV".
    std::filesystem::path target; ///< Where it ends up once whole; until then beside it as NAME.part.
    std::uint64_t bytes = 0;      ///< There already.
    std::uint64_t total_bytes = 0;
    double bytes_per_second = 0;
    std::string trouble; ///< Why it failed, for the operator.
};

/// A clip that the body recorded on its own card.
struct BodyClip {
    std::string folder;      ///< "/store_00010001/DCIM/100EOS1D".
    std::string name;        ///< "MVI_0042.MOV".
    std::uint64_t bytes = 0; ///< 0: not known.
    friend bool operator==(const BodyClip&, const BodyClip&) = default;
};

/// A snapshot. Without a body attached everything but fetches that ended is as it was when it left.
struct BodyStatus {
    bool attached = false;
    std::string model;           ///< "Canon EOS-1D C".
    base::Nanos opening_time {}; ///< How long the last opening took; zero before the first.
    std::string lens;
    std::string battery;                ///< The camera's words: "75%", "Low".
    std::optional<int> battery_percent; ///< When the words hold one; Low is 5.
    std::optional<std::int64_t> shots_left;
    std::optional<bool> card_present;
    std::optional<std::uint64_t> card_free_bytes;
    std::optional<bool> movie_mode; ///< The body's movie switch; nullopt: it has none that can be read.
    bool can_record = false;        ///< Its own recording can be started from here.
    bool recording = false;         ///< Onto its own card, now.
    std::string output; ///< Where the live picture goes: "screen + PC", "PC only"; empty: not known.
    std::vector<BodySetting> settings; ///< In the order to show them.
    std::vector<ClipFetch> fetches;    ///< Oldest first; ended ones stay for the session.
};

/// News that must not be missed, with its time; everything else is in the status.
struct BodyEvent {
    enum class Kind {
        RecordingStarted = 1, ///< On the body's card, by whomever.
        RecordingStopped,
        ClipAdded,      ///< `clip`: its name, when the camera announces it.
        SettingRefused, ///< `text`: what was refused and why; the status shows what the camera has.
        RecordRefused,  ///< `text`: why the body does not record.
        FetchEnded,     ///< `request`: see the status.
        Note,           ///< `text`: for the operator: output fell back to PC only, …
    };
    Kind kind = Kind::Note;
    base::Nanos at {};       ///< Monotonic, when the body's news came.
    bool asked_here = false; ///< A recording that started or stopped because of RecordOnBody, or away from
                             ///< the cable: nobody pressed the body's button now.
    std::string text;
    BodyClip clip;
    std::uint64_t request = 0;
};

struct SetBodySetting {
    std::string name;
    std::string value;
};
struct RecordOnBody {
    bool on = true;
};
/// Never deletes on the card; never replaces a file. Goes on where NAME.part ends.
struct FetchBodyClip {
    BodyClip clip;
    std::filesystem::path target;
};
struct CancelBodyFetch {
    std::uint64_t id = 0; ///< Of the FetchBodyClip.
};
using BodyRequest = std::variant<SetBodySetting, RecordOnBody, FetchBodyClip, CancelBodyFetch>;

/// Room: any thread; nothing here waits for the camera. ask() hands the request to the source, which must not
/// block either. The source's side (attach … detach) is the camera thread's.
class Body {
public:
    /// Hands a request to the camera. @return false when it could not be handed over (its line is full).
    using Sink = std::function<bool(std::uint64_t id, const BodyRequest&)>;

    [[nodiscard]] BodyStatus status() const EXCLUDES(mutex_);
    /// Counts up with every change of the status; for those who redraw only then.
    [[nodiscard]] std::uint64_t version() const EXCLUDES(mutex_);
    /// The events since the last call, oldest first; for one consumer.
    [[nodiscard]] std::vector<BodyEvent> takeEvents() EXCLUDES(mutex_);
    /// @return the request's id. Fault::Unplugged without a body, Busy when it does not keep up, Usage for a
    /// setting it does not have or may not change.
    base::Result<std::uint64_t> ask(const BodyRequest& request) EXCLUDES(mutex_);

    // The source's side.
    void attach(std::string model, Sink sink) EXCLUDES(mutex_);
    /// Fetches under way end as Failed; a recording of its own may well go on.
    void detach(const std::string& why) EXCLUDES(mutex_);
    void change(const std::function<void(BodyStatus&)>& edit) EXCLUDES(mutex_);
    void tell(BodyEvent event) EXCLUDES(mutex_);

private:
    /// Far more than come between two looks of a window; beyond it the oldest notes leave.
    static constexpr std::size_t kMostEvents = 1000;
    mutable base::Mutex mutex_;
    BodyStatus status_ GUARDED_BY(mutex_);
    std::uint64_t version_ GUARDED_BY(mutex_) = 0;
    std::vector<BodyEvent> events_ GUARDED_BY(mutex_);
    Sink sink_ GUARDED_BY(mutex_);
    std::uint64_t next_request_ GUARDED_BY(mutex_) = 1;
};

/// What an operator must know about the body now: battery low, card full or gone, movie mode off. `key` names
/// the trouble, so that it can stand as long as it is true.
struct BodyTrouble {
    std::string key;    ///< "battery", "card", "movie_mode".
    bool grave = false; ///< Recording on the body cannot work; else a warning.
    std::string text;   ///< What, why, what to do.
};
std::vector<BodyTrouble> troublesOf(const BodyStatus& body);

} // namespace backtake::capture
