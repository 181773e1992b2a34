#include "takes/jpeg_scan.hpp"

#include "base/picture.hpp"
#include "takes/picture_index.hpp"

#include <algorithm>
#include <cstring>

namespace backtake::takes {
namespace {

constexpr std::uint8_t kSoi = 0xD8;
constexpr std::uint8_t kEoi = 0xD9;
constexpr std::uint8_t kSos = 0xDA;

bool isRestart(std::uint8_t code) { return code >= 0xD0 && code <= 0xD7; }

/// SOF0 … SOF15; DHT, JPG and DAC lie among them.
bool isFrameHeader(std::uint8_t code)
{
    return code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC;
}

/// Codes that begin a segment with a length: tables, frame and scan headers, APPn, COM.
bool hasLength(std::uint8_t code)
{
    return (code >= 0xC0 && code <= 0xCF) || (code >= kSos && code <= 0xEF) || code == 0xFE;
}

} // namespace

void JpegScan::begin(std::uint64_t soi)
{
    jpeg_ = {};
    jpeg_.offset = soi;
    state_ = State::Marker;
}

void JpegScan::code(std::uint8_t code, std::uint64_t at, std::vector<FoundJpeg>& found)
{
    if (code == kSoi)
        return begin(at - 1);
    if (code == kEoi && jpeg_.entropy != 0 && jpeg_.width > 0) {
        jpeg_.size = at + 1 - jpeg_.offset;
        if (jpeg_.size <= kLargestJpeg)
            found.push_back(jpeg_);
    }
    state_ = State::Nothing; // ended, or broken
    if (hasLength(code)) {
        code_ = code;
        state_ = State::LengthHigh;
    }
}

void JpegScan::endSegment()
{
    state_ = code_ == kSos ? State::Entropy : State::Marker;
    if (code_ == kSos && jpeg_.entropy == 0)
        jpeg_.entropy = offset_ + 1;
    if (!isFrameHeader(code_))
        return;
    jpeg_.height = head_[1] << 8 | head_[2];
    jpeg_.width = head_[3] << 8 | head_[4];
    if (head_bytes_ < head_.size() || jpeg_.width == 0 || jpeg_.height == 0
        || jpeg_.width > base::kLargestSide || jpeg_.height > base::kLargestSide)
        state_ = State::Nothing;
}

/// Of states that pass over most bytes without looking at each. @return how many were passed over.
std::size_t JpegScan::skip(std::span<const std::byte> bytes)
{
    if (state_ == State::Nothing || state_ == State::Entropy) {
        const void* mark = std::memchr(bytes.data(), 0xFF, bytes.size());
        return mark == nullptr ? bytes.size()
                               : static_cast<std::size_t>(static_cast<const std::byte*>(mark) - bytes.data());
    }
    if (state_ == State::Segment && head_bytes_ == head_.size() && left_ > 1) {
        const std::size_t passed = std::min<std::size_t>(bytes.size(), left_ - 1);
        left_ -= static_cast<std::uint32_t>(passed);
        return passed;
    }
    return 0;
}

void JpegScan::feed(std::span<const std::byte> bytes, std::vector<FoundJpeg>& found)
{
    while (!bytes.empty()) {
        if (const std::size_t passed = skip(bytes); passed > 0) {
            offset_ += passed;
            bytes = bytes.subspan(passed);
            continue;
        }
        const auto byte = std::to_integer<std::uint8_t>(bytes.front());
        switch (state_) {
        case State::Nothing:
            state_ = State::NothingMark; // skip() stopped at an FF
            break;
        case State::NothingMark:
            if (byte == kSoi)
                begin(offset_ - 1);
            else if (byte != 0xFF)
                state_ = State::Nothing;
            break;
        case State::Marker:
            state_ = byte == 0xFF ? State::Code : State::Nothing;
            break;
        case State::Code:
            if (byte != 0xFF)
                code(byte, offset_, found);
            break;
        case State::LengthHigh:
            left_ = std::uint32_t { byte } << 8;
            state_ = State::LengthLow;
            break;
        case State::LengthLow:
            left_ |= byte;
            head_bytes_ = 0;
            if (left_ < 2) { // the length counts itself
                state_ = State::Nothing;
                break;
            }
            left_ -= 2;
            state_ = State::Segment;
            if (left_ == 0)
                endSegment();
            break;
        case State::Segment:
            if (head_bytes_ < head_.size())
                head_[head_bytes_++] = byte;
            if (--left_ == 0)
                endSegment();
            break;
        case State::Entropy:
            state_ = State::EntropyMark;
            break;
        case State::EntropyMark:
            if (byte == 0 || isRestart(byte))
                state_ = State::Entropy;
            else if (byte != 0xFF)
                code(byte, offset_, found);
            break;
        }
        ++offset_;
        bytes = bytes.subspan(1);
    }
}

} // namespace backtake::takes
