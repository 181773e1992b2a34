#include "takes/still.hpp"
#include "takes/test_disks.hpp"
#include "takes/test_takes.hpp"
#include "tests/output.hpp"

#include <png.h>
#include <unistd.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <map>
#include <thread>

namespace backtake::takes {
namespace {

using tests::outputOf;
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::Pair;

/// 2026-11-21T16:13:20Z.
constexpr Nanos kTaken = std::chrono::seconds(1'795'277'600);

/// Every pixel another colour, every row another start.
std::vector<std::uint8_t> pixelsOf(int width, int height)
{
    std::vector<std::uint8_t> rgb;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            rgb.push_back(static_cast<std::uint8_t>(x * 5 + y));
            rgb.push_back(static_cast<std::uint8_t>(255 - y * 3));
            rgb.push_back(static_cast<std::uint8_t>(x * y));
        }
    }
    return rgb;
}

std::string asText(std::span<const std::byte> bytes)
{
    return { reinterpret_cast<const char*>(bytes.data()), bytes.size() };
}

std::string asText(std::span<const std::uint8_t> bytes) { return asText(std::as_bytes(bytes)); }

/// A PNG as libpng reads it, as it lies in the file: nothing is converted.
struct ReadPng {
    png_uint_32 width = 0;
    png_uint_32 height = 0;
    int bit_depth = 0;
    int colour_type = 0;
    std::string rgb;
    std::map<std::string, std::string> texts;
    bool claims_colour = false; ///< Has sRGB, gAMA, cHRM or iCCP.
};

ReadPng readPng(const fs::path& path)
{
    ReadPng read;
    FILE* file = std::fopen(path.c_str(), "rb");
    if (file == nullptr)
        return read;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png)) == 0) {
        png_init_io(png, file);
        png_read_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
        png_get_IHDR(png, info, &read.width, &read.height, &read.bit_depth, &read.colour_type, nullptr,
            nullptr, nullptr);
        png_bytepp rows = png_get_rows(png, info);
        for (png_uint_32 y = 0; y < read.height; ++y)
            read.rgb.append(reinterpret_cast<const char*>(rows[y]), png_get_rowbytes(png, info));
        png_textp texts = nullptr;
        const int count = png_get_text(png, info, &texts, nullptr);
        for (int i = 0; i < count; ++i) {
            const bool utf8 = texts[i].compression > 0;
            read.texts.emplace(
                texts[i].key, std::string(texts[i].text, utf8 ? texts[i].itxt_length : texts[i].text_length));
        }
        read.claims_colour =
            png_get_valid(png, info, PNG_INFO_sRGB | PNG_INFO_gAMA | PNG_INFO_cHRM | PNG_INFO_iCCP) != 0;
    } else {
        ADD_FAILURE() << path << " is no PNG";
    }
    png_destroy_read_struct(&png, &info, nullptr);
    std::fclose(file);
    return read;
}

