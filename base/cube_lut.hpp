/// A colour transform as a cube of samples: what a `.cube` file holds, and the presets for cameras that shoot
/// log.
#pragma once

#include "base/result.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::base {

/// Red, green and blue; 0 … 1 is black to white.
using Rgb = std::array<float, 3>;

/// Immutable once made, shared as CubeLutPtr.
struct CubeLut {
    std::string title;          ///< The file's TITLE, else empty.
    int size = 0;               ///< Samples along each axis, 2 … kLargestCube.
    Rgb domain_min { 0, 0, 0 }; ///< Input of the first sample of each axis.
    Rgb domain_max { 1, 1, 1 }; ///< Input of the last one.
    std::vector<Rgb> samples;   ///< size^3, red fastest.

    /// Tetrahedral interpolation between the four samples round @p colour; what lies outside of the domain
    /// has the nearest sample's colour. The reference that the GPU is measured against.
    [[nodiscard]] Rgb at(const Rgb& colour) const;
};
using CubeLutPtr = std::shared_ptr<const CubeLut>;

/// Above it a file is taken for damage: 129^3 samples are 26 MB.
inline constexpr int kLargestCube = 129;
/// Bytes; a cube of 65 with nine digits a number has 9 MB.
inline constexpr std::size_t kLargestCubeFile = 128 << 20;

/// The text of a `.cube` file (Adobe, Cube LUT Specification 1.0), 3D only.
/// @return Fault::Corrupt with the line and what was expected there; Fault::Unsupported for a 1D LUT and for
/// a cube larger than kLargestCube.
Result<CubeLut> parseCubeLut(std::string_view text);

} // namespace backtake::base
