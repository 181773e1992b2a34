#include "ui/scopes.hpp"

#include "ui/image_tools.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace backtake::ui {
namespace {

constexpr int kCodes = ScopeCounts::kCodes;
constexpr int kStride = ScopeCounts::kStride;

/// Red and blue in luma: ITU-R BT.601, BT.709.
struct Weights {
    double red, blue;
    [[nodiscard]] double green() const { return 1 - red - blue; }
};
Weights weightsOf(base::Matrix matrix)
{
    return matrix == base::Matrix::Bt709 ? Weights { 0.2126, 0.0722 } : Weights { 0.299, 0.114 };
}

/// What chroma adds to luma to make red, green and blue. As these keep the picture's range, luma has the gain
/// 1 and what chroma adds can be rounded by itself, once for all pixels of a chroma sample.
struct ChromaTables {
    explicit ChromaTables(const base::Colour& colour)
    {
        const Weights weights = weightsOf(colour.matrix);
        const double gain = colour.range == base::Range::Limited ? 219.0 / 224 : 1;
        const double by_red = 2 * (1 - weights.red) * gain;
        const double by_blue = 2 * (1 - weights.blue) * gain;
        for (int code = 0; code < kCodes; ++code) {
            const auto i = static_cast<std::size_t>(code);
            const int chroma = code - 128;
            red[i] = (fixed(by_red * chroma) + kHalf) >> kFraction;
            blue[i] = (fixed(by_blue * chroma) + kHalf) >> kFraction;
            green_of_red[i] = fixed(-by_red * weights.red / weights.green() * chroma) + kHalf;
            green_of_blue[i] = fixed(-by_blue * weights.blue / weights.green() * chroma);
        }
    }
    [[nodiscard]] int green(std::size_t cr, std::size_t cb) const
    {
        return (green_of_red[cr] + green_of_blue[cb]) >> kFraction;
    }

    std::array<int, kCodes> red, blue;

private:
    /// Eight bits and a sign are left for what chroma adds, 238 at most. Halves are rounded up.
    static constexpr int kFraction = 22;
    static constexpr int kHalf = 1 << (kFraction - 1);
    static int fixed(double value) { return static_cast<int>(std::lround(std::ldexp(value, kFraction))); }

    std::array<int, kCodes> green_of_red, green_of_blue;
};

/// Where the counts of a code value begin in a waveform: of a sum of luma and what chroma adds (238 either
/// way at most), stopped at 0 and 255.
constexpr int kReach = 256;
constexpr auto kRowOfSum = [] {
    std::array<std::uint32_t, kReach + kCodes + kReach> table {};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const int code = std::clamp(static_cast<int>(i) - kReach, 0, kCodes - 1);
        table[i] = static_cast<std::uint32_t>(code * kStride);
    }
    return table;
}();
constexpr const std::uint32_t* kRowOf = kRowOfSum.data() + kReach;

class Counter {
public:
    Counter(const base::PictureFormat& format, ScopeCounts& into)
        : chroma_(format.colour)
        , column_of_(static_cast<std::size_t>(format.width))
        , into_(into)
    {
        for (int x = 0; x < format.width; ++x)
            column_of_[static_cast<std::size_t>(x)] =
                static_cast<std::uint32_t>(x * into.columns / format.width);
    }

    void countLuma(const std::uint8_t* luma)
    {
        std::uint32_t* const counts = into_.row(0, 0);
        for (std::size_t x = 0; x < column_of_.size(); ++x)
            ++counts[kRowOf[luma[x]] + column_of_[x]];
    }

    /// @tparam shared pixels of a row that lie in one chroma sample; the first of them stands for all.
    template <std::size_t shared>
    void countColour(const std::uint8_t* luma, const std::uint8_t* blue, const std::uint8_t* red)
    {
        std::uint32_t* const red_counts = into_.row(1, 0);
        std::uint32_t* const green_counts = into_.row(2, 0);
        std::uint32_t* const blue_counts = into_.row(3, 0);
        std::uint32_t* const vectorscope = into_.vectorscope.data();
        for (std::size_t x = 0, sample = 0; x < column_of_.size(); x += shared, ++sample) {
            const std::size_t cb = blue[sample];
            const std::size_t cr = red[sample];
            const int y = luma[x];
            const std::size_t column = column_of_[x];
            ++vectorscope[cr * kCodes + cb];
            ++red_counts[kRowOf[y + chroma_.red[cr]] + column];
            ++green_counts[kRowOf[y + chroma_.green(cr, cb)] + column];
            ++blue_counts[kRowOf[y + chroma_.blue[cb]] + column];
        }
    }

private:
    ChromaTables chroma_;
    std::vector<std::uint32_t> column_of_; ///< [x]
    ScopeCounts& into_;
};

