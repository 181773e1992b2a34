#include "capture/pattern_source.hpp"

#include "base/jpeg.hpp"
#include "base/text.hpp"
#include "capture/convert.hpp"
#include "capture/pattern_painter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <thread>

namespace backtake::capture {
namespace {

using base::Fault;
using base::Nanos;
using namespace std::chrono_literals;

constexpr int kSmallestSide = 64; ///< Below it a cell of the frame number is no pixel wide.
constexpr int kLargestPatternSide = 4096;
constexpr int kLargestPixels = 4096 * 2160;
constexpr double kFastest = 120;
constexpr int kUsualQuality = 90;
constexpr std::int64_t kUsualLateEvery = 10;
constexpr double kLongestSeconds = 24 * 3600;
constexpr double kUnevenShare =
    0.4; ///< Of a frame time, either way: below a half, so that no frame passes another.
/// Two frames never come at the same moment, however late the first was.
constexpr Nanos kLeastApart = 1us;
/// Sound that nobody fetched is kept this long.
constexpr std::int64_t kMostSoundSamples = 10 * kPatternSoundHz;
/// One picture of the largest size, kept between frames.
constexpr std::size_t kOwnPoolBytes = std::size_t { 2 } * kLargestPixels + 4096 * 64;

struct Size {
    int width = 1920;
    int height = 1080;
};
/// From @p at to @p at + @p length after the start.
struct Span {
    Nanos at {};
    Nanos length {};
    [[nodiscard]] bool holds(Nanos since_start) const
    {
        return since_start >= at && since_start < at + length;
    }
    [[nodiscard]] Nanos end() const { return at + length; }
};
struct FormatChange {
    Nanos at {};
    Size size;
};

struct Setup {
    Size size;
    base::Rate rate { 25, 1 };
    bool noise = false;
    bool bt709 = false;
    bool jpeg = false;
    int quality = kUsualQuality;
    bool uneven = false;
    bool skip = false;
    bool refuse = false;
    Nanos late {};
    std::int64_t late_every = 0; ///< 0: never.
    std::int64_t torn_every = 0;
    std::int64_t garbage_every = 0;
    std::optional<Span> stall;
    std::optional<Span> unplug;
    std::optional<FormatChange> change;
};

// --- reading the spec
// ---------------------------------------------------------------------------------------------

template <typename Number> std::optional<Number> number(std::string_view text)
{
    Number value {};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

struct Pair {
    std::string_view before, after;
    bool split = false;
};
Pair splitAt(std::string_view text, char mark)
{
    const auto at = text.find(mark);
    if (at == std::string_view::npos)
        return { text, {}, false };
    return { text.substr(0, at), text.substr(at + 1), true };
}

std::optional<Nanos> seconds(std::string_view text)
{
    const auto value = number<double>(text);
    if (!value || !(*value >= 0) || *value > kLongestSeconds)
        return std::nullopt;
    return Nanos(std::llround(*value * 1e9));
}

std::optional<Size> size(std::string_view text)
{
    const Pair sides = splitAt(text, 'x');
    const auto width = number<int>(sides.before);
    const auto height = number<int>(sides.after);
    if (!width || !height || std::min(*width, *height) < kSmallestSide
        || std::max(*width, *height) > kLargestPatternSide || *width * *height > kLargestPixels)
        return std::nullopt;
    return Size { *width, *height };
}

std::optional<Span> span(std::string_view text)
{
    const Pair parts = splitAt(text, ':');
    const auto at = seconds(parts.before);
    const auto length = seconds(parts.after);
    if (!at || !length)
        return std::nullopt;
    return Span { *at, *length };
}

bool isFlag(std::string_view value) { return value.empty(); }

bool readEvery(std::string_view value, std::int64_t& into)
{
    const auto every = number<std::int64_t>(value);
    if (!every || *every < 1)
        return false;
    into = *every;
    return true;
}

struct Option {
    std::string_view name;
    std::string_view form; ///< As the operator types it.
    std::string_view meaning;
    bool (*read)(std::string_view value, Setup& setup); ///< @return false when the value makes no sense.
};
constexpr std::array kOptions {
    Option { "noise", "noise", "grain: a 1920x1080 JPEG of quality 90 has about half a megabyte",
        [](std::string_view value, Setup& setup) { return setup.noise = isFlag(value); } },
    Option { "colour", "colour=bt709", "paints BT.709 limited range and converts it, as for a capture card",
        [](std::string_view value, Setup& setup) { return setup.bt709 = value == "bt709"; } },
    Option { "jpeg", "jpeg[=QUALITY]", "delivers JPEGs of quality 1 to 100 (90), as an MJPEG camera does",
        [](std::string_view value, Setup& setup) {
            setup.jpeg = true;
            if (value.empty())
                return true;
            const auto quality = number<int>(value);
            setup.quality = quality.value_or(0);
            return setup.quality >= 1 && setup.quality <= 100;
        } },
    Option { "uneven", "uneven", "frame times waver by up to 40 % of a frame",
        [](std::string_view value, Setup& setup) { return setup.uneven = isFlag(value); } },
    Option { "late", "late=MS[:K]", "every Kth frame (10th) comes MS milliseconds late",
        [](std::string_view value, Setup& setup) {
            const Pair parts = splitAt(value, ':');
            const auto late_ms = number<double>(parts.before);
            if (!late_ms || !(*late_ms >= 0) || *late_ms > kLongestSeconds * 1000)
                return false;
            setup.late = Nanos(std::llround(*late_ms * 1e6));
            setup.late_every = kUsualLateEvery;
            return !parts.split || readEvery(parts.after, setup.late_every);
        } },
    Option { "skip", "skip", "leaves out frames when the reader is behind",
        [](std::string_view value, Setup& setup) { return setup.skip = isFlag(value); } },
    Option { "torn", "torn=N", "every Nth frame is a JPEG cut in half",
        [](std::string_view value, Setup& setup) {
            setup.jpeg = true;
            return readEvery(value, setup.torn_every);
        } },
    Option { "garbage", "garbage=N", "every Nth frame is bytes that are no JPEG",
        [](std::string_view value, Setup& setup) {
            setup.jpeg = true;
            return readEvery(value, setup.garbage_every);
        } },
    Option { "stall", "stall=AT:SECONDS", "no frames for SECONDS, from AT seconds after the start on",
        [](std::string_view value, Setup& setup) { return (setup.stall = span(value)).has_value(); } },
    Option { "unplug", "unplug=AT:SECONDS",
        "gone AT seconds after the start, can be opened again SECONDS later",
        [](std::string_view value, Setup& setup) { return (setup.unplug = span(value)).has_value(); } },
    Option { "format", "format=AT:WxH", "the picture's size changes AT seconds after the start",
        [](std::string_view value, Setup& setup) {
            const Pair parts = splitAt(value, ':');
            const auto at = seconds(parts.before);
            const auto to = size(parts.after);
            if (at && to)
                setup.change = FormatChange { *at, *to };
            return setup.change.has_value();
        } },
    Option { "refuse", "refuse", "opening it is denied",
        [](std::string_view value, Setup& setup) { return setup.refuse = isFlag(value); } },
};

base::Result<Setup> readSpec(const CameraSpec& spec)
{
    Setup setup;
    const Pair parts = splitAt(spec.address, '@');
    if (!parts.before.empty()) {
        const auto wanted = size(parts.before);
        if (!wanted) {
            return base::fail(Fault::Usage,
                fmt::format("pattern camera: '{}' is no size it can show: use WIDTHxHEIGHT, sides {} to {}, "
                            "at most 4096x2160, "
                            "as in pattern:1920x1080@25",
                    base::oneLine(parts.before), kSmallestSide, kLargestPatternSide));
        }
        setup.size = *wanted;
    }
    if (parts.split) {
        const auto rate = base::parseRate(parts.after);
        if (!rate || rate->perSecond() > kFastest) {
            return base::fail(Fault::Usage,
                fmt::format(
                    "pattern camera: '{}' is no rate it can show: use 1 to {} frames per second, as in "
                    "pattern:1920x1080@23.976",
                    base::oneLine(parts.after), kFastest));
        }
        setup.rate = *rate;
    }
    for (const auto& entry : spec.options) {
        const std::string& name = entry.first;
        const std::string& value = entry.second;
        const auto* option = std::find_if(kOptions.begin(), kOptions.end(),
            [&name](const Option& candidate) { return candidate.name == name; });
        if (option == kOptions.end()) {
            std::string known;
            for (const Option& each : kOptions)
                known += fmt::format("{}{}", known.empty() ? "" : ", ", each.form);
            return base::fail(Fault::Usage,
                fmt::format("pattern camera: unknown option '{}': it knows {}", base::oneLine(name), known));
        }
        if (!option->read(value, setup)) {
            return base::fail(Fault::Usage,
                fmt::format("pattern camera: option '{}={}' makes no sense: use {}", name,
                    base::oneLine(value), option->form));
        }
    }
    return setup;
}

/// The same 64 bits for the same frame on every machine (the finaliser of SplitMix64).
std::uint64_t hashOf(std::int64_t n)
{
    auto bits = static_cast<std::uint64_t>(n) + 0x9e3779b97f4a7c15ULL;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
    return bits ^ (bits >> 31);
}

bool isNth(std::int64_t n, std::int64_t every) { return every > 0 && n % every == every - 1; }

// --- the source
// ---------------------------------------------------------------------------------------------------

class PatternSource final : public FrameSource {
public:
    PatternSource(Setup setup, std::string spec, base::PicturePool& pool, PatternHost& host,
        std::optional<Nanos> started_at)
        : setup_(setup)
        , spec_(std::move(spec))
        , pool_(pool)
        , host_(host)
        , painter_(std::make_unique<PatternPainter>(lookOf(setup.size)))
        , changed_painter_(
              setup.change ? std::make_unique<PatternPainter>(lookOf(setup.change->size)) : nullptr)
        , started_at_(started_at.value_or(host.now()))
        , unplugs_(setup.unplug && (!started_at || host.now() < *started_at + setup.unplug->at))
    {
        if (started_at)
            n_ = firstAt(host_.now() - started_at_);
        sound_at_ = soundSampleOf(n_, setup_.rate);
        shown_ = painterOf(n_);
    }

    ~PatternSource() override
    {
        // Opened again while it stalls, it must not come back sooner.
        if (setup_.stall && !gone_ && setup_.stall->holds(host_.now() - started_at_))
            host_.leave(spec_, started_at_);
    }

    base::Result<SourceFrame> next(Nanos patience) override
    {
        const Nanos deadline = host_.now() + patience;
        for (;;) {
            if (gone_)
                return unplugged();
            if (setup_.stall && setup_.stall->holds(setup_.rate.timeOf(n_)))
                goOnAt(firstAt(setup_.stall->end()));
            // Late, it catches up in double time: no camera delivers a second's frames at once.
            const Nanos due = std::max(dueOf(n_), given_at_ + setup_.rate.frameTime() / 2);
            const Nanos unplug_at = unplugs_ ? started_at_ + setup_.unplug->at : Nanos::max();
            if (std::min(due, unplug_at) > deadline) {
                host_.waitUntil(deadline);
                return base::fail(Fault::TimedOut, "pattern camera: no frame yet");
            }
            if (unplug_at <= due) {
                host_.waitUntil(unplug_at);
                gone_ = true;
                host_.leave(spec_, started_at_);
                continue;
            }
            host_.waitUntil(due);
            if (setup_.skip && dueOf(n_ + 1) <= host_.now()) {
                ++n_;
                continue;
            }
            given_at_ = due;
            if (auto frame = make(n_, dueOf(n_)))
                return *std::move(frame);
            ++n_; // the pool is at its cap: this one is lost
        }
    }

    [[nodiscard]] SourceFacts facts() const override
    {
        const PatternLook& look = shown_->look();
        const char* layout = setup_.jpeg ? "JPEG" : setup_.bt709 ? "4:2:2 BT.709" : "4:2:2";
        return { "Pattern", fmt::format("{}x{} {}", look.width, look.height, layout), setup_.rate, Nanos(0) };
    }

    std::vector<SoundBlock> takeSound() override
    {
        cutSound(sound_end_);
        return std::exchange(sound_, {});
    }

private:
    [[nodiscard]] PatternLook lookOf(Size size) const
    {
        const base::Colour colour =
            setup_.bt709 ? base::Colour { base::Matrix::Bt709, base::Range::Limited } : base::kJpegColour;
        return { size.width, size.height, setup_.rate, colour, setup_.noise };
    }

    [[nodiscard]] const PatternPainter* painterOf(std::int64_t n) const
    {
        return changed_painter_ && setup_.rate.timeOf(n) >= setup_.change->at ? changed_painter_.get()
                                                                              : painter_.get();
    }

    /// First frame of the grid at or after @p since_start.
    [[nodiscard]] std::int64_t firstAt(Nanos since_start) const
    {
        auto n = static_cast<std::int64_t>(
            std::chrono::duration<double>(since_start).count() * setup_.rate.perSecond());
        while (n > 0 && setup_.rate.timeOf(n - 1) >= since_start)
            --n;
        while (setup_.rate.timeOf(n) < since_start)
            ++n;
        return n;
    }

    [[nodiscard]] Nanos dueOf(std::int64_t n) const
    {
        Nanos due = started_at_ + setup_.rate.timeOf(n);
        if (setup_.uneven && n > 0) {
            const double share =
                static_cast<double>(hashOf(n) >> 11) / static_cast<double>(1ULL << 53); // 0 … 1
            const auto frame_time = static_cast<double>(setup_.rate.frameTime().count());
            due += Nanos(std::llround((2 * share - 1) * kUnevenShare * frame_time));
        }
        if (isNth(n, setup_.late_every))
            due += setup_.late;
        return std::max(due, last_due_ + kLeastApart);
    }

    tl::unexpected<base::Error> unplugged() const
    {
        return base::fail(
            Fault::Unplugged, "pattern camera: unplugged, as its option says; it comes back by itself");
    }

    /// Leaves out what lies before frame @p n, sound too.
    void goOnAt(std::int64_t n)
    {
        cutSound(sound_end_);
        n_ = n;
        sound_at_ = soundSampleOf(n, setup_.rate);
        sound_end_ = sound_at_;
    }

    /// Makes blocks of the sound up to sample @p end.
    void cutSound(std::int64_t end)
    {
        sound_at_ = std::max(sound_at_, end - kMostSoundSamples);
        if (end <= sound_at_)
            return;
        SoundBlock block;
        const base::Rate samples { kPatternSoundHz, 1 };
        block.captured_at = started_at_ + samples.timeOf(sound_at_);
        block.rate_hz = kPatternSoundHz;
        block.channels = 1;
        std::vector<std::int16_t> pcm(static_cast<std::size_t>(end - sound_at_));
        patternSound(sound_at_, pcm, setup_.rate);
        block.samples.reserve(pcm.size());
        for (const std::int16_t sample : pcm)
            block.samples.push_back(std::int32_t { sample } * 65536);
        sound_.push_back(std::move(block));
        sound_at_ = end;
    }

    /// Frame @p n. @return nullopt when the pool is at its cap.
    std::optional<base::Result<SourceFrame>> make(std::int64_t n, Nanos due)
    {
        const PatternPainter* painter = painterOf(n);
        SourceFrame frame;
        frame.captured_at = due;
        auto picture = paint(*painter, n);
        if (!picture)
            return std::nullopt;
        n_ = n + 1;
        if (setup_.jpeg) {
            auto jpeg = compress(*picture, n);
            if (!jpeg)
                return base::fail(jpeg.error());
            frame.jpeg = **jpeg;
            frame.jpeg_owner = *jpeg;
        } else {
            frame.picture = std::move(picture);
        }
        frame.new_segment = shown_ != painter;
        shown_ = painter;
        last_due_ = due;
        // Sound has come as far as the picture: up to the moment of this frame.
        sound_end_ = soundSampleOf(n, setup_.rate);
        return frame;
    }

    std::shared_ptr<base::Picture> paint(const PatternPainter& painter, std::int64_t n)
    {
        // A JPEG camera's pixels are its own; only what is delivered comes from the reader's pool.
        base::PicturePool& target = setup_.jpeg ? jpeg_pool_ : pool_;
        base::PictureFormat format = painter.format();
        format.colour = base::kJpegColour;
        auto picture = target.tryAcquire(format);
        if (!picture || painter.format().colour == base::kJpegColour) {
            if (picture)
                painter.paint(n, *picture);
            return picture;
        }
        const auto raw = raw_pool_.tryAcquire(painter.format());
        painter.paint(n, *raw);
        RawImage image { PixelLayout::Y42B, raw->format.width, raw->format.height, raw->format.colour, {},
            raw->strides };
        std::copy(raw->planes.begin(), raw->planes.end(), image.planes.begin());
        convert(image, *picture);
        return picture;
    }

    using Bytes = std::vector<std::byte>;
    base::Result<std::shared_ptr<const Bytes>> compress(const base::Picture& picture, std::int64_t n)
    {
        const auto encoded = encoder_.encode(picture, setup_.quality);
        if (!encoded)
            return base::fail(encoded.error());
        auto bytes = std::make_shared<Bytes>(encoded->begin(), encoded->end());
        if (isNth(n, setup_.torn_every))
            bytes->resize(bytes->size() / 2);
        if (isNth(n, setup_.garbage_every)) {
            std::int64_t word = n;
            for (std::byte& byte : *bytes)
                byte = static_cast<std::byte>(hashOf(++word) & 255);
            bytes->front() = std::byte { 0 }; // never a JPEG by chance
        }
        return bytes;
    }

    const Setup setup_;
    const std::string spec_;
    base::PicturePool& pool_;
    PatternHost& host_;
    base::PicturePool raw_pool_ { kOwnPoolBytes };  ///< What is painted before it is converted: one picture.
    base::PicturePool jpeg_pool_ { kOwnPoolBytes }; ///< What is compressed: one picture.
    const std::unique_ptr<PatternPainter> painter_;
    const std::unique_ptr<PatternPainter> changed_painter_; ///< After `format`.
    const PatternPainter* shown_ = nullptr;                 ///< Of the newest frame.
    Nanos given_at_ {};                                     ///< When the newest frame was to be given.
    base::JpegEncoder encoder_;
    const Nanos started_at_; ///< Frame 0, also across being unplugged.
    const bool unplugs_;     ///< It has not been unplugged before.
    std::int64_t n_ = 0;     ///< The next frame.
    Nanos last_due_ = Nanos::min() / 2;
    bool gone_ = false;
    std::vector<SoundBlock> sound_;
    std::int64_t sound_at_ = 0;  ///< First sample not in a block yet.
    std::int64_t sound_end_ = 0; ///< One after the last that has arrived.
};

class RealHost final : public PatternHost {
public:
    Nanos now() override { return base::monotonicNow(); }
    void waitUntil(Nanos monotonic_time) override
    {
        std::this_thread::sleep_until(std::chrono::steady_clock::time_point(monotonic_time));
    }
};

} // namespace

void PatternHost::leave(const std::string& spec, Nanos started_at)
{
    base::Lock lock(mutex_);
    started_[spec] = started_at;
}
std::optional<Nanos> PatternHost::left(const std::string& spec)
{
    base::Lock lock(mutex_);
    const auto found = started_.find(spec);
    return found == started_.end() ? std::nullopt : std::optional(found->second);
}
void PatternHost::forget(const std::string& spec)
{
    base::Lock lock(mutex_);
    started_.erase(spec);
}

PatternHost& realPatternHost()
{
    static RealHost host;
    return host;
}

base::Result<std::unique_ptr<FrameSource>> openPatternSource(
    const CameraSpec& spec, base::PicturePool& pool, PatternHost& host)
{
    const auto setup = readSpec(spec);
    if (!setup)
        return base::fail(setup.error());
    if (setup->refuse)
        return base::fail(Fault::Denied,
            "pattern camera: opening it is denied, as its option 'refuse' says; leave the option out");
    const auto started_at = host.left(spec.text);
    if (started_at && setup->unplug && setup->unplug->holds(host.now() - *started_at)) {
        const Nanos rest = *started_at + setup->unplug->end() - host.now();
        return base::fail(Fault::Unplugged,
            fmt::format("pattern camera: unplugged for another {:.1f} s, as its option says",
                std::chrono::duration<double>(rest).count()));
    }
    host.forget(spec.text);
    return std::make_unique<PatternSource>(*setup, spec.text, pool, host, started_at);
}

std::string patternOptionsHelp()
{
    std::string help;
    for (const Option& option : kOptions)
        help += fmt::format("  {:<18} {}\n", option.form, option.meaning);
    return help;
}

} // namespace backtake::capture
