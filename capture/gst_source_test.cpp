#include "base/jpeg.hpp"
#include "base/text.hpp"
#include "capture/camera_list.hpp"
#include "capture/frame_cells.hpp"
#include "capture/gst_errors.hpp"
#include "capture/gst_frame.hpp"
#include "capture/gst_pipeline.hpp"
#include "capture/gst_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gst/app/gstappsrc.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace backtake::capture {
namespace {

using base::Fault;
using base::Nanos;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Longest a test waits for a frame that must come.
constexpr Nanos kLong = 10s;

base::PicturePool& largePool()
{
    static base::PicturePool pool(512U << 20);
    return pool;
}

base::Result<std::unique_ptr<FrameSource>> openText(
    const std::string& text, base::PicturePool& pool = largePool(), std::stop_token stop = {})
{
    const auto spec = parseCameraSpec(text);
    if (!spec)
        return base::fail(spec.error());
    return openGstSource(*spec, pool, std::move(stop));
}

std::vector<std::byte> bytesOf(std::span<const std::byte> bytes) { return { bytes.begin(), bytes.end() }; }

std::vector<std::byte> bytesOf(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    return bytesOf(std::as_bytes(std::span(text)));
}

/// A picture that carries its number.
base::PicturePtr numbered(std::uint32_t number, int width = 320, int height = 240)
{
    auto picture = largePool().tryAcquire({ width, height, base::Subsampling::S420, base::kJpegColour });
    for (int plane = 0; plane < 3; ++plane)
        std::fill_n(picture->planes[plane], picture->strides[plane] * picture->format.planeHeight(plane),
            static_cast<std::uint8_t>(plane == 0 ? 90 : 128));
    drawFrameNumber(*picture, number);
    return picture;
}

std::vector<std::byte> numberedJpeg(std::uint32_t number, int width = 320, int height = 240)
{
    base::JpegEncoder encoder;
    return bytesOf(*encoder.encode(*numbered(number, width, height), 90));
}

/// The number in a frame, -1 when there is none.
std::int64_t numberIn(const SourceFrame& frame)
{
    base::PicturePtr picture = frame.picture;
    if (!picture) {
        base::JpegDecoder decoder;
        const auto decoded = decoder.decode(frame.jpeg, largePool());
        if (!decoded)
            return -1;
        picture = *decoded;
    }
    const auto number = readFrameNumber(
        picture->planes[0], picture->format.width, picture->format.height, picture->strides[0]);
    return number ? static_cast<std::int64_t>(*number) : -1;
}

/// Writes @p frames JPEGs, or pictures when @p tail encodes them, through `appsrc ! tail ! filesink`.
void writeClip(const fs::path& path, int frames, int rate, const std::string& tail)
{
    startGStreamer();
    const bool raw = tail.find("enc") != std::string::npos;
    const std::string caps = raw
        ? fmt::format(
            "video/x-raw,format=I420,width=320,height=240,framerate={}/1,colorimetry=(string)1:4:0:0", rate)
        : fmt::format("image/jpeg,width=320,height=240,framerate={}/1", rate);
    const std::string text =
        fmt::format("appsrc name=in format=time max-bytes=0 caps=\"{}\" ! {} ! filesink location=\"{}\"",
            caps, tail, path.string());
    GError* raw_error = nullptr;
    const GstOwned<GstElement> pipeline(gst_parse_launch(text.c_str(), &raw_error));
    const GstOwned<GError> error(raw_error);
    ASSERT_FALSE(error) << error->message;
    const GstOwned<GstElement> in(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const base::Rate even { rate, 1 };
    for (int i = 0; i < frames; ++i) {
        std::vector<std::byte> bytes;
        if (raw) {
            const auto picture = numbered(static_cast<std::uint32_t>(i));
            for (int plane = 0; plane < 3; ++plane)
                for (int row = 0; row < picture->format.planeHeight(plane); ++row) {
                    const auto* from = reinterpret_cast<const std::byte*>(
                        picture->planes[plane] + row * picture->strides[plane]);
                    bytes.insert(bytes.end(), from, from + picture->format.planeWidth(plane));
                }
        } else {
            bytes = numberedJpeg(static_cast<std::uint32_t>(i));
        }
        GstBuffer* buffer = gst_buffer_new_allocate(nullptr, bytes.size(), nullptr);
        gst_buffer_fill(buffer, 0, bytes.data(), bytes.size());
        GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(even.timeOf(i).count());
        GST_BUFFER_DURATION(buffer) = static_cast<GstClockTime>(even.frameTime().count());
        gst_app_src_push_buffer(GST_APP_SRC(in.get()), buffer);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    const GstOwned<GstBus> bus(gst_element_get_bus(pipeline.get()));
    GstMessage* end = gst_bus_timed_pop_filtered(
        bus.get(), 20 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    ASSERT_TRUE(end);
    if (GST_MESSAGE_TYPE(end) == GST_MESSAGE_ERROR) {
        GError* raw_failure = nullptr;
        char* raw_words = nullptr;
        gst_message_parse_error(end, &raw_failure, &raw_words);
        const GstOwned<GError> failure(raw_failure);
        const GstOwned<char> words(raw_words);
        ADD_FAILURE() << tail << ": " << failure->message << " " << raw_words;
    }
    gst_message_unref(end);
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

constexpr const char* kAvi = "mux.video_0 avimux name=mux";

class Folder : public testing::Test {
protected:
    Folder()
    {
        std::string name = fs::temp_directory_path() / "backtake-gst-XXXXXX";
        folder_ = mkdtemp(name.data());
    }
    ~Folder() override { fs::remove_all(folder_); }

    fs::path folder_;
};

/// Clips that other people's cameras and programs wrote.
const fs::path kMedia = BACKTAKE_TEST_MEDIA;

// ---- Colour

struct Rgb {
    int r, g, b;
};

struct ColourCase {
    const char* format;
    const char* colorimetry;
};

/// A raw picture of one colour, its numbers computed here and laid out by GStreamer's own pack functions,
/// which shift and move but do not calculate. (Its videoconvert is off by 3 of 1023.)
std::vector<std::byte> solid(const GstVideoInfo& info, const Rgb& colour)
{
    const GstVideoFormatInfo* layout = info.finfo;
    const bool deep = layout->unpack_format == GST_VIDEO_FORMAT_AYUV64;
    const bool rgb = GST_VIDEO_FORMAT_INFO_IS_RGB(layout);
    std::array<double, 4> line_pixel { 255, static_cast<double>(colour.r), static_cast<double>(colour.g),
        static_cast<double>(colour.b) };
    if (!rgb) {
        const bool bt709 = info.colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_BT709;
        const bool full = info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
        const double red = bt709 ? 0.2126 : 0.299;
        const double blue = bt709 ? 0.0722 : 0.114;
        const double y = (red * colour.r + (1 - red - blue) * colour.g + blue * colour.b) / 255;
        const double cb = (colour.b / 255.0 - y) / (2 - 2 * blue);
        const double cr = (colour.r / 255.0 - y) / (2 - 2 * red);
        const double peak = deep ? 1023 : 255;
        const double step = deep ? 4 : 1;
        line_pixel = full
            ? std::array { peak, y * peak, 128 * step + cb * peak, 128 * step + cr * peak }
            : std::array { peak, (16 + 219 * y) * step, (128 + 224 * cb) * step, (128 + 224 * cr) * step };
    }
    std::vector<std::uint16_t> wide;
    std::vector<std::uint8_t> narrow;
    for (int x = 0; x < info.width; ++x)
        for (const double value : line_pixel) {
            wide.push_back(static_cast<std::uint16_t>(std::lround(value) << 6));
            narrow.push_back(static_cast<std::uint8_t>(std::lround(value)));
        }
    std::vector<std::byte> bytes(info.size);
    std::array<gpointer, GST_VIDEO_MAX_PLANES> planes {};
    std::array<int, GST_VIDEO_MAX_PLANES> strides {};
    for (unsigned plane = 0; plane < GST_VIDEO_INFO_N_PLANES(&info); ++plane) {
        planes[plane] = bytes.data() + GST_VIDEO_INFO_PLANE_OFFSET(&info, plane);
        strides[plane] = GST_VIDEO_INFO_PLANE_STRIDE(&info, plane);
    }
    for (int row = 0; row < info.height; ++row)
        layout->pack_func(layout, GST_VIDEO_PACK_FLAG_NONE,
            deep ? static_cast<gpointer>(wide.data()) : narrow.data(), 0, planes.data(), strides.data(),
            info.chroma_site, row, info.width);
    return bytes;
}

class EveryLayout : public Folder, public testing::WithParamInterface<ColourCase> { };

// Fails for a source that forgets the matrix, the range or the depth, or takes one chroma plane for the
// other.
TEST_P(EveryLayout, BecomesFullRangeBt601)
{
    const auto [format, colorimetry] = GetParam();
    startGStreamer();
    const std::string text = fmt::format("video/x-raw,format={},width=96,height=50,framerate=25/1{}{}",
        format, *colorimetry ? ",colorimetry=(string)" : "", colorimetry);
    const GstOwned<GstCaps> caps(gst_caps_from_string(text.c_str()));
    GstVideoInfo info;
    ASSERT_TRUE(gst_video_info_from_caps(&info, caps.get()));
    for (const Rgb colour :
        { Rgb { 200, 60, 30 }, Rgb { 20, 120, 220 }, Rgb { 40, 180, 60 }, Rgb { 235, 235, 235 } }) {
        const auto bytes = solid(info, colour);
        std::ofstream(folder_ / "raw", std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        const auto source = openText(
            fmt::format("gst:multifilesrc location={} caps=\"{}\"", (folder_ / "raw").string(), text));
        ASSERT_TRUE(source) << source.error().message << source.error().detail;
        const auto frame = (*source)->next(kLong);
        ASSERT_TRUE(frame) << frame.error().message;
        ASSERT_TRUE(frame->picture);
        const base::Picture& picture = *frame->picture;
        EXPECT_EQ(picture.format.colour, base::kJpegColour);
        EXPECT_EQ(picture.format.width, 96);
        EXPECT_EQ(picture.format.height, 50);
        const double y = 0.299 * colour.r + 0.587 * colour.g + 0.114 * colour.b;
        const std::array expected { y, 128 + (colour.b - y) / 1.772, 128 + (colour.r - y) / 1.402 };
        for (int plane = 0; plane < picture.format.planes(); ++plane) {
            const int columns = picture.format.planeWidth(plane);
            const int rows = picture.format.planeHeight(plane);
            const std::array<std::pair<int, int>, 3> places { { { 0, 0 }, { columns / 2, rows / 2 },
                { columns - 1, rows - 1 } } };
            for (const auto& [column, row] : places)
                EXPECT_NEAR(
                    picture.planes[plane][row * picture.strides[plane] + column], expected[plane], 2.0)
                    << (*source)->facts().format << ", plane " << plane << " at " << column << "," << row;
        }
    }
}

std::string nameOfCase(const testing::TestParamInfo<ColourCase>& info)
{
    std::string name = fmt::format("{}_{}", info.param.format, info.param.colorimetry);
    for (char& c : name)
        c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    return name;
}

// 1:3:5:1 is full range BT.709, 1:4:0:0 full range BT.601 as in JPEG.
INSTANTIATE_TEST_SUITE_P(OfYCbCr, EveryLayout, testing::ValuesIn([]() {
    std::vector<ColourCase> cases;
    for (const char* format : { "I420", "YV12", "NV12", "Y42B", "YUY2", "UYVY", "Y444", "I420_10LE",
             "I422_10LE", "P010_10LE", "v210" })
        for (const char* colorimetry : { "bt709", "bt601", "1:3:5:1", "1:4:0:0" })
            cases.push_back({ format, colorimetry });
    return cases;
}()),
    nameOfCase);
INSTANTIATE_TEST_SUITE_P(OfRgb, EveryLayout,
    testing::Values(ColourCase { "RGB", "" }, ColourCase { "BGR", "" }, ColourCase { "RGBx", "" },
        ColourCase { "BGRx", "" }, ColourCase { "RGBA", "" }, ColourCase { "BGRA", "" }),
    nameOfCase);

INSTANTIATE_TEST_SUITE_P(OfGrey, EveryLayout,
    testing::Values(ColourCase { "GRAY8", "" }, ColourCase { "GRAY8", "2:4:0:0" }), nameOfCase);

// Fails for a source that guesses the matrix from the size although the caps name it.
TEST(GstSource, TheMatrixIsWhatTheCapsSayAndOnlyElseTheDefaultForTheSize)
{
    const auto formatOf = [](const std::string& caps) {
        const auto source = openText("gst:videotestsrc num-buffers=1 ! video/x-raw,format=I420," + caps);
        return source ? (*source)->facts().format : source.error().message;
    };
    EXPECT_EQ(formatOf("width=1280,height=720,colorimetry=bt601"), "1280x720 4:2:0 BT.601");
    EXPECT_EQ(formatOf("width=720,height=576,colorimetry=bt709"), "720x576 4:2:0 BT.709");
    EXPECT_EQ(
        formatOf("width=720,height=576,colorimetry=(string)1:4:0:0"), "720x576 4:2:0 BT.601 full range");
    const GstOwned<GstCaps> silent(
        gst_caps_from_string("video/x-raw,format=I422_10LE,width=1920,height=1080,framerate=24000/1001"));
    const auto format = readCaps(silent.get());
    ASSERT_TRUE(format);
    EXPECT_EQ(format->text(), "1920x1080 4:2:2 10 bit BT.709");
    EXPECT_EQ(format->rate, (base::Rate { 24000, 1001 }));
}

// ---- Motion JPEG

// Fails for a source that decodes and encodes again, or cuts a byte off.
TEST_F(Folder, MotionJpegComesByteForByte)
{
    for (const char* muxer : { "avimux", "qtmux", "matroskamux" }) {
        const fs::path clip = folder_ / (std::string(muxer) + ".clip");
        writeClip(clip, 6, 100, fmt::format("mux.video_0 {} name=mux", muxer));
        const auto source = openText("file:" + clip.string());
        ASSERT_TRUE(source) << muxer << ": " << source.error().message << source.error().detail;
        EXPECT_EQ((*source)->facts().format, "320x240 JPEG");
        for (std::uint32_t i = 0; i < 6; ++i) {
            const auto frame = (*source)->next(kLong);
            ASSERT_TRUE(frame) << muxer << " " << i << ": " << frame.error().message;
            EXPECT_FALSE(frame->picture);
            EXPECT_EQ(bytesOf(frame->jpeg), numberedJpeg(i)) << muxer << " " << i;
        }
    }
}

TEST_F(Folder, AJpegOutlivesItsSource)
{
    writeClip(folder_ / "clip.avi", 3, 100, kAvi);
    auto source = openText("file:" + (folder_ / "clip.avi").string());
    ASSERT_TRUE(source);
    const auto frame = (*source)->next(kLong);
    ASSERT_TRUE(frame);
    source->reset();
    EXPECT_EQ(bytesOf(frame->jpeg), numberedJpeg(0));
}

TEST(GstSource, ACamerasMotionJpegClipComesByteForByte)
{
    const fs::path clip = kMedia / "diver.mov";
    ASSERT_TRUE(fs::exists(clip)) << "run tests/media first";
    const std::vector<std::byte> whole = bytesOf(clip);
    const auto source = openText("file:" + clip.string());
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_EQ((*source)->facts().name, "diver.mov");
    EXPECT_EQ((*source)->facts().format, "640x480 JPEG");
    EXPECT_EQ((*source)->facts().nominal_rate, (base::Rate { 25, 1 }));
    auto after = whole.begin();
    for (int i = 0; i < 12; ++i) {
        const auto frame = (*source)->next(kLong);
        ASSERT_TRUE(frame) << frame.error().message;
        const auto found = std::search(after, whole.end(), frame->jpeg.begin(), frame->jpeg.end());
        ASSERT_NE(found, whole.end()) << "frame " << i << " is not in the file as it is";
        after = found + static_cast<std::ptrdiff_t>(frame->jpeg.size());
    }
}

TEST(GstSource, FieldsAreToldFromFrames)
{
    std::vector<std::byte> jpeg;
    for (const int value : { 0xFF, 0xD8, 0xFF, 0xE1, 0x00, 0x2A })
        jpeg.push_back(static_cast<std::byte>(value));
    jpeg.resize(jpeg.size() + 4);
    for (const char c : std::string("mjpg"))
        jpeg.push_back(static_cast<std::byte>(c));
    jpeg.resize(2 + 2 + 0x2A); // the rest of APP1 is zero: no next field
    EXPECT_FALSE(isFieldOfTwo(jpeg));
    jpeg[2 + 4 + 4 + 4 + 8 + 2] = std::byte { 0x48 }; // offset to the next field
    EXPECT_TRUE(isFieldOfTwo(jpeg));
    for (std::size_t size = 0; size < jpeg.size(); ++size)
        isFieldOfTwo(std::span(jpeg).first(size)); // a torn header is read to its end and no further
}

// ---- Clips as cameras

struct ClipKind {
    const char* name;
    const char* tail;
};

class EveryClip : public Folder, public testing::WithParamInterface<ClipKind> { };

// Fails for a clip that runs as fast as it decodes, skips to keep up, or stamps with jitter.
TEST_P(EveryClip, PlaysAtItsOwnRateEveryFrameOnceAndInOrder)
{
    constexpr int kFrames = 20;
    writeClip(folder_ / "clip", kFrames, 50, GetParam().tail);
    const auto source = openText("file:" + (folder_ / "clip").string());
    ASSERT_TRUE(source) << source.error().message << source.error().detail;
    EXPECT_EQ((*source)->facts().nominal_rate, (base::Rate { 50, 1 }));
    const Nanos began = base::monotonicNow();
    Nanos first {};
    for (int i = 0; i < kFrames; ++i) {
        const auto frame = (*source)->next(kLong);
        ASSERT_TRUE(frame) << i << ": " << frame.error().message;
        EXPECT_EQ(numberIn(*frame), i);
        if (i == 0)
            first = frame->captured_at;
        EXPECT_NEAR(static_cast<double>((frame->captured_at - first).count()), i * 20e6, 1e6) << i;
        EXPECT_LE(frame->captured_at, base::monotonicNow()) << "handed over before its time";
    }
    EXPECT_GE(base::monotonicNow() - began, (kFrames - 2) * 20ms);
    const auto end = (*source)->next(kLong);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().fault, Fault::Ended) << end.error().message;
    EXPECT_EQ((*source)->facts().dropped, 0);
}

// Fails for a clip with a gap, a repeated or a missing frame where it starts over.
TEST_P(EveryClip, LoopsWithoutAGap)
{
    constexpr int kFrames = 7;
    writeClip(folder_ / "clip", kFrames, 50, GetParam().tail);
    const auto source = openText("file:" + (folder_ / "clip").string() + "?loop");
    ASSERT_TRUE(source) << source.error().message;
    Nanos first {};
    for (int i = 0; i < 3 * kFrames; ++i) {
        const auto frame = (*source)->next(kLong);
        ASSERT_TRUE(frame) << i << ": " << frame.error().message;
        EXPECT_EQ(numberIn(*frame), i % kFrames) << i;
        EXPECT_FALSE(frame->new_segment) << i;
        if (i == 0)
            first = frame->captured_at;
        EXPECT_NEAR(static_cast<double>((frame->captured_at - first).count()), i * 20e6, 3e6) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(OfKind, EveryClip,
    testing::Values(ClipKind { "MotionJpegAvi", kAvi },
        ClipKind { "MotionJpegMov", "mux.video_0 qtmux name=mux" },
        ClipKind { "H264Mp4", "x264enc bframes=2 ! video/x-h264,profile=high ! h264parse ! mp4mux" },
        ClipKind { "H264Ts", "x264enc bframes=2 ! video/x-h264,profile=high ! h264parse ! mpegtsmux" }),
    [](const testing::TestParamInfo<ClipKind>& each) { return std::string(each.param.name); });

// Fails for a clip that drops what a late camera thread did not fetch.
TEST_F(Folder, AClipLosesNothingToABriefDelay)
{
    writeClip(folder_ / "clip", 20, 100, kAvi);
    const auto source = openText("file:" + (folder_ / "clip").string());
    ASSERT_TRUE(source);
    Nanos last {};
    for (int i = 0; i < 20; ++i) {
        if (i == 5)
            std::this_thread::sleep_for(100ms); // the delay itself, nothing waits for it
        const auto frame = (*source)->next(kLong);
        ASSERT_TRUE(frame) << frame.error().message;
        EXPECT_EQ(numberIn(*frame), i);
        if (i > 0) {
            EXPECT_EQ(frame->captured_at - last, 10ms) << i;
        }
        last = frame->captured_at;
    }
}

// Fails for a clip that hands a frame over early, or sleeps past the patience until the frame is due.
TEST_F(Folder, AClipThatIsSlowKeepsToThePatience)
{
    writeClip(folder_ / "clip", 3, 2, kAvi);
    const auto source = openText("file:" + (folder_ / "clip").string());
    ASSERT_TRUE(source);
    const auto first = (*source)->next(kLong);
    ASSERT_TRUE(first);
    const Nanos asked = base::monotonicNow();
    const auto none = (*source)->next(20ms);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().fault, Fault::TimedOut);
    EXPECT_GE(base::monotonicNow() - asked, 20ms);
    EXPECT_LT(base::monotonicNow() - asked, 2s);
    const auto second = (*source)->next(kLong);
    ASSERT_TRUE(second);
    EXPECT_EQ(numberIn(*second), 1);
    EXPECT_EQ(second->captured_at - first->captured_at, 500ms);
}

TEST(GstSource, ACamerasH264ClipIsDecoded)
{
    const fs::path clip = kMedia / "balle-jbart.mp4";
    ASSERT_TRUE(fs::exists(clip)) << "run tests/media first";
    const auto source = openText("file:" + clip.string());
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_EQ((*source)->facts().format, "720x576 4:2:0 BT.601");
    Nanos last {};
    for (int i = 0; i < 10; ++i) {
        const auto frame = (*source)->next(kLong);
        ASSERT_TRUE(frame) << frame.error().message;
        ASSERT_TRUE(frame->picture);
        EXPECT_EQ(frame->picture->format.width, 720);
        if (i > 0) {
            EXPECT_EQ(frame->captured_at - last, 40ms);
        }
        last = frame->captured_at;
    }
}

// ---- What gives way

// Fails for a clip that drops when the pool is full, or hangs longer than it was given.
TEST(GstSource, AClipWaitsForRoomInThePool)
{
    base::PicturePool one(1);
    const auto source = openText("gst:videotestsrc num-buffers=3 ! video/x-raw,framerate=100/1", one);
    ASSERT_TRUE(source) << source.error().message;
    auto first = (*source)->next(kLong);
    ASSERT_TRUE(first);
    const Nanos asked = base::monotonicNow();
    const auto none = (*source)->next(50ms);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().fault, Fault::TimedOut);
    EXPECT_GE(base::monotonicNow() - asked, 50ms);
    const Nanos first_at = first->captured_at;
    first->picture.reset();
    const auto second = (*source)->next(kLong);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->captured_at - first_at, 10ms) << "the frame that had no room is the one that comes";
    EXPECT_EQ((*source)->facts().dropped, 0);
}

TEST(GstSource, ALiveFrameWithoutRoomInThePoolIsDroppedAndCounted)
{
    base::PicturePool one(1);
    const auto source = openText("gst:videotestsrc is-live=true ! video/x-raw,framerate=100/1", one);
    ASSERT_TRUE(source) << source.error().message;
    auto first = (*source)->next(kLong);
    ASSERT_TRUE(first);
    const auto none = (*source)->next(100ms);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().fault, Fault::TimedOut);
    EXPECT_GT((*source)->facts().dropped, 0);
    first->picture.reset();
    EXPECT_TRUE((*source)->next(kLong));
}

// Fails for a source that lets old frames pile up, or loses frames without counting them.
TEST(GstSource, OfALiveSourceTheNewestFramesWinAndTheRestIsCounted)
{
    const auto source = openText("gst:videotestsrc is-live=true ! video/x-raw,framerate=200/1");
    ASSERT_TRUE(source) << source.error().message;
    const Nanos limit = base::monotonicNow() + kLong;
    while ((*source)->facts().dropped < 5 && base::monotonicNow() < limit)
        std::this_thread::yield();
    EXPECT_GE((*source)->facts().dropped, 5);
    const Nanos now = base::monotonicNow();
    // What is in the box is at most its depth old; the very first was read ahead when it was opened.
    ASSERT_TRUE((*source)->next(kLong));
    const auto frame = (*source)->next(kLong);
    ASSERT_TRUE(frame);
    EXPECT_GT(frame->captured_at, now - 500ms);
}

// ---- Segments

TEST(GstSource, AChangeOfSizeStartsANewSegment)
{
    const auto source = openText(
        "gst:videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=320,height=240,framerate=50/1 ! "
        "concat name=c videotestsrc num-buffers=3 ! "
        "video/x-raw,format=Y42B,width=640,height=360,framerate=50/1 ! c. c.");
    ASSERT_TRUE(source) << source.error().message;
    for (int i = 0; i < 6; ++i) {
        const auto frame = (*source)->next(kLong);
        ASSERT_TRUE(frame) << i << ": " << frame.error().message;
        EXPECT_EQ(frame->new_segment, i == 3) << i;
        EXPECT_EQ(frame->picture->format.width, i < 3 ? 320 : 640);
    }
    EXPECT_EQ((*source)->facts().format, "640x360 4:2:2 BT.601");
}

TEST_F(Folder, AJpegOfAnotherSizeStartsANewSegmentAlthoughTheCapsAreTheSame)
{
    for (int i = 0; i < 4; ++i) {
        const auto jpeg = numberedJpeg(0, i < 2 ? 320 : 640, i < 2 ? 240 : 480);
        std::ofstream(folder_ / fmt::format("{}.jpg", i), std::ios::binary)
            .write(reinterpret_cast<const char*>(jpeg.data()), static_cast<std::streamsize>(jpeg.size()));
    }
    const auto source = openText(fmt::format(
        "gst:multifilesrc location={}/%d.jpg stop-index=3 caps=image/jpeg,framerate=50/1", folder_.string()));
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_EQ((*source)->facts().format, "320x240 JPEG");
    for (int i = 0; i < 4; ++i) {
        const auto frame = (*source)->next(kLong);
        ASSERT_TRUE(frame) << i << ": " << frame.error().message;
        EXPECT_EQ(frame->new_segment, i == 2) << i;
    }
    EXPECT_EQ((*source)->facts().format, "640x480 JPEG");
}

// ---- Pipelines

TEST(GstSource, APipelineMayBringItsOwnSink)
{
    for (const char* text : { "gst:videotestsrc num-buffers=2 ! appsink name=mine",
             "gst:videotestsrc num-buffers=2 !", "gst:videotestsrc num-buffers=2 ! jpegenc",
             "gst:videotestsrc num-buffers=2 ! video/x-raw,format=NV12" }) {
        const auto source = openText(text);
        ASSERT_TRUE(source) << text << ": " << source.error().message;
        EXPECT_TRUE((*source)->next(kLong)) << text;
    }
}

TEST(GstSource, APipelineThatNeverDeliversTimesOutAndKeepsToThePatience)
{
    const auto source = openText("gst:appsrc is-live=true ! image/jpeg");
    ASSERT_TRUE(source) << source.error().message;
    for (int i = 0; i < 3; ++i) {
        const Nanos asked = base::monotonicNow();
        const auto frame = (*source)->next(30ms);
        ASSERT_FALSE(frame);
        EXPECT_EQ(frame.error().fault, Fault::TimedOut);
        EXPECT_GE(base::monotonicNow() - asked, 30ms);
        EXPECT_LT(base::monotonicNow() - asked, 2s);
    }
}

TEST(GstSource, APipelineThatEndsOrFailsIsUnplugged)
{
    for (const char* text :
        { "gst:videotestsrc num-buffers=2", "gst:videotestsrc ! identity error-after=3" }) {
        const auto source = openText(text);
        ASSERT_TRUE(source) << source.error().message;
        base::Result<SourceFrame> frame;
        do
            frame = (*source)->next(kLong);
        while (frame);
        EXPECT_EQ(frame.error().fault, Fault::Unplugged) << frame.error().message;
    }
}

TEST(GstSource, ADestroyedSourceIsGoneInTwoSeconds)
{
    for (const char* text :
        { "gst:videotestsrc is-live=true", "gst:videotestsrc", "gst:appsrc is-live=true ! image/jpeg" }) {
        auto source = openText(text);
        ASSERT_TRUE(source);
        const Nanos began = base::monotonicNow();
        source->reset();
        EXPECT_LT(base::monotonicNow() - began, 2s) << text;
    }
}

TEST(GstSource, OpeningEndsByTheStopToken)
{
    std::stop_source stop;
    stop.request_stop();
    const auto before = openText("gst:videotestsrc", largePool(), stop.get_token());
    ASSERT_FALSE(before);
    EXPECT_EQ(before.error().fault, Fault::Cancelled) << before.error().message;

    std::stop_source later;
    const Nanos began = base::monotonicNow();
    const std::jthread stopper([&later]() {
        std::this_thread::sleep_for(
            50ms); // so that it comes in the middle of the wait; before it would do as well
        later.request_stop();
    });
    const auto during =
        openText("gst:appsrc is-live=true ! image/jpeg", largePool(), later.get_token()); // would wait 1 s
    ASSERT_FALSE(during);
    EXPECT_EQ(during.error().fault, Fault::Cancelled) << during.error().message;
    EXPECT_LT(base::monotonicNow() - began, 5s);
}

// ---- What goes wrong

struct Failure {
    const char* name;
    const char* spec;
    Fault fault;
    const char* says;
};

class EveryFailure : public Folder, public testing::WithParamInterface<Failure> { };

TEST_P(EveryFailure, IsOneLineThatSaysWhatToDoAndHoldsNoSecret)
{
    startGStreamer();
    std::ofstream(folder_ / "text.txt") << "these are words\n";
    writeClip(folder_ / "whole.mp4", 30, 25, "x264enc ! h264parse ! mp4mux");
    fs::copy_file(folder_ / "whole.mp4", folder_ / "cut.mp4");
    fs::resize_file(folder_ / "cut.mp4", fs::file_size(folder_ / "whole.mp4") / 2);
    if (GstElement* tone =
            gst_parse_launch(fmt::format("audiotestsrc num-buffers=20 ! wavenc ! filesink location={}",
                                 (folder_ / "tone.wav").string())
                                 .c_str(),
                nullptr)) {
        gst_element_set_state(tone, GST_STATE_PLAYING);
        const GstOwned<GstBus> bus(gst_element_get_bus(tone));
        gst_message_unref(gst_bus_timed_pop_filtered(bus.get(), 10 * GST_SECOND, GST_MESSAGE_EOS));
        gst_element_set_state(tone, GST_STATE_NULL);
        gst_object_unref(tone);
    }
    std::string spec = GetParam().spec;
    if (const auto at = spec.find("FOLDER"); at != std::string::npos)
        spec.replace(at, 6, folder_.string());
    const auto source = openText(spec);
    ASSERT_FALSE(source);
    const base::Error& error = source.error();
    EXPECT_EQ(error.fault, GetParam().fault) << error.message << " / " << error.detail;
    EXPECT_THAT(error.message, HasSubstr(GetParam().says));
    for (const std::string& line : { error.message, error.detail }) {
        EXPECT_THAT(line, Not(HasSubstr("hunter2")));
        EXPECT_EQ(line, base::oneLine(line));
    }
    EXPECT_THAT(error.message, testing::AnyOf(HasSubstr(": "), HasSubstr("; "))) << "what to do is missing";
}

INSTANTIATE_TEST_SUITE_P(OfKind, EveryFailure,
    testing::Values(Failure { "NoFile", "file:FOLDER/none.mov", Fault::NotFound, "there is no file" },
        Failure { "AFolder", "file:FOLDER", Fault::Unsupported, "is no file" },
        Failure { "NoVideo", "file:FOLDER/text.txt", Fault::Unsupported, "is no video" },
        Failure { "OnlySound", "file:FOLDER/tone.wav", Fault::Unsupported, "no picture in it" },
        Failure { "CutOff", "file:FOLDER/cut.mp4", Fault::Unsupported, "damaged" },
        Failure { "FileOption", "file:FOLDER/whole.mp4?lop", Fault::Usage, "?loop" },
        Failure { "Syntax", "gst:videotestsrc ! ! identity key=hunter2", Fault::Usage, "syntax error" },
        Failure { "Property", "gst:videotestsrc fooo=1", Fault::Usage, "no property" },
        Failure { "NoElement", "gst:videotestsrc ! nosuchelement passphrase=hunter2", Fault::Unsupported,
            "'nosuchelement'" },
        Failure { "NoPlugin", "gst:libcamerasrcx", Fault::Unsupported, "gstreamer1.0-libcamera" },
        Failure { "EndsInASink", "gst:videotestsrc ! fakesink", Fault::Usage, "leave out its sink" },
        Failure { "EndsCompressed", "gst:videotestsrc ! x264enc", Fault::Usage, "decodebin" },
        Failure { "StrangePixels", "gst:videotestsrc ! video/x-raw,format=AYUV64 ! identity ! appsink",
            Fault::Unsupported, "videoconvert" },
        Failure { "NamesNoFile", "gst:filesrc location=/none?password=hunter2 ! decodebin", Fault::NotFound,
            "not there" },
        Failure { "NoDevice", "v4l2:/dev/video4711", Fault::NotFound, "no camera at /dev/video4711" },
        Failure { "NoCamera", "v4l2:/dev/null", Fault::Unsupported, "is no camera" },
        Failure {
            "RefusedRtsp", "rtsp://me:hunter2@127.0.0.1:1/live", Fault::Unplugged, "cannot be reached" },
        Failure { "RefusedSrt", "srt://127.0.0.1:1?passphrase=hunter2hunter2", Fault::Unplugged,
            "cannot be reached" }),
    [](const testing::TestParamInfo<Failure>& each) { return std::string(each.param.name); });

TEST(GstErrors, AMissingDecoderNamesThePackage)
{
    const auto spec = parseCameraSpec("file:/clips/A001.mov");
    GstTrouble trouble;
    trouble.domain = GST_STREAM_ERROR;
    trouble.code = GST_STREAM_ERROR_CODEC_NOT_FOUND;
    trouble.missing = { "MPEG-4 AAC audio decoder", "H.265 (Main Profile) decoder" };
    const base::Error error = errorOf(*spec, trouble);
    EXPECT_EQ(error.fault, Fault::Unsupported);
    EXPECT_THAT(error.message, HasSubstr("H.265 (Main Profile) decoder"));
    EXPECT_THAT(error.message, HasSubstr("gstreamer1.0-libav"));
}

TEST(GstErrors, ABusyDeviceIsBusyAndARefusedOneDenied)
{
    const auto spec = parseCameraSpec("v4l2:/dev/video0");
    GstTrouble trouble;
    trouble.domain = GST_RESOURCE_ERROR;
    trouble.code = GST_RESOURCE_ERROR_BUSY;
    EXPECT_EQ(errorOf(*spec, trouble).fault, Fault::Busy);
    trouble.code = GST_RESOURCE_ERROR_OPEN_READ_WRITE;
    trouble.debug = "system error: Permission denied";
    EXPECT_EQ(errorOf(*spec, trouble).fault, Fault::Denied);
    trouble.code = GST_RESOURCE_ERROR_READ;
    trouble.debug = "poll error 1: No such device (19)";
    EXPECT_EQ(errorOf(*spec, trouble).fault, Fault::Unplugged);
}

// ---- What can be opened

TEST_F(Folder, TheListHoldsThePatternCameraAndEveryDeviceInOrder)
{
    for (const char* name : { "video10", "video2", "videos", "video", "vbi0" })
        std::ofstream(folder_ / name) << "x";
    const auto cameras = listLocalCameras(folder_);
    ASSERT_EQ(cameras.size(), 3U);
    EXPECT_TRUE(cameras[0].spec.starts_with("pattern:"));
    EXPECT_TRUE(cameras[0].usable);
    EXPECT_EQ(cameras[1].spec, "v4l2:" + (folder_ / "video2").string());
    EXPECT_EQ(cameras[2].spec, "v4l2:" + (folder_ / "video10").string());
    ASSERT_FALSE(cameras[1].usable);
    EXPECT_EQ(cameras[1].usable.error().fault, Fault::Unsupported);
    EXPECT_EQ(listLocalCameras(folder_ / "none").size(), 1U);
}

TEST_F(Folder, TheProgramThatHoldsAFileIsNamed)
{
    const fs::path file = folder_ / "held";
    std::ofstream(file) << "x";
    EXPECT_EQ(holderOf(file), std::nullopt);
    std::array<int, 2> ends {};
    ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const int held = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        char nothing = 0;
        _exit(read(ends[0], &nothing, 1) == 0 ? 0 : 1); // until the parent closes its end
    }
    const auto holder = holderOf(file);
    close(ends[1]);
    close(ends[0]);
    close(held);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(holder);
    EXPECT_THAT(*holder, HasSubstr(fmt::format("({})", child)));
}

TEST(CameraList, EveryElementNeededHasAPackage)
{
    for (const PluginCheck& check : checkPlugins()) {
        EXPECT_FALSE(check.package.empty()) << check.element;
        EXPECT_TRUE(check.installed) << check.element << ": sudo apt install " << check.package;
    }
}

} // namespace
} // namespace backtake::capture
