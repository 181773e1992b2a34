#include "base/cube_lut.hpp"
#include "tests/folder.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <locale>
#include <random>

namespace backtake::base {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Colour3 = std::array<double, 3>;

/// A cube of @p size with what @p map makes of each grid point.
CubeLut cubeOf(int size, const std::function<Rgb(const Colour3&)>& map, Rgb lowest = { 0, 0, 0 },
    Rgb highest = { 1, 1, 1 })
{
    CubeLut lut;
    lut.size = size;
    lut.domain_min = lowest;
    lut.domain_max = highest;
    const auto input = [&](int i, std::size_t axis) {
        return lowest[axis] + (static_cast<double>(highest[axis]) - lowest[axis]) * i / (size - 1);
    };
    for (int b = 0; b < size; ++b)
        for (int g = 0; g < size; ++g)
            for (int r = 0; r < size; ++r)
                lut.samples.push_back(map({ input(r, 0), input(g, 1), input(b, 2) }));
    return lut;
}

Rgb toFloat(const Colour3& colour)
{
    return { static_cast<float>(colour[0]), static_cast<float>(colour[1]), static_cast<float>(colour[2]) };
}

std::mt19937 random_bits { 20 };
float randomPart() { return std::uniform_real_distribution<float>(0, 1)(random_bits); }
Rgb randomColour() { return { randomPart(), randomPart(), randomPart() }; }
CubeLut randomCube(int size)
{
    return cubeOf(size, [](const Colour3&) { return randomColour(); });
}

void expectNear(const Rgb& colour, const Rgb& expected, double tolerance)
{
    for (std::size_t i = 0; i < 3; ++i)
        ASSERT_NEAR(colour[i], expected[i], tolerance) << "channel " << i;
}

TEST(CubeLut, AnIdentityGivesBackWhatGoesIn)
{
    for (const int size : { 2, 17, 33, 65 }) {
        const CubeLut lut = cubeOf(size, toFloat);
        for (int i = 0; i < 2000; ++i) {
            const Rgb colour = randomColour();
            ASSERT_NO_FATAL_FAILURE(expectNear(lut.at(colour), colour, 1e-6)) << size;
        }
        for (const Rgb& colour : { Rgb { 0, 0, 0 }, Rgb { 1, 1, 1 }, Rgb { 1, 0, 1 }, Rgb { 0, 1, 0 } })
            EXPECT_EQ(lut.at(colour), colour) << size;
    }
}

TEST(CubeLut, ALinearMapIsExactInAnyDomain)
{
    const auto map = [](const Colour3& c) {
        return toFloat(
            { 0.7 * c[0] + 0.2 * c[1] - 0.1 * c[2] + 0.05, 0.4 * c[1] - 0.3 * c[0] + 0.5 * c[2], 1 - c[2] });
    };
    const Rgb lowest { -0.5F, 0, 0.25F };
    const Rgb highest { 1.5F, 2, 0.75F };
    const CubeLut lut = cubeOf(17, map, lowest, highest);
    for (int i = 0; i < 2000; ++i) {
        Rgb colour = randomColour();
        for (std::size_t axis = 0; axis < 3; ++axis)
            colour[axis] = lowest[axis] + colour[axis] * (highest[axis] - lowest[axis]);
        ASSERT_NO_FATAL_FAILURE(expectNear(lut.at(colour), map({ colour[0], colour[1], colour[2] }), 1e-6));
    }
}

TEST(CubeLut, EachGridPointHasItsOwnSample)
{
    const int size = 17;
    const CubeLut lut = randomCube(size);
    for (int b = 0; b < size; ++b)
        for (int g = 0; g < size; ++g)
            for (int r = 0; r < size; ++r) {
                const Rgb colour { static_cast<float>(r) / 16, static_cast<float>(g) / 16,
                    static_cast<float>(b) / 16 };
                ASSERT_EQ(lut.at(colour), lut.samples[static_cast<std::size_t>(r + size * (g + size * b))]);
            }
}

/// The parts that the corners of a tetrahedron have in a place, by Cramer's rule.
std::array<double, 4> barycentric(const std::array<Colour3, 4>& corners, const Colour3& place)
{
    const auto edge = [&](const Colour3& to) {
        return Colour3 { to[0] - corners[0][0], to[1] - corners[0][1], to[2] - corners[0][2] };
    };
    const auto determinant = [](const Colour3& a, const Colour3& b, const Colour3& c) {
        return a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
            + a[2] * (b[0] * c[1] - b[1] * c[0]);
    };
    const Colour3 a = edge(corners[1]), b = edge(corners[2]), c = edge(corners[3]), p = edge(place);
    const double whole = determinant(a, b, c);
    const double pa = determinant(p, b, c) / whole;
    const double pb = determinant(a, p, c) / whole;
    const double pc = determinant(a, b, p) / whole;
    return { 1 - pa - pb - pc, pa, pb, pc };
}

// Fails for any other interpolation (trilinear, nearest, another diagonal) and for samples in another order.
TEST(CubeLut, IsTheMixOfTheFourCornersOfTheTetrahedronRoundTheColour)
{
    // Both ends of the grey diagonal, and for each of the six tetrahedra the two corners between.
    const Colour3 black { 0, 0, 0 }, white { 1, 1, 1 };
    const Colour3 red { 1, 0, 0 }, green { 0, 1, 0 }, blue { 0, 0, 1 };
    const Colour3 yellow { 1, 1, 0 }, cyan { 0, 1, 1 }, magenta { 1, 0, 1 };
    const std::array<std::array<Colour3, 4>, 6> tetrahedra { { { black, red, yellow, white },
        { black, red, magenta, white }, { black, green, yellow, white }, { black, green, cyan, white },
        { black, blue, cyan, white }, { black, blue, magenta, white } } };
    const int size = 5;
    const CubeLut lut = randomCube(size);
    std::array<int, 6> met {};
    for (int n = 0; n < 20000; ++n) {
        const Rgb colour = randomColour();
        std::array<int, 3> cell {};
        Colour3 inside {};
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const double place = static_cast<double>(colour[axis]) * (size - 1);
            cell[axis] = std::min(static_cast<int>(place), size - 2);
            inside[axis] = place - cell[axis];
        }
        for (std::size_t t = 0; t < tetrahedra.size(); ++t) {
            const auto parts = barycentric(tetrahedra[t], inside);
            if (*std::min_element(parts.begin(), parts.end()) < 0)
                continue;
            Colour3 expected {};
            for (std::size_t corner = 0; corner < 4; ++corner) {
                const Colour3& at = tetrahedra[t][corner];
                const int index = cell[0] + static_cast<int>(at[0])
                    + size * (cell[1] + static_cast<int>(at[1]) + size * (cell[2] + static_cast<int>(at[2])));
                for (std::size_t i = 0; i < 3; ++i)
                    expected[i] += parts[corner] * lut.samples[static_cast<std::size_t>(index)][i];
            }
            ASSERT_NO_FATAL_FAILURE(expectNear(lut.at(colour), toFloat(expected), 1e-6));
            ++met[t];
            break;
        }
    }
    EXPECT_THAT(met, testing::Each(testing::Gt(2000)));
}

