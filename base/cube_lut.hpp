/// A colour transform as a cube of samples: what a `.cube` file holds, and the presets for cameras that shoot
/// log.
#pragma once

#include "base/result.hpp"
#include "base/rgb.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::base {

/// Immutable once made, shared as CubeLutPtr.
struct CubeLut {
    std::string title;          ///< The file's TITLE, else empty. Printable ASCII, at most kLongestTitle.
    int size = 0;               ///< Samples along each axis, 2 … kLargestCube.
    Rgb domain_min { 0, 0, 0 }; ///< Input of the first sample of each axis.
    Rgb domain_max { 1, 1, 1 }; ///< Input of the last one, above domain_min.
    std::vector<Rgb> samples;   ///< size^3, red fastest, all finite.

    /// Tetrahedral interpolation between the four samples round @p colour; what lies outside of the domain
    /// has the nearest sample's colour, what is no number counts as the domain's lower end. The reference
    /// that the GPU is measured against.
    [[nodiscard]] Rgb at(const Rgb& colour) const;
};
using CubeLutPtr = std::shared_ptr<const CubeLut>;

/// Above it a cube is refused, although the specification goes to 256: 129^3 samples are 26 MB.
inline constexpr int kLargestCube = 129;
/// Bytes; a cube of 65 with nine digits a number has 9 MB.
inline constexpr std::size_t kLargestCubeFile = 128 << 20;
inline constexpr std::size_t kLongestTitle = 250;

/// The text of a `.cube` file (Adobe, Cube LUT Specification 1.0, and DaVinci Resolve's LUT_3D_INPUT_RANGE),
/// 3D only. Numbers are read the same under every locale. Memory: in proportion to the text, whatever size
/// it claims.
/// @return Fault::Corrupt with the line and what was expected there; Fault::Unsupported for a 1D LUT, a cube
/// larger than kLargestCube and keywords that the specification lacks: left out, the picture could have
/// wrong colours.
Result<CubeLut> parseCubeLut(std::string_view text);

/// Reads a `.cube` file. Time: as long as the disk takes, so not on the UI thread; a FIFO does not block it.
/// @return Fault::NotFound, Fault::Denied, Fault::Unsupported for what is no regular file or larger than
/// kLargestCubeFile, and what parseCubeLut() says; the message begins with the file's name.
Result<CubeLutPtr> readCubeLut(const std::filesystem::path& path);

/// A camera's log curve together with the gamut it is recorded in: LogC3 at EI 800 in ALEXA Wide Gamut 3,
/// S-Log3 in S-Gamut3.Cine, V-Log in V-Gamut, Canon Log 2 and 3 in Cinema Gamut, Canon Log in BT.709, as the
/// EOS-1D C records it.
enum class CameraLog { CanonLog = 1, CanonLog2, CanonLog3, SLog3, VLog, LogC3 };
/// In the order of a menu.
inline constexpr std::array kCameraLogs { CameraLog::CanonLog, CameraLog::CanonLog2, CameraLog::CanonLog3,
    CameraLog::SLog3, CameraLog::VLog, CameraLog::LogC3 };
/// For people: "Canon Log 2 to 709", …
std::string_view nameOf(CameraLog log);

/// From the camera's log to BT.709 as a monitor shows it: scene light in BT.709 primaries, through BT.709's
/// own curve, so that 18 % grey is at 0.409. Up to 0.7 (49 % reflectance) nothing else is done; above,
/// highlights roll off so that only the brightest that the camera records is at 1: 90 % white is at 0.84.
/// Below black is black.
///
/// Input is the signal, 0 … 1 for 0 … 100 % ("IRE"): code 64 … 940 of 10 bits in limited range, all codes in
/// full range. A camera that keeps 64 … 940 in a file marked full range is shown with its black too bright.
/// Room: any thread. Time: the first call for each camera makes 33^3 samples, some milliseconds.
CubeLutPtr logPreset(CameraLog log);

} // namespace backtake::base
