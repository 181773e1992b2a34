/// A source of sound beside the cameras: a mixer, a sound card, a pipeline.
#pragma once

#include "capture/camera_spec.hpp"
#include "capture/sound_feed.hpp"

#include <memory>
#include <stop_token>
#include <thread>

namespace backtake::capture {

class GstPipeline;

/// Opens what its spec names and keeps it open: a source that dies is opened again, with silence in its ring
/// for as long as it is away.
/// Room: public calls from any thread, none waits for the device. Owns: the device, from construction to
/// destruction (which waits up to 2 s for it).
class SoundInput {
public:
    /// @param spec of any kind but Off.
    explicit SoundInput(SoundSpec spec);
    ~SoundInput();

    [[nodiscard]] SoundStatus status() const { return feed_.status(); }
    /// The same into one that was read before: its memory is used again.
    void readStatus(SoundStatus& status) const { feed_.readStatus(status); }
    /// Kept alive by takes that still play from it.
    [[nodiscard]] std::shared_ptr<const SoundRing> ring() const { return feed_.ring(); }
    [[nodiscard]] const SoundSpec& spec() const { return spec_; }

private:
    void run(std::stop_token stop);
    void deliver(GstPipeline& pipeline, std::stop_token stop) EXCLUDES(mutex_);
    void pause(base::Nanos length, std::stop_token stop) EXCLUDES(mutex_);

    const SoundSpec spec_;
    SoundFeed feed_;
    base::Mutex mutex_; ///< For waiting alone.
    base::Condition retry_;
    std::jthread thread_; ///< Last: joined before what it uses goes.
};

} // namespace backtake::capture