TEST(CubeLut, OutsideOfTheDomainTheEdgeGoesOn)
{
    const CubeLut lut = cubeOf(3, toFloat, { 0, 0, 0 }, { 2, 2, 2 });
    EXPECT_EQ(lut.at({ -1, 3, 1 }), (Rgb { 0, 2, 1 }));
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(lut.at({ kInfinity, -kInfinity, 1e30F }), (Rgb { 2, 0, 2 }));
    EXPECT_EQ(lut.at({ std::nanf(""), 1, 1 }), (Rgb { 0, 1, 1 }));
}

constexpr const char* kSmallest = "LUT_3D_SIZE 2\n"
                                  "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n";

TEST(CubeFile, WhatTheSpecificationAllowsIsRead)
{
    const auto lut = parseCubeLut("\xEF\xBB\xBF# made by hand\r\n"
                                  "\r\n"
                                  "TITLE \"Blue hour, v2\"\r\n"
                                  "  LUT_3D_SIZE\t2  \r\n"
                                  "DOMAIN_MIN -0.5 0 0.25\r\n"
                                  "DOMAIN_MAX 1.5 2e0 0.75\r\n"
                                  "#0 0 0\r\n"
                                  "0 0 0\r\n\t1.0 -0.25 .5 \r\n0 1 0\r\n\r\n1 1 0\r\n"
                                  "0 0 1\r\n1 0 1\r\n0 1 1\r\n1.25 1e-30 1E0");
    ASSERT_TRUE(lut) << lut.error().message;
    EXPECT_EQ(lut->title, "Blue hour, v2");
    EXPECT_EQ(lut->size, 2);
    EXPECT_EQ(lut->domain_min, (Rgb { -0.5F, 0, 0.25F }));
    EXPECT_EQ(lut->domain_max, (Rgb { 1.5F, 2, 0.75F }));
    ASSERT_EQ(lut->samples.size(), 8U);
    EXPECT_EQ(lut->samples[1], (Rgb { 1, -0.25F, 0.5F }));
    EXPECT_EQ(lut->samples[2], (Rgb { 0, 1, 0 }));
    EXPECT_EQ(lut->samples[7], (Rgb { 1.25F, 1e-30F, 1 }));
}

