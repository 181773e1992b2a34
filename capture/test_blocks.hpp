/// How tests recognise a JPEG that went through the ring.
#pragma once

#include "base/frame.hpp"

#include <algorithm>
#include <span>

namespace backtake::capture {

/// Whether @p blocks are @p jpeg, filled up with zeros to the next whole block.
inline bool areBlocksOf(std::span<const std::byte> blocks, std::span<const std::byte> jpeg)
{
    return blocks.size() % base::kBlockBytes == 0 && blocks.size() >= jpeg.size()
        && blocks.size() - jpeg.size() < base::kBlockBytes
        && std::equal(jpeg.begin(), jpeg.end(), blocks.begin())
        && std::all_of(blocks.begin() + static_cast<std::ptrdiff_t>(jpeg.size()), blocks.end(),
            [](std::byte one) { return one == std::byte { 0 }; });
}

} // namespace backtake::capture
