/// Real clips, each played as a live camera, recorded, played reversed; every frame compared with ffmpeg's
/// own decode of picture.mjpeg.
#include "base/jpeg.hpp"
#include "playback/player.hpp"
#include "takes/recording.hpp"
#include "tests/process.hpp"

namespace backtake::tests {
namespace {

using base::FrameIndex;

struct Clip {
    const char* file;
    FrameIndex frames;
    double fps;
};

class RealClip : public testing::TestWithParam<Clip> { };

/// Mean squared difference of luma between a picture and a frame of raw grey.
double differenceOf(const base::Picture& picture, const unsigned char* grey)
{
    double sum = 0;
    for (int y = 0; y < picture.format.height; ++y) {
        const std::uint8_t* row = picture.planes[0] + static_cast<std::ptrdiff_t>(y) * picture.strides[0];
        const unsigned char* other = grey + static_cast<std::ptrdiff_t>(y) * picture.format.width;
        for (int x = 0; x < picture.format.width; ++x) {
            const double d = row[x] - other[x];
            sum += d * d;
        }
    }
    return sum / (static_cast<double>(picture.format.width) * picture.format.height);
}

TEST_P(RealClip, PlayedAsACameraRecordedAndReversedMatchesFfmpegFrameByFrame)
{
    const Clip clip = GetParam();
    const std::string file = std::string(BACKTAKE_TEST_MEDIA) + "/" + clip.file;
    ASSERT_TRUE(std::filesystem::exists(file)) << "run tests/media";
    Folder folder;
    const Ran recorded = backtake({ "record", "--camera", "file:" + file, "--shoot", folder / "shoot",
                                      "--slate", "1", "--seconds", "60", "--ring", "256M", "--json" },
        folder);
    ASSERT_EQ(recorded.exit, 0) << recorded.err;
    const auto report = recorded.json();
    EXPECT_EQ(report["frames"], clip.frames) << "the whole clip, from its first frame on";
    EXPECT_EQ(report["dropped"]["total"], 0);
    EXPECT_NEAR(report["duration_s"].get<double>(), static_cast<double>(clip.frames) / clip.fps, 0.01);

    const std::string take = report["folder"];
    const auto recording = takes::Recording::open(take);
    ASSERT_TRUE(recording);
    ASSERT_EQ((*recording)->frameCount(), clip.frames);
    const auto first = base::readJpegHeader((*(*recording)->frame(0))->jpeg);
    const std::size_t frame_bytes =
        static_cast<std::size_t>(first->width) * static_cast<std::size_t>(first->height);

    const Ran decoded = run(
        { "ffmpeg", "-v", "error", "-f", "mjpeg", "-i", take + "/picture.mjpeg", "-fps_mode", "passthrough",
            "-vf", "extractplanes=y", "-f", "rawvideo", "-pix_fmt", "gray", folder / "grey" },
        folder);
    ASSERT_EQ(decoded.exit, 0) << decoded.err;
    const std::string grey = readAll(folder / "grey");
    ASSERT_EQ(grey.size(), frame_bytes * static_cast<std::size_t>(clip.frames));
    const auto* pixels = reinterpret_cast<const unsigned char*>(grey.data());

    FrameIndex expected = clip.frames - 1;
    playback::playThrough(
        *recording, clip.frames - 1, clip.frames, -1, 2, [&](FrameIndex n, const playback::Decoded& frame) {
            EXPECT_EQ(n, expected--);
            EXPECT_FALSE(frame.damaged) << n;
            // Two decoders may round their DCT differently, by one code value; a neighbouring frame is much
            // further off.
            EXPECT_LT(differenceOf(*frame.picture, pixels + static_cast<std::size_t>(n) * frame_bytes), 0.5)
                << n;
            return !testing::Test::HasFailure();
        });
    EXPECT_EQ(expected, -1);

    // The same through the front door: each shown frame once, from last to first, and the same pictures as
    // forward.
    const Ran played =
        backtake({ "play", take, "--present", "none", "--json", "--hashes", folder / "hashes" }, folder);
    EXPECT_EQ(played.json()["frames"], clip.frames);
    EXPECT_EQ(played.json()["first_captured"], clip.frames - 1);
    EXPECT_EQ(played.json()["damaged"], 0);

    // A camera's clip file is a TAKE, too.
    const auto direct = backtake({ "play", file, "--present", "none", "--json" }, folder).json();
    EXPECT_EQ(direct["frames"], clip.frames);
    EXPECT_EQ(direct["last_captured"], 0);
}

INSTANTIATE_TEST_SUITE_P(Clips, RealClip,
    testing::Values(Clip { "diver.mov", 351, 25 }, Clip { "balle-jbart.mp4", 255, 25 }),
    [](const auto& clip) { return std::string(clip.param.file).substr(0, 5); });

} // namespace
} // namespace backtake::tests
