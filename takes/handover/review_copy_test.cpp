#include "takes/handover/drawing.hpp"
#include "takes/handover/review_copy.hpp"
#include "takes/nominal_grid.hpp"
#include "takes/test_takes.hpp"
#include "tests/output.hpp"

#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <numbers>
#include <random>

// What we write is judged by programs that are not ours: ffprobe and ffmpeg.

namespace backtake::handover {
namespace {

using namespace takes;

constexpr int kWidth = 640;
constexpr int kHeight = 360;

using Ycc = std::array<int, 3>;

/// A picture of JPEG's full-range BT.601, each pixel as @p at says; chroma of 4:2:2 at even columns.
FramePtr frameOf(int n, const std::function<Ycc(int x, int y)>& at, int width = kWidth, int height = kHeight)
{
    static base::PicturePool pool(64 << 20);
    static base::JpegEncoder encoder;
    const auto picture = pool.tryAcquire({ width, height, base::Subsampling::S422, base::kJpegColour });
    for (std::size_t plane = 0; plane < 3; ++plane) {
        const int step = plane == 0 ? 1 : 2;
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width / step; ++x)
                picture->planes[plane][y * picture->strides[plane] + x] =
                    static_cast<std::uint8_t>(at(x * step, y)[plane]);
        }
    }
    const auto bytes = encoder.encode(*picture, 95);
    auto owner = std::make_shared<std::vector<std::byte>>(bytes->begin(), bytes->end());
    auto frame = std::make_shared<base::Frame>();
    frame->serial = static_cast<base::Serial>(n);
    frame->captured_at = kUptime + n * 40ms;
    frame->width = static_cast<std::uint16_t>(width);
    frame->height = static_cast<std::uint16_t>(height);
    frame->jpeg = *owner;
    frame->owner = owner;
    return frame;
}

/// Full-range luma of frame n of numbered takes.
int lumaOf(FrameIndex n) { return 30 + 4 * static_cast<int>(n); }
/// What that is in video: ITU-R BT.709, limited range.
double videoLuma(double full) { return 16 + full * 219 / 255; }

std::vector<FramePtr> numberedFrames(int count)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < count; ++n)
        frames.push_back(frameOf(n, [n](int, int) { return Ycc { lumaOf(n), 128, 128 }; }));
    return frames;
}

class ReviewCopies : public ::testing::Test {
protected:
    std::shared_ptr<const Recording> take(const std::vector<FramePtr>& frames, TakeFacts facts = makeFacts(),
        std::span<const std::int16_t> sound = {}, SoundFacts format = { 48000, 1, 0, {} })
    {
        auto writer = RecordingWriter::create(root_.path(), facts);
        EXPECT_OK((*writer)->append(frames));
        if (!sound.empty()) {
            EXPECT_OK((*writer)->appendSound(std::as_bytes(sound), format));
        }
        EXPECT_OK((*writer)->close(facts));
        return Recording::open((*writer)->folder()).value();
    }
    static MovRun runOf(const Recording& take) { return movRuns(take, Order::Captured, "x.mov").front(); }
    static Clip clipOf(const Recording& take, int speed_percent)
    {
        const MovRun run = runOf(take);
        Clip clip;
        clip.reel = reelName(take.facts().slate);
        clip.slate = take.facts().slate;
        clip.timecode = take.facts().timecode;
        clip.start = take.facts().start_timecode;
        clip.frames = NominalGrid(take, run.first, run.last).length();
        clip.out = clip.frames;
        clip.speed_percent = speed_percent;
        return clip;
    }
    base::Result<ReviewCopy> copy(const Recording& take, const Clip& clip, CopyForm form = {})
    {
        return makeReviewCopy(take, runOf(take), clip, form, out(form), {});
    }
    [[nodiscard]] std::filesystem::path out(const CopyForm& form = {}) const
    {
        return root_.path() / (form.codec == CopyCodec::H264 ? "out.mp4" : "out.mov");
    }
    [[nodiscard]] std::vector<std::string> left() const
    {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(root_.path())) {
            if (entry.path().filename() != "media")
                names.push_back(entry.path().filename());
        }
        return names;
    }
    Folder root_;
};

std::string ask(const std::string& command, const std::filesystem::path& file)
{
    std::string said = tests::outputOf(command + " '" + file.string() + "' 2>/dev/null");
    while (said.ends_with('\n'))
        said.pop_back();
    return said;
}

