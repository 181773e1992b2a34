#include "guide/test_sound.hpp"
#include "guide/waveform.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backtake::guide {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

constexpr int kRate = kGuideRate_hz;

/// Fails when a peak is lost at some zoom: each column must hold all of its samples, and nothing from further
/// away than a column of the level it is taken from.
TEST(Waveform, NoPeakIsLostAtAnyZoom)
{
    const auto sound = soundOf(10 * kRate, 1, whiteNoise(1, 1.0));
    std::vector<float> samples(10 * kRate);
    sound->read(0, samples);
    const auto waveform = Waveform::make(*sound, {}, {});
    ASSERT_TRUE(waveform);
    for (const std::size_t width : { 10U, 333U, 1920U }) {
        std::vector<WaveColumn> columns(width);
        waveform->columns(1s, 9s, columns);
        const double step = 8.0 * kRate / static_cast<double>(width);
        for (std::size_t i = 0; i < width; ++i) {
            const auto begin =
                samples.begin() + kRate + static_cast<std::ptrdiff_t>(step * static_cast<double>(i));
            const auto end =
                samples.begin() + kRate + static_cast<std::ptrdiff_t>(step * static_cast<double>(i + 1));
            const auto [low, high] = std::minmax_element(begin, end);
            ASSERT_LE(columns[i].low, *low) << width << " " << i;
            ASSERT_GE(columns[i].high, *high) << width << " " << i;
            const auto near = static_cast<std::ptrdiff_t>(std::max(32.0, step));
            const auto [lowest, highest] = std::minmax_element(begin - near, end + near);
            ASSERT_GE(columns[i].low, *lowest - 1e-4) << width << " " << i;
            ASSERT_LE(columns[i].high, *highest + 1e-4) << width << " " << i;
        }
    }
}

TEST(Waveform, ReversedItIsMirroredAndOutsideIsSilence)
{
    const auto waveform = Waveform::make(SoundClip(std::vector<float>(kRate, 0.5F), 1, 10s), {}, {});
    ASSERT_TRUE(waveform);
    std::vector<WaveColumn> columns(4);
    waveform->columns(9s, 13s, columns);
    EXPECT_EQ(columns[0], WaveColumn {});
    EXPECT_NEAR(columns[1].high, 0.5, 1e-4);
    EXPECT_NEAR(columns[1].low, 0.5, 1e-4);
    EXPECT_EQ(columns[3], WaveColumn {});
    std::vector<WaveColumn> mirrored(4);
    waveform->columns(13s, 9s, mirrored);
    std::reverse(mirrored.begin(), mirrored.end());
    EXPECT_EQ(columns, mirrored);
}

TEST(Waveform, AnEmptySoundIsFlatAndMakingCanBeStopped)
{
    const auto waveform = Waveform::make(SoundClip({}, 1), {}, {});
    ASSERT_TRUE(waveform);
    std::vector<WaveColumn> columns(3, WaveColumn { 9, 9 });
    waveform->columns(0s, 1s, columns);
    EXPECT_EQ(columns, std::vector<WaveColumn>(3));
    std::stop_source stop;
    double told = 0;
    const auto stopped = Waveform::make(
        SoundClip(std::vector<float>(kRate, 0.5F), 1),
        [&](double part) {
            told = part;
            stop.request_stop();
        },
        stop.get_token());
    EXPECT_FALSE(stopped);
    EXPECT_LT(told, 1);
}

} // namespace
} // namespace backtake::guide
