#include "capture/ltc_reader.hpp"
#include "capture/test_ltc.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace backtake::capture {
namespace {

using base::Nanos;
using base::Rate;
using base::TimecodeDigits;
using base::TimecodeFormat;
using namespace std::chrono_literals;

constexpr Nanos kBegins = 100s;

/// Reads @p sound in blocks of uneven length, as they come from a sound card.
std::vector<LtcFrame> read(std::span<const float> sound, int rate_hz = 48000)
{
    LtcReader reader(rate_hz);
    std::vector<LtcFrame> found;
    std::size_t at = 0;
    for (std::size_t length = 100; at < sound.size(); length = 100 + (length * 7) % 1900) {
        const auto block = sound.subspan(at, std::min(length, sound.size() - at));
        reader.read(block, kBegins + Nanos(static_cast<std::int64_t>(at) * 1'000'000'000 / rate_hz), found);
        at += block.size();
    }
    return found;
}

std::string labelOf(const LtcFrame& frame)
{
    const auto& d = frame.digits;
    char text[32];
    std::snprintf(text, sizeof text, "%02d:%02d:%02d%c%02d", d.hours, d.minutes, d.seconds,
        frame.drop_flag ? ';' : ':', d.frames);
    return text;
}

struct Kind {
    TimecodeFormat format;
    TimecodeDigits start;
    std::string_view first;  ///< Of what is read; the decoder needs an edge or two to begin with.
    std::string_view across; ///< The label after a border that lies in it,
    std::string_view after;  ///< and the next one.
};
const Kind kKinds[] {
    { { { 24, 1 }, false }, { 0, 59, 58, 0 }, "00:59:58:01", "00:59:59:23", "01:00:00:00" },
    { { { 24000, 1001 }, false }, { 0, 59, 58, 0 }, "00:59:58:01", "00:59:59:23", "01:00:00:00" },
    { { { 25, 1 }, false }, { 23, 59, 58, 0 }, "23:59:58:01", "23:59:59:24", "00:00:00:00" },
    { { { 30000, 1001 }, true }, { 1, 10, 58, 0 }, "01:10:58;01", "01:10:59;29", "01:11:00;02" },
    { { { 30000, 1001 }, true }, { 1, 19, 58, 0 }, "01:19:58;01", "01:19:59;29", "01:20:00;00" },
    { { { 30000, 1001 }, false }, { 1, 10, 58, 0 }, "01:10:58:01", "01:10:59:29", "01:11:00:00" },
    { { { 30, 1 }, false }, { 1, 10, 58, 0 }, "01:10:58:01", "01:10:59:29", "01:11:00:00" },
};

/// Fails for a reader that misses a frame, mistakes a digit, or tells another time than that of the edge.
TEST(LtcReader, ReadsEachFrameWithTheTimeOfItsFirstEdge)
{
    for (const Kind& kind : kKinds)
        for (const int rate_hz : { 44100, 48000, 96000 }) {
            const auto found = read(tests::ltcSound(kind.start, 100, kind.format, rate_hz), rate_hz);
            ASSERT_GE(found.size(), 98u);
            const auto border = std::find_if(found.begin(), found.end(),
                [&](const LtcFrame& frame) { return labelOf(frame) == kind.across; });
            ASSERT_LT(border, found.end() - 1) << kind.across;
            EXPECT_EQ(labelOf(border[1]), kind.after);
            for (std::size_t i = 0; i < found.size(); ++i) {
                EXPECT_FALSE(found[i].reversed);
                // Frame n of the encoder begins n frame times after the first sample.
                const std::int64_t n =
                    static_cast<std::int64_t>(i) + (found[0].digits.frames - kind.start.frames);
                const Nanos off = found[i].captured_at - (kBegins + kind.format.rate.timeOf(n));
                ASSERT_LT(std::chrono::abs(off), 500us) << labelOf(found[i]) << " at " << rate_hz;
                const auto counted = found[i].format();
                ASSERT_TRUE(counted);
                EXPECT_EQ(counted->rate.nominal(), kind.format.rate.nominal());
                EXPECT_EQ(counted->drop_frame, kind.format.drop_frame);
            }
        }
}

/// The tape runs backwards: labels fall, and each says so.
TEST(LtcReader, ReadsBackwardsWithFallingLabels)
{
    for (const Kind& kind : kKinds) {
        auto sound = tests::ltcSound(kind.start, 100, kind.format);
        std::reverse(sound.begin(), sound.end());
        const auto found = read(sound);
        ASSERT_GE(found.size(), 97u);
        const auto border = std::find_if(
            found.begin(), found.end(), [&](const LtcFrame& frame) { return labelOf(frame) == kind.after; });
        ASSERT_LT(border, found.end() - 1) << kind.after;
        EXPECT_EQ(labelOf(border[1]), kind.across);
        for (const LtcFrame& frame : found)
            EXPECT_TRUE(frame.reversed) << labelOf(frame);
    }
}

TEST(LtcReader, ReadsAtHalfAndAtDoubleSpeed)
{
    for (const double speed : { 0.5, 0.75, 1.5, 2.0 }) {
        const TimecodeFormat format { { 25, 1 }, false };
        const auto found = read(tests::ltcSound({ 10, 0, 0, 0 }, 100, format, 48000 / speed));
        ASSERT_GE(found.size(), 97u) << speed;
        EXPECT_EQ(labelOf(found.back()), found.back().digits.seconds == 3 ? "10:00:03:23" : "") << speed;
        EXPECT_FALSE(found.back().format()) << "no speed of play: " << speed;
        EXPECT_NEAR(base::seconds(found.back().length), 0.04 / speed, 0.001);
    }
}

/// The level of a microphone input, and hiss under it: 30 dB below full scale, 20 dB above the noise.
TEST(LtcReader, ReadsQuietSoundWithNoiseAndAnOffset)
{
    std::mt19937 random(7);
    std::uniform_real_distribution<float> hiss(-0.002F, 0.002F);
    for (const float level : { 0.0316F, 0.01F, 1.9F }) {
        const TimecodeFormat format { { 25, 1 }, false };
        auto sound = tests::ltcSound({ 10, 0, 0, 0 }, 200, format);
        const auto full = *std::max_element(sound.begin(), sound.end());
        for (float& sample : sound)
            sample = sample / full * level + hiss(random) * std::min(1.0F, level / 0.0316F) + 0.1F * level;
        const auto found = read(sound);
        EXPECT_GE(found.size(), 197u) << level;
        for (std::size_t i = 1; i < found.size(); ++i)
            EXPECT_EQ(base::timecodeNumber(found[i].digits, format),
                *base::timecodeNumber(found[i - 1].digits, format) + 1);
    }
}

/// A cable that is touched: each loss costs the frames it falls into and one beside them.
TEST(LtcReader, DropoutsCostTheirFramesAndNoMore)
{
    const TimecodeFormat format { { 25, 1 }, false };
    auto sound = tests::ltcSound({ 10, 0, 0, 0 }, 250, format);
    for (std::size_t second = 1; second <= 9; ++second)
        std::fill_n(sound.begin() + static_cast<std::ptrdiff_t>(second * 48000 + 300), 2400, 0.0F);
    const auto found = read(sound);
    EXPECT_GE(found.size(), 249u - 9 * 4);
    for (const LtcFrame& frame : found) {
        const auto number = base::timecodeNumber(frame.digits, format);
        ASSERT_TRUE(number);
        const Nanos meant = kBegins + format.rate.timeOf(*number - 10 * 3600 * 25);
        EXPECT_LT(std::chrono::abs(frame.captured_at - meant), 1ms) << labelOf(frame);
    }
}

TEST(LtcReader, SpeechNoiseAndWhatIsNoNumberAreNoTimecode)
{
    std::mt19937 random(3);
    std::uniform_real_distribution<float> hiss(-1, 1);
    std::vector<float> sound(48000 * 20);
    for (std::size_t i = 0; i < sound.size(); ++i)
        sound[i] = i < sound.size() / 2
            ? hiss(random)
            : std::sin(static_cast<float>(i) * 0.05F) * std::sin(static_cast<float>(i) * 0.0003F);
    sound[5] = std::nanf("");
    sound[6] = INFINITY;
    const auto found = read(sound);
    for (std::size_t i = 1; i < found.size(); ++i)
        EXPECT_FALSE(found[i].captured_at - found[i - 1].captured_at < 45ms
            && found[i].digits.seconds == found[i - 1].digits.seconds
            && found[i].digits.frames == found[i - 1].digits.frames + 1)
            << labelOf(found[i]);
    EXPECT_LE(found.size(), 5u);
}

} // namespace
} // namespace backtake::capture
