/// One compressed picture on its way from camera to ring, disk and player.
#pragma once

#include "base/result.hpp"
#include "base/sound.hpp"
#include "base/time.hpp"
#include "base/timecode.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace backtake::base {

/// Counts up by one per frame that a camera delivered, from 0 when it was opened, across reconnects.
using Serial = std::uint64_t;

/// Why a frame has no picture. The frame keeps its place and time, so that direction, length and timing stay
/// right.
enum class Loss : std::uint8_t {
    None = 0,          ///< It has one.
    EncoderBusy = 1,   ///< Came faster than the encoders could take it.
    RingOverrun = 2,   ///< Left the ring before the recorder had written it.
    CameraDamaged = 3, ///< The camera sent bytes that are no picture.
};

/// Pictures that lie in memory and on disk in whole blocks of so many bytes go to the disk past the kernel's
/// cache. A multiple of what disks and file systems ask for (open(2), O_DIRECT).
inline constexpr std::size_t kBlockBytes = 4096;
/// The bytes of as many blocks as hold @p bytes.
constexpr std::uint64_t wholeBlocks(std::uint64_t bytes)
{
    return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

/// One JPEG as it is in the ring and on disk. Immutable once published, shared between rooms without a lock.
struct Frame {
    Serial serial = 0;
    Nanos captured_at {};      ///< Monotonic time the last byte arrived.
    std::uint32_t segment = 0; ///< Counts up by one with every change of format or reconnect.
    std::uint16_t width = 0;   ///< Of the picture, from the JPEG's own header; 0 when lost.
    std::uint16_t height = 0;
    Loss loss = Loss::None;
    std::span<const std::byte> jpeg;   ///< A whole JPEG, zeros behind it allowed, or empty when lost.
    std::shared_ptr<const void> owner; ///< Keeps @p jpeg alive.
};
using FramePtr = std::shared_ptr<const Frame>;

/// Recorded frames by index: what the player plays, whether they are in RAM or on disk.
/// Room: any thread; const calls may run at the same time. Time: capturedTime() may read one page of an index
/// that nobody asked for before; frame() is one read at most.
class Footage {
public:
    virtual ~Footage() = default;
    /// N > 0, fixed.
    [[nodiscard]] virtual FrameIndex frameCount() const = 0;
    /// t(n) relative to the first frame, for 0 <= n <= N; t(N) is the end of the last frame, T. Never falls,
    /// unless the recording is damaged or made up.
    [[nodiscard]] virtual Nanos capturedTime(FrameIndex n) const = 0;
    /// @return Fault::Corrupt when the frame is damaged or lost (show a placeholder, go on).
    [[nodiscard]] virtual Result<FramePtr> frame(FrameIndex n) const = 0;
    /// These frames will be asked for soon, in this order: what lies on a disk may be fetched already. Waits
    /// for the disk, so it is called on a thread that may. @param frames each within 0 ... N-1.
    virtual void expect([[maybe_unused]] std::span<const FrameIndex> frames) const { }
    /// Timecode frame number of captured frame n.
    [[nodiscard]] virtual std::int64_t timecode(FrameIndex n) const = 0;
    /// The shoot's nominal rate for labels; the times above are the truth.
    [[nodiscard]] virtual Rate nominalRate() const = 0;
    /// How timecode() is counted and labelled.
    [[nodiscard]] virtual TimecodeFormat timecodeFormat() const
    {
        return TimecodeFormat::customary(nominalRate());
    }
    /// Label of captured frame n.
    [[nodiscard]] std::string timecodeLabel(FrameIndex n) const
    {
        return base::timecodeLabel(timecode(n), timecodeFormat());
    }

    /// What was heard; null: nothing was recorded. Opens files: not on the window's thread.
    [[nodiscard]] virtual SoundTrackPtr sound() const { return nullptr; }

    /// T: length of the take.
    [[nodiscard]] Nanos duration() const { return capturedTime(frameCount()); }
};
using FootagePtr = std::shared_ptr<const Footage>;

} // namespace backtake::base