std::string probe(const std::filesystem::path& file, const std::string& streams, const std::string& entries)
{
    return ask("ffprobe -v error -select_streams " + streams + " -show_entries " + entries
            + " -of default=noprint_wrappers=1",
        file);
}

/// All planes of every picture as ffmpeg decodes them, in 8 bits.
struct Decoded {
    int width;
    int height;
    std::string bytes; ///< Of 4:4:4 planes.

    [[nodiscard]] std::size_t count() const { return bytes.size() / (3 * width * height); }
    [[nodiscard]] int at(std::size_t frame, int plane, int x, int y) const
    {
        return static_cast<unsigned char>(
            bytes[(frame * 3 + static_cast<std::size_t>(plane)) * width * height + y * width + x]);
    }
    /// Mean around the middle, which no letters reach.
    [[nodiscard]] double middle(std::size_t frame, int plane = 0) const
    {
        double sum = 0;
        for (int y = height / 2 - 8; y < height / 2 + 8; ++y) {
            for (int x = width / 2 - 8; x < width / 2 + 8; ++x)
                sum += at(frame, plane, x, y);
        }
        return sum / 256;
    }
};

Decoded decode(const std::filesystem::path& file, int width = kWidth, int height = kHeight)
{
    return { width, height,
        tests::outputOf("ffmpeg -v error -noautorotate -i '" + file.string()
            + "' -map 0:v -fps_mode passthrough -f rawvideo -pix_fmt yuv444p - 2>/dev/null") };
}

/// The captured frame whose number the middle of each picture carries.
std::vector<FrameIndex> framesSeen(const std::filesystem::path& file)
{
    const Decoded pictures = decode(file);
    std::vector<FrameIndex> frames;
    for (std::size_t k = 0; k < pictures.count(); ++k)
        frames.push_back(std::lround((((pictures.middle(k) - 16) * 255 / 219) - 30) / 4));
    return frames;
}

TEST_F(ReviewCopies, OfABackwardTakeShowItReversedWithTheTagsOfVideo)
{
    const auto recording = take(numberedFrames(50));
    const auto made = copy(*recording, clipOf(*recording, -100));
    ASSERT_OK(made);
    EXPECT_EQ(made->frames, 50);
    EXPECT_EQ(made->held, 0);
    EXPECT_EQ(made->bytes, std::filesystem::file_size(out()));
    std::vector<FrameIndex> expected;
    for (FrameIndex k = 0; k < 50; ++k)
        expected.push_back(49 - k);
    EXPECT_EQ(framesSeen(out()), expected);
    EXPECT_EQ(
        probe(out(), "v",
            "stream=codec_name,width,height,pix_fmt,color_range,color_space,color_transfer,color_primaries,"
            "r_frame_rate,nb_frames"),
        "codec_name=h264\nwidth=640\nheight=360\npix_fmt=yuv420p\ncolor_range=tv\ncolor_space=bt709\n"
        "color_transfer=bt709\ncolor_primaries=bt709\nr_frame_rate=25/1\nnb_frames=50");
    EXPECT_EQ(ask("mediainfo --Inform='Video;%Format%|%FrameRate%|%FrameRate_Mode%|%FrameCount%'", out()),
        "AVC|25.000|CFR|50");
    EXPECT_THAT(probe(out(), "d", "stream_tags=timecode"), ::testing::HasSubstr("timecode=00:00:00:00"));
    EXPECT_EQ(left(), (std::vector<std::string> { "out.mp4" }));
}

TEST_F(ReviewCopies, ShowTheRangeAtTheSpeed)
{
    const auto recording = take(numberedFrames(50));
    for (const int speed : { 50, -50, 200, -200 }) {
        Clip clip = clipOf(*recording, speed);
        clip.in = 10;
        clip.out = 40;
        ASSERT_OK(copy(*recording, clip));
        std::vector<FrameIndex> expected;
        for (FrameIndex k = 0; k < (std::abs(speed) == 50 ? 60 : 15); ++k) {
            const FrameIndex gone = std::abs(speed) == 50 ? k / 2 : 2 * k;
            // Reversed a fast film leaves out the last frame, where forward it leaves out the one behind.
            expected.push_back(speed > 0 ? 10 + gone : std::abs(speed) == 50 ? 39 - gone : 38 - gone);
        }
        EXPECT_EQ(framesSeen(out()), expected) << speed;
        std::filesystem::remove(out());
    }
}

