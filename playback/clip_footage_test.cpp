#include "base/jpeg.hpp"
#include "playback/clip_footage.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <numeric>
#include <random>
#include <set>
#include <thread>

namespace backtake::playback {
namespace {

using base::Fault;
using base::FrameIndex;
using base::Nanos;
using namespace std::chrono_literals;

constexpr int kWidth = 320;
constexpr int kHeight = 180;
constexpr int kBits = 10;

/// A folder of its own that goes with the test.
class Clips : public testing::Test {
protected:
    Clips()
    {
        std::string name = (std::filesystem::temp_directory_path() / "backtake-clips-XXXXXX").string();
        folder_ = ::mkdtemp(name.data()) != nullptr ? name : std::string();
    }
    ~Clips() override { std::filesystem::remove_all(folder_); }

    /// Runs a command line of ffmpeg; `{}` in @p arguments stands for the folder.
    void ffmpeg(std::string arguments)
    {
        for (auto at = arguments.find("{}"); at != std::string::npos; at = arguments.find("{}"))
            arguments.replace(at, 2, folder_.string());
        const std::string line = "ffmpeg -nostdin -v error -y " + arguments;
        ASSERT_EQ(std::system(line.c_str()), 0) << line; // NOLINT(cert-env33-c)
    }

    /// Raw 4:2:0 pictures that carry their own number as black and white blocks, over a moving ramp.
    void writeNumbered(int count)
    {
        std::ofstream out(folder_ / "numbered.yuv", std::ios::binary);
        std::vector<char> picture(kWidth * kHeight * 3 / 2, char(128));
        for (int n = 0; n < count; ++n) {
            for (int y = 0; y < kHeight; ++y)
                for (int x = 0; x < kWidth; ++x) {
                    const int bit = x * kBits / kWidth;
                    const int value =
                        y < kHeight / 2 ? ((n >> bit & 1) != 0 ? 200 : 50) : 16 + (x + y + n * 3) % 200;
                    picture[static_cast<std::size_t>(y * kWidth + x)] = static_cast<char>(value);
                }
            out.write(picture.data(), static_cast<std::streamsize>(picture.size()));
        }
        out.close();
        input_ =
            fmt::format("-f rawvideo -pix_fmt yuv420p -s {}x{} -r 25 -i {{}}/numbered.yuv ", kWidth, kHeight);
    }

    std::shared_ptr<const ClipFootage> open(const std::string& name, std::size_t cache_bytes = 512u << 20)
    {
        auto clip = ClipFootage::open(folder_ / name, { cache_bytes });
        EXPECT_TRUE(clip) << (clip ? "" : clip.error().message + ": " + clip.error().detail);
        return clip ? *clip : nullptr;
    }

