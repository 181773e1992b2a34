#include "playback/clip_footage.hpp"

#include "base/jpeg.hpp"
#include "base/text.hpp"
#include "playback/clip_decoder.hpp"
#include "playback/clip_index.hpp"

#include <fmt/format.h>

#include <algorithm>

extern "C" {
#include <libavcodec/avcodec.h>
}

namespace backtake::playback {

using base::fail;
using base::Fault;
using base::FrameIndex;
using base::Result;

namespace {

// Frames looked at before a clip is called damaged: the first ones of a camera that was already running may
// be.
constexpr FrameIndex kFramesTried = 32;

/// The length of a JPEG without what some recorders pad it with (zeros, ones).
std::size_t lengthWithoutPadding(std::span<const std::byte> jpeg)
{
    std::size_t end = jpeg.size();
    while (end > 2 && (jpeg[end - 1] == std::byte { 0 } || jpeg[end - 1] == std::byte { 0xFF }))
        --end;
    const bool complete =
        end > 2 && jpeg[end - 2] == std::byte { 0xFF } && jpeg[end - 1] == std::byte { 0xD9 };
    return complete ? end : jpeg.size();
}

/// How many JPEGs follow one another in a sample: two are the fields of an interlaced picture (Motion JPEG A,
/// AVI of old capture cards). Previews inside of application segments are skipped with their segment.
int countJpegs(std::span<const std::byte> bytes)
{
    const auto at = [&bytes](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
    int count = 0;
    std::size_t i = 0;
    while (i + 1 < bytes.size()) {
        if (at(i) != 0xFF || at(i + 1) == 0xFF || at(i + 1) == 0) { // entropy coded bytes, padding
            ++i;
            continue;
        }
        const unsigned marker = at(i + 1);
        i += 2;
        if (marker == 0xD8)
            ++count;
        const bool alone = marker == 0x01 || (marker >= 0xD0 && marker <= 0xD9);
        if (!alone && i + 1 < bytes.size())
            i += at(i) << 8 | at(i + 1);
    }
    return count;
}

} // namespace

struct ClipFootage::State {
    std::shared_ptr<const ClipFile> file;
    std::shared_ptr<const ClipIndex> index;
    std::unique_ptr<ClipDecoder> decoder; ///< Null when JPEGs are handed on.
    /// Frames at the start that no decoder can make a picture of, because what they refer to was before the
    /// clip began.
    FrameIndex skipped = 0;

    [[nodiscard]] Result<std::shared_ptr<std::vector<std::byte>>> sampleBytes(FrameIndex n) const
    {
        const auto& sample = index->samples[index->sample_of_frame[static_cast<std::size_t>(n)]];
        if (sample.offset < 0 || sample.offset > file->size() || sample.bytes > file->size() - sample.offset)
            return fail(Fault::Corrupt,
                fmt::format("frame {} of {} is cut off", n, base::oneLine(file->path().string())));
        auto bytes = std::make_shared<std::vector<std::byte>>(sample.bytes);
        if (file->read(sample.offset, *bytes) != bytes->size())
            return fail(Fault::Corrupt,
                fmt::format("frame {} of {} cannot be read: is the card or disk still there?", n,
                    base::oneLine(file->path().string())));
        return bytes;
    }

    [[nodiscard]] Result<base::FramePtr> untouched(FrameIndex n) const
    {
        const auto bytes = sampleBytes(n);
        if (!bytes)
            return fail(bytes.error());
        const auto jpeg = std::span<const std::byte>(**bytes).first(lengthWithoutPadding(**bytes));
        const auto header = base::readJpegHeader(jpeg);
        if (!header)
            return fail(header.error().fault,
                fmt::format(
                    "frame {} of {}: {}", n, base::oneLine(file->path().string()), header.error().message),
                header.error().detail);
        auto frame = std::make_shared<base::Frame>();
        frame->serial = static_cast<base::Serial>(n);
        frame->captured_at = index->times[static_cast<std::size_t>(n)];
        frame->width = static_cast<std::uint16_t>(header->width);
        frame->height = static_cast<std::uint16_t>(header->height);
        frame->jpeg = jpeg;
        frame->owner = *bytes;
        return frame;
    }