constexpr Rgba kLuma { 0xE6, 0xE6, 0xE6, 0xFF };
/// Soft, and neutral where all three lie over each other.
constexpr std::array<Rgba, 3> kPrimaries { Rgba { 0xF0, 0x68, 0x68, 0xFF }, Rgba { 0x68, 0xF0, 0x68, 0xFF },
    Rgba { 0x68, 0x68, 0xF0, 0xFF } };

std::uint8_t coded(double value) { return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0)); }

Rgba mixed(const Rgba& ground, const Rgba& tint, double share)
{
    const auto one = [share](int from, int to) { return coded(from + (to - from) * share); };
    return { one(ground.red, tint.red), one(ground.green, tint.green), one(ground.blue, tint.blue), 0xFF };
}

Rgba added(const Rgba& ground, const Rgba& tint, double share)
{
    const auto one = [share](int from, int more) { return coded(from + more * share); };
    return { one(ground.red, tint.red), one(ground.green, tint.green), one(ground.blue, tint.blue), 0xFF };
}

/// From how often something was counted to a pixel of a tint, by a table.
class Light {
public:
    explicit Light(Rgba tint)
    {
        constexpr double kFaintest = 0.2; ///< Where the eye begins to see a single pixel on the ground.
        table_[0] = ScopePixels::kGround;
        for (std::size_t i = 1; i < table_.size(); ++i) {
            const double level = std::log1p(static_cast<double>(i)) / std::log1p(kSteps);
            table_[i] = mixed(ScopePixels::kGround, tint, kFaintest + (1 - kFaintest) * level);
        }
    }
    /// What to give of() as scale, so that @p brightest counts or more get the full tint.
    static std::uint64_t scaleFor(std::uint64_t brightest)
    {
        return (std::uint64_t { kSteps } << kFraction) / std::max<std::uint64_t>(1, brightest);
    }
    [[nodiscard]] Rgba of(std::uint64_t count, std::uint64_t scale) const
    {
        constexpr std::uint64_t kRoundUp = (std::uint64_t { 1 } << kFraction) - 1; // one is never none
        return table_[std::min<std::uint64_t>(kSteps, (count * scale + kRoundUp) >> kFraction)];
    }

private:
    static constexpr int kSteps = 4096;
    static constexpr int kFraction = 16;
    std::array<Rgba, kSteps + 1> table_;
};

/// Columns of the counts that stand in one column of an image.
struct Span {
    int first = 0;
    int end = 0;
    std::uint64_t scale = 0;
};

void drawWaveform(const ScopeCounts& counts, int channel, const Light& light, bool turned, int left,
    int width, ScopePixels& into)
{
    const auto sum = [&](const Span& span, int code) {
        const std::uint32_t* row = counts.row(channel, code);
        return std::accumulate(row + span.first, row + span.end, std::uint64_t { 0 });
    };
    std::vector<Span> spans(static_cast<std::size_t>(width));
    std::vector<std::uint64_t> totals(spans.size());
    for (int x = 0; x < width; ++x) {
        const int first = x * counts.columns / width;
        spans[static_cast<std::size_t>(x)] = { first, std::max(first + 1, (x + 1) * counts.columns / width) };
    }
    for (int code = 0; code < kCodes; ++code) {
        for (std::size_t x = 0; x < spans.size(); ++x)
            totals[x] += sum(spans[x], code);
    }
    for (std::size_t x = 0; x < spans.size(); ++x) {
        spans[x].scale = Light::scaleFor(totals[x]);
        if (totals[x] == 0 && x > 0) // a small picture's columns without a chroma sample of their own
            spans[x] = spans[x - 1];
    }
    if (turned)
        std::reverse(spans.begin(), spans.end());
    // A code value is in the row that its middle lies in.
    const auto firstIn = [rows = into.height](int up) { return (2 * kCodes * up + rows - 1) / (2 * rows); };
    for (int up = 0; up < into.height; ++up) {
        const int first = firstIn(up);
        const int end = firstIn(up + 1);
        Rgba* pixel = &into.at(left, into.height - 1 - up);
        for (const Span& span : spans) {
            std::uint64_t count = 0;
            for (int code = first; code < end; ++code)
                count += sum(span, code);
            *pixel++ = light.of(count, span.scale);
        }
    }
}

