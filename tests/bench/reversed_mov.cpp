/// How fast a take becomes a physically reversed MOV, beside a plain copy of its pictures on the same disk.
///
///     reversed_mov [--dir DIR] [--minutes 10] [--repeats 3]
///
/// Makes the take itself (1080p25, about 440 kB a picture, two channels of 48 kHz) and removes it. Both end
/// with the file on disk (fdatasync); the kernel is asked to forget the take before each, and once more both
/// are measured with the take in memory as far as it fits. The last MOV is compared with the take by ffmpeg:
/// each packet and each sample.
#include "base/jpeg.hpp"
#include "takes/export_mov.hpp"
#include "takes/recording_writer.hpp"
#include "tests/bench/numbers.hpp"
#include "tests/folder.hpp"
#include "tests/output.hpp"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>

namespace {

using namespace backtake;
namespace fs = std::filesystem;

constexpr int kRate = 25;
constexpr std::int64_t kSoundRate = 48000;
constexpr int kChannels = 2;

/// A sound in which no stretch is like another.
std::int16_t soundAt(std::int64_t sample, int channel)
{
    const auto mixed = static_cast<std::uint64_t>(sample * kChannels + channel + 1) * 0x9E3779B97F4A7C15U;
    return static_cast<std::int16_t>(mixed >> 40);
}

std::vector<std::int16_t> soundOf(std::int64_t first, std::int64_t count)
{
    std::vector<std::int16_t> samples;
    for (std::int64_t at = first; at < first + count; ++at)
        for (int channel = 0; channel < kChannels; ++channel)
            samples.push_back(soundAt(at, channel));
    return samples;
}

std::vector<base::FramePtr> pictures()
{
    base::PicturePool pool(64 << 20);
    base::JpegEncoder encoder;
    std::mt19937 random(1);
    std::vector<base::FramePtr> frames;
    for (int n = 0; n < kRate; ++n) {
        const auto picture = pool.tryAcquire({ 1920, 1080, base::Subsampling::S422, base::kJpegColour });
        for (std::size_t plane = 0; plane < 3; ++plane) {
            const auto p = static_cast<int>(plane);
            for (int y = 0; y < picture->format.planeHeight(p); ++y) {
                for (int x = 0; x < picture->format.planeWidth(p); ++x)
                    picture->planes[plane][static_cast<std::size_t>(y) * picture->strides[plane]
                        + static_cast<std::size_t>(x)] =
                        static_cast<std::uint8_t>(
                            plane == 0 ? (x / 8 + y / 8 + n * 5 + static_cast<int>(random() % 12)) : 128);
            }
        }
        const auto jpeg = encoder.encode(*picture, 90).value();
        auto bytes = std::make_shared<std::vector<std::byte>>(jpeg.begin(), jpeg.end());
        auto frame = std::make_shared<base::Frame>();
        frame->width = 1920;
        frame->height = 1080;
        frame->jpeg = *bytes;
        frame->owner = bytes;
        frames.push_back(frame);
    }
    return frames;
}

void forget(const fs::path& file)
{
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
    ::close(descriptor);
}

double secondsSince(base::Nanos start) { return base::seconds(base::monotonicNow() - start); }

double copySeconds(const fs::path& from, const fs::path& to)
{
    const auto start = base::monotonicNow();
    const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
    const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    std::vector<std::byte> chunk(1 << 20);
    for (ssize_t got = 0; (got = ::read(in, chunk.data(), chunk.size())) > 0;) {
        if (::write(out, chunk.data(), static_cast<std::size_t>(got)) != got)
            break;
    }
    ::fdatasync(out);
    ::close(in);
    ::close(out);
    const double seconds = secondsSince(start);
    fs::remove(to);
    return seconds;
}

/// MD5 of each packet, as ffmpeg sees them.
std::vector<std::string> packets(const std::string& input)
{
    std::vector<std::string> sums;
    std::istringstream lines(
        tests::outputOf("ffmpeg -v error " + input + " -map 0:v -c copy -f framemd5 - 2>&1"));
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with('#'))
            sums.push_back(line.substr(line.rfind(' ') + 1));
    return sums;
}

