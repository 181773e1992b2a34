#include "capture/ltc_reader.hpp"

#include <ltc.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace backtake::capture {

using base::Nanos;

namespace {

/// Frames that libltc keeps until they are fetched; a chunk holds less than one.
constexpr int kQueueFrames = 8;
/// Samples handed on at once: 10 ms at 48 kHz.
constexpr std::size_t kChunk = 480;
struct FreeDecoder {
    void operator()(LTCDecoder* decoder) const { ltc_decoder_free(decoder); }
};

} // namespace

std::optional<base::TimecodeFormat> LtcFrame::format() const
{
    for (const int count : { 24, 25, 30 }) {
        const double speed = base::seconds(length) * count;
        if (std::abs(speed - 1) < 0.02)
            return base::TimecodeFormat { { count, 1 }, drop_flag && count == 30 };
    }
    return std::nullopt;
}

struct LtcReader::State {
    int rate_hz;
    std::unique_ptr<LTCDecoder, FreeDecoder> decoder;
    std::int64_t position = 0; ///< Samples read so far.
    std::array<ltcsnd_sample_t, kChunk> chunk {};
};

LtcReader::LtcReader(int rate_hz)
    : state_(std::make_unique<State>())
{
    state_->rate_hz = rate_hz;
    state_->decoder.reset(ltc_decoder_create(rate_hz / 25, kQueueFrames));
}

LtcReader::~LtcReader() = default;
LtcReader::LtcReader(LtcReader&&) noexcept = default;
LtcReader& LtcReader::operator=(LtcReader&&) noexcept = default;

void LtcReader::read(std::span<const float> samples, Nanos first_at, std::vector<LtcFrame>& found)
{
    State& state = *state_;
    const std::int64_t block_starts = state.position;
    const auto timeOf = [&](std::int64_t position) {
        return first_at
            + Nanos(static_cast<std::int64_t>(
                std::llround(static_cast<double>(position - block_starts) * 1e9 / state.rate_hz)));
    };
    while (!samples.empty()) {
        const auto part = samples.first(std::min(samples.size(), kChunk));
        samples = samples.subspan(part.size());
        // 8 bits are enough: the decoder looks for edges, around the mean of what it heard last.
        std::transform(part.begin(), part.end(), state.chunk.begin(), [](float sample) {
            const float within = std::isfinite(sample) ? std::clamp(sample, -1.0F, 1.0F) : 0;
            return static_cast<ltcsnd_sample_t>(128 + std::lround(within * 127));
        });
        ltc_decoder_write(state.decoder.get(), state.chunk.data(), part.size(), state.position);
        state.position += static_cast<std::int64_t>(part.size());

        LTCFrameExt heard {};
        while (ltc_decoder_read(state.decoder.get(), &heard) == 1) {
            const LTCFrame& bits = heard.ltc;
            const auto number = [](unsigned tens, unsigned units) {
                return static_cast<int>(units > 9 ? 99 : 10 * tens + units);
            };
            LtcFrame frame;
            frame.digits = { number(bits.hours_tens, bits.hours_units),
                number(bits.mins_tens, bits.mins_units), number(bits.secs_tens, bits.secs_units),
                number(bits.frame_tens, bits.frame_units) };
            frame.drop_flag = bits.dfbit != 0;
            frame.reversed = heard.reverse != 0;
            frame.captured_at = timeOf(heard.off_start);
            frame.length = timeOf(heard.off_end + 1) - frame.captured_at;
            found.push_back(frame);
        }
    }
}

} // namespace backtake::capture