/// The standards' arithmetic from red, green and blue, not ours: JFIF there, BT.709 back.
TEST_F(ReviewCopies, HaveTheColoursOfVideo)
{
    const std::vector<std::array<double, 3>> colours { { 200, 40, 30 }, { 30, 180, 60 }, { 40, 50, 210 },
        { 220, 220, 40 }, { 10, 10, 10 }, { 240, 240, 240 }, { 180, 130, 110 } };
    std::vector<FramePtr> frames;
    for (const auto& [r, g, b] : colours) {
        const Ycc ycc { static_cast<int>(std::lround(0.299 * r + 0.587 * g + 0.114 * b)),
            static_cast<int>(std::lround(128 - 0.168736 * r - 0.331264 * g + 0.5 * b)),
            static_cast<int>(std::lround(128 + 0.5 * r - 0.418688 * g - 0.081312 * b)) };
        frames.push_back(frameOf(static_cast<int>(frames.size()), [ycc](int, int) { return ycc; }));
    }
    const auto recording = take(frames);
    for (const CopyCodec codec : { CopyCodec::H264, CopyCodec::ProRes }) {
        ASSERT_OK(copy(*recording, clipOf(*recording, 100), customary(codec)));
        const Decoded pictures = decode(out(customary(codec)));
        ASSERT_EQ(pictures.count(), colours.size());
        for (std::size_t i = 0; i < colours.size(); ++i) {
            const auto& [r, g, b] = colours[i];
            const double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
            EXPECT_NEAR(pictures.middle(i, 0), 16 + y * 219 / 255, 2) << i;
            EXPECT_NEAR(pictures.middle(i, 1), 128 + (b - y) / 1.8556 * 224 / 255, 2) << i;
            EXPECT_NEAR(pictures.middle(i, 2), 128 + (r - y) / 1.5748 * 224 / 255, 2) << i;
        }
    }
}

TEST_F(ReviewCopies, AreTurnedAsTheTakeIs)
{
    // Bright at the left, brightest at the top left; red below.
    const auto picture = [](int x, int y) {
        return Ycc { x < kWidth / 2 ? (y < kHeight / 2 ? 220 : 160) : 60, 128, y < kHeight / 2 ? 128 : 180 };
    };
    for (const auto orientation :
        { Orientation::Upright, Orientation::UpsideDown, Orientation::Mirrored, Orientation::Flipped }) {
        for (const CopyCodec codec : { CopyCodec::H264, CopyCodec::ProResLt }) {
            TakeFacts facts = makeFacts(
                { "T", static_cast<int>(orientation), static_cast<char>('A' + static_cast<int>(codec)) });
            facts.orientation = orientation;
            const auto recording = take({ frameOf(0, picture) }, facts);
            CopyForm form = customary(codec);
            form.burn = Burn::Nothing;
            ASSERT_OK(copy(*recording, clipOf(*recording, -100), form));
            const Decoded seen = decode(out(form));
            ASSERT_EQ(seen.count(), 1u);
            const bool right_to_left =
                orientation == Orientation::UpsideDown || orientation == Orientation::Mirrored;
            const bool upside_down =
                orientation == Orientation::UpsideDown || orientation == Orientation::Flipped;
            const auto luma = [&](bool right, bool below) {
                return seen.at(0, 0, right != right_to_left ? 480 : 160, below != upside_down ? 270 : 90);
            };
            EXPECT_NEAR(luma(false, false), videoLuma(220), 14) << static_cast<int>(orientation);
            EXPECT_NEAR(luma(true, false), videoLuma(60), 14);
            EXPECT_GT(luma(false, false), luma(false, true) + 30);
            EXPECT_GT(
                seen.at(0, 2, 320, upside_down ? 90 : 270), seen.at(0, 2, 320, upside_down ? 270 : 90) + 20);
            std::filesystem::remove(out(form));
        }
    }
}

