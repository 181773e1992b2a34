#include "tests/virtual_eos/live_view.hpp"

#include "capture/frame_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

namespace backtake::testing {
namespace {

constexpr std::string_view kCommentBegin = "backtake frame ";
constexpr std::string_view kCommentMiddle = " sent ";
constexpr std::size_t kTimeDigits = 20;
constexpr int kQuality = 85;
/// 4:2:2, as EOS live view has it: an MCU is 16 x 8 pixels.
constexpr int kMcuWidth = 16;
constexpr int kMcuHeight = 8;
constexpr int kBandMcus = 8;
/// The longest that a JPEG segment can be, without its marker.
constexpr std::size_t kLongestSegment = 65'535;

std::byte byteOf(unsigned value) { return static_cast<std::byte>(value); }

void append(std::vector<std::byte>& bytes, std::string_view text)
{
    const auto raw = std::as_bytes(std::span(text));
    bytes.insert(bytes.end(), raw.begin(), raw.end());
}

void appendSegmentHead(std::vector<std::byte>& bytes, unsigned marker, std::size_t contents)
{
    const std::size_t length = contents + 2;
    assert(length <= kLongestSegment);
    for (const std::size_t value :
        { std::size_t { 0xFF }, std::size_t { marker }, length >> 8, length & 0xFF })
        bytes.push_back(byteOf(static_cast<unsigned>(value)));
}

std::size_t segmentLength(std::span<const std::byte> jpeg, std::size_t at)
{
    return std::to_integer<std::size_t>(jpeg[at + 2]) << 8 | std::to_integer<std::size_t>(jpeg[at + 3]);
}

/// A grey ramp, a cross and a bar at the @p place-th of @p places: enough to see that it moves.
void drawBackground(base::Picture& picture, std::size_t place, std::size_t places)
{
    const auto& format = picture.format;
    const int bar = static_cast<int>(place) * format.width / static_cast<int>(places);
    const int bar_width = std::max(format.width / (2 * static_cast<int>(places)), 1);
    for (int y = 0; y < format.height; ++y) {
        auto* row = picture.planes[0] + static_cast<std::ptrdiff_t>(y) * picture.strides[0];
        for (int x = 0; x < format.width; ++x) {
            const bool cross = std::abs(x - format.width / 2) < 2 || std::abs(y - format.height / 2) < 2;
            const bool in_bar = x >= bar && x < bar + bar_width;
            row[x] = static_cast<std::uint8_t>(cross ? 200 : in_bar ? 150 : 40 + 80 * x / format.width);
        }
    }
    for (std::size_t plane = 1; plane < 3; ++plane) {
        for (int y = 0; y < format.planeHeight(static_cast<int>(plane)); ++y)
            std::memset(picture.planes[plane] + static_cast<std::ptrdiff_t>(y) * picture.strides[plane],
                plane == 1 ? 120 : 136, static_cast<std::size_t>(format.planeWidth(static_cast<int>(plane))));
    }
}

} // namespace

FrameGrid::FrameGrid(double fps, base::Nanos epoch)
    : frame_nanos_(1e9 / fps)
    , epoch_(epoch)
{
}

base::Nanos FrameGrid::timeOf(std::uint64_t number) const
{
    return epoch_ + base::Nanos(std::llround(static_cast<double>(number) * frame_nanos_));
}

std::uint64_t FrameGrid::next(base::Nanos now) const
{
    if (now < epoch_)
        return 0;
    auto number = static_cast<std::uint64_t>(static_cast<double>((now - epoch_).count()) / frame_nanos_);
    while (timeOf(number) <= now)
        ++number;
    return number;
}

void FrameGrid::start(base::Nanos now)
{
    if (running_)
        return;
    running_ = true;
    next_ = next(now);
}

void FrameGrid::stop(base::Nanos now)
{
    newest(now);
    running_ = false;
    newest_.reset(); // a later start begins with a frame of its own
}

std::optional<std::uint64_t> FrameGrid::newest(base::Nanos now)
{
    for (; running_ && timeOf(next_) <= now; ++next_) {
        newest_ = EosBody::Made { next_, timeOf(next_), false, false };
        made_.push_back(*newest_);
        collected_ = false;
    }
    return newest_ ? std::optional(newest_->number) : std::nullopt;
}

void FrameGrid::collect(bool damaged)
{
    assert(newest_);
    collected_ = true;
    (damaged ? newest_->damaged : newest_->sent) = true;
    if (!made_.empty() && made_.back().number == newest_->number)
        made_.back() = *newest_;
}

void FrameGrid::lose(std::uint64_t number)
{
    const auto lost = std::find_if(
        made_.rbegin(), made_.rend(), [&](const EosBody::Made& frame) { return frame.number == number; });
    if (lost != made_.rend())
        lost->sent = false;
    if (newest_ && newest_->number == number)
        newest_->sent = false;
}

std::vector<EosBody::Made> FrameGrid::made(base::Nanos now)
{
    newest(now);
    return made_;
}

void FrameGrid::clear(base::Nanos now)
{
    newest(now);
    made_.clear();
}

void stamp(NumberedJpeg& jpeg, base::Nanos sent)
{
    std::string digits = std::to_string(sent.count());
    digits.resize(kTimeDigits, ' ');
    const auto raw = std::as_bytes(std::span(digits));
    std::copy(raw.begin(), raw.end(), jpeg.bytes.begin() + static_cast<std::ptrdiff_t>(jpeg.time_at));
    jpeg.stamped = true;
}

FramePainter::FramePainter(int width, int height, std::size_t jpeg_bytes)
    : band_height_(kBandMcus * kMcuHeight)
    , bands_(static_cast<std::size_t>((height + band_height_ - 1) / band_height_))
    , jpeg_bytes_(jpeg_bytes)
{
    const capture::FrameCells cells(width, height);
    const auto bandAt = [&](double y) {
        return static_cast<std::size_t>(std::max(y, 0.0)) / static_cast<std::size_t>(band_height_);
    };
    first_numbered_ = bandAt(cells.borderTop() - 1);
    end_numbered_ =
        std::min(bandAt(cells.top + (capture::FrameCells::kRows + 0.5) * cells.pitch + 1) + 1, bands_);

    const base::PictureFormat format { width, height, base::Subsampling::S422, base::kJpegColour };
    base::PicturePool pool((kBackgrounds + 1) * base::pictureBytes(format));
    canvas_ = pool.tryAcquire(format);
    for (std::size_t i = 0; i < kBackgrounds; ++i) {
        const auto picture = pool.tryAcquire(format);
        drawBackground(*picture, i, kBackgrounds);
        auto& scans = scans_.emplace_back();
        for (std::size_t band = 0; band < bands_; ++band)
            scans.push_back(compress(*picture, band));
        backgrounds_.push_back(picture);
    }
    // The head is that of one band with the whole picture's height and the length of a restart interval.
    for (std::size_t at = 0; at + 8 < head_.size(); at += 2 + segmentLength(head_, at)) {
        if (head_[at + 1] == byteOf(0xC0)) {
            head_[at + 5] = byteOf(static_cast<unsigned>(height) >> 8);
            head_[at + 6] = byteOf(static_cast<unsigned>(height) & 0xFF);
        }
    }
    const unsigned mcus = static_cast<unsigned>((width + kMcuWidth - 1) / kMcuWidth * kBandMcus);
    std::vector<std::byte> restart;
    appendSegmentHead(restart, 0xDD, 2);
    restart.push_back(byteOf(mcus >> 8));
    restart.push_back(byteOf(mcus & 0xFF));
    head_.insert(head_.begin(), restart.begin(), restart.end());
}

std::vector<std::byte> FramePainter::compress(const base::Picture& picture, std::size_t band)
{
    base::Picture part;
    part.format = picture.format;
    const int top = static_cast<int>(band) * band_height_;
    part.format.height = std::min(band_height_, picture.format.height - top);
    part.strides = picture.strides;
    for (std::size_t plane = 0; plane < 3; ++plane) // 4:2:2: all planes have the same rows
        part.planes[plane] =
            picture.planes[plane] + static_cast<std::ptrdiff_t>(top) * picture.strides[plane];
    const auto jpeg = encoder_.encode(part, kQuality);
    assert(jpeg && "a picture of our own");

    // SOI, then segments up to SOS; the scan goes on to EOI.
    std::size_t at = 2;
    std::vector<std::byte> head;
    for (bool in_head = true; in_head;) {
        assert(at + 4 <= jpeg->size() && (*jpeg)[at] == byteOf(0xFF));
        const auto marker = std::to_integer<unsigned>((*jpeg)[at + 1]);
        const std::size_t end = at + 2 + segmentLength(*jpeg, at);
        if (marker != 0xE0) // paint() writes that one
            head.insert(head.end(), jpeg->begin() + static_cast<std::ptrdiff_t>(at),
                jpeg->begin() + static_cast<std::ptrdiff_t>(end));
        in_head = marker != 0xDA;
        at = end;
    }
    if (head_.empty())
        head_ = std::move(head);
    return { jpeg->begin() + static_cast<std::ptrdiff_t>(at), jpeg->end() - 2 };
}

NumberedJpeg FramePainter::paint(std::uint64_t number)
{
    const std::size_t place = number % kBackgrounds;
    const int top = static_cast<int>(first_numbered_) * band_height_;
    const int bottom = std::min(static_cast<int>(end_numbered_) * band_height_, canvas_->format.height);
    for (std::size_t plane = 0; plane < 3; ++plane) {
        const auto stride = static_cast<std::ptrdiff_t>(canvas_->strides[plane]);
        std::memcpy(canvas_->planes[plane] + top * stride, backgrounds_[place]->planes[plane] + top * stride,
            static_cast<std::size_t>((bottom - top) * stride));
    }
    capture::drawFrameNumber(*canvas_, static_cast<std::uint32_t>(number % capture::kFrameNumberLimit));

    NumberedJpeg jpeg;
    jpeg.number = number;
    auto& bytes = jpeg.bytes;
    bytes.reserve(jpeg_bytes_ + kLongestSegment);
    static constexpr unsigned kJfif[] = { 0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1,
        0, 1, 0, 0 };
    for (const unsigned value : kJfif)
        bytes.push_back(byteOf(value));
    const std::string comment = fmt::format("{}{}{}", kCommentBegin, number, kCommentMiddle);
    appendSegmentHead(bytes, 0xFE, comment.size() + kTimeDigits);
    append(bytes, comment);
    jpeg.time_at = bytes.size();
    bytes.insert(bytes.end(), kTimeDigits, byteOf(' '));

    std::vector<std::vector<std::byte>> numbered;
    for (std::size_t band = first_numbered_; band < end_numbered_; ++band)
        numbered.push_back(compress(*canvas_, band));
    const auto scan = [&](std::size_t band) -> const std::vector<std::byte>& {
        return band >= first_numbered_ && band < end_numbered_ ? numbered[band - first_numbered_]
                                                               : scans_[place][band];
    };
    std::size_t own = bytes.size() + head_.size() + 2 * bands_;
    for (std::size_t band = 0; band < bands_; ++band)
        own += scan(band).size();
    for (std::size_t missing = jpeg_bytes_ > own ? jpeg_bytes_ - own : 0; missing >= 4;) {
        const std::size_t contents = std::min(missing, kLongestSegment) - 4;
        appendSegmentHead(bytes, 0xEF, contents);
        bytes.insert(bytes.end(), contents, byteOf(0x5A));
        missing -= contents + 4;
    }

    bytes.insert(bytes.end(), head_.begin(), head_.end());
    for (std::size_t band = 0; band < bands_; ++band) {
        if (band > 0) {
            bytes.push_back(byteOf(0xFF));
            bytes.push_back(byteOf(0xD0 + static_cast<unsigned>((band - 1) % 8)));
        }
        bytes.insert(bytes.end(), scan(band).begin(), scan(band).end());
    }
    bytes.push_back(byteOf(0xFF));
    bytes.push_back(byteOf(0xD9));
    return jpeg;
}

std::optional<std::uint64_t> numberInComment(std::span<const std::byte> jpeg)
{
    if (jpeg.size() < 4 || jpeg[0] != byteOf(0xFF) || jpeg[1] != byteOf(0xD8))
        return std::nullopt;
    for (std::size_t at = 2; at + 4 <= jpeg.size();) {
        const auto marker = std::to_integer<unsigned>(jpeg[at + 1]);
        const std::size_t end = at + 2 + segmentLength(jpeg, at);
        if (jpeg[at] != byteOf(0xFF) || marker == 0xDA || end > jpeg.size() || end < at + 4)
            return std::nullopt;
        const std::string_view text(reinterpret_cast<const char*>(jpeg.data()) + at + 4, end - at - 4);
        if (marker == 0xFE && text.starts_with(kCommentBegin)) {
            std::uint64_t number = 0;
            const auto digits = text.substr(kCommentBegin.size());
            const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
            return read.ec == std::errc() ? std::optional(number) : std::nullopt;
        }
        at = end;
    }
    return std::nullopt;
}

} // namespace backtake::testing