void drawVectorscope(const ScopeCounts& counts, const Light& light, ScopePixels& into)
{
    constexpr int kSpread = 64; // even a flat chart's chroma spreads over some codes
    const auto total =
        std::accumulate(counts.vectorscope.begin(), counts.vectorscope.end(), std::uint64_t { 0 });
    const std::uint64_t scale = Light::scaleFor(total / kSpread);

    const int side = into.width;
    const int dot = std::max(2, (side + kCodes - 1) / kCodes);
    if (side < dot)
        return;
    std::array<int, kCodes> begins {}; // each code's dot, from the left or from the foot
    for (int code = 0; code < kCodes; ++code) {
        const double middle = (code + 0.5) / kCodes * side;
        begins[static_cast<std::size_t>(code)] =
            std::clamp(static_cast<int>(std::lround(middle - dot / 2.0)), 0, side - dot);
    }
    std::vector<std::uint32_t> most(static_cast<std::size_t>(side) * static_cast<std::size_t>(side));
    for (std::size_t red = 0; red < kCodes; ++red) {
        for (std::size_t blue = 0; blue < kCodes; ++blue) {
            const std::uint32_t count = counts.vectorscope[red * kCodes + blue];
            if (count == 0)
                continue;
            for (int up = begins[red]; up < begins[red] + dot; ++up) {
                std::uint32_t* row = &most[static_cast<std::size_t>(side - 1 - up) * side];
                for (int x = begins[blue]; x < begins[blue] + dot; ++x)
                    row[x] = std::max(row[x], count);
            }
        }
    }
    std::transform(most.begin(), most.end(), into.pixels.begin(),
        [&](std::uint32_t count) { return light.of(count, scale); });
}

using Shares = std::array<std::array<double, kCodes>, 4>;

/// [channel][code]: 0 … 1.
Shares sharesOf(const ScopeCounts& counts)
{
    Shares shares {};
    for (std::size_t channel = 0; channel < shares.size(); ++channel) {
        const auto& histogram = counts.histogram[channel];
        const auto total = std::accumulate(histogram.begin(), histogram.end(), std::uint64_t { 0 });
        for (std::size_t code = 0; code < kCodes; ++code)
            shares[channel][code] = histogram[code] / static_cast<double>(std::max<std::uint64_t>(1, total));
    }
    return shares;
}

void drawHistogram(const Shares& shares, ScopePixels& into)
{
    // Clipped light or dark must not press down all that lies between.
    double peak = 1.0 / kCodes;
    for (const auto& channel : shares)
        peak = std::max(peak, *std::max_element(channel.begin() + 1, channel.end() - 1));
    Shares heights;
    for (std::size_t channel = 0; channel < shares.size(); ++channel) {
        std::transform(
            shares[channel].begin(), shares[channel].end(), heights[channel].begin(), [&](double share) {
                return share == 0 ? 0 : std::max(1.0, into.height * std::sqrt(std::min(1.0, share / peak)));
            });
    }
    for (std::size_t code = 0; code < kCodes; ++code) {
        // The line of luma reaches down to its neighbours, so that it does not tear at a step.
        const auto& luma = heights[0];
        const std::size_t before = code == 0 ? code : code - 1;
        const std::size_t after = std::min<std::size_t>(code + 1, kCodes - 1);
        constexpr double kLine = 2;
        const double line_from = std::min({ luma[before], luma[code], luma[after] }) - kLine;
        const double top = std::max({ luma[code], heights[1][code], heights[2][code], heights[3][code] });
        for (int up = 0; up < top; ++up) {
            Rgba& pixel = into.at(static_cast<int>(code), into.height - 1 - up);
            for (std::size_t i = 0; i < kPrimaries.size(); ++i) {
                constexpr double kStrength = 0.3; // the line of luma still tells from all three together
                pixel =
                    added(pixel, kPrimaries[i], kStrength * std::clamp(heights[i + 1][code] - up, 0.0, 1.0));
            }
            if (up >= line_from)
                pixel = mixed(pixel, kLuma, std::clamp(luma[code] - up, 0.0, 1.0));
        }
    }
}

} // namespace