TEST_F(ReviewCopies, HoldTheFrameBeforeADamagedOneInTheOrderPlayed)
{
    auto frames = numberedFrames(12);
    frames[4] = makeLostFrame(4, frames[4]->captured_at, Loss::EncoderBusy);
    frames[5] = makeLostFrame(5, frames[5]->captured_at, Loss::EncoderBusy);
    const auto recording = take(frames);
    auto made = copy(*recording, clipOf(*recording, 100));
    ASSERT_OK(made);
    EXPECT_EQ(made->held, 2);
    EXPECT_EQ(framesSeen(out()), (std::vector<FrameIndex> { 0, 1, 2, 3, 3, 3, 6, 7, 8, 9, 10, 11 }));
    std::filesystem::remove(out());
    ASSERT_OK(copy(*recording, clipOf(*recording, -100)));
    EXPECT_EQ(framesSeen(out()), (std::vector<FrameIndex> { 11, 10, 9, 8, 7, 6, 6, 6, 3, 2, 1, 0 }));
}

TEST_F(ReviewCopies, KeepTheNominalGridOfAnUnevenTake)
{
    auto frames = numberedFrames(10);
    std::vector<FramePtr> late;
    for (std::size_t n = 0; n < frames.size(); ++n) {
        auto moved = std::make_shared<base::Frame>(*frames[n]);
        moved->captured_at += n >= 6 ? 120ms : 0ms; // three frame times without a picture
        late.push_back(moved);
    }
    const auto recording = take(late);
    ASSERT_OK(copy(*recording, clipOf(*recording, -100)));
    EXPECT_EQ(framesSeen(out()), (std::vector<FrameIndex> { 9, 8, 7, 6, 5, 5, 5, 5, 4, 3, 2, 1, 0 }));
}

/// Letters as the house draws them, here on their own: how much the strip of a decoded picture resembles
/// them.
double likeness(const Decoded& pictures, std::size_t frame, const std::string& text)
{
    const double size = std::min(kHeight / 28.0, kWidth / 50.0);
    const int strip = 2 * static_cast<int>(size);
    const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_A8, kWidth, strip));
    const Drawing drawing(cairo_create(surface.get()));
    const Layout figure = layoutOf(drawing.get(), "0", { "JetBrains Mono", size, false });
    const int advance = static_cast<int>(std::ceil(widthOf(figure.get())));
    int x = (kWidth - advance * static_cast<int>(text.size())) / 2;
    for (const char c : text) {
        const Layout layout = layoutOf(drawing.get(), std::string(1, c), { "JetBrains Mono", size, false });
        cairo_move_to(drawing.get(), x, (strip - heightOf(layout.get())) / 2);
        pango_cairo_show_layout(drawing.get(), layout.get());
        x += advance;
    }
    cairo_surface_flush(surface.get());
    const std::uint8_t* drawn = cairo_image_surface_get_data(surface.get());
    const int stride = cairo_image_surface_get_stride(surface.get());
    double difference = 0;
    for (int y = 0; y < strip; ++y) {
        for (int i = kWidth / 4; i < kWidth * 3 / 4; ++i) {
            const double expected = drawn[y * stride + i] / 255.0;
            const double seen = (pictures.at(frame, 0, i, kHeight - strip + y) - 16) / 219.0;
            difference += std::abs(expected - seen);
        }
    }
    return -difference;
}

/// Black pictures, so that letters are all there is. Fails when the clock runs with the film instead of with
/// what is seen, or is a frame off.
TEST_F(ReviewCopies, BurnInTheTimecodeOfTheVeryFrameFallingWhenReversed)
{
    std::vector<FramePtr> frames;
    for (int n = 0; n < 30; ++n)
        frames.push_back(frameOf(n, [](int, int) { return Ycc { 0, 128, 128 }; }));
    const auto recording = take(frames);
    for (const int speed : { -100, 100 }) {
        ASSERT_OK(copy(*recording, clipOf(*recording, speed)));
        const Decoded pictures = decode(out());
        ASSERT_EQ(pictures.count(), 30u);
        for (const std::size_t k : { 0, 1, 13, 24, 25, 29 }) {
            std::string best;
            double most = -1e9;
            for (int n = 0; n < 30; ++n) {
                const std::string text = n < 25
                    ? std::string("TC 01:00:00:") + (n < 10 ? "0" : "") + std::to_string(n)
                    : "TC 01:00:01:0" + std::to_string(n - 25);
                if (const double like = likeness(pictures, k, text); like > most) {
                    most = like;
                    best = text;
                }
            }
            const int n = speed < 0 ? 29 - static_cast<int>(k) : static_cast<int>(k);
            char expected[32];
            std::snprintf(expected, sizeof expected, "TC 01:00:%02d:%02d", n / 25, n % 25);
            EXPECT_EQ(best, expected) << speed << " " << k;
        }
        std::filesystem::remove(out());
    }
}