std::vector<std::string> namesIn(const fs::path& folder)
{
    std::vector<std::string> names;
    std::error_code not_there;
    for (const auto& entry : fs::directory_iterator(folder, not_there))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

class StillTest : public ::testing::Test {
protected:
    StillOrder order(Slate slate = { "12A", 3, 'A' })
    {
        StillOrder still;
        still.shoot = shoot_.path();
        still.rgb = rgb_;
        still.width = 40;
        still.height = 30;
        still.jpeg = jpeg_;
        still.place = StillPlace { std::move(slate), Direction::Backward, StillOrderOnScreen::ShownReversed,
            51, 99, "01:02:17:09" };
        still.camera = "Canon EOS-1D C";
        still.taken_at_utc = kTaken;
        return still;
    }
    StillOrder liveOrder()
    {
        StillOrder still = order();
        still.place.reset();
        return still;
    }
    [[nodiscard]] std::vector<std::string> stills() const { return namesIn(shoot_.path() / "stills"); }

    const Folder shoot_;
    const std::vector<std::uint8_t> rgb_ = pixelsOf(40, 30);
    const std::vector<std::byte> jpeg_ = makeJpeg(7);
};

TEST_F(StillTest, WhatIsShownIsInThePngPixelForPixel)
{
    const auto files = saveStill(order());
    ASSERT_OK(files);
    EXPECT_EQ(files->picture, shoot_.path() / "stills" / "12A-003-A_shown000051_captured000099.png");
    EXPECT_EQ(files->jpeg, shoot_.path() / "stills" / "12A-003-A_shown000051_captured000099.jpg");
    const ReadPng png = readPng(files->picture);
    EXPECT_EQ(png.width, 40u);
    EXPECT_EQ(png.height, 30u);
    EXPECT_EQ(png.bit_depth, 8);
    EXPECT_EQ(png.colour_type, PNG_COLOR_TYPE_RGB);
    EXPECT_EQ(png.rgb, asText(rgb_));
    EXPECT_FALSE(png.claims_colour) << "readers would convert the code values";
}

TEST_F(StillTest, AnotherProgramReadsTheSamePixels)
{
    const auto files = saveStill(order());
    ASSERT_OK(files);
    const std::string file = " '" + files->picture.string() + "' ";
    EXPECT_EQ(
        outputOf("ffprobe -v error -show_entries stream=codec_name,width,height,pix_fmt -of csv=p=0" + file),
        "png,40,30,rgb24\n");
    EXPECT_EQ(outputOf("ffmpeg -v error -nostdin -i" + file + "-f rawvideo -pix_fmt rgb24 -"), asText(rgb_));
}

TEST_F(StillTest, TheFileSaysWhereInWhichTakeItIs)
{
    const auto files = saveStill(order());
    ASSERT_OK(files);
    EXPECT_THAT(readPng(files->picture).texts,
        ElementsAre(Pair("Camera", "Canon EOS-1D C"), Pair("Captured frame", "99"),
            Pair("Creation Time", "2026-11-21T16:13:20Z"), Pair("Direction", "backward"),
            Pair("Order", "shown reversed"), Pair("Shown frame", "51"),
            Pair("Software", "Backtake " BACKTAKE_VERSION), Pair("Timecode", "01:02:17:09"),
            Pair("Title", "12A/3A")));

    StillOrder forward = order();
    forward.place->direction = Direction::Forward;
    forward.place->order = StillOrderOnScreen::AsCaptured;
    const auto second = saveStill(forward);
    ASSERT_OK(second);
    EXPECT_THAT(readPng(second->picture).texts,
        IsSupersetOf({ Pair("Direction", "forward"), Pair("Order", "as captured") }));
}

TEST_F(StillTest, TheCapturedFrameLiesBesideItByteForByteWithoutTheZerosOfItsBlock)
{
    std::vector<std::byte> in_block = jpeg_;
    in_block.resize(in_block.size() + 4096);
    StillOrder padded = order();
    padded.jpeg = in_block;
    const auto files = saveStill(padded);
    ASSERT_OK(files);
    EXPECT_EQ(readAll(files->jpeg), asText(jpeg_));

    const auto plain = saveStill(order());
    ASSERT_OK(plain);
    EXPECT_EQ(readAll(plain->jpeg), asText(jpeg_));
}

TEST_F(StillTest, AJpegWithoutAnEndStaysAsItIs)
{
    std::vector<std::byte> torn(jpeg_.begin(), jpeg_.begin() + 300);
    torn.insert(torn.end(), 20, std::byte { 0 }); // its own, for all one can know
    StillOrder damaged = order();
    damaged.jpeg = torn;
    const auto files = saveStill(damaged);
    ASSERT_OK(files);
    EXPECT_EQ(readAll(files->jpeg), asText(torn));

    const std::vector<std::byte> zeros(100);
    damaged.jpeg = zeros;
    const auto of_zeros = saveStill(damaged);
    ASSERT_OK(of_zeros);
    EXPECT_EQ(readAll(of_zeros->jpeg), asText(zeros));
}

TEST_F(StillTest, ASecondStillOfAFrameGetsANumberAndTheFirstStays)
{
    const auto first = saveStill(order());
    ASSERT_OK(first);
    const std::string was = readAll(first->picture);
    StillOrder other = order();
    const std::vector<std::uint8_t> black(rgb_.size(), 0);
    other.rgb = black;
    const auto second = saveStill(other);
    ASSERT_OK(second);
    ASSERT_OK(saveStill(other));
    EXPECT_EQ(second->picture.filename(), "12A-003-A_shown000051_captured000099-2.png");
    EXPECT_EQ(second->jpeg.filename(), "12A-003-A_shown000051_captured000099-2.jpg");
    EXPECT_EQ(readAll(first->picture), was);
    EXPECT_EQ(readPng(second->picture).rgb, asText(black));
    EXPECT_THAT(stills(),
        ElementsAre("12A-003-A_shown000051_captured000099-2.jpg",
            "12A-003-A_shown000051_captured000099-2.png", "12A-003-A_shown000051_captured000099-3.jpg",
            "12A-003-A_shown000051_captured000099-3.png", "12A-003-A_shown000051_captured000099.jpg",
            "12A-003-A_shown000051_captured000099.png"));
}

/// Both files have one name: a JPEG that lies there from elsewhere moves the picture on, too.
TEST_F(StillTest, AnothersJpegIsNotReplacedEither)
{
    fs::create_directory(shoot_.path() / "stills");
    const fs::path others = shoot_.path() / "stills" / "12A-003-A_shown000051_captured000099.jpg";
    writeAll(others, "mine");
    const auto files = saveStill(order());
    ASSERT_OK(files);
    EXPECT_EQ(files->picture.filename(), "12A-003-A_shown000051_captured000099-2.png");
    EXPECT_EQ(readAll(others), "mine");
    EXPECT_THAT(stills(),
        ElementsAre("12A-003-A_shown000051_captured000099-2.jpg",
            "12A-003-A_shown000051_captured000099-2.png", "12A-003-A_shown000051_captured000099.jpg"));
}

TEST_F(StillTest, ManyAtOnceOfOneFrameAreAllKept)
{
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([this] {
            for (int n = 0; n < 8; ++n)
                EXPECT_OK(saveStill(order()));
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    EXPECT_EQ(stills().size(), 4u * 8 * 2);
    for (const std::string& name : stills()) {
        EXPECT_NE(name.front(), '.');
        if (name.ends_with(".png")) {
            EXPECT_TRUE(fs::exists(shoot_.path() / "stills" / fs::path(name).replace_extension(".jpg")));
        }
    }
}

TEST_F(StillTest, ALivePictureIsNamedByTheTimeItWasTaken)
{
    StillOrder live = liveOrder();
    live.jpeg = {};
    const auto files = saveStill(live);
    ASSERT_OK(files);
    EXPECT_TRUE(files->jpeg.empty());
    ASSERT_OK(saveStill(live));
    EXPECT_THAT(stills(), ElementsAre("live_20261121T161320Z-2.png", "live_20261121T161320Z.png"));
    const auto texts = readPng(files->picture).texts;
    EXPECT_EQ(texts.at("Title"), "live");
    EXPECT_EQ(texts.at("Creation Time"), "2026-11-21T16:13:20Z");
    EXPECT_FALSE(texts.contains("Timecode"));
}

TEST_F(StillTest, WhateverIsTypedAsASceneStaysInTheFolderAndIsReadable)
{
    for (const std::string& scene : { std::string("../../etc/passwd"), std::string("12\xC3\xA4"),
             std::string("\xff\xfe"), std::string("-rf *"), std::string("a\0b", 3), std::string(500, 'x'),
             std::string("line\nTimecode: 99"), std::string() }) {
        StillOrder hostile = order({ scene, 1, 'B' });
        hostile.camera = scene;
        const auto files = saveStill(hostile);
        ASSERT_OK(files);
        EXPECT_EQ(files->picture.parent_path(), shoot_.path() / "stills");
        EXPECT_EQ(files->picture.filename().string(),
            folderName({ scene, 1, 'B' }) + "_shown000051_captured000099.png");
        const ReadPng png = readPng(files->picture);
        EXPECT_EQ(png.rgb, asText(rgb_));
        EXPECT_EQ(png.texts.at("Timecode"), "01:02:17:09");
        EXPECT_THAT(png.texts.at("Title"), EndsWith("/1B"));
        EXPECT_THAT(png.texts.at("Title"), Not(HasSubstr("\n")));
    }
    EXPECT_EQ(
        readPng(saveStill(order({ "12\xC3\xA4", 1, 'B' }))->picture).texts.at("Title"), "12\xC3\xA4/1B");
    EXPECT_EQ(readPng(saveStill(order({ "\xff", 1, 'B' }))->picture).texts.at("Title"), "\xEF\xBF\xBD/1B");
}

/// Fails for a writer that leaves half a picture under its final name, or its hidden files.
TEST_F(StillTest, AFullDiskIsSaidAndNothingIsLeftBehind)
{
    const std::string whole = [&] {
        const auto files = saveStill(order());
        return readAll(files->picture) + readAll(files->jpeg);
    }();
    for (const std::size_t room : { std::size_t { 0 }, std::size_t { 100 }, whole.size() - 1 }) {
        const Folder shoot;
        FailingDisk disk(shoot.path());
        disk.fill(room);
        StillOrder still = order();
        still.shoot = shoot.path();
        const auto files = saveStill(still, disk);
        EXPECT_FAULT(files, Fault::OutOfSpace);
        EXPECT_THAT(files.error().message, HasSubstr("the disk is full"));
        EXPECT_THAT(files.error().message, HasSubstr((shoot.path() / "stills").string()));
        EXPECT_THAT(files.error().message, Not(HasSubstr(".new")));
        EXPECT_THAT(namesIn(shoot.path() / "stills"), IsEmpty()) << "with room for " << room;
        disk.makeRoom();
        EXPECT_OK(saveStill(still, disk));
    }
}

TEST_F(StillTest, BothFilesAreSyncedBeforeTheyHaveTheirNames)
{
    RecordingDisk disk;
    ASSERT_OK(saveStill(order(), disk));
    int synced = 0;
    for (const DiskEvent& event : disk.events())
        synced += event.kind == DiskEvent::Kind::Sync ? 1 : 0;
    EXPECT_EQ(synced, 2);

    FailingDisk failing(shoot_.path());
    failing.fail(FailingDisk::kSync, EIO);
    const auto before = stills();
    EXPECT_FALSE(saveStill(order(), failing));
    EXPECT_EQ(stills(), before);
}

TEST_F(StillTest, AFolderThatMayNotBeWrittenIsSaid)
{
    FailingDisk disk(shoot_.path());
    disk.fail(FailingDisk::kEveryCall, EROFS);
    const auto files = saveStill(order(), disk);
    EXPECT_FAULT(files, Fault::Denied);
    EXPECT_THAT(files.error().message, HasSubstr("no right"));

    StillOrder nowhere = order();
    nowhere.shoot = shoot_.path() / "not there";
    EXPECT_FAULT(saveStill(nowhere), Fault::NotFound);

    writeAll(shoot_.path() / "stills", "a file in its place");
    EXPECT_FAULT(saveStill(order()), Fault::NotFound);
}

TEST_F(StillTest, PixelsThatDoNotFitTheirSizeAreRefused)
{
    for (const auto& [width, height] : { std::pair(0, 30), std::pair(40, -1), std::pair(40, 31),
             std::pair(39, 30), std::pair(20000, 1), std::pair(1'000'000'000, 1'000'000'000) }) {
        StillOrder odd = order();
        odd.width = width;
        odd.height = height;
        EXPECT_FAULT(saveStill(odd), Fault::Usage);
    }
    EXPECT_THAT(stills(), IsEmpty());
}

TEST_F(StillTest, IsReadAgainAsItWasCapturedAndTurnedAsItWasSeen)
{
    for (const Orientation one :
        { Orientation::Upright, Orientation::UpsideDown, Orientation::Mirrored, Orientation::Flipped }) {
        StillOrder turned = order();
        turned.orientation = one;
        const auto files = saveStill(turned);
        ASSERT_OK(files);
        const auto still = readStill(shoot_.path(), files->jpeg.filename().string());
        ASSERT_OK(still);
        EXPECT_EQ(still->orientation, one);
        EXPECT_EQ(still->jpeg, asText(std::span(jpeg_)));
    }
}

TEST_F(StillTest, AreListedNewestFirstWhenTheyHaveTheirJpeg)
{
    EXPECT_THAT(*stillsOf(shoot_.path()), IsEmpty()) << "there is no folder yet";
    const auto older = saveStill(order({ "12A", 9, 'A' }));
    const auto newer = saveStill(order({ "12A", 1, 'A' }));
    StillOrder bare = liveOrder();
    bare.jpeg = {};
    ASSERT_OK(saveStill(bare));
    fs::last_write_time(older->jpeg, fs::last_write_time(newer->jpeg) - std::chrono::seconds(5));
    fs::create_directory(shoot_.path() / "stills" / "folder.jpg");
    EXPECT_THAT(*stillsOf(shoot_.path()),
        ElementsAre(newer->jpeg.filename().string(), older->jpeg.filename().string()));
}

/// A still's PNG is anybody's file: it may only ever cost the orientation.
TEST_F(StillTest, WithoutAReadablePngItIsUpright)
{
    StillOrder turned = order();
    turned.orientation = Orientation::Mirrored;
    const auto files = saveStill(turned);
    ASSERT_OK(files);
    const std::string png = readAll(files->picture);
    const std::string name = files->jpeg.filename().string();
    for (std::size_t size = 0; size < png.size(); size += 1 + size / 8) {
        writeAll(files->picture, png.substr(0, size));
        ASSERT_OK(readStill(shoot_.path(), name)) << size;
        std::string damaged = png;
        for (std::size_t at = size; at < std::min(size + 3, png.size()); ++at)
            damaged[at] = static_cast<char>(damaged[at] ^ 0x5A);
        writeAll(files->picture, damaged);
        ASSERT_OK(readStill(shoot_.path(), name)) << size;
    }
    writeAll(files->picture, "no picture");
    EXPECT_EQ(readStill(shoot_.path(), name)->orientation, Orientation::Upright);
    fs::remove(files->picture);
    EXPECT_EQ(readStill(shoot_.path(), name)->orientation, Orientation::Upright);
}

TEST_F(StillTest, ANameThatLeadsElsewhereIsRefused)
{
    ASSERT_OK(saveStill(order()));
    writeAll(shoot_.path() / "secret.jpg", "x");
    for (const char* name : { "", ".", "..", "../secret.jpg", "/etc/passwd", "a/b.jpg",
             "12A-003-A_shown000051_captured000099.png" })
        EXPECT_FAULT(readStill(shoot_.path(), name), Fault::Usage);
    EXPECT_FAULT(readStill(shoot_.path(), "gone.jpg"), Fault::NotFound);
}

} // namespace
} // namespace backtake::takes
