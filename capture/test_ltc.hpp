/// For tests: LTC as a timecode box sends it, made by libltc's encoder.
#pragma once

#include "base/timecode.hpp"
#include "capture/frame_source.hpp"

#include <ltc.h>

#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace backtake::tests {

class TimecodeBox {
public:
    explicit TimecodeBox(const base::TimecodeFormat& format, double rate_hz = 48000)
        : format_(format)
        , encoder_(ltc_encoder_create(rate_hz, format.rate.perSecond(),
              format.rate.nominal() == 25       ? LTC_TV_625_50
                  : format.rate.nominal() == 24 ? LTC_TV_FILM_24
                                                : LTC_TV_525_60,
              0))
    {
    }
    /// @p frames LTC frames from @p start on, at some two thirds of full scale. Frame n of all that were sent
    /// begins at sample n x rate_hz / rate.
    void send(const base::TimecodeDigits& start, int frames)
    {
        SMPTETimecode time {};
        time.hours = static_cast<unsigned char>(start.hours);
        time.mins = static_cast<unsigned char>(start.minutes);
        time.secs = static_cast<unsigned char>(start.seconds);
        time.frame = static_cast<unsigned char>(start.frames);
        ltc_encoder_set_timecode(encoder_.get(), &time);
        LTCFrame bits {};
        ltc_encoder_get_frame(encoder_.get(), &bits);
        bits.dfbit = format_.drop_frame ? 1 : 0;
        ltc_encoder_set_frame(encoder_.get(), &bits);
        for (int n = 0; n < frames; ++n) {
            ltc_encoder_encode_frame(encoder_.get());
            ltcsnd_sample_t* samples = nullptr;
            const int count = ltc_encoder_get_bufferptr(encoder_.get(), &samples, 1);
            for (int i = 0; i < count; ++i)
                sound.push_back(static_cast<float>(samples[i] - 128) / 128.0F);
            ltc_encoder_inc_timecode(encoder_.get());
        }
    }

    std::vector<float> sound; ///< All that was sent, -1 … 1.

private:
    struct Free {
        void operator()(LTCEncoder* encoder) const { ltc_encoder_free(encoder); }
    };
    const base::TimecodeFormat format_;
    const std::unique_ptr<LTCEncoder, Free> encoder_;
};

inline std::vector<float> ltcSound(
    const base::TimecodeDigits& start, int frames, const base::TimecodeFormat& format, double rate_hz = 48000)
{
    TimecodeBox box(format, rate_hz);
    box.send(start, frames);
    return std::move(box.sound);
}

/// As a sound card gives it: @p ltc in one channel (counted from 1), hum in the others.
inline capture::SoundBlock blockOf(std::span<const float> ltc, base::Nanos captured_at, int channels = 1,
    int channel = 1, int rate_hz = 48000)
{
    capture::SoundBlock block;
    block.captured_at = captured_at;
    block.rate_hz = rate_hz;
    block.channels = channels;
    using Sample = decltype(block.samples)::value_type;
    for (std::size_t i = 0; i < ltc.size(); ++i)
        for (int c = 1; c <= channels; ++c) {
            const double hum = 0.3 * std::sin(static_cast<double>(i) * 0.0065);
            block.samples.push_back(static_cast<Sample>((c == channel ? static_cast<double>(ltc[i]) : hum)
                * 0.999 * std::numeric_limits<Sample>::max()));
        }
    return block;
}

} // namespace backtake::tests