TEST(CubeFile, ResolvesInputRangeIsTheDomainOfAllAxes)
{
    const auto lut = parseCubeLut(std::string("LUT_3D_INPUT_RANGE -0.25 1.75\n") + kSmallest);
    ASSERT_TRUE(lut) << lut.error().message;
    EXPECT_EQ(lut->domain_min, (Rgb { -0.25F, -0.25F, -0.25F }));
    EXPECT_EQ(lut->domain_max, (Rgb { 1.75F, 1.75F, 1.75F }));
}

TEST(CubeFile, RedIsFastest)
{
    const auto lut = parseCubeLut(kSmallest);
    ASSERT_TRUE(lut) << lut.error().message;
    ASSERT_NO_FATAL_FAILURE(expectNear(lut->at({ 0.9F, 0.3F, 0.1F }), { 0.9F, 0.3F, 0.1F }, 1e-6));
}

// Fails for a reader that uses streams, and where there is such a locale for one that uses strtod().
TEST(CubeFile, AreReadTheSameWhereNumbersHaveDecimalCommas)
{
    struct Commas : std::numpunct<char> {
        char do_decimal_point() const override { return ','; }
    };
    const std::string before = std::setlocale(LC_ALL, nullptr);
    const std::locale streams_before = std::locale::global(std::locale(std::locale(), new Commas));
    for (const char* german : { "de_DE.UTF-8", "de_DE.utf8", "de_DE" })
        if (std::setlocale(LC_ALL, german) != nullptr)
            break;
    const auto lut = parseCubeLut(std::string("DOMAIN_MAX 1.5 1.5 1.5\n") + kSmallest);
    std::locale::global(streams_before);
    std::setlocale(LC_ALL, before.c_str());
    ASSERT_TRUE(lut) << lut.error().message;
    EXPECT_EQ(lut->domain_max, (Rgb { 1.5F, 1.5F, 1.5F }));
}

struct Refused {
    const char* name;
    std::string text;
    Fault fault;
    std::vector<std::string> says;
};
void PrintTo(const Refused& refused, std::ostream* out) { *out << refused.name; }
class RefusedCubeFile : public testing::TestWithParam<Refused> { };

TEST_P(RefusedCubeFile, SaysTheLineAndWhatWasExpected)
{
    const auto lut = parseCubeLut(GetParam().text);
    ASSERT_FALSE(lut);
    EXPECT_EQ(lut.error().fault, GetParam().fault) << lut.error().message;
    for (const std::string& words : GetParam().says)
        EXPECT_THAT(lut.error().message, HasSubstr(words));
    EXPECT_LT(lut.error().message.size(), 250U) << "one line on a screen";
    for (const char c : lut.error().message)
        EXPECT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
}

std::string samples(int count)
{
    std::string text;
    for (int i = 0; i < count; ++i)
        text += "0.5 0.5 0.5\n";
    return text;
}

