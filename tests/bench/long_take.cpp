/// What the length of a take costs: open to first reversed picture, seeks, a minute in reverse, memory, and
/// recovery after a crash, for takes of a minute to nine hours in one table. Flat is right.
///
///     long_take [--dir DIR] [--minutes 1,10,60,540] [--rate FPS] [--play SECONDS] [--seeks N] [--keep]
///
/// Makes the takes itself (small pictures, 4 GB for all of them), measures each in a process of its own and
/// removes them. Cold means that the kernel was asked to forget the take's files (and all files, where it
/// lets us).
#include "base/jpeg.hpp"
#include "base/text.hpp"
#include "playback/player.hpp"
#include "takes/recording.hpp"
#include "takes/recording_writer.hpp"
#include "takes/recovery.hpp"
#include "tests/bench/numbers.hpp"
#include "tests/output.hpp"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>
#include <thread>

namespace {

using namespace backtake;
using base::FrameIndex;
using base::FramePtr;
using base::Nanos;
using bench::at;
using bench::residentMb;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr Nanos kRefresh = 16'666'667ns;
/// Different ones, so that a decoder does not decode the same bytes from its cache again and again.
constexpr int kPictures = 97;

struct Options {
    std::string dir = "/tmp";
    std::vector<int> minutes { 1, 10, 60, 540 };
    int rate = 30;
    double play_s = 60;
    int seeks = 300;
    bool keep = false;
    std::string measure;
};

std::vector<std::vector<std::byte>> somePictures()
{
    base::PicturePool pool(1 << 20);
    base::JpegEncoder encoder;
    std::mt19937 random(1);
    std::vector<std::vector<std::byte>> jpegs;
    for (int n = 0; n < kPictures; ++n) {
        const auto picture = pool.tryAcquire({ 320, 180, base::Subsampling::S420, {} });
        for (auto& value : picture->storage)
            value = static_cast<std::uint8_t>(90 + n % 40 + random() % 12);
        const auto jpeg = encoder.encode(*picture, 60);
        jpegs.emplace_back(jpeg->begin(), jpeg->end());
    }
    return jpegs;
}

/// A take as the recorder would have written it, with a live view's uneven times.
base::Result<fs::path> makeTake(const fs::path& shoot, int number, const Options& options, int minutes)
{
    takes::TakeFacts facts;
    facts.slate = { "LONG", number, 'A' };
    facts.timecode = { { options.rate, 1 }, false };
    facts.camera = "long_take";
    auto writer = takes::RecordingWriter::create(shoot, facts);
    if (!writer)
        return base::fail(writer.error());
    const auto jpegs = somePictures();
    const FrameIndex count = static_cast<FrameIndex>(minutes) * 60 * options.rate;
    std::mt19937 random(2);
    std::vector<FramePtr> batch;
    for (FrameIndex n = 0; n < count; ++n) {
        auto frame = std::make_shared<base::Frame>();
        frame->serial = static_cast<base::Serial>(n);
        frame->captured_at =
            100h + base::Rate { options.rate, 1 }.timeOf(n) + std::chrono::microseconds(random() % 4000);
        frame->width = 320;
        frame->height = 180;
        frame->jpeg = jpegs[static_cast<std::size_t>(n % kPictures)];
        batch.push_back(std::move(frame));
        if (batch.size() == 256 || n + 1 == count) {
            if (auto appended = (*writer)->append(batch); !appended)
                return base::fail(appended.error());
            batch.clear();
        }
    }
    if (auto closed = (*writer)->close(facts); !closed)
        return base::fail(closed.error());
    return (*writer)->folder();
}

void forget(const fs::path& folder)
{
    for (const auto& entry : fs::directory_iterator(folder)) {
        const int file = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
        ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
        ::close(file);
    }
    std::ofstream("/proc/sys/vm/drop_caches") << "3";
}

/// Ticks at the same place until the frame that is due is there. @return how long that took.
double untilShown(playback::Player& player, Nanos began, Nanos place)
{
    while (true) {
        const playback::Shown shown = player.tick(place, kRefresh);
        if (shown.picture && shown.captured == player.head().frameAt(place))
            return base::milliseconds(base::monotonicNow() - began);
        std::this_thread::sleep_for(50us);
    }
}

double openMs(const fs::path& folder)
{
    playback::Player player;
    const Nanos began = base::monotonicNow();
    const auto take = takes::Recording::open(folder);
    if (!take)
        throw std::runtime_error(take.error().message);
    player.load(*take, (*take)->frameCount() - 1, 0ns);
    player.head().run(-1, 0ns);
    player.head().enter((*take)->frameCount() - 1, 0ns);
    return untilShown(player, began, 0ns);
}

std::vector<double> seekMs(const fs::path& folder, int seeks)
{
    const auto take = takes::Recording::open(folder).value();
    playback::Player player;
    player.load(take, 0, 0ns);
    std::mt19937_64 random(3);
    std::vector<double> all;
    for (int i = 0; i < seeks; ++i) {
        const auto n = static_cast<FrameIndex>(random() % static_cast<std::uint64_t>(take->frameCount()));
        const Nanos began = base::monotonicNow();
        player.head().enter(n, 0ns);
        all.push_back(untilShown(player, began, 0ns));
    }
    return all;
}

/// In reverse from somewhere, at its own pace, on a simulated display of 60 Hz.
playback::PlayCounts playBackwards(const fs::path& folder, double seconds)
{
    const auto take = takes::Recording::open(folder).value();
    playback::Player player;
    std::mt19937_64 random(4);
    const auto length =
        std::min(take->frameCount() - 1, static_cast<FrameIndex>(seconds * take->nominalRate().perSecond()));
    const auto room = static_cast<std::uint64_t>(take->frameCount() - length);
    const FrameIndex start = length + static_cast<FrameIndex>(random() % room);
    player.load(take, start, 0ns);
    const Nanos began = base::monotonicNow();
    untilShown(player, began, 0ns);
    player.head().setLoop(playback::LoopMode::Once, 0ns);
    player.head().run(-1, 0ns);
    player.head().enter(start, 0ns);
    const Nanos zero = base::monotonicNow();
    for (Nanos place = 0ns; base::seconds(place) < seconds && player.head().speed() != 0; place += kRefresh) {
        std::this_thread::sleep_until(std::chrono::steady_clock::time_point(zero + place));
        player.tick(place, kRefresh);
    }
    return player.counts();
}

nlohmann::json measure(const fs::path& folder, const Options& options)
{
    std::vector<double> warm;
    std::vector<double> cold;
    for (int i = 0; i < 11; ++i) {
        forget(folder);
        cold.push_back(openMs(folder));
        warm.push_back(openMs(folder));
    }
    forget(folder);
    const auto cold_seeks = seekMs(folder, options.seeks);
    const auto warm_seeks = seekMs(folder, options.seeks);
    forget(folder);
    const auto counts = playBackwards(folder, options.play_s);
    const double resident = residentMb();
    forget(folder);
    const auto take = takes::Recording::open(folder).value();
    const Nanos began = base::monotonicNow();
    const auto report = take->verify({});
    const double verify_s = base::seconds(base::monotonicNow() - began);
    if (!report->troubles.empty())
        throw std::runtime_error(report->troubles[0]);
    return { { "verify_s", verify_s }, { "rss_after_verify_mb", residentMb() },
        { "frames", take->frameCount() }, { "open_warm_ms", at(warm, 0.5) },
        { "open_warm_max_ms", at(warm, 1) }, { "open_cold_ms", at(cold, 0.5) },
        { "open_cold_max_ms", at(cold, 1) }, { "seek_p50_ms", at(warm_seeks, 0.5) },
        { "seek_p99_ms", at(warm_seeks, 0.99) }, { "seek_cold_p50_ms", at(cold_seeks, 0.5) },
        { "seek_cold_p99_ms", at(cold_seeks, 0.99) }, { "shown", counts.shown }, { "late", counts.late },
        { "missed", counts.missed }, { "rss_mb", resident } };
}

/// Leaves the take as a crash would, its index a second behind its pictures, and recovers it, cold.
double recoverMs(const fs::path& folder, const Options& options)
{
    takes::TakeFacts facts = takes::readTakeFacts(folder / "take.json").value();
    const FrameIndex frames = facts.frames;
    facts.closed = false;
    if (!takes::writeTakeFacts(folder / "take.json", facts))
        throw std::runtime_error("take.json cannot be written");
    fs::resize_file(folder / "picture.index",
        fs::file_size(folder / "picture.index") - static_cast<std::uintmax_t>(64 * options.rate));
    forget(folder);
    const Nanos began = base::monotonicNow();
    const auto recovered = takes::recoverTake(folder);
    const double took = base::milliseconds(base::monotonicNow() - began);
    if (!recovered || recovered->facts.frames != frames)
        throw std::runtime_error("not every frame was recovered");
    return took;
}

/// The same in a process of its own, so that each take's memory is its own.
nlohmann::json measureApart(const fs::path& folder, const Options& options)
{
    const std::string command = fmt::format("{} --measure '{}' --play {} --seeks {}",
        fs::read_symlink("/proc/self/exe").string(), folder.string(), options.play_s, options.seeks);
    return nlohmann::json::parse(tests::outputOf(command));
}

int run(const Options& options)
{
    std::string pattern = (fs::path(options.dir) / "backtake-long-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        fmt::print(stderr, "long_take: cannot make a folder in {}\n", options.dir);
        return 1;
    }
    const fs::path shoot(pattern);
    const auto cleanUp = [&] {
        std::error_code ignored;
        if (!options.keep)
            fs::remove_all(shoot, ignored);
    };
    int failed = 0;
    fmt::print("{:>8} {:>8} {:>7} | {:>9} {:>9} | {:>9} {:>9} | {:>8} {:>8} | {:>8} {:>8} | {:>6} {:>5} "
               "{:>6} | {:>7} | {:>8} {:>6} {:>7} | {:>10}\n",
        "length", "frames", "MB", "open warm", "max", "open cold", "max", "seek p50", "p99", "cold p50",
        "p99", "shown", "late", "missed", "RSS MB", "verify s", "MB/s", "RSS MB", "recover");
    for (std::size_t i = 0; i < options.minutes.size(); ++i) {
        const int minutes = options.minutes[i];
        try {
            const auto folder = makeTake(shoot, static_cast<int>(i) + 1, options, minutes);
            if (!folder)
                throw std::runtime_error(folder.error().message);
            ::sync();
            const auto seen = measureApart(*folder, options);
            const double megabytes = static_cast<double>(fs::file_size(*folder / "picture.mjpeg")) / 1e6;
            const auto ms = [&](const char* key) {
                return fmt::format("{:.2f} ms", seen.at(key).get<double>());
            };
            fmt::print("{:>8} {:>8} {:>7.0f} | {:>9} {:>9} | {:>9} {:>9} | {:>8} {:>8} | {:>8} {:>8} | {:>6} "
                       "{:>5} {:>6} | {:>7.1f} | {:>8.2f} {:>6.0f} {:>7.1f} | {:>10}\n",
                base::durationText(std::chrono::minutes(minutes)), seen.at("frames").get<FrameIndex>(),
                megabytes, ms("open_warm_ms"), ms("open_warm_max_ms"), ms("open_cold_ms"),
                ms("open_cold_max_ms"), ms("seek_p50_ms"), ms("seek_p99_ms"), ms("seek_cold_p50_ms"),
                ms("seek_cold_p99_ms"), seen.at("shown").get<std::int64_t>(),
                seen.at("late").get<std::int64_t>(), seen.at("missed").get<std::int64_t>(),
                seen.at("rss_mb").get<double>(), seen.at("verify_s").get<double>(),
                megabytes / seen.at("verify_s").get<double>(), seen.at("rss_after_verify_mb").get<double>(),
                options.keep ? "kept" : fmt::format("{:.1f} ms", recoverMs(*folder, options)));
            std::fflush(stdout);
            if (!options.keep)
                fs::remove_all(*folder);
        } catch (const std::exception& trouble) {
            fmt::print(stderr, "long_take: {} minutes: {}\n", minutes, trouble.what());
            failed = 1;
        }
    }
    cleanUp();
    return failed;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app { "What the length of a take costs." };
    app.add_option("--dir", options.dir, "Where the takes are made");
    app.add_option("--minutes", options.minutes, "Lengths")->delimiter(',');
    app.add_option("--rate", options.rate);
    app.add_option("--play", options.play_s, "Seconds in reverse");
    app.add_option("--seeks", options.seeks);
    app.add_flag("--keep", options.keep, "Leave the takes where they are");
    app.add_option("--measure", options.measure, "Measure this take only, as JSON");
    CLI11_PARSE(app, argc, argv);
    if (options.measure.empty())
        return run(options);
    try {
        fmt::print("{}\n", measure(options.measure, options).dump());
    } catch (const std::exception& trouble) {
        fmt::print(stderr, "long_take: {}\n", trouble.what());
        return 1;
    }
    return 0;
}
