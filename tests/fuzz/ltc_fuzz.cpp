/// Feeds sound to the reader of LTC and what it finds to the shoot's clock. Promise under test: whatever the
/// samples and whatever the frames, no crash and no arithmetic that overflows; digits are none or have two
/// places; each label that the clock gives lies within a day.
#include "capture/timecode_clock.hpp"

#include <algorithm>
#include <cstdlib>

namespace {
using namespace backtake;
using namespace std::chrono_literals;

void require(bool promise)
{
    if (!promise)
        std::abort();
}

void ask(capture::TimecodeClock& clock, base::Nanos at)
{
    for (const base::Rate rate :
        { base::Rate { 24, 1 }, { 25, 1 }, { 30000, 1001 }, { 60000, 1001 }, { 12, 1 } }) {
        const auto format = clock.formatFor(rate);
        const auto number = clock.at(at, format);
        require(!number || (*number >= 0 && *number < format.framesPerDay()));
        (void)clock.next(number.value_or(0), at + 40ms, format);
        (void)clock.state(at, rate);
    }
}

} // namespace

/// The first byte chooses: bit 0 frames instead of sound, bit 1 samples as they lie in memory instead of 8
/// bits each, bit 2 a jam on the way.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const unsigned how = data[0];
    ++data;
    --size;
    capture::TimecodeClock clock(*base::parseTimecodeSource("ltc:1"), 0s);
    base::Nanos at = 100s;
    if ((how & 1) != 0) {
        for (; size >= 8; data += 8, size -= 8) {
            capture::LtcFrame frame;
            frame.digits = { data[0] % 30, data[1] % 64, data[2] % 64, data[3] % 32 };
            frame.drop_flag = (data[4] & 1) != 0;
            frame.reversed = (data[4] & 6) == 6;
            frame.captured_at = at;
            frame.length = base::Rate { 24 + data[5] % 8, 1 }.frameTime() + base::Nanos(1000 * data[6]);
            at += frame.length + base::Nanos((data[7] & 128) != 0 ? 10'000'000LL * data[7] : 0);
            clock.hear(frame, { 25 + (data[4] >> 7) * 5, 1 });
            if ((how & 4) != 0 && data[7] == 1)
                (void)clock.toggleJam(at);
            ask(clock, at);
        }
        return 0;
    }
    std::vector<float> samples(size);
    if ((how & 2) != 0) {
        samples.resize(size / sizeof(float));
        const auto bytes = std::as_writable_bytes(std::span(samples));
        std::copy_n(reinterpret_cast<const std::byte*>(data), bytes.size(), bytes.begin());
    } else {
        for (std::size_t i = 0; i < size; ++i)
            samples[i] = static_cast<float>(data[i] - 128) / 128.0F;
    }
    capture::LtcReader reader(8000);
    std::vector<capture::LtcFrame> found;
    reader.read(samples, at, found);
    for (const capture::LtcFrame& frame : found) {
        const auto& digits = frame.digits;
        for (const int number : { digits.hours, digits.minutes, digits.seconds, digits.frames })
            require(number >= 0 && number <= 99);
        clock.hear(frame, { 25, 1 });
        ask(clock, frame.captured_at);
    }
    return 0;
}
