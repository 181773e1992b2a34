/// The guide of a session: loaded from a file, played to a device of its own, and remembered with the times
/// at which it sounded.
#pragma once

#include "app/guide_files.hpp"
#include "app/worker.hpp"
#include "base/sound.hpp"
#include "base/thread_marks.hpp"
#include "guide/guide_player.hpp"
#include "guide/placement.hpp"
#include "ui/guide.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace backtake::app {

/// What of a guide went to its device, and when that was heard. Samples are counted by the device, also
/// those of silence; one device's lie far behind those of the one before. A value: any thread.
struct GuideHeard {
    std::vector<guide::PlayedRun> runs;  ///< Rising.
    std::vector<guide::ClockPair> pairs; ///< Rising.

    /// Whether any of the guide sounded at @p from, monotonic, or later.
    [[nodiscard]] bool soundedSince(base::Nanos from) const;
    /// Where the guide was in a recording whose captured frame 0 has the monotonic time @p frame_zero. Runs
    /// that had ended by then are left out. Time: a millisecond for a minute.
    [[nodiscard]] guide::GuideRecord recordFrom(base::Nanos frame_zero) const;
};

/// Room: one thread, the session's, but for step(). Time: no call but finish() waits for a disk, a device or
/// a decoder. What does is done by two threads: "bt-guide" opens the device and renders some 60 ms ahead of
/// it, "bt-guide-files" reads, decodes and copies.
class GuideDesk {
public:
    /// As playback::SoundPlayer::Open. @return why the device cannot be opened: it is tried again.
    using Open = std::function<base::Result<base::SoundSinkPtr>(const std::string& device)>;
    enum class Clock { Own = 1, Given }; ///< Given: sound is made by update(), in its time.

    GuideDesk(Open open, Clock clock);
    ~GuideDesk();
    GuideDesk(const GuideDesk&) = delete;
    GuideDesk& operator=(const GuideDesk&) = delete;

    /// Reads a file in the background; what was loaded before goes on until it is there, and stays when it
    /// cannot be read. @param file as typed; empty: no guide any more.
    void load(const std::string& file, std::optional<base::Nanos> from, std::optional<base::Nanos> to);
    void cancel(); ///< What is being loaded is not.
    void choose(const ui::GuideChoice& choice) EXCLUDES(mutex_);
    [[nodiscard]] const ui::GuideChoice& choice() const { return choice_; }

    /// From the guide's end down to its beginning, after the count-in, from now on: also while it plays.
    void start() EXCLUDES(mutex_);
    void stop() EXCLUDES(mutex_);
    [[nodiscard]] bool loading() const { return loading_; }
    [[nodiscard]] bool playing() const EXCLUDES(mutex_);

    /// Wait: what was loaded is not taken yet, so that the guide stays the same.
    enum class Answers { Come = 1, Wait };
    /// Takes in what the threads have done. @param keep_from monotonic: of what sounded before, nothing need
    /// be remembered.
    void update(base::Nanos now, base::Nanos keep_from, Answers answers) EXCLUDES(mutex_);
    void fill(ui::GuideModel& view) const EXCLUDES(mutex_);
    /// What is loaded; null: nothing.
    [[nodiscard]] const std::shared_ptr<const LoadedGuide>& loaded() const { return loaded_; }
    /// Of what is loaded, up to what is heard at @p now.
    [[nodiscard]] GuideHeard heard(base::Nanos now) EXCLUDES(mutex_);
    /// Why the last file was not loaded, or what is damaged in it; nullopt: nothing new.
    std::optional<std::string> takeNews() { return std::exchange(news_, std::nullopt); }

    /// For other work on the guides' files. Full: @return false.
    [[nodiscard]] bool ask(Worker::Job job) { return files_.ask(std::move(job)); }
    /// Waits until files are copied; what is being loaded is not.
    void finish();

    /// The device's thread: opens it, renders what is due. @return when to come again, unless something is
    /// asked before.
    base::Nanos step(base::Nanos now) EXCLUDES(mutex_);

private:
    struct Wish {
        std::shared_ptr<guide::GuidePlayer> player; ///< Null: the device is not needed.
        std::string device;
        std::optional<guide::GuideStart> start; ///< Not begun yet.
        std::uint64_t number = 0;
    };
    void run(const std::stop_token& stop) EXCLUDES(mutex_);
    void letGo() EXCLUDES(mutex_);
    bool openSink(base::Nanos now, const std::string& device) EXCLUDES(mutex_);
    void begin(std::int64_t sample) EXCLUDES(mutex_);
    void render(std::int64_t until) EXCLUDES(mutex_);
    void look(base::Nanos now, base::Nanos least) REQUIRES(mutex_);
    void tell(std::string trouble) EXCLUDES(mutex_);

    // The session's.
    ui::GuideChoice choice_;
    std::shared_ptr<const LoadedGuide> loaded_;
    std::string asked_file_;
    std::uint64_t question_ = 0; ///< An answer to an older one is dropped.
    bool loading_ = false;
    std::shared_ptr<std::atomic<double>> progress_ = std::make_shared<std::atomic<double>>(0.0);
    std::stop_source loading_stop_;
    std::string trouble_;
    std::optional<std::string> news_;

    mutable base::Mutex mutex_;
    base::Condition asked_;
    Wish wish_ GUARDED_BY(mutex_);
    std::uint64_t met_ GUARDED_BY(mutex_) = 0; ///< Number of the wish that step() took last.
    std::string device_trouble_ GUARDED_BY(mutex_);
    base::SoundSinkPtr clock_ GUARDED_BY(mutex_); ///< The device; null: none is open.
    GuideHeard heard_ GUARDED_BY(mutex_);         ///< Of wish_.player,
    std::shared_ptr<const guide::GuidePlayer> heard_of_ GUARDED_BY(mutex_);
    std::int64_t offset_ GUARDED_BY(mutex_) = 0; ///< Of heard_'s samples from those of clock_.

    // The device's thread.
    const Open open_;
    std::shared_ptr<guide::GuidePlayer> player_;
    base::SoundSinkPtr sink_;
    std::string sink_name_;
    base::Nanos open_at_ = base::Nanos::min(); ///< Not before.
    std::int64_t end_ = 0;                     ///< One after the last sample put.
    std::int64_t rendered_ = 0;                ///< Samples of player_.
    guide::PlayedRun going_;                   ///< The run that player_ told last.
    std::int64_t quiet_ = 0;                   ///< Samples rendered since the guide is silent.
    std::vector<float> block_;
    std::vector<float> ears_;
    std::vector<guide::PlayedRun> runs_;

    Worker files_ { "bt-guide-files" };
    std::jthread thread_; ///< The threads are last: stopped and joined before what they use goes.
};

} // namespace backtake::app
