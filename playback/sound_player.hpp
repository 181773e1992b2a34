/// Plays the sound of the take in review, and is the clock that its pictures follow.
#pragma once

#include "base/frame.hpp"
#include "base/result.hpp"
#include "base/sound.hpp"
#include "base/thread_marks.hpp"
#include "playback/sound_renderer.hpp"
#include "playback/sound_stretcher.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace backtake::playback {

/// Playback time is monotonic time plus an offset. While a device plays, that offset follows its count of
/// samples, so that sound is handed over as it was recorded and pictures go by it, for hours; while none does
/// (no track, nothing in review, device gone or stuck) it stands. So neither end of it is a jump.
///
/// Sound is rendered some 60 ms ahead. When the head is steered, what was put for its old course and not
/// taken yet is faded into the new one: a key is heard once the device has played what it took. While the
/// head rests, jumps of it (a drag, frame by frame) sound like tape that is moved by hand.
///
/// Room: two. Who steers (the session's) calls play(), stop(), choose(), timeAt(), state(): none waits. The
/// sound's calls step(), or run() on a thread of its own: opens devices and tracks, reads disks.
class SoundPlayer {
public:
    /// @return Fault::NotFound and others when the device cannot be opened: it is tried again now and then.
    using Open = std::function<base::Result<base::SoundSinkPtr>(const std::string& device)>;
    struct State {
        bool has_sound = false; ///< The take in review has some.
        std::string trouble;    ///< Why no device plays it, in the operator's words; empty: one does.
        friend bool operator==(const State&, const State&) = default;
    };

    explicit SoundPlayer(Open open, base::SoundChoice choice = {});

    /// From now on the sound of @p footage is heard where @p head is, in playback time.
    void play(base::FootagePtr footage, const Playhead& head) EXCLUDES(mutex_);
    void stop() EXCLUDES(mutex_);
    void choose(base::SoundChoice choice) EXCLUDES(mutex_);
    /// Playback time at @p now, monotonic: of the sample heard then. Never falls.
    [[nodiscard]] base::Nanos timeAt(base::Nanos now) const EXCLUDES(mutex_);
    [[nodiscard]] State state() const EXCLUDES(mutex_);

    /// Renders and puts what is due. @return when to come again, unless something is asked before.
    base::Nanos step(base::Nanos now) EXCLUDES(mutex_);
    /// Steps by the monotonic clock until a stop is asked for.
    void run(std::stop_token stop) EXCLUDES(mutex_);

private:
    struct Wish {
        base::FootagePtr footage; ///< Keeps what head looks into.
        std::optional<Playhead> head;
        base::SoundChoice choice;
        std::uint64_t number = 0;
    };
    /// The head as a hand moves it while it rests.
    struct Hand {
        Playhead head;
        base::Nanos until; ///< Playback time.
    };

    void load();
    bool openSink(base::Nanos now);
    void follow(base::Nanos now) EXCLUDES(mutex_);
    void leave(base::Nanos now) EXCLUDES(mutex_);
    void tell(State state) EXCLUDES(mutex_);
    bool takes(base::Nanos now);
    [[nodiscard]] base::Nanos timeOf(std::int64_t sample) const;
    [[nodiscard]] std::int64_t end() const;
    void wind(const Playhead& before, base::Nanos time);
    void plan(std::int64_t from, std::int64_t until);
    void remix(std::int64_t from);
    void fadeOut();
    [[nodiscard]] std::vector<float> render(std::int64_t from, std::int64_t until);
    [[nodiscard]] const Playhead& headAt(base::Nanos time) const;
    [[nodiscard]] std::vector<float> mix(std::span<const float> raw) const;
    /// Puts @p ears from @p from on, out of what was put there before.
    void fadeInto(std::int64_t from, std::vector<float> ears);

    mutable base::Mutex mutex_;
    base::Condition asked_;
    Wish wish_ GUARDED_BY(mutex_);
    std::uint64_t met_ GUARDED_BY(mutex_) = 0; ///< Number of the wish that step() took last.
    State state_ GUARDED_BY(mutex_);
    base::SoundSinkPtr clock_ GUARDED_BY(mutex_); ///< That time goes by; null: monotonic.
    base::Nanos offset_ GUARDED_BY(mutex_) {};    ///< Playback time minus the clock's own.
    mutable base::Nanos last_ GUARDED_BY(mutex_) { base::Nanos::min() };

    // The sound's room.
    const Open open_;
    Wish now_;
    base::SoundSinkPtr sink_;
    std::string sink_name_;
    base::Nanos open_at_ = base::Nanos::min(); ///< Not before.
    base::FootagePtr loaded_;
    base::SoundTrackPtr track_;
    std::optional<SoundRenderer> renderer_;
    std::optional<SoundStretcher> stretcher_; ///< While it is what renders.
    std::optional<Hand> hand_;
    base::Nanos wound_at_ = base::Nanos::min();
    bool following_ = false;
    base::Nanos base_ {}; ///< Playback time of sample 0, while following_.
    std::int64_t seen_taken_ = 0;
    base::Nanos seen_at_ {};
    std::int64_t first_ = 0;  ///< Of the two below.
    std::vector<float> raw_;  ///< Rendered: the track's channels.
    std::vector<float> ears_; ///< The same as it was put.
};

} // namespace backtake::playback
