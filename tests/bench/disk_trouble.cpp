/// What a disk in trouble costs while a take rolls: frames, and the smoothness of live view.
///
///     disk_trouble [--camera SPEC] [--seconds S] [--ring MIB] [--folder DIR] [--only NAME]
///
/// One run each, with camera, ring, encoders and recorder as the program has them: a healthy disk; one that
/// stalls 5 s every 20 s; one that is full in the middle, with a second folder and without. Prints one table.
/// "kept" is on disk or in the ring, of all frames that came. With --seconds 60 it writes some 6 GB below
/// DIR, and takes them away again.
#include "capture/camera.hpp"
#include "capture/recorder.hpp"
#include "takes/recording.hpp"
#include "takes/test_disks.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <thread>
#include <vector>

namespace {

using namespace backtake;
using namespace std::chrono_literals;
using base::Nanos;
using base::Serial;
using capture::RecorderStatus;
namespace fs = std::filesystem;

struct Options {
    std::string camera = "pattern:1920x1080@60";
    int seconds = 60;
    std::uint64_t ring_mib = 2048;
    fs::path folder = fs::temp_directory_path();
    std::string only;
};

/// When pictures came to the monitor, seen every half millisecond as a window would take them.
class LiveWatch {
public:
    explicit LiveWatch(const capture::Camera& camera)
        : thread_([this, &camera](std::stop_token stop) { watch(camera, stop); })
    {
    }
    void finish()
    {
        thread_.request_stop();
        thread_.join();
        std::sort(gaps_.begin(), gaps_.end());
        std::sort(ages_.begin(), ages_.end());
    }
    [[nodiscard]] double longestGapMs() const { return gaps_.empty() ? 0 : base::milliseconds(gaps_.back()); }
    [[nodiscard]] double gap99Ms() const { return at99(gaps_); }
    [[nodiscard]] double age99Ms() const { return at99(ages_); }

private:
    static double at99(const std::vector<Nanos>& sorted)
    {
        return sorted.empty() ? 0 : base::milliseconds(sorted[sorted.size() * 99 / 100]);
    }
    void watch(const capture::Camera& camera, const std::stop_token& stop)
    {
        std::optional<Serial> last;
        Nanos last_at {};
        while (!stop.stop_requested()) {
            if (const auto picture = camera.live(); picture && picture->serial != last) {
                const Nanos now = base::monotonicNow();
                if (last) {
                    gaps_.push_back(now - last_at);
                    ages_.push_back(now - picture->captured_at);
                }
                last = picture->serial;
                last_at = now;
            }
            std::this_thread::sleep_for(500us);
        }
    }

    std::vector<Nanos> gaps_;
    std::vector<Nanos> ages_; ///< Of a picture when it is seen first.
    std::jthread thread_;     ///< Last.
};

/// What the disk does, told once every few milliseconds since the take began.
enum class Trouble { None = 1, Stalls, FullWithSecondFolder, Full };

struct Outcome {
    std::int64_t frames = 0;
    std::int64_t on_disk = 0;
    std::int64_t in_ring = 0; ///< When the take was cut, and not given up yet.
    std::int64_t lost = 0;
    double ring_peak = 0;
    double message_after_s = -1; ///< From the trouble to the message; -1: none.
    double gap99_ms = 0;
    double longest_gap_ms = 0;
    double age99_ms = 0;
    std::string damaged = "-";
};

class Run {
public:
    Run(const Options& options, Trouble trouble)
        : options_(options)
        , trouble_(trouble)
        , first_(options.folder / "backtake-disk-trouble" / "first")
        , second_(options.folder / "backtake-disk-trouble" / "second")
        , disk_(std::make_shared<takes::FailingDisk>(first_))
    {
        fs::remove_all(first_.parent_path());
        fs::create_directories(first_);
        fs::create_directories(second_);
        disk_->syncForReal();
    }
    ~Run() { fs::remove_all(first_.parent_path()); }

