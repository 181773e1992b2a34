// `backtake play`: a take from disk, as fast as it goes or on a simulated display.
#include "app/command_line.hpp"
#include "app/session.hpp"
#include "base/text.hpp"
#include "playback/clip_footage.hpp"
#include "playback/sound_renderer.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <cmath>
#include <cstdio>

namespace backtake::app {

using base::Fault;
using base::FrameIndex;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

/// XXH3 of the planes' visible pixels, row by row, plane by plane.
std::uint64_t hashOf(const base::Picture& picture)
{
    struct Free {
        void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
    };
    thread_local const std::unique_ptr<XXH3_state_t, Free> state(XXH3_createState());
    XXH3_64bits_reset(state.get());
    for (int plane = 0; plane < picture.format.planes(); ++plane) {
        const auto index = static_cast<std::size_t>(plane);
        for (int row = 0; row < picture.format.planeHeight(plane); ++row)
            XXH3_64bits_update(state.get(),
                picture.planes[index] + static_cast<std::ptrdiff_t>(row) * picture.strides[index],
                static_cast<std::size_t>(picture.format.planeWidth(plane)));
    }
    return XXH3_64bits_digest(state.get());
}

struct File {
    explicit File(const std::string& path)
        : handle(path.empty() ? nullptr : std::fopen(path.c_str(), "w"))
    {
    }
    ~File()
    {
        if (handle != nullptr)
            std::fclose(handle);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    std::FILE* handle;
};

struct Opened {
    base::FootagePtr footage;
    bool backward = true;
};

base::Result<Opened> openTake(const std::string& text)
{
    const auto path = takes::findTake(text);
    if (!path)
        return base::fail(path.error());
    if (std::filesystem::is_directory(*path)) {
        auto recording = takes::Recording::open(*path);
        if (!recording)
            return base::fail(recording.error());
        return Opened { *recording, (*recording)->facts().direction == takes::Direction::Backward };
    }
    auto clip = playback::ClipFootage::open(*path);
    if (!clip)
        return base::fail(clip.error());
    return Opened { *clip, true };
}

/// A WAV file of floats: RIFF of 32 bit lengths (Multimedia Programming Interface and Data
/// Specifications 1.0, WAVE_FORMAT_IEEE_FLOAT).
std::string floatWavHeader(int rate_hz, int channels, std::uint32_t data_bytes)
{
    std::string header;
    const auto number = [&header](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i)
            header += static_cast<char>(value >> (8 * i) & 0xFF);
    };
    const auto frame_bytes = static_cast<std::uint32_t>(channels) * 4;
    header += "RIFF";
    number(data_bytes + 48, 4);
    header += "WAVEfmt ";
    number(16, 4);
    number(3, 2);
    number(static_cast<std::uint32_t>(channels), 2);
    number(static_cast<std::uint32_t>(rate_hz), 4);
    number(static_cast<std::uint32_t>(rate_hz) * frame_bytes, 4);
    number(frame_bytes, 2);
    number(32, 2);
    header += "fact";
    number(4, 4);
    number(data_bytes / frame_bytes, 4);
    header += "data";
    number(data_bytes, 4);
    return header;
}

/// What is heard while @p footage plays once from @p start on at @p speed: in the same way as in review, but
/// not in real time.
base::Outcome writeSound(
    const base::Footage& footage, FrameIndex start, double speed, const std::string& path)
{
    const base::SoundTrackPtr track = footage.sound();
    if (!track)
        return base::fail(Fault::NotFound, "--sound: this take was recorded without sound");
    playback::Playhead head(footage);
    head.setLoop(playback::LoopMode::Once, Nanos(0));
    head.run(speed, Nanos(0));
    head.enter(start, Nanos(0));
    const base::Rate rate { track->rateHz(), 1 };
    const Nanos way = speed > 0 ? head.rangeEnd() - head.positionAt(Nanos(0)) : head.positionAt(Nanos(0));
    const std::int64_t samples = std::llround(base::seconds(way) / std::abs(speed) * track->rateHz());
    const std::uint64_t bytes =
        static_cast<std::uint64_t>(samples) * static_cast<std::uint64_t>(track->channels()) * sizeof(float);
    if (bytes > 0xFFFF'0000)
        return base::fail(Fault::Unsupported,
            "--sound: more than a WAV file can hold (4 GiB): play less of the take, with --from");
    const File file(path);
    if (file.handle == nullptr)
        return base::fail(
            Fault::Denied, fmt::format("cannot write {}: choose a folder you may write to", path));
    const std::string header =
        floatWavHeader(track->rateHz(), track->channels(), static_cast<std::uint32_t>(bytes));
    std::fwrite(header.data(), 1, header.size(), file.handle);
    playback::SoundRenderer renderer(track, track->rateHz());
    std::vector<float> block;
    constexpr std::int64_t kBlock = 4096;
    for (std::int64_t s = 0; s < samples && !stopAsked(); s += kBlock) {
        block.resize(static_cast<std::size_t>(std::min(kBlock, samples - s) * track->channels()));
        renderer.render(head, rate.timeOf(s), block);
        std::fwrite(block.data(), sizeof(float), block.size(), file.handle);
    }
    if (std::fflush(file.handle) != 0 || std::ferror(file.handle) != 0)
        return base::fail(Fault::OutOfSpace,
            fmt::format("{} could not be written completely: make room and play again", path));
    return {};
}

/// What one run of `play` saw.
struct Seen {
    std::int64_t frames = 0;
    FrameIndex first_captured = -1;
    FrameIndex last_captured = -1;
    Nanos first_at {};
    Nanos last_at {};
    Nanos longest_gap {};
    std::int64_t late = 0;
    std::int64_t missed = 0;
    std::int64_t damaged = 0;

    void frame(FrameIndex captured, bool is_damaged, Nanos at)
    {
        if (frames == 0) {
            first_captured = captured;
            first_at = at;
        } else {
            longest_gap = std::max(longest_gap, at - last_at);
        }
        last_captured = captured;
        last_at = at;
        damaged += is_damaged ? 1 : 0;
        ++frames;
    }
};

} // namespace

int runPlay(const Speech& speech, const PlayArguments& arguments)
{
    const Nanos began = base::monotonicNow();
    const auto opened = openTake(arguments.take);
    if (!opened)
        return speech.fail(opened.error());
    const base::FootagePtr footage = opened->footage;
    const FrameIndex count = footage->frameCount();
    if (arguments.from >= count)
        return speech.fail({ Fault::Usage,
            fmt::format("--from {}: the take has {} frames, counted from 0", arguments.from, count), {} });
    File hashes(arguments.hashes);
    if (!arguments.hashes.empty() && hashes.handle == nullptr)
        return speech.fail({ Fault::Denied,
            fmt::format("cannot write {}: choose a folder you may write to", arguments.hashes), {} });

    const int step = arguments.direction == "shown" && opened->backward ? -1 : +1;
    const auto toCaptured = [&](FrameIndex on_screen) {
        return step > 0 ? on_screen : count - 1 - on_screen;
    };
    const double speed = step * (arguments.present == "none" ? 1 : arguments.rate);
    if (!arguments.sound.empty())
        if (auto written = writeSound(*footage, toCaptured(arguments.from), speed, arguments.sound); !written)
            return speech.fail(written.error());
    Seen seen;
    const auto show = [&](FrameIndex captured, const base::Picture& picture, bool damaged) {
        if (hashes.handle != nullptr)
            fmt::print(hashes.handle, "{} {} {} {:016x}\n", toCaptured(captured), captured,
                footage->capturedTime(captured).count(), hashOf(picture));
        seen.frame(captured, damaged, base::monotonicNow());
    };

    int threads = arguments.threads > 0 ? arguments.threads : playback::defaultDecoders();
    if (arguments.present == "none") {
        playback::playThrough(footage, toCaptured(arguments.from), count - arguments.from, step, threads,
            [&](FrameIndex captured, const playback::Decoded& decoded) {
                show(captured, *decoded.picture, decoded.damaged);
                return !stopAsked();
            });
    } else {
        playback::Player player(threads);
        const Nanos interval(static_cast<std::int64_t>(1e9 / arguments.refresh_hz));
        const FrameIndex start = toCaptured(arguments.from);
        Nanos now = base::monotonicNow();
        player.load(footage, start, now);
        player.head().setLoop(playback::LoopMode::Once, now);
        // The clock starts with the first picture: what comes before is the time to open, told as
        // first_frame_ms.
        Nanos refresh = now;
        bool started = false;
        while (!stopAsked()) {
            now = base::monotonicNow();
            // A display shows what it was given for its refresh, whenever the program woke up for it.
            const Nanos tick = started ? refresh : now;
            const playback::Shown shown = player.tick(tick, interval);
            if (shown.fresh)
                show(shown.captured, *shown.picture, shown.damaged);
            if (!started && shown.picture) {
                started = true;
                refresh = now;
                player.head().run(speed, now);
                player.head().enter(start, now);
            } else if (!started) {
                std::this_thread::sleep_for(200us);
                continue;
            } else if (player.head().speed() == 0) {
                break; // the end
            }
            refresh += interval;
            std::this_thread::sleep_until(std::chrono::steady_clock::time_point(refresh));
        }
        seen.late = player.counts().late;
        seen.missed = player.counts().missed;
    }
    if (hashes.handle != nullptr && (std::fflush(hashes.handle) != 0 || std::ferror(hashes.handle) != 0))
        return speech.fail({ Fault::OutOfSpace,
            fmt::format("{} could not be written completely: make room and play again", arguments.hashes),
            {} });

    const double elapsed = seen.frames > 1 ? base::seconds(seen.last_at - seen.first_at) : 0;
    const double fps = elapsed > 0 ? static_cast<double>(seen.frames - 1) / elapsed : 0;
    speech.note(fmt::format("{} frames, {} … {}, {:.1f} frames/s; {} late, {} missed, {} damaged",
        seen.frames, seen.first_captured, seen.last_captured, fps, seen.late, seen.missed, seen.damaged));
    speech.result({ { "take", base::oneLine(arguments.take) }, { "direction", arguments.direction },
        { "present", arguments.present }, { "frames", seen.frames }, { "frame_count", count },
        { "first_captured", seen.first_captured }, { "last_captured", seen.last_captured },
        { "first_frame_ms", base::milliseconds(seen.first_at - began) }, { "fps", fps },
        { "late", seen.late }, { "missed", seen.missed }, { "damaged", seen.damaged },
        { "max_gap_ms", base::milliseconds(seen.longest_gap) }, { "peak_rss_mb", peakRssMb() },
        { "threads", threads } });
    return stopAsked() ? 1 : 0;
}

} // namespace backtake::app
