#include "capture/rolled_take.hpp"

#include <algorithm>

namespace backtake::capture {

using base::Fault;
using base::FrameIndex;
using base::Lock;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;

namespace {
/// How long a decoder waits for a frame that is in the encoder: it is due within a few frame times.
constexpr Nanos kEncodePatience = 250ms;
} // namespace

RolledTake::RolledTake(Parts parts)
    : parts_(std::move(parts))
    , last_at_(parts_.ring->capturedAt(parts_.end - 1)
                   .value_or(parts_.started_at
                       + parts_.rate.timeOf(static_cast<FrameIndex>(parts_.end - parts_.first) - 1)))
{
}

Nanos RolledTake::capturedTime(FrameIndex n) const
{
    if (n >= frameCount())
        return last_at_ - parts_.started_at + parts_.rate.frameTime();
    if (const auto at = parts_.ring->capturedAt(parts_.first + static_cast<Serial>(n)))
        return *at - parts_.started_at;
    if (const auto recording = opened(); recording && n < recording->frameCount())
        return recording->capturedTime(n);
    return std::min(parts_.rate.timeOf(n), last_at_ - parts_.started_at);
}

base::Result<base::FramePtr> RolledTake::frame(FrameIndex n) const
{
    const Serial serial = parts_.first + static_cast<Serial>(n);
    if (serial >= parts_.ring->span().end)
        parts_.ring->waitFor(serial, {}, base::monotonicNow() + kEncodePatience);
    if (auto frame = parts_.ring->at(serial)) {
        if (frame->loss != base::Loss::None)
            return base::fail(Fault::Corrupt, "this frame was lost while recording",
                std::string(takes::nameOf(frame->loss)));
        return frame;
    }
    auto recording = opened();
    if (!recording || n >= recording->frameCount()) {
        openOnDisk();
        recording = opened();
    }
    if (recording && n < recording->frameCount())
        return recording->frame(n);
    return base::fail(Fault::Corrupt, "this frame is neither in the ring nor on disk");
}

std::shared_ptr<const takes::Recording> RolledTake::opened() const
{
    Lock lock(mutex_);
    return recording_;
}

void RolledTake::openOnDisk() const
{
    const std::filesystem::path folder = parts_.folder();
    if (folder.empty())
        return;
    auto recording = takes::Recording::open(folder);
    if (!recording)
        return;
    Lock lock(mutex_);
    if (!recording_ || recording_->frameCount() < (*recording)->frameCount())
        recording_ = std::move(*recording);
}

} // namespace backtake::capture
