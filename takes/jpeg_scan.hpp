/// Finds whole JPEGs in a stream of bytes by their own markers, where no index says where they lie. For
/// takes/ alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace backtake::takes {

/// Where one lies in the stream. Its header made sense so far as markers go; nobody has decoded it yet.
struct FoundJpeg {
    std::uint64_t offset = 0;  ///< Of its SOI.
    std::uint64_t size = 0;    ///< Bytes up to and with its EOI.
    std::uint64_t entropy = 0; ///< Offset of the first entropy coded byte: before it lies the header.
    int width = 0;
    int height = 0;
};

/// ITU-T T.81, annex B: SOI, segments skipped by their length (a thumbnail inside of one is not seen), scans
/// with stuffed bytes and restart markers, EOI. What breaks off is dropped, and an SOI where none may stand
/// begins the next one. Goes forward only: every byte is looked at once, whatever the bytes.
///
/// Room: one thread at a time. Memory: fixed; no picture is kept.
class JpegScan {
public:
    /// @param offset of the first byte that feed() will get.
    explicit JpegScan(std::uint64_t offset = 0)
        : offset_(offset)
    {
    }
    /// The bytes that follow those of the call before, in pieces of any size. Puts behind @p found what ended
    /// in them.
    void feed(std::span<const std::byte> bytes, std::vector<FoundJpeg>& found);
    /// Of the byte that comes next.
    [[nodiscard]] std::uint64_t offset() const { return offset_; }

private:
    enum class State {
        Nothing = 1, ///< Between pictures.
        NothingMark, ///< FF, between pictures.
        Marker,      ///< The FF of a marker must come.
        Code,        ///< Its code must come; further FF are fill bytes.
        LengthHigh,  ///< Of the segment.
        LengthLow,
        Segment, ///< Inside, `left_` bytes of it are to come.
        Entropy,
        EntropyMark, ///< FF, inside entropy coded bytes.
    };

    void begin(std::uint64_t soi);
    void code(std::uint8_t code, std::uint64_t at, std::vector<FoundJpeg>& found);
    void endSegment();
    std::size_t skip(std::span<const std::byte> bytes);

    std::uint64_t offset_;
    State state_ = State::Nothing;
    FoundJpeg jpeg_;
    std::uint8_t code_ = 0;
    std::uint32_t left_ = 0;
    std::array<std::uint8_t, 5> head_ {}; ///< First bytes of a segment: a frame header's precision and sides.
    std::size_t head_bytes_ = 0;
};

} // namespace backtake::takes
