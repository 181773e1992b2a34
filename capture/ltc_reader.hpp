/// Linear timecode (LTC, SMPTE ST 12-1) out of one channel of sound.
#pragma once

#include "base/timecode.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace backtake::capture {

/// One LTC frame as it was heard. Its digits need not make sense: noise can look like a frame.
struct LtcFrame {
    base::TimecodeDigits digits;
    bool drop_flag = false;
    bool reversed = false;      ///< It came backwards: somebody plays a reverse. Labels fall.
    base::Nanos captured_at {}; ///< Monotonic time of its first edge as it was heard.
    base::Nanos length {};      ///< From there to the edge after its last bit.

    /// Frames counted per second (24, 25 or 30; 23.976 counts 24) and whether labels are dropped.
    /// @return nullopt when it came 2 % faster or slower than any of them, which is where 24 and 25 meet: a
    /// tape that is spooled, or turned by hand.
    [[nodiscard]] std::optional<base::TimecodeFormat> format() const;
};

/// Reads LTC forwards and backwards, from half to double speed, from -40 dBFS up. The decoder is libltc's.
/// Room: one thread. Time: some 4 µs for 10 ms of sound; allocates only what it finds.
class LtcReader {
public:
    /// @param rate_hz of the sound, 8000 … 384000.
    explicit LtcReader(int rate_hz);
    ~LtcReader();
    LtcReader(LtcReader&&) noexcept;
    LtcReader& operator=(LtcReader&&) noexcept;

    /// Reads on. A frame is found when its last bit is over and the first edge of the next one has come.
    /// @param samples -1 … 1, of one channel; any values do no harm.
    /// @param first_at monotonic time of the first of them. A gap to the samples before costs the frame it
    /// falls into.
    /// @param found gets what was found, in the order it was heard.
    void read(std::span<const float> samples, base::Nanos first_at, std::vector<LtcFrame>& found);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace backtake::capture
