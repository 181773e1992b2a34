#include "capture/frame_cells.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace backtake::capture {
namespace {

constexpr double kPitchesAcross = 32;
constexpr double kPitchesDown = 8;
constexpr double kPitchesBelow = 0.75;

/// Darker than this between black and white and it is no cell any more: a flash of fog or a foreign picture.
constexpr double kLeastContrast = 40;
/// A level between these, from black to white, is neither.
constexpr double kSurelyBlack = 0.4;
constexpr double kSurelyWhite = 0.6;

/// What column and row show for a number.
bool isWhite(int column, int row, std::uint32_t number)
{
    static constexpr std::array<std::array<bool, FrameCells::kRows>, 4> kMarkers { { { true, true },
        { true, false }, { false, false }, { true, false } } };
    if (column < FrameCells::kMarkerColumns)
        return kMarkers[static_cast<std::size_t>(column)][static_cast<std::size_t>(row)];
    const int bit = FrameCells::kBits - 1 - (column - FrameCells::kMarkerColumns);
    if (bit < 0)
        return kMarkers[static_cast<std::size_t>(column - FrameCells::kBits)][static_cast<std::size_t>(row)];
    const bool one = (number >> bit & 1U) != 0;
    return row == 0 ? one : !one;
}
bool isMarker(int column)
{
    return column < FrameCells::kMarkerColumns || column >= FrameCells::kMarkerColumns + FrameCells::kBits;
}

void fill(
    base::Picture& picture, std::size_t plane, int left, int top, int right, int bottom, std::uint8_t value)
{
    const auto& format = picture.format;
    left = std::clamp(left, 0, format.planeWidth(static_cast<int>(plane)));
    right = std::clamp(right, left, format.planeWidth(static_cast<int>(plane)));
    top = std::clamp(top, 0, format.planeHeight(static_cast<int>(plane)));
    bottom = std::clamp(bottom, top, format.planeHeight(static_cast<int>(plane)));
    for (int y = top; y < bottom; ++y) {
        auto* row = picture.planes[plane] + static_cast<std::ptrdiff_t>(y) * picture.strides[plane];
        std::memset(row + left, value, static_cast<std::size_t>(right - left));
    }
}

int rounded(double value) { return static_cast<int>(std::lround(value)); }

/// Mean brightness of the middle of a cell; nullopt when it is not in the view.
std::optional<double> levelOf(const PixelView& view, double centre_x, double centre_y, double reach)
{
    const int left =
        std::min(static_cast<int>(std::ceil(centre_x - reach - 0.5)), static_cast<int>(std::floor(centre_x)));
    const int right = std::max(static_cast<int>(std::floor(centre_x + reach - 0.5)), left);
    const int top =
        std::min(static_cast<int>(std::ceil(centre_y - reach - 0.5)), static_cast<int>(std::floor(centre_y)));
    const int bottom = std::max(static_cast<int>(std::floor(centre_y + reach - 0.5)), top);
    if (left < 0 || top < 0 || right >= view.width || bottom >= view.height)
        return std::nullopt;
    std::int64_t sum = 0;
    const int colours = std::min(view.bytes_per_pixel, 3);
    for (int y = top; y <= bottom; ++y) {
        const auto* row = view.pixels + static_cast<std::ptrdiff_t>(y) * view.stride;
        for (int x = left; x <= right; ++x) {
            for (int colour = 0; colour < colours; ++colour)
                sum += row[static_cast<std::ptrdiff_t>(x) * view.bytes_per_pixel + colour];
        }
    }
    const auto count = static_cast<double>(right - left + 1) * (bottom - top + 1) * colours;
    return static_cast<double>(sum) / count;
}

} // namespace

FrameCells::FrameCells(double picture_width, double picture_height)
    : pitch(std::min(picture_width / kPitchesAcross, picture_height / kPitchesDown))
    , left((picture_width - kColumns * pitch) / 2)
    , top(picture_height - (kRows + kPitchesBelow) * pitch)
{
}