void countScopes(const base::Picture& picture, ScopeCounts& into)
{
    const base::PictureFormat& format = picture.format;
    into.colour = format.colour;
    into.columns = std::clamp(format.width, 0, ScopeCounts::kColumns);
    into.waveform.assign(std::size_t { 4 } * kCodes * kStride, 0);
    into.vectorscope.assign(std::size_t { kCodes } * kCodes, 0);
    into.histogram = {};
    if (format.width <= 0 || format.height <= 0)
        return;

    const int most_rows = static_cast<int>(ScopeCounts::kMostSamples / format.width);
    const int step = (format.height + most_rows - 1) / most_rows;
    const bool grey = format.subsampling == base::Subsampling::Grey;
    const int chroma_rows_shared = format.subsampling == base::Subsampling::S420 ? 2 : 1;
    Counter counter(format, into);
    for (int y = 0; y < format.height; y += step) {
        const auto row = [&](std::size_t plane, int at) {
            return picture.planes[plane] + static_cast<std::ptrdiff_t>(at) * picture.strides[plane];
        };
        counter.countLuma(row(0, y));
        if (grey || y % chroma_rows_shared != 0)
            continue;
        const int chroma_y = y / chroma_rows_shared;
        if (format.subsampling == base::Subsampling::S444)
            counter.countColour<1>(row(0, y), row(1, chroma_y), row(2, chroma_y));
        else
            counter.countColour<2>(row(0, y), row(1, chroma_y), row(2, chroma_y));
    }
    if (grey) {
        for (const int channel : { 1, 2, 3 })
            std::copy(into.row(0, 0), into.row(1, 0), into.row(channel, 0));
    }

    // Summing a waveform's rows is far cheaper than counting each pixel once more.
    for (int channel = 0; channel < 4; ++channel) {
        for (int code = 0; code < kCodes; ++code) {
            const std::uint32_t* row = into.row(channel, code);
            into.histogram[channel][code] = std::accumulate(row, row + ScopeCounts::kColumns, 0U);
        }
    }
    if (grey)
        into.vectorscope[128 * kCodes + 128] =
            std::accumulate(into.histogram[0].begin(), into.histogram[0].end(), std::uint32_t { 0 });
}

std::array<ChromaPoint, 6> barsOf(const base::Colour& colour, double level)
{
    constexpr std::array<std::array<int, 3>, 6> kBars { { { 1, 0, 0 }, { 1, 0, 1 }, { 0, 0, 1 }, { 0, 1, 1 },
        { 0, 1, 0 }, { 1, 1, 0 } } };
    const Weights weights = weightsOf(colour.matrix);
    const double span = level * (colour.range == base::Range::Limited ? 224 : 255);
    std::array<ChromaPoint, 6> points;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto [red, green, blue] = kBars[i];
        const double luma = weights.red * red + weights.green() * green + weights.blue * blue;
        points[i] = { 128 + span * (blue - luma) / (2 * (1 - weights.blue)),
            128 + span * (red - luma) / (2 * (1 - weights.red)) };
    }
    return points;
}

ScopeImage drawScopes(const ScopeCounts& counts, const ScopeView& view)
{
    static const Light luma(kLuma);
    static const std::array<Light, 3> primaries { Light(kPrimaries[0]), Light(kPrimaries[1]),
        Light(kPrimaries[2]) };

    ScopeImage image;
    image.colour = counts.colour;
    const int rows = std::min(view.waveform_height, kCodes);
    image.waveform = { ScopeCounts::kColumns, rows };
    image.parade = { 3 * kCodes, rows };
    image.vectorscope = { view.vectorscope_side, view.vectorscope_side };
    if (counts.columns == 0)
        return image;
    const bool turned = swapsSides(view.orientation);
    drawWaveform(counts, 0, luma, turned, 0, image.waveform.width, image.waveform);
    const int third = image.parade.width / 3;
    for (int i = 0; i < 3; ++i)
        drawWaveform(
            counts, i + 1, primaries[static_cast<std::size_t>(i)], turned, i * third, third, image.parade);
    drawVectorscope(counts, luma, image.vectorscope);
    const Shares shares = sharesOf(counts);
    drawHistogram(shares, image.histogram);
    for (std::size_t channel = 1; channel < shares.size(); ++channel) {
        image.share_at_0 = std::max(image.share_at_0, shares[channel].front());
        image.share_at_255 = std::max(image.share_at_255, shares[channel].back());
    }
    return image;
}

} // namespace backtake::ui