TEST_F(ReviewCopies, AreLetteredAboveAndBelowOnly)
{
    const auto recording = take(numberedFrames(2));
    Clip clip = clipOf(*recording, -100);
    ASSERT_OK(copy(*recording, clip));
    const Decoded lettered = decode(out());
    std::filesystem::remove(out());
    CopyForm plain;
    plain.burn = Burn::Nothing;
    ASSERT_OK(copy(*recording, clip, plain));
    const Decoded bare = decode(out());
    std::filesystem::remove(out());
    clip.circled = true;
    ASSERT_OK(copy(*recording, clip));
    const Decoded circled = decode(out());
    int ring = 0;
    int darkened = 0;
    for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
            const bool strip = y < 24 || y >= kHeight - 24;
            if (y >= 32 && y < kHeight - 32) {
                EXPECT_NEAR(lettered.at(0, 0, x, y), bare.at(0, 0, x, y), 4);
            } else if (strip) {
                darkened += std::abs(lettered.at(0, 0, x, y) - bare.at(0, 0, x, y)) > 4 ? 1 : 0;
            }
            ring += y < 24 && x < kWidth / 2 && circled.at(0, 0, x, y) > lettered.at(0, 0, x, y) + 60 ? 1 : 0;
        }
    }
    EXPECT_GT(darkened, kWidth * 48 * 95 / 100); // edges of letters may be as bright as the picture
    EXPECT_GT(ring, 20);                         // a circle that a plain take has not
}

TEST_F(ReviewCopies, AreAtMostAsWideAsSaidAndEven)
{
    const auto grey = [](int, int) { return Ycc { 90, 128, 128 }; };
    const auto recording = take({ frameOf(0, grey, 2562, 1441), frameOf(1, grey, 2562, 1441) });
    ASSERT_OK(copy(*recording, clipOf(*recording, -100)));
    EXPECT_EQ(probe(out(), "v", "stream=width,height"), "width=1920\nheight=1080");
    EXPECT_NEAR(decode(out(), 1920, 1080).middle(0), videoLuma(90), 2);
    ASSERT_OK(copy(*recording, clipOf(*recording, -100), customary(CopyCodec::ProResProxy)));
    EXPECT_EQ(
        probe(out(customary(CopyCodec::ProRes)), "v", "stream=width,height"), "width=2562\nheight=1440");
}

TEST_F(ReviewCopies, AsProResAreWhatEditorialExpects)
{
    const auto recording = take(numberedFrames(25));
    for (const auto& [codec, profile, tag] : { std::tuple(CopyCodec::ProRes, "Standard", "apcn"),
             { CopyCodec::ProResLt, "LT", "apcs" }, { CopyCodec::ProResProxy, "Proxy", "apco" } }) {
        const CopyForm form = customary(codec);
        ASSERT_OK(copy(*recording, clipOf(*recording, 100), form));
        EXPECT_EQ(probe(out(form), "v",
                      "stream=codec_name,profile,codec_tag_string,pix_fmt,color_range,color_space,nb_frames"),
            std::string("codec_name=prores\nprofile=") + profile + "\ncodec_tag_string=" + tag
                + "\npix_fmt=yuv422p10le\ncolor_range=tv\ncolor_space=bt709\nnb_frames=25");
        EXPECT_EQ(probe(out(form), "d", "stream_tags=reel_name,timecode"),
            "TAG:reel_name=12A_003_A\nTAG:timecode=01:00:00:00");
        EXPECT_THAT(readAll(out(form)), ::testing::HasSubstr("apl0"));
        std::vector<FrameIndex> expected;
        for (FrameIndex k = 0; k < 25; ++k)
            expected.push_back(k);
        EXPECT_EQ(framesSeen(out(form)), expected);
        std::filesystem::remove(out(form));
        ASSERT_OK(copy(*recording, clipOf(*recording, -100), form));
        EXPECT_EQ(probe(out(form), "d", "stream_tags=reel_name,timecode"),
            "TAG:reel_name=12A_003_AR\nTAG:timecode=00:00:00:00");
        std::filesystem::remove(out(form));
    }
}