void drawFrameNumber(base::Picture& picture, std::uint32_t number)
{
    const auto& format = picture.format;
    const bool limited = format.colour.range == base::Range::Limited;
    const std::uint8_t black = limited ? 16 : 0;
    const std::uint8_t white = limited ? 235 : 255;
    const FrameCells cells(format.width, format.height);
    const int border_left = rounded(cells.left - cells.pitch / 2);
    const int border_right = rounded(cells.left + (FrameCells::kColumns + 0.5) * cells.pitch);
    const int border_top = rounded(cells.borderTop());
    const int border_bottom = rounded(cells.top + (FrameCells::kRows + 0.5) * cells.pitch);
    fill(picture, 0, border_left, border_top, border_right, border_bottom, black);
    for (std::size_t plane = 1; plane < static_cast<std::size_t>(format.planes()); ++plane) {
        const int across = format.planeWidth(1) == format.width ? 1 : 2;
        const int down = format.planeHeight(1) == format.height ? 1 : 2;
        fill(picture, plane, border_left / across, border_top / down, (border_right + across - 1) / across,
            (border_bottom + down - 1) / down, 128);
    }
    for (int column = 0; column < FrameCells::kColumns; ++column) {
        for (int row = 0; row < FrameCells::kRows; ++row) {
            if (!isWhite(column, row, number))
                continue;
            fill(picture, 0, rounded(cells.left + column * cells.pitch),
                rounded(cells.top + row * cells.pitch), rounded(cells.left + (column + 1) * cells.pitch),
                rounded(cells.top + (row + 1) * cells.pitch), white);
        }
    }
}

std::optional<std::uint32_t> readFrameNumber(const PixelView& view, const PixelRect& where)
{
    const FrameCells cells(where.width, where.height);
    std::array<std::array<double, FrameCells::kRows>, FrameCells::kColumns> levels {};
    double white = 0;
    double black = 0;
    int whites = 0;
    int blacks = 0;
    for (int column = 0; column < FrameCells::kColumns; ++column) {
        for (int row = 0; row < FrameCells::kRows; ++row) {
            const auto level = levelOf(view, where.x + cells.left + (column + 0.5) * cells.pitch,
                where.y + cells.top + (row + 0.5) * cells.pitch, cells.pitch / 4);
            if (!level)
                return std::nullopt;
            levels[static_cast<std::size_t>(column)][static_cast<std::size_t>(row)] = *level;
            if (isMarker(column)) {
                const bool is_white = isWhite(column, row, 0);
                (is_white ? white : black) += *level;
                ++(is_white ? whites : blacks);
            }
        }
    }
    white /= whites;
    black /= blacks;
    if (white - black < kLeastContrast)
        return std::nullopt;

    std::uint32_t number = 0;
    for (int column = 0; column < FrameCells::kColumns; ++column) {
        std::array<bool, FrameCells::kRows> seen {};
        for (std::size_t row = 0; row < seen.size(); ++row) {
            const double level = (levels[static_cast<std::size_t>(column)][row] - black) / (white - black);
            if (level > kSurelyBlack && level < kSurelyWhite)
                return std::nullopt;
            seen[row] = level >= kSurelyWhite;
        }
        if (isMarker(column)) {
            if (seen[0] != isWhite(column, 0, 0) || seen[1] != isWhite(column, 1, 0))
                return std::nullopt;
            continue;
        }
        if (seen[0] == seen[1])
            return std::nullopt;
        number = number << 1 | static_cast<std::uint32_t>(seen[0]);
    }
    return number;
}

std::optional<std::uint32_t> readFrameNumber(const std::uint8_t* luma, int width, int height, int stride)
{
    return readFrameNumber(PixelView { luma, width, height, stride, 1 },
        PixelRect { 0, 0, static_cast<double>(width), static_cast<double>(height) });
}

} // namespace backtake::capture
