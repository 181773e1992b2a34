/// The guide as performers hear it: reversed, after a count-in, as slow as they need it, again and again.
#pragma once

#include "base/result.hpp"
#include "base/sound.hpp"
#include "base/thread_marks.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace backtake::guide {

inline constexpr double kSlowestSpeed = 0.5;
inline constexpr int kMostCountInClicks = 32;

enum class Repeat { Once = 1, Loop };

/// One start of the guide.
struct GuideStart {
    /// Where in the guide's own time the sound begins; it runs down to the guide's beginning. nullopt: at its
    /// end.
    std::optional<base::Nanos> from;
    double speed = 1; ///< Of the reversed guide, kSlowestSpeed … 1, at its own pitch.
    /// Clicks a beat apart, 0 … kMostCountInClicks; the last one is a beat before the guide's first sample.
    int count_in_clicks = 0;
    double beats_per_minute = 120; ///< 20 … 400.
    Repeat repeat = Repeat::Once;  ///< Loop: from the guide's end again, without a gap and without clicks.
};

/// From a rendered sample on, up to the next run, the guide was played like this.
struct PlayedRun {
    std::int64_t first_rendered = 0; ///< Samples rendered since the player was made.
    double guide_s = 0;              ///< In the guide's own time, at the beginning of that sample's time.
    double speed = 0; ///< Guide seconds per second: -1 … -0.5; 0: nothing of the guide was heard.

    friend bool operator==(const PlayedRun&, const PlayedRun&) = default;
};

/// What a window shows.
struct GuideStatus {
    bool playing = false;          ///< Counting in or sounding.
    int clicks_left = 0;           ///< Of the count-in, the one that sounds now included.
    std::optional<double> guide_s; ///< Position of what is rendered next, while it sounds.
};

/// Room: start(), stop(), setLevel() and status() from any thread; render() from one thread at a time, the
/// one that makes sound. Time: start() makes ready what it needs on the caller's thread (some 20 ms
/// where the speed is not 1); render() reads the master, which is to lie in
/// memory (SoundClip), waits for nothing but a pointer being exchanged, and frees nothing.
class GuidePlayer {
public:
    /// @param master one or two channels; what is rendered has its rate and channels. A sample or more.
    explicit GuidePlayer(base::SoundTrackPtr master);
    ~GuidePlayer();

    /// Begins with the next sample rendered, whatever sounds now: that is faded out.
    /// @return Fault::Usage where a number is out of its bounds, or begins outside of the guide; what sounds
    ///     goes on.
    base::Outcome start(const GuideStart& start) EXCLUDES(mutex_);
    void stop() EXCLUDES(mutex_);
    /// @param level 0 … 1, of guide and clicks; changes glide.
    void setLevel(double level) EXCLUDES(mutex_);
    [[nodiscard]] GuideStatus status() const EXCLUDES(mutex_);

    /// What is to be heard next, silence when stopped.
    /// @param out interleaved.
    /// @param runs the runs that begin in @p out are appended: with the device's clock they become the record
    ///     of where the guide was (guide/placement.hpp). Give it some capacity: seldom more than 2 a block.
    void render(std::span<float> out, std::vector<PlayedRun>& runs) EXCLUDES(mutex_);

    [[nodiscard]] const base::SoundTrack& master() const { return *master_; }

private:
    class Course;
    void exchange(std::unique_ptr<Course> next) EXCLUDES(mutex_);
    void turn(std::unique_ptr<Course> next, std::vector<PlayedRun>& runs) EXCLUDES(mutex_);

    const base::SoundTrackPtr master_;
    const std::size_t channels_;

    mutable base::Mutex mutex_;
    std::unique_ptr<Course> next_ GUARDED_BY(mutex_); ///< Null with changed_: silence.
    bool changed_ GUARDED_BY(mutex_) = false;
    std::unique_ptr<Course> retired_ GUARDED_BY(mutex_); ///< Freed by whoever exchanges next.
    double level_ GUARDED_BY(mutex_) = 1;
    GuideStatus status_ GUARDED_BY(mutex_);

    // Whoever renders.
    std::unique_ptr<Course> course_;
    std::int64_t rendered_ = 0;
    double gain_ = 1;
    std::vector<float> tail_; ///< The last of what sounded before, fading.
    std::size_t tail_at_ = 0;
    std::vector<float> fading_;
};

} // namespace backtake::guide