std::vector<std::int16_t> soundIn(const std::filesystem::path& file, int channels)
{
    const std::string bytes = tests::outputOf("ffmpeg -v error -i '" + file.string()
        + "' -map 0:a -f s16le -c:a pcm_s16le -ac " + std::to_string(channels) + " - 2>/dev/null");
    std::vector<std::int16_t> samples(bytes.size() / 2);
    std::memcpy(samples.data(), bytes.data(), samples.size() * 2);
    return samples;
}

TEST_F(ReviewCopies, AsProResHaveTheSoundSampleBySampleReversedToo)
{
    std::mt19937 random(5);
    std::vector<std::int16_t> heard(2 * 48'000);
    for (auto& sample : heard)
        sample = static_cast<std::int16_t>(random());
    const auto recording = take(numberedFrames(25), makeFacts(), heard, { 48000, 2, 0, {} });
    const CopyForm form = customary(CopyCodec::ProResLt);
    ASSERT_OK(copy(*recording, clipOf(*recording, 100), form));
    EXPECT_EQ(soundIn(out(form), 2), heard);
    EXPECT_EQ(probe(out(form), "a", "stream=codec_name,sample_rate,channels"),
        "codec_name=pcm_s24le\nsample_rate=48000\nchannels=2");
    std::filesystem::remove(out(form));

    Clip clip = clipOf(*recording, -100);
    clip.in = 5;
    clip.out = 20; // 0.2 s to 0.8 s
    ASSERT_OK(copy(*recording, clip, form));
    std::vector<std::int16_t> mirrored;
    for (int i = 38'399; i >= 9'600; --i)
        mirrored.insert(mirrored.end(),
            { heard[2 * static_cast<std::size_t>(i)], heard[2 * static_cast<std::size_t>(i) + 1] });
    EXPECT_EQ(soundIn(out(form), 2), mirrored);
    std::filesystem::remove(out(form));

    clip.speed_percent = -200;
    clip.in = 6;
    ASSERT_OK(copy(*recording, clip, form));
    std::vector<std::int16_t> fast;
    for (int i = 38'399; i > 11'520; i -= 2)
        fast.insert(fast.end(),
            { heard[2 * static_cast<std::size_t>(i)], heard[2 * static_cast<std::size_t>(i) + 1] });
    EXPECT_EQ(soundIn(out(form), 2), fast);
}

/// Loud for the first quarter of the take only: a copy that plays it reversed is loud in its last.
TEST_F(ReviewCopies, HaveAacThatGoesThePicturesWay)
{
    std::vector<std::int16_t> heard(4 * 48'000);
    for (std::size_t i = 0; i < 12'000; ++i) {
        for (std::size_t channel = 0; channel < 4; ++channel)
            heard[4 * i + channel] =
                static_cast<std::int16_t>(12'000 * std::sin(static_cast<double>(i) * 0.06));
    }
    const auto recording = take(numberedFrames(25), makeFacts(), heard, { 48000, 4, 0, {} });
    ASSERT_OK(copy(*recording, clipOf(*recording, -100)));
    EXPECT_EQ(probe(out(), "a", "stream=codec_name,sample_rate,channels"),
        "codec_name=aac\nsample_rate=48000\nchannels=1");
    const auto samples = soundIn(out(), 1);
    ASSERT_NEAR(static_cast<double>(samples.size()), 48'000, 1'100);
    const auto loudness = [&](std::size_t from, std::size_t to) {
        double sum = 0;
        for (std::size_t i = from; i < to; ++i)
            sum += std::abs(samples[i]);
        return sum / static_cast<double>(to - from);
    };
    EXPECT_LT(loudness(2'000, 34'000), 200);
    EXPECT_NEAR(loudness(37'500, 46'500), 12'000 * 2 / std::numbers::pi, 700);
}

TEST_F(ReviewCopies, NeverReplaceAFile)
{
    const auto recording = take(numberedFrames(3));
    writeAll(out(), "somebody's work");
    EXPECT_FAULT(copy(*recording, clipOf(*recording, -100)), Fault::Exists);
    EXPECT_EQ(readAll(out()), "somebody's work");
    EXPECT_EQ(left(), (std::vector<std::string> { "out.mp4" }));
}

TEST_F(ReviewCopies, ThatAreStoppedLeaveNothing)
{
    const auto recording = take(numberedFrames(40));
    int asked = 0;
    const auto made = makeReviewCopy(*recording, runOf(*recording), clipOf(*recording, -100), {}, out(),
        [&](double) { return ++asked < 20; });
    EXPECT_FAULT(made, Fault::Cancelled);
    EXPECT_EQ(asked, 20);
    EXPECT_TRUE(left().empty());
}

TEST_F(ReviewCopies, TellProgressUpToTheEnd)
{
    const auto recording = take(numberedFrames(4));
    std::vector<double> told;
    ASSERT_OK(
        makeReviewCopy(*recording, runOf(*recording), clipOf(*recording, -100), {}, out(), [&](double part) {
            told.push_back(part);
            return true;
        }));
    EXPECT_EQ(told, (std::vector<double> { 0, 0.25, 0.5, 0.75, 1 }));
}

TEST_F(ReviewCopies, OnAFullDiskSaySoAndLeaveNothing)
{
    const auto recording = take(evenFrames(60));
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old {};
    ::getrlimit(RLIMIT_FSIZE, &old);
    for (const CopyCodec codec : { CopyCodec::H264, CopyCodec::ProRes }) {
        const rlimit now { 5'000, old.rlim_max };
        ::setrlimit(RLIMIT_FSIZE, &now);
        const auto made = copy(*recording, clipOf(*recording, -100), customary(codec));
        ::setrlimit(RLIMIT_FSIZE, &old);
        EXPECT_FAULT(made, Fault::OutOfSpace);
        EXPECT_TRUE(left().empty());
    }
    std::signal(SIGXFSZ, old_handler);
}

TEST_F(ReviewCopies, OfATakeWithoutAPictureOrOutsideOfItAreRefused)
{
    std::vector<FramePtr> frames { makeFrame(0, kUptime),
        makeLostFrame(1, kUptime + 40ms, Loss::CameraDamaged),
        makeLostFrame(2, kUptime + 80ms, Loss::CameraDamaged) };
    const auto recording = take(frames);
    Clip clip = clipOf(*recording, -100);
    clip.in = 1;
    EXPECT_FAULT(copy(*recording, clip), Fault::Corrupt);
    clip.out = 4;
    EXPECT_FAULT(copy(*recording, clip), Fault::Usage);
    clip.out = 3;
    clip.speed_percent = 0;
    EXPECT_FAULT(copy(*recording, clip), Fault::Usage);
    EXPECT_FAULT(makeReviewCopy(*recording, runOf(*recording), clipOf(*recording, 100), {},
                     root_.path() / "no" / "x.mp4", {}),
        Fault::NotFound);
    EXPECT_TRUE(left().empty());
}

/// Scenes are any text, and pictures of any size: few rows have no room for letters.
TEST_F(ReviewCopies, TakeAnySlateAndAnySize)
{
    const auto recording = take(evenFrames(2)); // 64 x 48
    for (const std::string& scene : { std::string("../\"'\t<script>"), std::string("=1+1"),
             std::string(300, 'W'), std::string("\xF0\x9F\x8E\xAC \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D"),
             std::string("\xFF\xFE\0x", 4), std::string() }) {
        Clip clip = clipOf(*recording, -100);
        clip.slate.scene = scene;
        clip.circled = true;
        ASSERT_OK(copy(*recording, clip)) << scene;
        EXPECT_EQ(probe(out(), "v", "stream=nb_frames"), "nb_frames=2");
        std::filesystem::remove(out());
    }
    int number = 10;
    for (const auto& [width, height] : { std::pair(2, 2), { 16, 6 }, { 33, 17 }, { 1000, 10 } }) {
        const auto tiny =
            take({ makeFrame(0, kUptime, width, height) }, makeFacts({ "tiny", ++number, 'A' }));
        ASSERT_OK(copy(*tiny, clipOf(*tiny, -100)));
        EXPECT_EQ(probe(out(), "v", "stream=nb_frames"), "nb_frames=1");
        std::filesystem::remove(out());
    }
}

} // namespace
} // namespace backtake::handover