    Outcome go()
    {
        capture::CameraOptions camera_options;
        camera_options.ring_bytes = options_.ring_mib << 20;
        capture::Camera camera(*capture::parseCameraSpec(options_.camera), camera_options);
        while (camera.status().frames < 30)
            std::this_thread::sleep_for(10ms);
        capture::RecordingOrder order;
        order.shoot = first_;
        order.slate = { "1", 1, 'A' };
        order.rate = camera.status().nominalRate();
        order.camera = "bench";
        order.first = order.roll = camera.ring()->announcedEnd();
        order.disk = disk_;
        if (trouble_ == Trouble::FullWithSecondFolder)
            order.spill = second_;
        LiveWatch live(camera);
        capture::Recorder recorder(camera.ring(), camera.sound(), order);
        began_ = base::monotonicNow();
        while (base::monotonicNow() - began_ < std::chrono::seconds(options_.seconds)) {
            misbehave();
            look(recorder.status());
            std::this_thread::sleep_for(10ms);
        }
        disk_->letGo();
        const Serial end = camera.ring()->announcedEnd();
        recorder.cut(end);
        live.finish();
        finish(recorder);
        outcome_.frames = static_cast<std::int64_t>(end - order.first);
        outcome_.lost += takes::lostFrames(recorder.status().lost);
        outcome_.gap99_ms = live.gap99Ms();
        outcome_.longest_gap_ms = live.longestGapMs();
        outcome_.age99_ms = live.age99Ms();
        return outcome_;
    }

private:
    void misbehave()
    {
        const Nanos now = base::monotonicNow() - began_;
        if (trouble_ == Trouble::Stalls) {
            const bool stall = now % 20s >= 10s && now % 20s < 15s;
            if (stall && !troubled_at_)
                disk_->hang(takes::FailingDisk::kWrite | takes::FailingDisk::kSync);
            else if (!stall && troubled_at_)
                disk_->letGo();
            if (stall != troubled_at_.has_value())
                troubled_at_ = stall ? std::optional(base::monotonicNow()) : std::nullopt;
        } else if (trouble_ != Trouble::None && !troubled_at_
            && now > std::chrono::seconds(options_.seconds) / 2) {
            disk_->fill();
            troubled_at_ = base::monotonicNow();
        }
    }
    void look(const RecorderStatus& status)
    {
        outcome_.ring_peak = std::max(outcome_.ring_peak, status.ring_fill);
        const bool told = !status.trouble.empty() || !status.spilled_to.empty();
        if (told && troubled_at_ && outcome_.message_after_s < 0)
            outcome_.message_after_s = base::seconds(base::monotonicNow() - *troubled_at_);
    }
    void finish(capture::Recorder& recorder)
    {
        if (trouble_ == Trouble::Full) {
            const RecorderStatus waiting = recorder.status();
            outcome_.in_ring = waiting.unwritten;
            recorder.giveUp();
        }
        if (!recorder.waitUntilDone(base::monotonicNow() + 300s))
            fmt::print(stderr, "the recorder does not end: {}\n", recorder.status().trouble);
        const RecorderStatus status = recorder.status();
        if (status.state == RecorderStatus::State::Failed && trouble_ != Trouble::Full)
            fmt::print(stderr, "the recorder failed: {}\n", status.trouble);
        outcome_.on_disk = status.frames;
        const auto take = takes::Recording::open(status.folder, status.further_folders);
        const auto report = take ? (*take)->verify({}) : base::fail(take.error());
        outcome_.damaged = report && report->frames == status.frames
            ? fmt::format("{}", report->damaged.size())
            : std::string("not readable");
    }

    const Options options_;
    const Trouble trouble_;
    const fs::path first_;
    const fs::path second_;
    const std::shared_ptr<takes::FailingDisk> disk_;
    Nanos began_ {};
    std::optional<Nanos> troubled_at_;
    Outcome outcome_;
};

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app { "What a disk in trouble costs while a take rolls." };
    app.add_option("--camera", options.camera);
    app.add_option("--seconds", options.seconds);
    app.add_option("--ring", options.ring_mib, "MiB");
    app.add_option("--folder", options.folder, "on the disk to be written to");
    app.add_option("--only", options.only, "healthy, stalls, spill or full");
    CLI11_PARSE(app, argc, argv);
    fmt::print("| disk | frames | lost | on disk | in ring | kept | damaged | ring peak | message after | "
               "live gap p99 | "
               "longest | live age p99 |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- "
               "| --- |\n");
    const std::vector<std::pair<std::string, Trouble>> runs { { "healthy", Trouble::None },
        { "stalls", Trouble::Stalls }, { "spill", Trouble::FullWithSecondFolder },
        { "full", Trouble::Full } };
    for (const auto& [name, trouble] : runs) {
        if (!options.only.empty() && options.only != name)
            continue;
        const Outcome outcome = Run(options, trouble).go();
        const std::string message =
            outcome.message_after_s < 0 ? "-" : fmt::format("{:.2f} s", outcome.message_after_s);
        fmt::print(
            "| {} | {} | {} | {} | {} | {} | {} | {:.0f} % | {} | {:.1f} ms | {:.1f} ms | {:.1f} ms |\n",
            name, outcome.frames, outcome.lost, outcome.on_disk, outcome.in_ring,
            outcome.on_disk + outcome.in_ring, outcome.damaged, 100 * outcome.ring_peak, message,
            outcome.gap99_ms, outcome.longest_gap_ms, outcome.age99_ms);
        std::fflush(stdout);
    }
    return 0;
}
