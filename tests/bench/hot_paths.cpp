/// What runs once a frame, each by itself, at 1080p 4:2:2 with JPEGs of about 500 kB.
#include "base/jpeg.hpp"
#include "capture/convert.hpp"
#include "capture/pattern_painter.hpp"
#include "capture/ring.hpp"
#include "playback/playhead.hpp"
#include "ui/scopes.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace backtake;
using base::Nanos;

const capture::PatternPainter& painter()
{
    static const capture::PatternPainter noisy({ 1920, 1080, { 60, 1 }, base::kJpegColour, true });
    return noisy;
}

base::PicturePool& pool()
{
    static base::PicturePool large(512U << 20);
    return large;
}

std::shared_ptr<base::Picture> painted(std::int64_t n)
{
    auto picture = pool().tryAcquire(painter().format());
    painter().paint(n, *picture);
    return picture;
}

std::vector<std::byte> jpeg()
{
    base::JpegEncoder encoder;
    const auto bytes = encoder.encode(*painted(7), 90);
    return { bytes->begin(), bytes->end() };
}

void paint(benchmark::State& state)
{
    const auto picture = painted(0);
    std::int64_t n = 0;
    for (auto _ : state)
        painter().paint(n++, *picture);
}
BENCHMARK(paint)->Unit(benchmark::kMillisecond);

void encode(benchmark::State& state)
{
    const auto picture = painted(7);
    base::JpegEncoder encoder;
    for (auto _ : state)
        benchmark::DoNotOptimize(encoder.encode(*picture, 90));
}
BENCHMARK(encode)->Unit(benchmark::kMillisecond);

void decode(benchmark::State& state)
{
    const auto bytes = jpeg();
    base::JpegDecoder decoder;
    for (auto _ : state)
        benchmark::DoNotOptimize(decoder.decode(bytes, pool()));
}
BENCHMARK(decode)->Unit(benchmark::kMillisecond);

/// BT.709 limited 4:2:2 to the colour of JPEG: what a capture card's frame costs on its way in.
void convertFromBt709(benchmark::State& state)
{
    const auto from = painted(7);
    const capture::RawImage raw { capture::PixelLayout::Y42B, 1920, 1080,
        { base::Matrix::Bt709, base::Range::Limited }, { from->planes[0], from->planes[1], from->planes[2] },
        from->strides };
    const auto to = pool().tryAcquire(capture::convertedFormat(raw));
    for (auto _ : state)
        capture::convert(raw, *to);
}
BENCHMARK(convertFromBt709)->Unit(benchmark::kMillisecond);

/// A frame's whole way into a full ring: place, copy, publish, the oldest leaves.
void ringPut(benchmark::State& state)
{
    capture::Ring ring(256 << 20);
    const auto bytes = jpeg();
    Nanos time {};
    const auto put = [&]() {
        base::Frame frame;
        frame.captured_at = time += std::chrono::milliseconds(16);
        frame.serial = ring.announce(frame.captured_at);
        ring.publish(ring.store(std::move(frame), bytes));
    };
    for (int i = 0; i < 1000; ++i)
        put();
    for (auto _ : state)
        put();
    state.SetBytesProcessed(
        static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(ringPut)->Unit(benchmark::kMicrosecond);

/// A nine-hour take's times, for the playhead.
class Even final : public base::Footage {
public:
    [[nodiscard]] base::FrameIndex frameCount() const override { return 972'000; }
    [[nodiscard]] Nanos capturedTime(base::FrameIndex n) const override { return nominalRate().timeOf(n); }
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex) const override
    {
        return base::fail(base::Fault::NotFound, "no pictures here");
    }
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override { return n; }
    [[nodiscard]] base::Rate nominalRate() const override { return { 30, 1 }; }
};

void playheadFrame(benchmark::State& state)
{
    const Even take;
    playback::Playhead head(take);
    head.run(-1, Nanos(0));
    Nanos now {};
    for (auto _ : state) {
        now += std::chrono::milliseconds(16);
        benchmark::DoNotOptimize(head.frameAt(now));
        benchmark::DoNotOptimize(head.nextChange(now));
    }
}
BENCHMARK(playheadFrame);

/// What the scopes cost their thread, at most 25 times a second.
void scopesCount(benchmark::State& state)
{
    const auto picture = painted(7);
    ui::ScopeCounts counts;
    for (auto _ : state)
        ui::countScopes(*picture, counts);
}
BENCHMARK(scopesCount)->Unit(benchmark::kMillisecond);

void scopesDraw(benchmark::State& state)
{
    ui::ScopeCounts counts;
    ui::countScopes(*painted(7), counts);
    for (auto _ : state)
        benchmark::DoNotOptimize(ui::drawScopes(counts, {}));
}
BENCHMARK(scopesDraw)->Unit(benchmark::kMillisecond);

} // namespace
