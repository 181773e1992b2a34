/// Waveform, parade, vectorscope and histogram of a picture: counts of its real code values, before any tool
/// or display touches it.
#pragma once

#include "base/picture.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace backtake::ui {

/// How often each code value stands in each column of the picture.
struct ScopeCounts {
    static constexpr int kColumns = 512;
    static constexpr int kCodes = 256;

    /// [column * kCodes + code]: luma, then red, green, blue; the picture's columns are spread over kColumns.
    std::array<std::vector<std::uint32_t>, 4> waveform;
    /// [red difference * kCodes + blue difference]: Cr and Cb code values.
    std::vector<std::uint32_t> vectorscope;
    /// [code]: luma, red, green, blue.
    std::array<std::array<std::uint32_t, kCodes>, 4> histogram {};
    std::uint64_t samples = 0; ///< Pixels that were looked at.
};

/// Counts every pixel (or, above two million, every second of each row). Time: 1080p in a few milliseconds.
/// Room: any thread. @p into keeps its memory from call to call.
void countScopes(const base::Picture& picture, ScopeCounts& into);

} // namespace backtake::ui