INSTANTIATE_TEST_SUITE_P(Hostile, RefusedCubeFile,
    testing::Values(Refused { "Empty", "", Fault::Corrupt, { "line 0", "LUT_3D_SIZE" } },
        Refused { "CommentsOnly", "#\n#\n", Fault::Corrupt, { "line 2", "LUT_3D_SIZE and samples" } },
        Refused { "NoSamples", "LUT_3D_SIZE 2\n", Fault::Corrupt, { "line 1", "8 samples", "after 0" } },
        Refused { "OneDimension", "TITLE \"a\"\nLUT_1D_SIZE 1024\n" + samples(1024), Fault::Unsupported,
            { "line 2", "1D LUT", "export it as a 3D LUT" } },
        Refused { "SizeZero", "LUT_3D_SIZE 0\n", Fault::Corrupt, { "line 1", "from 2 to 129", "\"0\"" } },
        Refused { "SizeOne", "LUT_3D_SIZE 1\n0 0 0\n", Fault::Corrupt, { "line 1", "from 2 to 129" } },
        Refused { "SizeNegative", "LUT_3D_SIZE -33\n", Fault::Corrupt, { "line 1", "from 2 to 129" } },
        Refused { "SizeNothing", "LUT_3D_SIZE\n", Fault::Corrupt, { "line 1", "from 2 to 129" } },
        Refused { "SizeFraction", "LUT_3D_SIZE 2.5\n", Fault::Corrupt, { "line 1", "from 2 to 129" } },
        Refused { "SizeHuge", "\nLUT_3D_SIZE 999999\n", Fault::Unsupported, { "line 2", "999999", "129" } },
        Refused {
            "ABillionSamples", "LUT_3D_SIZE 1000\n0 0 0\n", Fault::Unsupported, { "line 1", "1000", "129" } },
        Refused { "SizeBeyondInt", "LUT_3D_SIZE 99999999999999999999\n", Fault::Unsupported, { "line 1" } },
        Refused {
            "SizeTwice", "LUT_3D_SIZE 2\nLUT_3D_SIZE 3\n", Fault::Corrupt, { "line 2", "one LUT_3D_SIZE" } },
        Refused { "SizeAfterSamples", "0 0 0\nLUT_3D_SIZE 2\n", Fault::Corrupt,
            { "line 1", "LUT_3D_SIZE before" } },
        Refused { "KeywordInSamples", "LUT_3D_SIZE 2\n0 0 0\nTITLE \"a\"\n", Fault::Corrupt,
            { "line 3", "keywords come before" } },
        Refused {
            "TooFew", "LUT_3D_SIZE 2\n" + samples(7), Fault::Corrupt, { "line 8", "8 samples", "after 7" } },
        Refused { "TooMany", "LUT_3D_SIZE 2\n" + samples(9), Fault::Corrupt, { "line 10", "end after 8" } },
        Refused {
            "TwoNumbers", "LUT_3D_SIZE 2\n0 0\n", Fault::Corrupt, { "line 2", "three numbers", "\"0 0\"" } },
        Refused { "FourNumbers", "LUT_3D_SIZE 2\n0 0 0 0\n", Fault::Corrupt, { "line 2", "three numbers" } },
        Refused {
            "DecimalCommas", "LUT_3D_SIZE 2\n0,5 0,5 0,5\n", Fault::Corrupt, { "line 2", "0,5 0,5 0,5" } },
        Refused { "NoBlanks", "LUT_3D_SIZE 2\n0-1-1\n", Fault::Corrupt, { "line 2", "three numbers" } },
        Refused { "Nan", "LUT_3D_SIZE 2\n0 nan 0\n", Fault::Corrupt, { "line 2", "0 nan 0" } },
        Refused { "NanFirst", "LUT_3D_SIZE 2\nnan nan nan\n", Fault::Corrupt, { "line 2", "three numbers" } },
        Refused { "Infinity", "LUT_3D_SIZE 2\n0 0 -inf\n", Fault::Corrupt, { "line 2", "-inf" } },
        Refused { "BeyondDouble", "LUT_3D_SIZE 2\n0 0 1e999\n", Fault::Corrupt, { "line 2", "1e999" } },
        Refused { "BeyondSense", "LUT_3D_SIZE 2\n0 0 1e6\n", Fault::Corrupt, { "line 2", "1e6" } },
        Refused { "DomainWord", "DOMAIN_MIN 0 0 black\n", Fault::Corrupt, { "line 1", "three numbers" } },
        Refused { "DomainNan", "DOMAIN_MAX 1 1 nan\n", Fault::Corrupt, { "line 1", "three numbers" } },
        Refused { "RangeOfThree", "LUT_3D_INPUT_RANGE 0 1 1\n", Fault::Corrupt, { "line 1", "two numbers" } },
        Refused { "DomainEmpty", std::string("\nDOMAIN_MAX 1 0 1\n") + kSmallest, Fault::Corrupt,
            { "line 2", "domain", "0 to 0" } },
        Refused { "DomainUpsideDown", std::string("DOMAIN_MIN 0 0 2\n") + kSmallest, Fault::Corrupt,
            { "line 1", "domain" } },
        Refused { "UnknownKeyword", "LUT_3D_SIZE 2\nLUT_IN_VIDEO_RANGE\n", Fault::Unsupported,
            { "line 2", "LUT_IN_VIDEO_RANGE" } },
        Refused { "Zeros", std::string(100000, '\0'), Fault::Corrupt, { "line 1", "at most 4096 bytes" } },
        Refused { "FewZeros", std::string(30, '\0'), Fault::Corrupt, { "line 1", "three numbers" } },
        Refused { "Binary", "\x89PNG\r\n\x1a\n\xff\xfe\x01", Fault::Corrupt, { "line 1", "?PNG" } },
        Refused { "Picture", "\xff\xd8\xff\xe0", Fault::Corrupt, { "line 1", "????" } }),
    [](const auto& one) { return one.param.name; });

