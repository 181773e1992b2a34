/// The last minute of a take backwards while it rolls on: the review begins in the ring, and crosses over to
/// what is on disk only, where the ring's end comes towards it all the time.
///
///     long_take_chase [--dir DIR] [--size 1920x1080] [--rate FPS] [--ring SECONDS] [--play SECONDS]
///
/// Prints one line: frames shown, late and missed on a simulated 60 Hz display, how many of them the ring
/// had, and frames lost by the recording that went on beside it.
#include "base/jpeg.hpp"
#include "capture/recorder.hpp"
#include "capture/rolled_take.hpp"
#include "playback/player.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

namespace {

using namespace backtake;
using base::FrameIndex;
using base::Nanos;
using base::Serial;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr Nanos kRefresh = 16'666'667ns;
constexpr int kPictures = 40;

struct Options {
    std::string dir = "/tmp";
    std::string size = "1920x1080";
    int rate = 30;
    double ring_s = 10;
    double play_s = 60;
};

std::vector<std::vector<std::byte>> somePictures(int width, int height)
{
    base::PicturePool pool(64 << 20);
    base::JpegEncoder encoder;
    std::mt19937 random(1);
    std::vector<std::vector<std::byte>> jpegs;
    for (int n = 0; n < kPictures; ++n) {
        const auto picture = pool.tryAcquire({ width, height, base::Subsampling::S422, {} });
        for (std::size_t i = 0; i < picture->storage.size(); ++i)
            picture->storage[i] =
                static_cast<std::uint8_t>(60 + (i / 64) % 90 + static_cast<std::size_t>(n) + random() % 6);
        const auto jpeg = encoder.encode(*picture, 80);
        jpegs.emplace_back(jpeg->begin(), jpeg->end());
    }
    return jpegs;
}

/// A camera whose pictures were encoded before.
class Camera {
public:
    Camera(const Options& options, int width, int height)
        : rate_ { options.rate, 1 }
        , width_(width)
        , height_(height)
        , jpegs_(somePictures(width, height))
        , ring_(std::make_shared<capture::Ring>(static_cast<std::uint64_t>(
              options.ring_s * options.rate * static_cast<double>(jpegs_[0].size()))))
    {
    }
    void deliver(Nanos captured_at)
    {
        base::Frame frame;
        frame.captured_at = captured_at;
        frame.serial = ring_->announce(captured_at);
        frame.width = static_cast<std::uint16_t>(width_);
        frame.height = static_cast<std::uint16_t>(height_);
        const auto& jpeg = jpegs_[frame.serial % kPictures];
        ring_->publish(ring_->store(std::move(frame), jpeg));
    }
    [[nodiscard]] const std::shared_ptr<capture::Ring>& ring() const { return ring_; }
    [[nodiscard]] base::Rate rate() const { return rate_; }
    [[nodiscard]] std::size_t jpegBytes() const { return jpegs_[0].size(); }

private:
    base::Rate rate_;
    int width_;
    int height_;
    std::vector<std::vector<std::byte>> jpegs_;
    std::shared_ptr<capture::Ring> ring_;
};

int run(const Options& options, const fs::path& shoot)
{
    int width = 0;
    int height = 0;
    if (std::sscanf(options.size.c_str(), "%dx%d", &width, &height) != 2) {
        fmt::print(stderr, "long_take_chase: {} is no size\n", options.size);
        return 2;
    }
    Camera camera(options, width, height);
    const auto& ring = camera.ring();
    capture::RecordingOrder order;
    order.shoot = shoot;
    order.slate = { "CHASE", 1, 'A' };
    order.rate = camera.rate();
    order.camera = "long_take_chase";
    const auto recorder = std::make_shared<capture::Recorder>(ring, nullptr, order);

    // What was rolled before the review is asked for: as long as the review, and half a minute more.
    const auto before = static_cast<FrameIndex>((options.play_s + 30) * options.rate);
    const Nanos started_at = base::monotonicNow() - camera.rate().timeOf(before);
    for (FrameIndex n = 0; n < before; ++n) {
        camera.deliver(started_at + camera.rate().timeOf(n));
        while (recorder->status().frames + options.rate < n) // no faster than the disk
            std::this_thread::sleep_for(1ms);
    }
    const Nanos goes_on_at = base::monotonicNow(); // it took its time, which the stamps do not know of
    std::jthread rolling([&](const std::stop_token& stop) {
        for (FrameIndex n = before; !stop.stop_requested(); ++n) {
            std::this_thread::sleep_until(
                std::chrono::steady_clock::time_point(goes_on_at + camera.rate().timeOf(n - before)));
            camera.deliver(started_at + camera.rate().timeOf(n));
        }
    });

    const auto take = std::make_shared<capture::RolledTake>(capture::RolledTake::Parts { ring, 0,
        ring->announcedEnd(), started_at, camera.rate(),
        [recorder](base::FrameIndex n) { return recorder->timecode(n); },
        [recorder] { return recorder->folder(); }, [recorder] { return recorder->status().spilled_to; } });
    const Nanos asked = base::monotonicNow();
    take->openOnDisk();
    playback::Player player;
    const FrameIndex last = take->frameCount() - 1;
    player.load(take, last, 0ns);
    player.head().setLoop(playback::LoopMode::Once, 0ns);
    player.head().run(-1, 0ns);
    player.head().enter(last, 0ns);
    while (!player.tick(0ns, kRefresh).picture)
        std::this_thread::sleep_for(100us);
    const double first_ms = base::milliseconds(base::monotonicNow() - asked);
    std::int64_t from_ring = 0;
    const Nanos zero = base::monotonicNow();
    for (Nanos place = 0ns; base::seconds(place) < options.play_s; place += kRefresh) {
        std::this_thread::sleep_until(std::chrono::steady_clock::time_point(zero + place));
        const playback::Shown shown = player.tick(place, kRefresh);
        from_ring += shown.fresh && ring->at(static_cast<Serial>(shown.captured)) ? 1 : 0;
    }
    const playback::PlayCounts counts = player.counts();
    rolling = {};
    recorder->cut(ring->announcedEnd());
    const bool closed = recorder->waitUntilDone(base::monotonicNow() + 60s);
    const std::int64_t lost = takes::lostFrames(recorder->status().lost);
    fmt::print("{} at {}/s, {} kB each, ring of {} s: first picture {:.1f} ms, {} shown ({} of them in the "
               "ring), {} late, {} "
               "missed, {} damaged, longest gap {:.1f} ms; {} frames recorded beside it, {} lost{}\n",
        options.size, options.rate, camera.jpegBytes() / 1000, options.ring_s, first_ms, counts.shown,
        from_ring, counts.late, counts.missed, counts.damaged, base::milliseconds(counts.longest_gap),
        recorder->status().frames, lost, closed ? "" : ", NOT CLOSED");
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app { "A take backwards while it rolls on." };
    app.add_option("--dir", options.dir, "Where the take is made");
    app.add_option("--size", options.size);
    app.add_option("--rate", options.rate);
    app.add_option("--ring", options.ring_s, "Seconds in the ring");
    app.add_option("--play", options.play_s, "Seconds in reverse");
    CLI11_PARSE(app, argc, argv);
    spdlog::set_level(spdlog::level::warn);
    std::string pattern = (fs::path(options.dir) / "backtake-chase-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        fmt::print(stderr, "long_take_chase: cannot make a folder in {}\n", options.dir);
        return 1;
    }
    const int result = run(options, pattern);
    std::error_code ignored;
    fs::remove_all(pattern, ignored);
    return result;
}
