#include "capture/rolled_take.hpp"

#include "capture/rolled_sound.hpp"

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
/// Frames that leave the ring so soon are looked for on disk already: five seconds at 60 per second.
constexpr Serial kLeavingSoon = 300;
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
    const auto recording = opened();
    if (recording && n < recording->frameCount())
        return recording->capturedTime(n);
    const FrameIndex known = recording ? recording->frameCount() : 0;
    const Nanos after = known > 0 ? recording->capturedTime(known - 1) + parts_.rate.frameTime() : Nanos(0);
    return std::min(after + parts_.rate.timeOf(n - known), last_at_ - parts_.started_at);
}

void RolledTake::expect(std::span<const FrameIndex> frames) const
{
    const Serial first = parts_.ring->span().first;
    std::vector<FrameIndex> on_disk;
    FrameIndex newest = -1; // of those that are on disk only, or soon will be
    for (const FrameIndex n : frames) {
        const Serial serial = parts_.first + static_cast<Serial>(n);
        if (serial < first + kLeavingSoon)
            newest = std::max(newest, n);
        if (serial < first)
            on_disk.push_back(n);
    }
    auto recording = opened();
    if (newest >= 0 && (!recording || recording->frameCount() <= newest)) {
        openOnDisk();
        recording = opened();
    }
    if (!recording)
        return;
    const FrameIndex there = recording->frameCount();
    on_disk.erase(
        std::remove_if(on_disk.begin(), on_disk.end(), [there](FrameIndex n) { return n >= there; }),
        on_disk.end());
    recording->expect(on_disk);
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

base::SoundTrackPtr RolledTake::sound() const
{
    const Nanos until = parts_.started_at + capturedTime(frameCount());
    return RolledSound::of({ parts_.sound, parts_.started_at, until, [folder = parts_.folder]() {
                                const auto recording = takes::Recording::open(folder());
                                return recording ? (*recording)->sound() : nullptr;
                            } });
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
    auto recording = takes::Recording::open(folder, furtherParts(folder));
    if (!recording)
        return;
    Lock lock(mutex_);
    if (!recording_ || recording_->frameCount() < (*recording)->frameCount())
        recording_ = std::move(*recording);
}

/// Of a take that is still rolling only the recorder knows that it goes on elsewhere. Empty parts at the end
/// do no harm.
std::vector<std::filesystem::path> RolledTake::furtherParts(const std::filesystem::path& folder) const
{
    const std::filesystem::path spill = parts_.spilled_to ? parts_.spilled_to() : std::filesystem::path();
    std::vector<std::filesystem::path> spills;
    {
        Lock lock(mutex_);
        if (!spill.empty() && std::find(spills_.begin(), spills_.end(), spill) == spills_.end())
            spills_.push_back(spill);
        spills = spills_;
    }
    std::vector<std::filesystem::path> parts;
    for (bool found = !spills.empty(); found;) {
        found = false;
        const std::string name = folder.filename().string() + ".part" + std::to_string(parts.size() + 2);
        for (const auto& place : spills) {
            std::error_code ignored;
            if (!found && std::filesystem::exists(place / "media" / name / "take.json", ignored)) {
                parts.push_back(place / "media" / name);
                found = true;
            }
        }
    }
    return parts;
}

} // namespace backtake::capture