TEST(CubeFile, OneLineOf100MegabytesIsRefused)
{
    const auto lut = parseCubeLut("TITLE \"" + std::string(100 << 20, 'a'));
    ASSERT_FALSE(lut);
    EXPECT_EQ(lut.error().fault, Fault::Corrupt);
    EXPECT_THAT(lut.error().message, AllOf(HasSubstr("line 1"), HasSubstr("at most 4096 bytes")));
}

TEST(CubeFile, ALongTitleIsCutAndIsAscii)
{
    const auto lut = parseCubeLut("TITLE \"\x01\xc3\xa9" + std::string(1000, 'a') + "\"\n" + kSmallest);
    ASSERT_TRUE(lut) << lut.error().message;
    EXPECT_EQ(lut->title, "???" + std::string(kLongestTitle - 3, 'a'));
}

TEST(CubeFile, TheLargestCubeWithoutItsSamplesIsTooFew)
{
    const auto lut = parseCubeLut("LUT_3D_SIZE 129\n" + samples(1) + std::string(100, '\n'));
    ASSERT_FALSE(lut);
    EXPECT_THAT(lut.error().message, AllOf(HasSubstr("line 102"), HasSubstr("2146689 samples")));
}

TEST(CubeFile, IsReadFromDisk)
{
    const tests::Folder folder;
    std::ofstream(folder / "look.cube") << "TITLE \"Look\"\n" << kSmallest;
    const auto lut = readCubeLut(folder / "look.cube");
    ASSERT_TRUE(lut) << lut.error().message;
    EXPECT_EQ((*lut)->title, "Look");
    EXPECT_EQ((*lut)->at({ 0.5F, 0.25F, 1 }), (Rgb { 0.5F, 0.25F, 1 }));

    std::ofstream(folder / "torn.cube") << "LUT_3D_SIZE 2\n0 0 0\n";
    const auto torn = readCubeLut(folder / "torn.cube");
    ASSERT_FALSE(torn);
    EXPECT_THAT(torn.error().message, AllOf(HasSubstr("torn.cube: line 2"), HasSubstr("8 samples")));
}

