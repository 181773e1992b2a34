/// Practice without a take: an attempt to speak along with the reversed guide is recorded, scored, kept,
/// heard flipped, and seen so where there is a camera.
#pragma once

#include "app/practice_files.hpp"
#include "base/sound.hpp"
#include "base/thread_marks.hpp"
#include "capture/recorder.hpp"
#include "capture/sound_input.hpp"
#include "guide/placement.hpp"
#include "guide/sound_clip.hpp"
#include "playback/sound_player.hpp"
#include "ui/intent.hpp"
#include "ui/practice.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace backtake::app {

/// The picture of the attempt that is heard.
struct SeenAttempt {
    int number = 1;
    base::FootagePtr footage; ///< Not null.
    base::Orientation orientation = base::Orientation::Upright;
    base::Nanos position {}; ///< In its captured time, which falls; may lie before 0 and behind its end.
};

/// Room: two. The window's calls what presses ask for and fill(): none waits. The practice's calls step(), or
/// run() on a thread of its own: opens devices, reads and writes files, scores.
class PracticeDesk {
public:
    /// What is left out: a click or a slip on the key is no attempt.
    static constexpr base::Nanos kShortest = std::chrono::milliseconds(300);
    /// Then an attempt ends by itself: 115 MB in memory, 58 MB on disk, and its pictures, which go to disk
    /// meanwhile: 3 GB at 25 of 200 KB a second.
    static constexpr base::Nanos kLongest = std::chrono::minutes(10);
    static constexpr int kCountInClicks = 3;

    struct Devices {
        std::shared_ptr<const capture::SoundRing> microphone;
        int leave_out = 0; ///< Channel of it that carries timecode, from 1 on; 0: none.
        playback::SoundPlayer::Open open_sound;
        std::string loudspeaker; ///< By name; empty: the system's own choice.
    };
    /// What a camera sees of an attempt.
    struct Pictures {
        std::shared_ptr<const capture::Ring> ring; ///< Null: there is no camera.
        capture::RecordingOrder order; ///< All but shoot, scene, take and frames, which are the desk's.
    };
    PracticeDesk(std::filesystem::path folder, Devices devices);
    /// Removes the attempts that were thrown away.
    ~PracticeDesk();
    PracticeDesk(const PracticeDesk&) = delete;
    PracticeDesk& operator=(const PracticeDesk&) = delete;

    /// @param guide null: none is loaded.
    void setGuide(guide::SoundClipPtr guide) EXCLUDES(mutex_);
    /// Starts to record, with the reversed guide in the ear; while it records: ends that, and the attempt is
    /// heard flipped as soon as it is scored and kept.
    /// @param pictures are recorded with it, from the key to the key.
    void record(base::Nanos now, Pictures pictures = {}) EXCLUDES(mutex_);
    /// The chosen attempt flipped, the guide the right way round, or both; what is heard already: silence.
    void hear(ui::PracticeModel::Heard what) EXCLUDES(mutex_);
    /// Nothing is heard from now on; what is being recorded ends and is kept.
    void quiet(base::Nanos now) EXCLUDES(mutex_);
    void choose(const ui::ChooseAttempt& choice) EXCLUDES(mutex_);
    /// Throws the chosen attempt away, until the desk goes; restore() brings the last one back.
    void remove() EXCLUDES(mutex_);
    void restore() EXCLUDES(mutex_);
    /// All of it but the microphone's level.
    void fill(ui::PracticeModel& model, base::Nanos now) const EXCLUDES(mutex_);
    /// In step with what is heard; nullopt: no attempt is heard, or it has no picture.
    [[nodiscard]] std::optional<SeenAttempt> seen(base::Nanos now) const EXCLUDES(mutex_);

    /// Does what is due. @return when to come again, unless something is asked before.
    base::Nanos step(base::Nanos now) EXCLUDES(mutex_);
    /// Steps by the monotonic clock until a stop is asked for.
    void run(std::stop_token stop) EXCLUDES(mutex_);

private:
    using Heard = ui::PracticeModel::Heard;
    /// What is to be going on.
    struct Wish {
        enum class Kind { Quiet = 1, Record, Hear };
        std::uint64_t number = 0;
        Kind kind = Kind::Quiet;
        Heard heard = Heard::Nothing;
        int attempt = 0;      ///< To be heard: its number.
        base::Nanos began {}; ///< Monotonic, of the key.
        std::optional<base::Nanos> ended;
        bool heard_after = true; ///< A recorded attempt is heard flipped.
        guide::SoundClipPtr guide;
        Pictures pictures {};
    };
    struct Seen {
        SeenAttempt attempt;
        std::uint64_t wish = 0; ///< It is heard by.
        base::Nanos at {};      ///< Monotonic, of attempt.position.
    };
    /// What the loudspeaker is given, from its sample @p first on.
    struct Sounding {
        std::int64_t first = 0;
        std::int64_t fed = 0;
        std::optional<std::int64_t> length; ///< nullopt: until it is ended.
        std::function<void(std::int64_t at, std::span<float> ears)> render;
    };

    void wish(Wish wish) REQUIRES(mutex_);
    void list() EXCLUDES(mutex_);
    void begin() EXCLUDES(mutex_);
    bool openSink() EXCLUDES(mutex_);
    void sound(std::optional<std::int64_t> length, decltype(Sounding::render) render);
    bool feed(base::Nanos now);
    /// How many samples of what sounds have been heard.
    [[nodiscard]] double heard(base::Nanos now) const;
    void lookAtClock(base::Nanos now);
    void silence();
    void beginToRecord();
    void beginToHear() EXCLUDES(mutex_);
    void listen();
    void finish(base::Nanos ended) EXCLUDES(mutex_);
    void beginPictures();
    std::optional<PracticePictures> closePictures(std::string& trouble);
    void dropPictures();
    void openPictures(const StoredAttempt& stored) EXCLUDES(mutex_);
    void tellSeen(base::Nanos now) EXCLUDES(mutex_);
    /// The doing is over, with @p trouble or without.
    void end(std::string trouble) EXCLUDES(mutex_);

    const std::filesystem::path folder_;
    const Devices devices_;

    mutable base::Mutex mutex_;
    base::Condition asked_;
    Wish wish_ GUARDED_BY(mutex_);
    guide::SoundClipPtr guide_ GUARDED_BY(mutex_);
    ui::PracticeModel view_ GUARDED_BY(mutex_);
    std::vector<ui::PracticeAttempt> thrown_away_ GUARDED_BY(mutex_); ///< The last is restored first.
    std::optional<Seen> seen_ GUARDED_BY(mutex_);

    // The practice's room.
    bool listed_ = false;
    Wish doing_;
    base::SoundSinkPtr sink_;
    std::optional<Sounding> sounding_;
    std::shared_ptr<guide::GuidePlayer> player_; ///< While recording.
    std::vector<guide::PlayedRun> played_;
    std::vector<guide::ClockPair> pairs_;
    std::uint64_t block_ = 0;                     ///< Of the microphone's ring, to be read next.
    std::vector<float> recorded_;                 ///< Mono, from doing_.began on.
    int rate_hz_ = 0;                             ///< Of recorded_; 0: nothing has come.
    std::unique_ptr<capture::Recorder> recorder_; ///< Of the attempt that is recorded; null: no camera.
    std::optional<SeenAttempt> shown_;            ///< Its position that of the first sample that sounds.
};

} // namespace backtake::app