    /// Whether the clip's samples are JPEGs that every reader of ours takes as they are.
    [[nodiscard]] bool canHandOn() const
    {
        if (index->codec->codec_id != AV_CODEC_ID_MJPEG || !index->direct)
            return false;
        for (FrameIndex n = 0; n < std::min(kFramesTried, index->frameCount()); ++n) {
            const auto bytes = sampleBytes(n);
            if (!bytes)
                continue;
            const auto header = base::readJpegHeader(**bytes);
            if (!header && header.error().fault == Fault::Corrupt)
                continue;
            return header && countJpegs(**bytes) == 1;
        }
        return false;
    }
};

ClipFootage::ClipFootage(std::unique_ptr<State> state)
    : state_(std::move(state))
{
}
ClipFootage::~ClipFootage() = default;

Result<std::shared_ptr<const ClipFootage>> ClipFootage::open(const std::filesystem::path& path)
{
    return open(path, Limits {});
}

Result<std::shared_ptr<const ClipFootage>> ClipFootage::open(
    const std::filesystem::path& path, const Limits& limits)
{
    auto file = ClipFile::open(path);
    if (!file)
        return fail(file.error());
    auto index = readClipIndex(*file);
    if (!index)
        return fail(index.error());
    auto state = std::make_unique<State>();
    state->file = std::move(*file);
    state->index = std::make_shared<const ClipIndex>(std::move(*index));
    if (!state->canHandOn()) {
        auto decoder =
            ClipDecoder::start(state->file, state->index, { limits.cache_bytes, kLargestHeldBytes });
        if (!decoder)
            return fail(decoder.error());
        state->decoder = std::move(*decoder);
        const FrameIndex tried = std::min(kFramesTried, state->index->frameCount());
        for (FrameIndex n = 0;; ++n) {
            if (n == tried)
                return fail(Fault::Corrupt,
                    fmt::format(
                        "not one frame at the start of {} can be decoded", base::oneLine(path.string())));
            const auto frame = state->decoder->frame(n);
            if (!frame && frame.error().fault != Fault::Corrupt)
                return fail(frame.error());
            state->skipped = n;
            if (frame)
                break;
        }
    }
    return std::shared_ptr<const ClipFootage>(new ClipFootage(std::move(state)));
}

FrameIndex ClipFootage::frameCount() const { return state_->index->frameCount() - state_->skipped; }

base::Nanos ClipFootage::capturedTime(FrameIndex n) const
{
    const auto& times = state_->index->times;
    const auto last = static_cast<FrameIndex>(times.size()) - 1;
    const FrameIndex at = std::clamp<FrameIndex>(n + state_->skipped, 0, last);
    return times[static_cast<std::size_t>(at)] - times[static_cast<std::size_t>(state_->skipped)];
}

Result<base::FramePtr> ClipFootage::frame(FrameIndex n) const
{
    if (n < 0 || n >= frameCount())
        return fail(Fault::Ended,
            fmt::format("{} has frames 0 to {}, not {}", base::oneLine(state_->file->path().string()),
                frameCount() - 1, n));
    n += state_->skipped;
    return state_->decoder ? state_->decoder->frame(n) : state_->untouched(n);
}

std::int64_t ClipFootage::timecode(FrameIndex n) const
{
    return state_->index->first_timecode + n + state_->skipped;
}

base::Rate ClipFootage::nominalRate() const { return state_->index->rate; }

bool ClipFootage::handsOnUntouched() const { return state_->decoder == nullptr; }

std::size_t ClipFootage::cachedBytes() const { return state_->decoder ? state_->decoder->cachedBytes() : 0; }

} // namespace backtake::playback