    std::filesystem::path folder_;
    std::string input_;
};

std::shared_ptr<base::Picture> decoded(const base::FramePtr& frame)
{
    base::PicturePool pool(1u << 30);
    auto picture = base::JpegDecoder().decode(frame->jpeg, pool);
    return picture ? *picture : nullptr;
}

/// The number a picture carries; -1 when there is no picture.
int numberIn(const base::Result<base::FramePtr>& frame)
{
    const auto picture = frame ? decoded(*frame) : nullptr;
    if (!picture)
        return -1;
    int number = 0;
    for (int bit = 0; bit < kBits; ++bit) {
        const int x = (2 * bit + 1) * picture->format.width / (2 * kBits);
        const int y = picture->format.height / 4;
        if (picture->planes[0][y * picture->strides[0] + x] > 127)
            number |= 1 << bit;
    }
    return number;
}

std::vector<int> numbersOf(const ClipFootage& clip, const std::vector<FrameIndex>& order)
{
    std::vector<int> numbers;
    for (const FrameIndex n : order)
        numbers.push_back(numberIn(clip.frame(n)));
    return numbers;
}

std::vector<FrameIndex> upTo(FrameIndex count)
{
    std::vector<FrameIndex> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    return order;
}

void expectEveryFrameInAnyOrder(const ClipFootage& clip, int count)
{
    ASSERT_EQ(clip.frameCount(), count);
    auto order = upTo(count);
    const std::vector<int> forward(order.begin(), order.end());
    EXPECT_EQ(numbersOf(clip, order), forward);
    std::reverse(order.begin(), order.end());
    EXPECT_EQ(numbersOf(clip, order), std::vector<int>(forward.rbegin(), forward.rend()));
    std::shuffle(order.begin(), order.end(), std::mt19937(7)); // NOLINT(cert-msc51-cpp): the same every time
    order.resize(std::min<std::size_t>(order.size(), 60));
    EXPECT_EQ(numbersOf(clip, order), std::vector<int>(order.begin(), order.end()));
}

std::vector<std::byte> bytesOf(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    const std::vector<char> chars((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto* data = reinterpret_cast<const std::byte*>(chars.data());
    return { data, data + chars.size() };
}

void write(const std::filesystem::path& path, std::span<const std::byte> bytes)
{
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// Fails for a reader that re-encodes the camera's JPEGs, or cuts them at the wrong place.
TEST_F(Clips, MotionJpegComesOutByteForByte)
{
    writeNumbered(40);
    for (const char* name : { "clip.mov", "clip.mp4", "clip.avi", "clip.mkv" }) {
        SCOPED_TRACE(name);
        ffmpeg(input_ + "-c:v mjpeg -q:v 3 -pix_fmt yuvj422p {}/" + name);
        ffmpeg(fmt::format("-i {{}}/{} -c copy -f mjpeg {{}}/all.mjpeg", name));
        const auto clip = open(name);
        ASSERT_TRUE(clip);
        EXPECT_TRUE(clip->handsOnUntouched());
        std::vector<std::byte> all;
        for (FrameIndex n = 0; n < clip->frameCount(); ++n) {
            const auto frame = clip->frame(n);
            ASSERT_TRUE(frame) << frame.error().message;
            EXPECT_EQ((*frame)->width, kWidth);
            all.insert(all.end(), (*frame)->jpeg.begin(), (*frame)->jpeg.end());
        }
        EXPECT_EQ(all, bytesOf(folder_ / "all.mjpeg"));
        expectEveryFrameInAnyOrder(*clip, 40);
        EXPECT_EQ(clip->cachedBytes(), 0u);
    }
}

TEST_F(Clips, TimesRateAndTimecodeAreTheContainers)
{
    writeNumbered(30);
    ffmpeg(input_ + "-r 24000/1001 -frames:v 24 -c:v mjpeg -timecode 01:02:03:04 {}/clip.mov");
    const auto clip = open("clip.mov");
    ASSERT_TRUE(clip);
    EXPECT_EQ(clip->frameCount(), 24);
    EXPECT_EQ(clip->nominalRate(), (base::Rate { 24000, 1001 }));
    for (FrameIndex n = 0; n <= 24; ++n)
        EXPECT_NEAR(static_cast<double>(clip->capturedTime(n).count()),
            static_cast<double>(clip->nominalRate().timeOf(n).count()), 1e5)
            << n;
    EXPECT_EQ(clip->timecode(0), ((1 * 60 + 2) * 60 + 3) * 24 + 4);
    EXPECT_EQ(clip->timecode(23), clip->timecode(0) + 23);
    EXPECT_EQ(clip->duration(), clip->capturedTime(24));
}

// Fails for a reader that computes times from a rate: frames that stand longer must do so in the review, too.
TEST_F(Clips, UnevenTimesAreKept)
{
    writeNumbered(20);
    ffmpeg(input_
        + "-vf \"setpts='if(lt(N,10),N,10+(N-10)*3)/25/TB'\" -fps_mode passthrough -c:v mjpeg {}/clip.mov");
    const auto clip = open("clip.mov");
    ASSERT_TRUE(clip);
    ASSERT_EQ(clip->frameCount(), 20);
    EXPECT_EQ(clip->capturedTime(10), 400ms);
    EXPECT_EQ(clip->capturedTime(11), 520ms);
    EXPECT_EQ(clip->capturedTime(19), 400ms + 9 * 120ms);
    EXPECT_EQ(numbersOf(*clip, { 9, 10, 19 }), (std::vector<int> { 9, 10, 19 }));
}

// Fails for a decoder that shows frames in decoding order, loses the last of a group, or those of an open
// group.
TEST_F(Clips, LongGroupsWithBPicturesGiveEveryFrameInOrder)
{
    writeNumbered(150);
    const std::string x264 = "-c:v libx264 -preset veryfast -crf 12 -bf 3 ";
    const struct {
        const char* name;
        std::string codec;
    } clips[] = {
        { "closed.mp4", x264 + "-g 12" },
        { "b_pictures.avi", x264 + "-g 25" },
        { "open.mp4", x264 + "-g 15 -x264-params open-gop=1:b-pyramid=2" },
        { "long.mov", x264 + "-g 250" },
        { "intra.mov", "-c:v prores_ks -profile:v 2" },
        { "clip.mkv", x264 + "-g 25" },
        { "clip.ts", x264 + "-g 25" },
        { "fragments.mp4", x264 + "-g 25 -movflags frag_keyframe+empty_moov" },
        { "mpeg2.mpg", "-c:v mpeg2video -q:v 2 -g 15 -bf 2" },
        { "mpeg4.avi", "-c:v mpeg4 -q:v 2 -g 20" },
        { "hevc.mp4",
            "-c:v libx265 -preset ultrafast -crf 12 -x265-params log-level=none:keyint=24:open-gop=1 -tag:v "
            "hvc1" },
    };
    for (const auto& made : clips) {
        SCOPED_TRACE(made.name);
        ffmpeg(input_ + made.codec + " {}/" + made.name);
        const auto clip = open(made.name);
        ASSERT_TRUE(clip);
        EXPECT_FALSE(clip->handsOnUntouched());
        expectEveryFrameInAnyOrder(*clip, 150);
        EXPECT_EQ(clip->nominalRate(), (base::Rate { 25, 1 }));
    }
}

// Fails for a reader that takes the samples of the track for what the edit list shows of them.
TEST_F(Clips, EditListsHideWhatTheyHide)
{
    writeNumbered(100);
    ffmpeg(input_ + "-c:v libx264 -preset veryfast -crf 12 -bf 2 -g 50 {}/whole.mp4");
    ffmpeg("-ss 0.8 -i {}/whole.mp4 -c copy {}/cut.mp4"); // starts inside of a group: the edit list hides 20
                                                          // frames
    const auto clip = open("cut.mp4");
    ASSERT_TRUE(clip);
    EXPECT_EQ(clip->frameCount(), 80);
    EXPECT_EQ(numbersOf(*clip, { 79, 0, 40 }), (std::vector<int> { 99, 20, 60 }));
    EXPECT_EQ(clip->capturedTime(0), 0ns);
    EXPECT_EQ(clip->capturedTime(10), 400ms);
}

// Fails for a cache that holds a whole group, or one that gives up when a group is too long for it.
TEST_F(Clips, ALongGroupStaysWithinTheCache)
{
    writeNumbered(300);
    ffmpeg(input_ + "-c:v libx264 -preset veryfast -crf 12 -g 300 {}/clip.mp4");
    constexpr std::size_t kCache = 512 << 10;
    const auto clip = open("clip.mp4", kCache);
    ASSERT_TRUE(clip);
    for (FrameIndex n = 299; n >= 0; --n) {
        ASSERT_EQ(numberIn(clip->frame(n)), n);
        ASSERT_LE(clip->cachedBytes(), kCache);
    }
}

TEST_F(Clips, ManyThreadsMayAskAtOnce)
{
    writeNumbered(100);
    ffmpeg(input_ + "-c:v libx264 -preset veryfast -crf 12 -g 25 {}/clip.mp4");
    const auto clip = open("clip.mp4", 1 << 20);
    ASSERT_TRUE(clip);
    std::vector<std::jthread> threads;
    std::array<int, 4> wrong {};
    for (std::size_t t = 0; t < wrong.size(); ++t)
        threads.emplace_back([&clip, &wrong, t] {
            for (FrameIndex k = 0; k < 100; ++k) {
                const FrameIndex n = t % 2 == 0 ? 99 - k : (k * 37 + static_cast<FrameIndex>(t)) % 100;
                wrong[t] += numberIn(clip->frame(n)) == n ? 0 : 1;
            }
        });
    threads.clear();
    EXPECT_THAT(wrong, testing::Each(0));
}

/// Mean of a plane.
double meanOf(const base::Picture& picture, int plane)
{
    double sum = 0;
    for (int y = 0; y < picture.format.planeHeight(plane); ++y)
        for (int x = 0; x < picture.format.planeWidth(plane); ++x)
            sum += picture.planes[static_cast<std::size_t>(plane)]
                                 [y * picture.strides[static_cast<std::size_t>(plane)] + x];
    return sum / picture.format.planeHeight(plane) / picture.format.planeWidth(plane);
}

// Fails for a reader that guesses colour, or takes limited range for full. One colour, R'G'B' = (191, 64,
// 32), in four ways.
TEST_F(Clips, ColourIsConvertedOnceFromWhatTheStreamSays)
{
    // JFIF: Y = .299 R + .587 G + .114 B; Cb = 128 + (B - Y) / 1.772; Cr = 128 + (R - Y) / 1.402.
    const double y = 0.299 * 191 + 0.587 * 64 + 0.114 * 32;
    const double cb = 128 + (32 - y) / 1.772;
    const double cr = 128 + (191 - y) / 1.402;
    const std::string source = "-f lavfi -i color=c=0xBF4020:s=320x180:r=25:d=0.4,format=gbrp ";
    const struct {
        const char* name;
        std::string arguments;
    } clips[] = {
        { "bt709.mp4", "-vf zscale=matrix=709:range=limited,format=yuv420p -c:v libx264 -qp 1" },
        { "bt601.mp4", "-vf zscale=matrix=170m:range=limited,format=yuv420p -c:v libx264 -qp 1" },
        { "full709.mp4", "-vf zscale=matrix=709:range=full,format=yuv422p -c:v libx264 -qp 1" },
        { "ten.mov", "-vf zscale=matrix=709:range=limited,format=yuv422p10le -c:v prores_ks -profile:v 3" },
    };
    for (const auto& made : clips) {
        SCOPED_TRACE(made.name);
        ffmpeg(source + made.arguments + " {}/" + made.name);
        const auto clip = open(made.name);
        ASSERT_TRUE(clip);
        const auto frame = clip->frame(5);
        ASSERT_TRUE(frame);
        const auto picture = decoded(*frame);
        ASSERT_TRUE(picture);
        EXPECT_NEAR(meanOf(*picture, 0), y, 1.5);
        EXPECT_NEAR(meanOf(*picture, 1), cb, 1.5);
        EXPECT_NEAR(meanOf(*picture, 2), cr, 1.5);
    }
}

// Fails for a reader that shows the first field of two and drops the other.
TEST_F(Clips, TwoFieldsInOneSampleBecomeOnePicture)
{
    // Two JPEGs of half the height in one sample, as capture cards write them; the container says the whole
    // height.
    writeNumbered(8);
    ffmpeg(input_ + "-vf \"crop=320:90:0:0\" -c:v mjpeg -q:v 2 -pix_fmt yuvj422p -f mjpeg {}/fields.mjpeg");
    const auto fields = bytesOf(folder_ / "fields.mjpeg");
    std::vector<std::vector<std::byte>> samples;
    for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
        if (fields[i] == std::byte { 0xFF } && fields[i + 1] == std::byte { 0xD8 })
            samples.emplace_back();
        samples.back().push_back(fields[i]);
    }
    samples.back().push_back(fields.back());
    ASSERT_EQ(samples.size(), 8u);
    // An AVI with samples of the right sizes, whose bytes are then exchanged: twice the same field in each.
    std::vector<std::byte> avi;
    const auto four = [&avi](const char* name) {
        for (int i = 0; i < 4; ++i)
            avi.push_back(static_cast<std::byte>(name[i]));
    };
    const auto number = [&avi](std::size_t value, int bytes = 4) {
        for (int i = 0; i < bytes; ++i)
            avi.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
    };
    std::vector<std::byte> movi;
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (const auto& sample : samples) {
        const std::size_t size = sample.size() * 2;
        places.emplace_back(movi.size() + 4, size);
        std::swap(avi, movi);
        four("00dc");
        number(size);
        std::swap(avi, movi);
        for (int field = 0; field < 2; ++field)
            movi.insert(movi.end(), sample.begin(), sample.end());
        if (size % 2 != 0)
            movi.push_back(std::byte { 0 });
    }
    four("RIFF"), number(4 + 8 + 192 + 12 + movi.size() + 8 + 16 * places.size()), four("AVI ");
    four("LIST"), number(192), four("hdrl");
    four("avih"), number(56), number(40000), number(0), number(0), number(0x10), number(8), number(0),
        number(1), number(0);
    number(kWidth), number(kHeight), number(0), number(0), number(0), number(0);
    four("LIST"), number(116), four("strl");
    four("strh"), number(56), four("vids"), four("MJPG"), number(0), number(0), number(0), number(1),
        number(25), number(0);
    number(8), number(0), number(0), number(0), number(0), number(0);
    four("strf"), number(40), number(40), number(kWidth), number(kHeight), number(1, 2), number(24, 2),
        four("MJPG");
    number(0), number(0), number(0), number(0), number(0);
    four("LIST"), number(4 + movi.size()), four("movi");
    avi.insert(avi.end(), movi.begin(), movi.end());
    four("idx1"), number(16 * places.size());
    for (const auto& [at, size] : places)
        four("00dc"), number(0x10), number(at), number(size);
    write(folder_ / "fields.avi", avi);

    const auto clip = open("fields.avi");
    ASSERT_TRUE(clip);
    EXPECT_FALSE(clip->handsOnUntouched());
    ASSERT_EQ(clip->frameCount(), 8);
    for (FrameIndex n = 0; n < 8; ++n) {
        const auto frame = clip->frame(n);
        ASSERT_TRUE(frame);
        EXPECT_EQ((*frame)->height, kHeight);
        EXPECT_EQ(numberIn(frame), n);
    }
}

TEST_F(Clips, WhatIsNoClipSaysSoInOneLine)
{
    const auto faultOf = [this](const char* name) {
        const auto clip = ClipFootage::open(folder_ / name);
        EXPECT_FALSE(clip);
        if (clip)
            return Fault::Failed;
        EXPECT_THAT(clip.error().message, testing::HasSubstr(name));
        EXPECT_THAT(clip.error().message, testing::Not(testing::HasSubstr("\n")));
        return clip.error().fault;
    };
    EXPECT_EQ(faultOf("missing.mov"), Fault::NotFound);
    std::filesystem::create_directory(folder_ / "folder.mov");
    EXPECT_EQ(faultOf("folder.mov"), Fault::Unsupported);
    write(folder_ / "empty.mov", {});
    EXPECT_EQ(faultOf("empty.mov"), Fault::Corrupt);
    write(folder_ / "noise.mov", std::vector<std::byte>(100'000, std::byte { 0x5A }));
    EXPECT_EQ(faultOf("noise.mov"), Fault::Corrupt);
    ffmpeg("-f lavfi -i sine=d=1 {}/sound.mov");
    EXPECT_EQ(faultOf("sound.mov"), Fault::Unsupported);
    ffmpeg("-f lavfi -i color=s=64x64:d=1 -c:v qtrle {}/animation.mov"); // RGB: no picture kind of ours
    EXPECT_EQ(faultOf("animation.mov"), Fault::Unsupported);
    // A list of other files is no clip, however a demuxer would like it.
    std::ofstream(folder_ / "list.mov") << "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n";
    EXPECT_EQ(faultOf("list.mov"), Fault::Corrupt);
}

// Fails for a reader that gives up on a clip whose last frames did not make it onto the card.
TEST_F(Clips, ACutOffClipKeepsTheFramesThatAreThere)
{
    writeNumbered(30);
    ffmpeg(input_ + "-c:v mjpeg -q:v 3 -movflags faststart {}/clip.mov");
    auto bytes = bytesOf(folder_ / "clip.mov");
    bytes.resize(bytes.size() * 2 / 3);
    write(folder_ / "cut.mov", bytes);
    const auto clip = open("cut.mov");
    ASSERT_TRUE(clip);
    EXPECT_GE(clip->frameCount(), 19);
    for (FrameIndex n = 0; n < 18; ++n)
        EXPECT_EQ(numberIn(clip->frame(n)), n);
    for (FrameIndex n = 21; n < clip->frameCount(); ++n)
        EXPECT_FALSE(clip->frame(n)) << n;
    EXPECT_EQ(clip->frame(clip->frameCount()).error().fault, Fault::Ended);
    EXPECT_EQ(clip->frame(-1).error().fault, Fault::Ended);
}

// Fails for a reader that trusts the bytes: crashes, hangs and endless memory count as failures here.
TEST_F(Clips, DamagedClipsEndInAnErrorOrInFrames)
{
    writeNumbered(12);
    ffmpeg(input_ + "-c:v mjpeg -q:v 8 -movflags faststart {}/jpeg.mov");
    ffmpeg(input_ + "-c:v libx264 -preset ultrafast -g 6 -movflags faststart {}/h264.mp4");
    std::mt19937 dice(11); // NOLINT(cert-msc51-cpp): the same every time
    for (const char* name : { "jpeg.mov", "h264.mp4" }) {
        const auto whole = bytesOf(folder_ / name);
        for (int round = 0; round < 60; ++round) {
            auto bytes = whole;
            const std::size_t reach =
                round % 2 == 0 ? std::min<std::size_t>(2000, bytes.size()) : bytes.size();
            for (int hits = 0; hits < 1 + round % 8; ++hits)
                bytes[dice() % reach] = static_cast<std::byte>(dice() % 3 == 0 ? 0xFF : dice() & 0xFF);
            write(folder_ / "damaged.mov", bytes);
            const auto clip = ClipFootage::open(folder_ / "damaged.mov");
            if (!clip)
                continue;
            for (FrameIndex n = 0; n < std::min<FrameIndex>((*clip)->frameCount(), 15); ++n) {
                (void)(*clip)->frame(n);
                EXPECT_LE((*clip)->capturedTime(n), (*clip)->capturedTime(n + 1));
            }
        }
    }
}

#ifdef BACKTAKE_TEST_MEDIA
// Clips that other people made with other cameras.
TEST_F(Clips, ClipsOfOthersHaveTheFramesThatFfmpegCounts)
{
    const std::filesystem::path media = BACKTAKE_TEST_MEDIA;
    ASSERT_TRUE(std::filesystem::exists(media / "diver.mov")) << "run tests/media first";
    const auto diver = ClipFootage::open(media / "diver.mov");
    ASSERT_TRUE(diver) << diver.error().message;
    EXPECT_EQ((*diver)->frameCount(), 351); // ffprobe -count_frames
    EXPECT_TRUE((*diver)->handsOnUntouched());
    const auto jpeg = (*diver)->frame(350);
    ASSERT_TRUE(jpeg);
    const auto picture = decoded(*jpeg);
    ASSERT_TRUE(picture);
    EXPECT_FALSE(picture->damaged); // the padding behind its end is not handed on
    EXPECT_EQ(picture->format.height, 480);

    const auto ball = ClipFootage::open(media / "balle-jbart.mp4");
    ASSERT_TRUE(ball) << ball.error().message;
    ASSERT_EQ((*ball)->frameCount(), 255);
    ffmpeg(fmt::format("-i {} -f rawvideo -pix_fmt gray {{}}/ball.y", (media / "balle-jbart.mp4").string()));
    const auto raw = bytesOf(folder_ / "ball.y");
    ASSERT_EQ(raw.size(), 255u * 720 * 576);
    for (const FrameIndex n : { 254, 253, 128, 127, 60, 1, 0 }) {
        const auto frame = (*ball)->frame(n);
        ASSERT_TRUE(frame);
        const auto shown = decoded(*frame);
        ASSERT_TRUE(shown);
        double difference = 0; // ffmpeg's grey is full range, too
        for (int y = 0; y < 576; ++y)
            for (int x = 0; x < 720; ++x)
                difference += std::abs(shown->planes[0][y * shown->strides[0] + x]
                    - std::to_integer<int>(raw[static_cast<std::size_t>((n * 576 + y) * 720 + x)]));
        EXPECT_LT(difference / (720 * 576), 1.5) << n;
    }
}
#endif

} // namespace
} // namespace backtake::playback
