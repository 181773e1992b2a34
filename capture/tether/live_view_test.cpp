#include "base/jpeg.hpp"
#include "capture/tether/live_view.hpp"

#include <gtest/gtest.h>

namespace {

using namespace backtake::capture::tether;

std::vector<std::byte> picture()
{
    backtake::base::PicturePool pool(1 << 20);
    backtake::base::PictureFormat format;
    format.width = 64;
    format.height = 48;
    const auto made = pool.tryAcquire(format);
    backtake::base::JpegEncoder encoder;
    const auto bytes = encoder.encode(*made, 80);
    return { bytes->begin(), bytes->end() };
}

std::string faultOf(const std::vector<std::byte>& bytes)
{
    std::size_t length = bytes.size();
    return faultOfPicture(bytes, length);
}

TEST(LiveViewPicture, AWholeJpegIsTakenWithoutTheFillBehindIt)
{
    const std::vector<std::byte> whole = picture();
    EXPECT_EQ(faultOf(whole), "");
    for (const std::byte fill : { std::byte { 0 }, std::byte { 0xFF } }) {
        std::vector<std::byte> filled = whole;
        filled.resize(whole.size() + 1000, fill);
        std::size_t length = filled.size();
        EXPECT_EQ(faultOfPicture(filled, length), "");
        EXPECT_EQ(length, whole.size());
    }
}

TEST(LiveViewPicture, ATornOneIsNone)
{
    const std::vector<std::byte> whole = picture();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        std::vector<std::byte> torn(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        EXPECT_NE(faultOf(torn), "") << length;
    }
}

TEST(LiveViewPicture, GarbageIsNone)
{
    EXPECT_NE(faultOf({}), "");
    EXPECT_NE(faultOf(std::vector<std::byte>(1000, std::byte { 0 })), "");
    EXPECT_NE(faultOf(std::vector<std::byte>(1000, std::byte { 0xFF })), "");
    std::vector<std::byte> shell(1000, std::byte { 42 });
    shell[0] = shell[998] = std::byte { 0xFF };
    shell[1] = std::byte { 0xD8 };
    shell[999] = std::byte { 0xD9 };
    EXPECT_NE(faultOf(shell), "");
}

TEST(LiveViewAddress, IsReadAsItIsWritten)
{
    EXPECT_TRUE(parseAddress("usb"));
    EXPECT_EQ(parseAddress("usb:1,7")->usb_port, "usb:001,007");
    EXPECT_EQ(parseAddress("usb:001,007")->usb_port, "usb:001,007");
    EXPECT_EQ(parseAddress("ptpip:camera.local")->host, "camera.local");
    EXPECT_EQ(parseAddress("ptpip:10.0.0.9")->port, 15740);
    EXPECT_EQ(parseAddress("ptpip:10.0.0.9:4711")->port, 4711);
    for (const char* wrong :
        { "", "usb:", "usb:1", "usb:1,", "usb:,1", "usb:1,2,", "usb:../..", "usb:0,1", "ptpip:", "ptpip::1",
            "ptpip:host:", "ptpip:host:0", "ptpip:host:65536", "ptpip:host:1x", "serial:/dev/ttyS0" })
        EXPECT_FALSE(parseAddress(wrong)) << wrong;
}

} // namespace
