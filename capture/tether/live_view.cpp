#include "capture/tether/live_view.hpp"

#include "base/jpeg.hpp"
#include "capture/tether/library_sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace backtake::capture::tether {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

constexpr Nanos kWarmUp = 6s;

} // namespace

std::string faultOfPicture(std::span<const std::byte> picture, std::size_t& bytes)
{
    constexpr std::byte kMark { 0xFF };
    constexpr std::byte kStart { 0xD8 };
    constexpr std::byte kEnd { 0xD9 };
    std::span<const std::byte> jpeg = picture.first(std::min(bytes, picture.size()));
    if (jpeg.empty())
        return "an empty picture";
    if (jpeg.size() < 4 || jpeg[0] != kMark || jpeg[1] != kStart)
        return "no JPEG";
    while (jpeg.size() >= 4 && (jpeg.back() == std::byte {} || jpeg.back() == kMark))
        jpeg = jpeg.first(jpeg.size() - 1);
    if (jpeg.size() < 4 || jpeg[jpeg.size() - 2] != kMark || jpeg.back() != kEnd)
        return "a torn JPEG";
    if (const auto header = base::readJpegHeader(jpeg); !header)
        return header.error().message;
    bytes = jpeg.size();
    return {};
}

LiveView::LiveView(GphotoCamera& camera, std::shared_ptr<SharedMemory> memory, Line& line)
    : camera_(camera)
    , memory_(std::move(memory))
    , line_(line)
{
}

Code LiveView::take()
{
    std::optional<std::uint32_t> slot;
    for (std::uint32_t n = 0; n < kSlots && !slot; ++n) {
        if (memory_->head().taken[n].load(std::memory_order_acquire) == 0)
            slot = n;
    }
    if (!slot && spare_.empty())
        spare_.resize(kSlotBytes);
    const std::span<std::byte> into = slot ? memory_->slot(*slot) : std::span<std::byte>(spare_);

    GphotoCamera::Preview preview;
    const Nanos asked_at = base::monotonicNow();
    Code code = Code::Ok;
    std::optional<Nanos> not_there_at;
    {
        const PreviewSleeps sleeps;
        code = camera_.preview(into, preview, warm_ ? kPatience : kWarmUp);
        if (warm_)
            not_there_at = sleeps.lastBegan();
    }
    const Nanos returned_at = base::monotonicNow();
    if (code != Code::Ok) {
        pacer_.called(asked_at, returned_at, PreviewPacer::Came::Nothing);
        // One bad answer is a lost frame, the first of several is the end of the connection: the next call
        // tells.
        if (code == Code::General && warm_)
            unanswered_ = Damaged { returned_at, fmt::format("no picture: {}", camera_.lastWords(code)) };
        return code;
    }
    warm_ = true;
    if (unanswered_)
        line_.say(*std::exchange(unanswered_, std::nullopt));
    const XXH128_hash_t hash = XXH3_128bits(into.data(), preview.bytes);
    if (preview.bytes == last_bytes_ && XXH128_isEqual(hash, last_hash_) != 0) {
        pacer_.called(asked_at, returned_at, PreviewPacer::Came::Repeated);
        ++repeated_;
        return code;
    }
    pacer_.called(asked_at, returned_at, PreviewPacer::Came::New, not_there_at);
    last_hash_ = hash;
    last_bytes_ = preview.bytes;
    std::size_t bytes = preview.bytes;
    const std::string fault = preview.too_large ? fmt::format("a picture of more than {} bytes", kSlotBytes)
                                                : faultOfPicture(into, bytes);
    if (!fault.empty()) {
        line_.say(Damaged { returned_at, fault });
        return code;
    }
    if (!slot) {
        ++dropped_;
        return code;
    }
    memory_->head().taken[*slot].store(1, std::memory_order_release);
    line_.say(
        Picture { *slot, static_cast<std::uint32_t>(bytes), asked_at, returned_at, repeated_, dropped_ });
    return code;
}

} // namespace backtake::capture::tether