/// In words, what @p mov has otherwise than the take's @p count frames and their sound in reverse.
std::string faultsOf(const fs::path& mov, const std::vector<base::FramePtr>& some, int count)
{
    const fs::path few = mov.parent_path() / "some.mjpeg";
    std::ofstream file(few, std::ios::binary);
    for (const base::FramePtr& frame : some)
        file.write(reinterpret_cast<const char*>(frame->jpeg.data()), std::ssize(frame->jpeg));
    file.close();
    const auto recorded = packets("-f mjpeg -i '" + few.string() + "'");
    const auto written = packets("-i '" + mov.string() + "'");
    if (recorded.size() != some.size() || std::ssize(written) != count)
        return fmt::format("{} frames instead of {}", written.size(), count);
    for (int k = 0; k < count; ++k)
        if (written[static_cast<std::size_t>(k)]
            != recorded[static_cast<std::size_t>((count - 1 - k) % kRate)])
            return fmt::format("frame {} is another", k);
    FILE* pipe = ::popen(("ffmpeg -v error -i '" + mov.string() + "' -map 0:a -f s16le -").c_str(), "r");
    std::int64_t at = count * kSoundRate / kRate;
    std::array<std::int16_t, kChannels> sample {};
    while (pipe && std::fread(sample.data(), sizeof(sample), 1, pipe) == 1) {
        --at;
        for (int channel = 0; channel < kChannels; ++channel)
            if (at < 0 || sample[static_cast<std::size_t>(channel)] != soundAt(at, channel)) {
                ::pclose(pipe);
                return fmt::format("the sample that was {} is another", at);
            }
    }
    if (pipe)
        ::pclose(pipe);
    return at == 0 ? "" : fmt::format("{} samples are not there", at);
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app("A physically reversed MOV beside a plain copy");
    std::string dir = "/tmp";
    double minutes = 10;
    int repeats = 3;
    app.add_option("--dir", dir)->capture_default_str();
    app.add_option("--minutes", minutes)->capture_default_str();
    app.add_option("--repeats", repeats)->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const tests::Folder folder(dir);
    takes::TakeFacts facts;
    facts.slate = { "1", 1, 'A' };
    facts.timecode = { { kRate, 1 }, false };
    auto writer = takes::RecordingWriter::create(folder.path(), facts).value();
    const auto some = pictures();
    const auto count = static_cast<int>(minutes * 60 * kRate);
    takes::SoundFacts sound;
    sound.channels = kChannels;
    for (int n = 0; n < count; ++n) {
        auto frame = std::make_shared<base::Frame>(*some[static_cast<std::size_t>(n % kRate)]);
        frame->serial = static_cast<base::Serial>(n);
        frame->captured_at = base::Rate { kRate, 1 }.timeOf(n) + std::chrono::hours(1);
        const base::FramePtr shared = frame;
        (void)writer->append(std::span(&shared, 1));
        const auto samples = soundOf(n * kSoundRate / kRate, kSoundRate / kRate);
        (void)writer->appendSound(std::as_bytes(std::span(samples)), sound);
    }
    if (const auto closed = writer->close(facts); !closed) {
        fmt::print(stderr, "{}\n", closed.error().message);
        return 1;
    }
    const auto take = takes::Recording::open(writer->folder()).value();
    const fs::path picture = writer->folder() / "picture.mjpeg";
    const double bytes = static_cast<double>(fs::file_size(picture));
    fmt::print("{} frames, {:.0f} MB\n", count, bytes / 1e6);
    const fs::path out = folder.path() / "reversed.mov";
    for (const bool cold : { true, false }) {
        std::vector<double> copies;
        std::vector<double> exports;
        for (int i = 0; i < repeats; ++i) {
            fs::remove(out); // no more than two copies of the take at a time
            if (cold)
                forget(picture);
            copies.push_back(copySeconds(picture, folder.path() / "copy"));
            if (cold)
                forget(picture);
            const auto start = base::monotonicNow();
            const auto done = takes::exportMov(*take, takes::Order::Shown, takes::Timing::Nominal, out, {});
            exports.push_back(secondsSince(start));
            if (!done) {
                fmt::print(stderr, "{}\n", done.error().message);
                return 1;
            }
        }
        const double copy = bench::at(copies, 0.5);
        const double exported = bench::at(exports, 0.5);
        fmt::print("{}: copy {:.2f} s ({:.0f} MB/s; {:.1f}), reversed MOV {:.2f} s ({:.0f} MB/s; {:.1f}): "
                   "{:.0f} % of the "
                   "copy's speed\n",
            cold ? "cold" : "warm", copy, bytes / 1e6 / copy, fmt::join(copies, " "), exported,
            bytes / 1e6 / exported, fmt::join(exports, " "), 100 * copy / exported);
    }
    rusage usage {};
    ::getrusage(RUSAGE_SELF, &usage);
    fmt::print("peak memory {:.0f} MiB\n", static_cast<double>(usage.ru_maxrss) / 1024);
    const std::string faults = faultsOf(out, some, count);
    fmt::print("{}\n", faults.empty() ? "all frames and samples are exact" : faults);
    return faults.empty() ? 0 : 1;
}