// Fails for a reader that opens what blocks: the test would hang at the FIFO, which nobody writes to.
TEST(CubeFile, WhatIsNoFileIsRefusedAtOnce)
{
    const tests::Folder folder;
    EXPECT_EQ(readCubeLut(folder / "none.cube").error().fault, Fault::NotFound);
    EXPECT_EQ(readCubeLut(folder.path()).error().fault, Fault::Unsupported);
    ASSERT_EQ(::mkfifo((folder / "pipe.cube").c_str(), 0600), 0);
    const auto pipe = readCubeLut(folder / "pipe.cube");
    ASSERT_FALSE(pipe);
    EXPECT_EQ(pipe.error().fault, Fault::Unsupported);
    EXPECT_THAT(pipe.error().message, HasSubstr("pipe.cube: is no file"));
}

TEST(CubeFile, WhatMayNotBeReadIsSaid)
{
    const tests::Folder folder;
    std::ofstream(folder / "secret.cube") << kSmallest;
    std::filesystem::permissions(folder / "secret.cube", std::filesystem::perms::none);
    // Root may read everything, nobody next to nothing.
    constexpr uid_t kNobody = 65534;
    ASSERT_EQ(::seteuid(::getuid() == 0 ? kNobody : ::getuid()), 0);
    const auto lut = readCubeLut(folder / "secret.cube");
    ASSERT_EQ(::seteuid(::getuid()), 0);
    ASSERT_FALSE(lut);
    EXPECT_EQ(lut.error().fault, Fault::Denied);
    EXPECT_THAT(lut.error().message, HasSubstr("secret.cube: cannot be read"));
}

TEST(CubeFile, AFileTooLargeIsRefusedUnread)
{
    const tests::Folder folder;
    std::ofstream(folder / "film.cube").put('0');
    std::filesystem::resize_file(folder / "film.cube", std::uintmax_t { 1 } << 40); // no byte of it on disk
    const auto lut = readCubeLut(folder / "film.cube");
    ASSERT_FALSE(lut);
    EXPECT_EQ(lut.error().fault, Fault::Unsupported);
    EXPECT_THAT(lut.error().message, HasSubstr("film.cube: has 1.1 TB, a LUT at most 134 MB"));
}

/// What the makers publish: signals of 0, 18 and 90 % reflectance.
struct PublishedLog {
    CameraLog log;
    const char* name;
    double black;
    double grey;
    double white;
};
void PrintTo(const PublishedLog& published, std::ostream* out) { *out << published.name; }

/// The signal of a 10 bit code in limited range (ITU-R BT.709, item 4).
double signalOf(double code) { return (code - 64) / 876; }

class LogPreset : public testing::TestWithParam<PublishedLog> {
protected:
    Rgb neutral(double signal) const
    {
        const auto value = static_cast<float>(signal);
        return logPreset(GetParam().log)->at({ value, value, value });
    }
};

TEST_P(LogPreset, PutsMiddleGreyWhereBt709HasIt)
{
    const float expected = 0.4090F; // 1.099 * 0.18^0.45 - 0.099
    expectNear(neutral(GetParam().grey), { expected, expected, expected }, 0.003);
}

TEST_P(LogPreset, LeavesBlackBlack)
{
    for (const double signal : { 0.0, GetParam().black / 2, GetParam().black })
        for (const float value : neutral(signal)) {
            EXPECT_GE(value, 0);
            EXPECT_LE(value, 0.02) << signal;
        }
}

TEST_P(LogPreset, PutsWhiteOnTheShoulder)
{
    // 1.099 * 0.9^0.45 - 0.099 = 0.9491, 0.8305 of the shoulder's 0.3; of it 0.8305 / 1.8305 are left, and a
    // little more for a camera with little light above.
    for (const float value : neutral(GetParam().white)) {
        EXPECT_GT(value, 0.833);
        EXPECT_LT(value, 0.846);
    }
}

TEST_P(LogPreset, NeverGetsDarkerAsTheSignalRisesAndStaysNeutral)
{
    Rgb last = neutral(0);
    for (int code = 1; code <= 1023; ++code) {
        const Rgb now = neutral(code / 1023.0);
        ASSERT_GE(now[1], last[1]) << code;
        if (code > 300) {
            ASSERT_GT(now[1], last[1]) << "highlights are told apart, " << code;
        }
        ASSERT_NEAR(now[0], now[1], 1e-5) << code;
        ASSERT_NEAR(now[2], now[1], 1e-5) << code;
        last = now;
    }
    EXPECT_NEAR(last[1], 1, 1e-6) << "what the camera clips is white";
}

