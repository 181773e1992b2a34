/// The camera that ships with the product: a moving test pattern, in time, with sound, and with every fault
/// that real cameras have been seen to have. `pattern:[WxH@RATE][?option&option…]`, 1920x1080@25 when nothing
/// is said.
///
/// Sides 64 … 4096, at most 4096x2160 pixels; rates 1 … 120, also 23.976, 29.97 or 30000/1001. Options:
///
///     noise            grain: a 1920x1080 JPEG of quality 90 has about half a megabyte
///     colour=bt709     paints BT.709 limited range and converts, as for a camera behind a capture card
///     jpeg[=QUALITY]   delivers JPEGs (quality 90) as an MJPEG camera does
///     uneven           frame times that waver by up to 40 % of a frame, the same way every time
///     late=MS[:K]      every Kth frame (10th) comes MS milliseconds late; those after it follow at once
///     skip             leaves out frames when the reader is behind, as a camera without a queue does
///     torn=N           every Nth frame is a JPEG cut in half (implies jpeg)
///     garbage=N        every Nth frame is bytes that are no JPEG (implies jpeg)
///     stall=AT:SECONDS from AT seconds after the start on, no frames for SECONDS; also when it is opened
///     again meanwhile unplug=AT:SECONDS  gone at AT; opening it fails until SECONDS have passed; then frame
///     numbers go on by the clock format=AT:WxH    the picture's size changes at AT refuse           opening
///     it is denied
///
/// The grid is even: frame n is captured at start + n frame times of the monotonic clock (plus what uneven
/// and late say), even when the reader is behind: no number is left out unless a fault, `skip` or a pool at
/// its cap says so.
#pragma once

#include "base/thread_marks.hpp"
#include "base/time.hpp"
#include "capture/frame_source.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace backtake::capture {

/// The world a pattern camera lives in: its clock, and which pattern cameras are unplugged at the moment.
/// Room: any thread.
class PatternHost {
public:
    virtual ~PatternHost() = default;
    [[nodiscard]] virtual base::Nanos now() = 0;
    /// Returns at once when @p monotonic_time has passed.
    virtual void waitUntil(base::Nanos monotonic_time) = 0;

    /// A camera that went leaves its start time, so that the next of the same spec goes on by its clock.
    void leave(const std::string& spec, base::Nanos started_at) EXCLUDES(mutex_);
    /// @return what was left; nullopt for a camera that starts anew.
    std::optional<base::Nanos> left(const std::string& spec) EXCLUDES(mutex_);
    void forget(const std::string& spec) EXCLUDES(mutex_);

private:
    base::Mutex mutex_;
    std::map<std::string, base::Nanos> started_ GUARDED_BY(mutex_);
};
/// The monotonic clock, and what this process unplugged.
PatternHost& realPatternHost();

/// Opens a pattern camera. @p pool and @p host outlive it.
/// @return Fault::Usage for a spec it cannot read, saying why; Fault::Denied with `refuse`; Fault::Unplugged
/// while `unplug`
///         keeps it away.
base::Result<std::unique_ptr<FrameSource>> openPatternSource(
    const CameraSpec& spec, base::PicturePool& pool, PatternHost& host = realPatternHost());

/// The options above, one a line with what they do, for --help.
std::string patternOptionsHelp();

} // namespace backtake::capture
