/// What compressing the pattern camera's pictures costs by itself: the bare encode that `record` is measured
/// against.
///
///     encode_limit [--frames N] [--quality Q] [--threads T] [--paced FPS]
///
/// Prints one line of JSON: CPU time per frame in ms, mean size. With --paced the frames come at that rate,
/// as from a camera, so that the encoder meets caches and clock speeds as they are while recording; without,
/// one after the other.
#include "base/jpeg.hpp"
#include "base/time.hpp"
#include "capture/pattern_painter.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

namespace {

using namespace backtake;

double threadCpuMs()
{
    timespec time {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

} // namespace

int main(int argc, char** argv)
{
    int frames = 240;
    int quality = 90;
    int threads = 1;
    double paced_fps = 0;
    CLI::App options { "Bare JPEG encode of the pattern camera's pictures." };
    options.add_option("--frames", frames);
    options.add_option("--quality", quality);
    options.add_option("--threads", threads);
    options.add_option("--paced", paced_fps);
    CLI11_PARSE(options, argc, argv);

    base::PicturePool pool(2ULL << 30);
    const capture::PatternPainter painter({ 1920, 1080, { 60, 1 }, base::kJpegColour, true });
    std::vector<std::shared_ptr<base::Picture>> pictures;
    for (int n = 0; n < 120; ++n) { // two seconds; larger than any cache
        pictures.push_back(pool.tryAcquire(painter.format()));
        painter.paint(n, *pictures.back());
    }
    std::vector<double> cpu(static_cast<std::size_t>(threads));
    std::vector<std::size_t> bytes(static_cast<std::size_t>(threads));
    {
        std::vector<std::jthread> workers;
        for (int t = 0; t < threads; ++t)
            workers.emplace_back([&, t]() {
                base::JpegEncoder encoder;
                const auto began = std::chrono::steady_clock::now();
                const double before = threadCpuMs();
                for (int n = t; n < frames; n += threads) {
                    if (paced_fps > 0)
                        std::this_thread::sleep_until(
                            began + base::Nanos(static_cast<std::int64_t>(n * 1e9 / paced_fps)));
                    bytes[static_cast<std::size_t>(t)] +=
                        encoder.encode(*pictures[static_cast<std::size_t>(n) % pictures.size()], quality)
                            ->size();
                }
                cpu[static_cast<std::size_t>(t)] = threadCpuMs() - before;
            });
    }
    double total_ms = 0;
    std::size_t total_bytes = 0;
    for (std::size_t t = 0; t < cpu.size(); ++t) {
        total_ms += cpu[t];
        total_bytes += bytes[t];
    }
    fmt::print("{{\"frames\": {}, \"threads\": {}, \"paced_fps\": {}, \"cpu_ms_per_frame\": {:.3f}, "
               "\"bytes_per_frame\": {}}}\n",
        frames, threads, paced_fps, total_ms / frames, total_bytes / static_cast<std::size_t>(frames));
    return 0;
}
