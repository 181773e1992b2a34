#include "base/cube_lut.hpp"

#include "base/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <mutex>
#include <span>

namespace backtake::base {
namespace {

/// The largest number that half floats hold, in which LUTs lie on GPUs: beyond it nothing is meant.
constexpr double kLargestValue = 65504;
/// Narrower domains cannot be told apart in single precision.
constexpr float kNarrowestDomain = 1e-6F;
/// Bytes. The specification ends lines at 250; writers of long titles go beyond.
constexpr std::size_t kLongestLine = 4096;
constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// What a file says may be anything; only ASCII goes on screen and into JSON.
std::string printable(std::string_view text, std::size_t longest)
{
    std::string shown(text.substr(0, longest));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return shown;
}

tl::unexpected<Error> corrupt(std::size_t line, std::string_view expected, std::string_view found)
{
    constexpr std::size_t kShown = 40;
    return fail(Fault::Corrupt,
        fmt::format("line {}: expected {}, found \"{}{}\"; export the LUT again", line, expected,
            printable(found, kShown), found.size() > kShown ? "..." : ""));
}

/// Reads exactly as many numbers as @p values holds.
bool readNumbers(std::string_view text, std::span<float> values)
{
    for (float& value : values) {
        text = trimmed(text);
        double number = 0; // float would take numbers that are nearly zero for errors
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || !(std::abs(number) <= kLargestValue))
            return false;
        value = static_cast<float>(number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (!text.empty() && kBlanks.find(text.front()) == std::string_view::npos)
            return false;
    }
    return trimmed(text).empty();
}

bool isKeyword(std::string_view word)
{
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    return word.front() >= 'A' && word.front() <= 'Z'
        && word.find_first_not_of(kLetters) == std::string_view::npos;
}

/// A line of the head. @p line counts from 1.
Outcome readKeyword(CubeLut& lut, std::size_t line, std::string_view word, std::string_view rest)
{
    if (word == "TITLE") {
        if (rest.size() >= 2 && rest.front() == '"' && rest.back() == '"')
            rest = rest.substr(1, rest.size() - 2);
        lut.title = printable(rest, kLongestTitle);
        return {};
    }
    if (word == "LUT_1D_SIZE")
        return fail(Fault::Unsupported,
            fmt::format("line {}: this is a 1D LUT; export it as a 3D LUT of 33 or 65 points", line));
    if (word == "LUT_3D_SIZE") {
        int size = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
        const bool whole = end == rest.data() + rest.size();
        if (whole && (error == std::errc::result_out_of_range || size > kLargestCube))
            return fail(Fault::Unsupported,
                fmt::format("line {}: a cube of {} points, the most is {}; export the LUT with 33 or 65",
                    line, printable(rest, 12), kLargestCube));
        if (!whole || error != std::errc() || size < 2)
            return corrupt(line, fmt::format("a size from 2 to {}", kLargestCube), rest);
        if (lut.size != 0)
            return corrupt(line, "one LUT_3D_SIZE only", rest);
        lut.size = size;
        return {};
    }
    if (word == "DOMAIN_MIN" || word == "DOMAIN_MAX") {
        if (!readNumbers(rest, word == "DOMAIN_MIN" ? lut.domain_min : lut.domain_max))
            return corrupt(line, "three numbers", rest);
        return {};
    }
    if (word == "LUT_3D_INPUT_RANGE") {
        std::array<float, 2> range {};
        if (!readNumbers(rest, range))
            return corrupt(line, "two numbers", rest);
        lut.domain_min.fill(range[0]);
        lut.domain_max.fill(range[1]);
        return {};
    }
    return fail(Fault::Unsupported,
        fmt::format(
            "line {}: {} is not known, and colours could be wrong without it; export the LUT as a plain "
            ".cube file",
            line, printable(word, 40)));
}

/// A descriptor that is closed at the end.
class Descriptor {
public:
    explicit Descriptor(int number)
        : number_(number)
    {
    }
    ~Descriptor()
    {
        if (number_ >= 0)
            ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

Result<std::string> readText(const std::filesystem::path& path)
{
    const auto failed = [] {
        const int number = errno;
        return fail(faultOfErrno(number), fmt::format("cannot be read: {}", std::strerror(number)));
    };
    // O_NONBLOCK: a FIFO by that name must not hold us up; for files it means nothing.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat facts { };
    if (file.number() < 0 || ::fstat(file.number(), &facts) != 0)
        return failed();
    if (!S_ISREG(facts.st_mode))
        return fail(Fault::Unsupported, "is no file; choose a .cube file");
    const auto size = static_cast<std::size_t>(facts.st_size);
    if (size > kLargestCubeFile)
        return fail(Fault::Unsupported,
            fmt::format("has {}, a LUT at most {}; choose a .cube file", bytesText(size),
                bytesText(kLargestCubeFile)));
    std::string text(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const ssize_t some = ::read(file.number(), text.data() + got, size - got);
        if (some < 0 && errno == EINTR)
            continue;
        if (some < 0)
            return failed();
        if (some == 0)
            break; // it became shorter meanwhile: its lines will tell
        got += static_cast<std::size_t>(some);
    }
    text.resize(got);
    return text;
}

// The way from a camera's log to BT.709.

using Matrix3 = std::array<std::array<double, 3>, 3>; ///< Rows.

Matrix3 operator*(const Matrix3& a, const Matrix3& b)
{
    Matrix3 product {};
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t column = 0; column < 3; ++column)
            for (std::size_t i = 0; i < 3; ++i)
                product[row][column] += a[row][i] * b[i][column];
    return product;
}

Matrix3 inverse(const Matrix3& m)
{
    Matrix3 inverted {};
    for (std::size_t row = 0; row < 3; ++row)
        for (std::size_t column = 0; column < 3; ++column) {
            const std::size_t r1 = (column + 1) % 3, r2 = (column + 2) % 3;
            const std::size_t c1 = (row + 1) % 3, c2 = (row + 2) % 3;
            inverted[row][column] = m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
        }
    const double determinant = m[0][0] * inverted[0][0] + m[0][1] * inverted[1][0] + m[0][2] * inverted[2][0];
    for (auto& row : inverted)
        for (double& value : row)
            value /= determinant;
    return inverted;
}

struct Chromaticity {
    double x = 0;
    double y = 0;
};
/// Red, green, blue. All have the white of D65, so that no adaptation is needed between them.
using Primaries = std::array<Chromaticity, 3>;

constexpr Chromaticity kD65 { 0.3127, 0.3290 };
/// ITU-R BT.709.
constexpr Primaries kBt709 { { { 0.640, 0.330 }, { 0.300, 0.600 }, { 0.150, 0.060 } } };
/// Canon, Cinema Gamut.
constexpr Primaries kCinemaGamut { { { 0.740, 0.270 }, { 0.170, 1.140 }, { 0.080, -0.100 } } };
/// Sony, Technical Summary for S-Gamut3.Cine/S-Log3.
constexpr Primaries kSGamut3Cine { { { 0.766, 0.275 }, { 0.225, 0.800 }, { 0.089, -0.087 } } };
/// Panasonic, V-Log/V-Gamut Reference Manual.
constexpr Primaries kVGamut { { { 0.730, 0.280 }, { 0.165, 0.840 }, { 0.100, -0.030 } } };
/// ARRI, ALEXA Log C Curve, Usage in VFX: ALEXA Wide Gamut.
constexpr Primaries kAlexaWideGamut { { { 0.6840, 0.3130 }, { 0.2210, 0.8480 }, { 0.0861, -0.1020 } } };

/// CIE XYZ of the primaries as columns, at which equal amounts make white of Y = 1 (SMPTE RP 177).
Matrix3 toXyz(const Primaries& primaries)
{
    Matrix3 xyz {};
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& [x, y] = primaries[i];
        xyz[0][i] = x / y;
        xyz[1][i] = 1;
        xyz[2][i] = (1 - x - y) / y;
    }
    const Matrix3 amounts = inverse(xyz);
    const std::array white { kD65.x / kD65.y, 1.0, (1 - kD65.x - kD65.y) / kD65.y };
    for (std::size_t i = 0; i < 3; ++i) {
        const double amount = amounts[i][0] * white[0] + amounts[i][1] * white[1] + amounts[i][2] * white[2];
        for (auto& row : xyz)
            row[i] *= amount;
    }
    return xyz;
}

/// From a signal of 0 … 1 to its 10 bit code in limited range, in parts of 1023: what most makers' formulas
/// read.
double codeOf(double signal) { return (64 + 876 * signal) / 1023; }

// Each curve gives scene reflectance (0.18 is middle grey) for a signal of 0 … 1.

/// Canon, white paper "Canon Log Gamma Curves" (2018), in "Full %". Canon's formulas give 1 for 90 %
/// reflectance.
double canonLog(double signal)
{
    const double above_black = codeOf(signal) - 0.12512248;
    return std::copysign(0.9 * (std::pow(10, std::abs(above_black) / 0.45310179) - 1) / 10.1596, above_black);
}

double canonLog2(double signal)
{
    const double above_black = codeOf(signal) - 0.092864125;
    return std::copysign(
        0.9 * (std::pow(10, std::abs(above_black) / 0.24136077) - 1) / 87.099375, above_black);
}

double canonLog3(double signal)
{
    const double code = codeOf(signal);
    if (code < 0.097465473)
        return -0.9 * (std::pow(10, (0.12783901 - code) / 0.36726845) - 1) / 14.98325;
    if (code <= 0.15277891)
        return 0.9 * (code - 0.12512219) / 1.9754798;
    return 0.9 * (std::pow(10, (code - 0.12240537) / 0.36726845) - 1) / 14.98325;
}

/// Sony, Technical Summary for S-Gamut3.Cine/S-Log3 and S-Gamut3/S-Log3.
double sLog3(double signal)
{
    const double code = codeOf(signal) * 1023;
    constexpr double kLinearBelow = 171.2102946929;
    return code < kLinearBelow ? (code - 95) * 0.01125 / (kLinearBelow - 95)
                               : std::pow(10, (code - 420) / 261.5) * (0.18 + 0.01) - 0.01;
}

/// Panasonic, V-Log/V-Gamut Reference Manual (2014).
double vLog(double signal)
{
    const double code = codeOf(signal);
    return code < 0.181 ? (code - 0.125) / 5.6 : std::pow(10, (code - 0.598206) / 0.241514) - 0.00873;
}

/// ARRI, ALEXA Log C Curve, Usage in VFX: SUP 3.x, EI 800. Its values are of the signal, not of codes.
double logC3(double signal)
{
    constexpr double kCut = 0.010591, kA = 5.555556, kB = 0.052272, kC = 0.247190, kD = 0.385537,
                     kE = 5.367655, kF = 0.092809;
    return signal > kE * kCut + kF ? (std::pow(10, (signal - kD) / kC) - kB) / kA : (signal - kF) / kE;
}

/// ITU-R BT.709, item 1.2.
double bt709(double light) { return light < 0.018 ? 4.5 * light : 1.099 * std::pow(light, 0.45) - 0.099; }

/// BT.709's signal with a shoulder in place of its end: Reinhard's extended curve ("Photographic Tone
/// Reproduction for Digital Images", 2002, formula 4). It leaves kShoulder with the slope of 1, rises all the
/// way and is at 1 for @p brightest.
double shown(double light, double brightest)
{
    constexpr double kShoulder = 0.7, kRest = 1 - kShoulder;
    const double signal = bt709(light);
    if (signal <= kShoulder)
        return std::max(signal, 0.0);
    const double above = (signal - kShoulder) / kRest;
    const double most = (bt709(brightest) - kShoulder) / kRest;
    return std::min(kShoulder + kRest * above * (1 + above / (most * most)) / (1 + above), 1.0);
}

struct Camera {
    std::string_view name;
    double (*curve)(double);
    Primaries primaries;
};

const Camera& cameraOf(CameraLog log)
{
    static constexpr std::array kCameras {
        Camera { "Canon Log to 709", canonLog, kBt709 },
        Camera { "Canon Log 2 to 709", canonLog2, kCinemaGamut },
        Camera { "Canon Log 3 to 709", canonLog3, kCinemaGamut },
        Camera { "S-Log3 to 709", sLog3, kSGamut3Cine },
        Camera { "V-Log to 709", vLog, kVGamut },
        Camera { "LogC3 to 709", logC3, kAlexaWideGamut },
    };
    static_assert(kCameras.size() == kCameraLogs.size());
    return kCameras[static_cast<std::size_t>(log) - 1];
}

CubeLutPtr madePreset(const Camera& camera)
{
    constexpr std::size_t kSize = 33;
    std::array<double, kSize> light {};
    for (std::size_t i = 0; i < kSize; ++i)
        light[i] = camera.curve(static_cast<double>(i) / (kSize - 1));
    const Matrix3 matrix = inverse(toXyz(kBt709)) * toXyz(camera.primaries);

    auto lut = std::make_shared<CubeLut>();
    lut->title = camera.name;
    lut->size = static_cast<int>(kSize);
    lut->samples.reserve(kSize * kSize * kSize);
    for (const double blue : light)
        for (const double green : light)
            for (const double red : light) {
                Rgb sample {};
                for (std::size_t i = 0; i < 3; ++i)
                    sample[i] = static_cast<float>(
                        shown(matrix[i][0] * red + matrix[i][1] * green + matrix[i][2] * blue, light.back()));
                lut->samples.push_back(sample);
            }
    return lut;
}

} // namespace

Rgb CubeLut::at(const Rgb& colour) const
{
    const std::array<std::size_t, 3> steps { 1, static_cast<std::size_t>(size),
        static_cast<std::size_t>(size) * static_cast<std::size_t>(size) };
    std::size_t corner = 0;          // of the cell, nearest to the domain's lower end
    std::array<double, 3> inside {}; // 0 … 1 from there to the next sample
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double lowest = domain_min[axis];
        double place = (colour[axis] - lowest) / (domain_max[axis] - lowest) * (size - 1);
        if (!(place > 0)) // also NaN
            place = 0;
        place = std::min(place, static_cast<double>(size - 1));
        const int cell = std::min(static_cast<int>(place), size - 2);
        corner += static_cast<std::size_t>(cell) * steps[axis];
        inside[axis] = place - cell;
    }
    // The six tetrahedra of a cell are the six orders in which one can walk from its lowest corner to its
    // highest along the edges; the one round the colour walks along the largest part first.
    std::array<std::size_t, 3> axes { 0, 1, 2 };
    std::sort(axes.begin(), axes.end(), [&](std::size_t a, std::size_t b) { return inside[a] > inside[b]; });