TEST_P(LogPreset, IsMadeOnce)
{
    const CubeLutPtr lut = logPreset(GetParam().log);
    EXPECT_EQ(lut, logPreset(GetParam().log));
    EXPECT_EQ(lut->size, 33);
    EXPECT_EQ(lut->samples.size(), 33U * 33 * 33);
    EXPECT_EQ(lut->title, nameOf(GetParam().log));
    EXPECT_THAT(std::string(nameOf(GetParam().log)), HasSubstr("Log"));
}

/// BT.709's curve, in the range where the presets leave it alone.
double bt709(double light) { return 1.099 * std::pow(light, 0.45) - 0.099; }

// Fails for a preset in the wrong gamut, or with red and blue exchanged. The matrices to BT.709 are the
// makers'.
TEST(LogPresets, ALogCColourIsTheOneThatArrisMatrixGives)
{
    const auto logC = [](double light) {
        return static_cast<float>(0.247190 * std::log10(5.555556 * light + 0.052272) + 0.385537);
    };
    const double r = 0.25, g = 0.20, b = 0.15;
    const Rgb expected = toFloat({ bt709(1.617523 * r - 0.537287 * g - 0.080237 * b),
        bt709(-0.070573 * r + 1.334613 * g - 0.264039 * b),
        bt709(-0.021102 * r - 0.226954 * g + 1.248056 * b) });
    expectNear(logPreset(CameraLog::LogC3)->at({ logC(r), logC(g), logC(b) }), expected, 0.003);
}

TEST(LogPresets, AVLogColourIsTheOneThatPanasonicsMatrixGives)
{
    const auto vLog = [](double light) {
        return static_cast<float>(signalOf(1023 * (0.241514 * std::log10(light + 0.00873) + 0.598206)));
    };
    const double r = 0.15, g = 0.20, b = 0.25;
    const Rgb expected = toFloat({ bt709(1.806576 * r - 0.695697 * g - 0.110879 * b),
        bt709(-0.170090 * r + 1.305955 * g - 0.135865 * b),
        bt709(-0.025206 * r - 0.154468 * g + 1.179674 * b) });
    expectNear(logPreset(CameraLog::VLog)->at({ vLog(r), vLog(g), vLog(b) }), expected, 0.003);
}

TEST(LogPresets, CanonLogKeepsItsPrimaries)
{
    // Middle grey in one channel, black in the others.
    const auto grey = static_cast<float>(signalOf(351)), black = static_cast<float>(signalOf(128));
    expectNear(logPreset(CameraLog::CanonLog)->at({ grey, black, black }), { 0.409F, 0, 0 }, 0.02);
}

// Canon, "Canon-Log Transfer Characteristic" (2012), table 2, and "Canon Log Gamma Curves" (2018); Sony,
// Technical Summary for S-Gamut3.Cine/S-Log3; Panasonic, V-Log/V-Gamut Reference Manual, figure 2.2; ARRI,
// ALEXA Log C Curve, Usage in VFX (18 % grey is 400 of 1023 at each EI). 90 % white of Canon Log 2, Canon Log
// 3 and LogC3 is where the published formulas put it.
INSTANTIATE_TEST_SUITE_P(Published, LogPreset,
    testing::Values(
        PublishedLog { CameraLog::CanonLog, "CanonLog", signalOf(128), signalOf(351), signalOf(614) },
        PublishedLog { CameraLog::CanonLog2, "CanonLog2", signalOf(95), 0.392, signalOf(575) },
        PublishedLog { CameraLog::CanonLog3, "CanonLog3", signalOf(128), signalOf(351), signalOf(577) },
        PublishedLog { CameraLog::SLog3, "SLog3", signalOf(95), signalOf(420), signalOf(598) },
        PublishedLog { CameraLog::VLog, "VLog", signalOf(128), signalOf(433), signalOf(602) },
        PublishedLog { CameraLog::LogC3, "LogC3", 95.0 / 1023, 400.0 / 1023, 572.0 / 1023 }),
    [](const auto& one) { return one.param.name; });

} // namespace
} // namespace backtake::base