    std::array<double, 3> sum {};
    const auto add = [&](double weight) {
        for (std::size_t i = 0; i < 3; ++i)
            sum[i] += weight * samples[corner][i];
    };
    add(1 - inside[axes[0]]);
    for (std::size_t i = 0; i < 3; ++i) {
        corner += steps[axes[i]];
        add(i < 2 ? inside[axes[i]] - inside[axes[i + 1]] : inside[axes[i]]);
    }
    return { static_cast<float>(sum[0]), static_cast<float>(sum[1]), static_cast<float>(sum[2]) };
}

Result<CubeLut> parseCubeLut(std::string_view text)
{
    if (constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF"; text.starts_with(kByteOrderMark))
        text.remove_prefix(kByteOrderMark.size());

    CubeLut lut;
    std::size_t wanted = 0;
    std::size_t number = 0;
    std::size_t domain_line = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (line.empty() || line.front() == '#')
            continue;
        if (line.size() > kLongestLine)
            return corrupt(number, fmt::format("at most {} bytes in a line", kLongestLine), line);

        const std::size_t blank = std::min(line.find_first_of(kBlanks), line.size());
        if (const std::string_view word = line.substr(0, blank); isKeyword(word)) {
            if (!lut.samples.empty())
                return corrupt(number, "three numbers, as keywords come before all samples", line);
            if (auto read = readKeyword(lut, number, word, trimmed(line.substr(blank))); !read)
                return fail(read.error());
            if (word == "DOMAIN_MIN" || word == "DOMAIN_MAX" || word == "LUT_3D_INPUT_RANGE")
                domain_line = number;
            continue;
        }
        Rgb sample {};
        if (!readNumbers(line, sample))
            return corrupt(number, "three numbers", line);
        if (lut.size == 0)
            return corrupt(number, "LUT_3D_SIZE before the first sample", line);
        if (lut.samples.empty()) {
            const auto size = static_cast<std::size_t>(lut.size);
            wanted = size * size * size;
            // A sample has six bytes at least, its line's end among them: what is claimed beyond is no
            // reason to take memory.
            lut.samples.reserve(std::min(wanted, text.size() / 6 + 2));
        }
        if (lut.samples.size() == wanted)
            return corrupt(number, fmt::format("the end after {} samples", wanted), line);
        lut.samples.push_back(sample);
    }
    if (lut.samples.empty() || lut.samples.size() < wanted)
        return corrupt(number,
            lut.size == 0 ? std::string("LUT_3D_SIZE and samples")
                          : fmt::format("{} samples", lut.size * lut.size * lut.size),
            fmt::format("the end after {}", lut.samples.size()));
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (!(lut.domain_max[axis] - lut.domain_min[axis] >= kNarrowestDomain))
            return corrupt(domain_line, "a domain that ends above its beginning",
                fmt::format("{} to {}", lut.domain_min[axis], lut.domain_max[axis]));
    return lut;
}

Result<CubeLutPtr> readCubeLut(const std::filesystem::path& path)
{
    const auto named = [&](Error error) {
        error.message = path.filename().string() + ": " + error.message;
        return fail(std::move(error));
    };
    const auto text = readText(path);
    if (!text)
        return named(text.error());
    auto lut = parseCubeLut(*text);
    if (!lut)
        return named(lut.error());
    return std::make_shared<const CubeLut>(std::move(*lut));
}

std::string_view nameOf(CameraLog log) { return cameraOf(log).name; }

CubeLutPtr logPreset(CameraLog log)
{
    static std::array<std::once_flag, kCameraLogs.size()> once;
    static std::array<CubeLutPtr, kCameraLogs.size()> made;
    const std::size_t index = static_cast<std::size_t>(log) - 1;
    std::call_once(once[index], [&] { made[index] = madePreset(cameraOf(log)); });
    return made[index];
}

} // namespace backtake::base
