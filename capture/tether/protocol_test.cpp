#include "capture/tether/protocol.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <limits>

namespace {

using namespace backtake::capture::tether;
using backtake::base::Fault;
using backtake::base::Nanos;

constexpr auto kBig = std::numeric_limits<std::uint64_t>::max();

std::vector<Request> requests()
{
    return { SetSetting { kBig, "iso", "800" }, Record { 2, false },
        Fetch {
            3, "/store_00010001/DCIM/100EOS1D", "MVI_0042.MOV", "/shoot/media/12A-003-A/Größe \"x\".MOV" },
        CancelFetch { 3 } };
}

std::vector<Report> reports()
{
    Facts facts;
    facts.lens = "EF24-70mm f/2.8L";
    facts.battery = "75%";
    facts.shots_left = -1;
    facts.card_present = false;
    facts.card_free_bytes = kBig;
    facts.movie_mode = true;
    facts.output = "screen + PC";
    return { Hello { kVersion, "libgphoto2 2.5.30" }, Opened { "Canon EOS-1D C", true },
        Picture { kSlots - 1, kSlotBytes, Nanos(123456789012345), Nanos(123456789999999), 17, 2 },
        Damaged { Nanos(5), "no JPEG" }, Setting { "iso", "ISO", "800", { "100", "200", "½ ü" }, true },
        Answer { 9, false, "the camera refuses 6400", "PTP 2005" }, facts, Facts {},
        Recording { true, Nanos(7) }, ClipAdded { "/store/DCIM", "MVI_1.MOV", 1ULL << 40, Nanos(8) },
        Progress { 3, Progress::State::Failed, 5, 6, 1.5e8, "the disk is full" },
        Note { "output is PC only" }, Failed { Fault::Busy, "held by gvfsd-gphoto2", "-53" } };
}

TEST(TetherProtocol, EveryRequestComesBackAsItWasSent)
{
    for (const Request& request : requests()) {
        const std::string message = encode(request);
        const auto again = decodeRequest(message);
        ASSERT_TRUE(again) << message << again.error().detail;
        EXPECT_EQ(again->index(), request.index());
        EXPECT_EQ(encode(*again), message);
    }
    const auto fetch = decodeRequest(encode(requests()[2]));
    EXPECT_EQ(std::get<Fetch>(*fetch).target, "/shoot/media/12A-003-A/Größe \"x\".MOV");
    EXPECT_EQ(std::get<SetSetting>(*decodeRequest(encode(requests()[0]))).id, kBig);
}

TEST(TetherProtocol, EveryReportComesBackAsItWasSent)
{
    for (const Report& report : reports()) {
        const std::string message = encode(report);
        const auto again = decodeReport(message);
        ASSERT_TRUE(again) << message << again.error().detail;
        EXPECT_EQ(again->index(), report.index());
        EXPECT_EQ(encode(*again), message);
    }
    const auto picture = std::get<Picture>(*decodeReport(encode(reports()[2])));
    EXPECT_EQ(picture.asked_at, Nanos(123456789012345));
    EXPECT_EQ(picture.slot, kSlots - 1);
    EXPECT_EQ(picture.bytes, kSlotBytes);
    EXPECT_EQ(std::get<Setting>(*decodeReport(encode(reports()[4]))).choices[2], "½ ü");
    EXPECT_EQ(std::get<Facts>(*decodeReport(encode(reports()[6]))).shots_left, -1);
    EXPECT_FALSE(std::get<Facts>(*decodeReport(encode(reports()[7]))).lens);
    EXPECT_EQ(std::get<Failed>(*decodeReport(encode(reports()[12]))).fault, Fault::Busy);
}

/// Fails for a reader that takes a field on trust: every field of every message is left out, and replaced by
/// each other kind.
TEST(TetherProtocol, AFieldThatIsMissingOrOfAnotherKindIsRefused)
{
    const std::vector<nlohmann::json> strange = { nullptr, -1, 1e300, "\xF0\x9F\x98\x80",
        nlohmann::json::array({ 1 }), nlohmann::json::object(), std::string(70000, 'x'), kBig };
    const auto torment = [&](const std::string& message, const auto& decode) {
        const auto whole = nlohmann::json::parse(message);
        for (const auto& [key, value] : whole.items()) {
            auto without = whole;
            without.erase(key);
            if (whole["kind"] != "facts" || key == "kind") {
                EXPECT_FALSE(decode(without.dump())) << without.dump();
            }
            for (const auto& other : strange) {
                auto with = whole;
                with[key] = other;
                const auto read = decode(with.dump());
                if (other.is_null() || other.is_object()) {
                    EXPECT_FALSE(read) << with.dump();
                }
                if (!read) {
                    EXPECT_EQ(read.error().fault, Fault::Corrupt);
                }
            }
        }
        auto more = whole;
        more["surplus"] = 1;
        EXPECT_FALSE(decode(more.dump()));
        for (std::size_t end = 0; end < message.size(); ++end)
            EXPECT_FALSE(decode(std::string_view(message).substr(0, end)));
    };
    for (const Request& request : requests())
        torment(encode(request), [](std::string_view text) { return decodeRequest(text); });
    for (const Report& report : reports())
        torment(encode(report), [](std::string_view text) { return decodeReport(text); });
}

TEST(TetherProtocol, APictureOutsideItsSlotIsRefused)
{
    const auto with = [](const char* key, const nlohmann::json& value) {
        auto json = nlohmann::json::parse(encode(Report { Picture { 0, 100, {}, {}, 0, 0 } }));
        json[key] = value;
        return decodeReport(json.dump());
    };
    EXPECT_TRUE(with("bytes", kSlotBytes));
    EXPECT_FALSE(with("bytes", kSlotBytes + 1));
    EXPECT_FALSE(with("bytes", (1ULL << 32) + 100));
    EXPECT_FALSE(with("bytes", 0));
    EXPECT_FALSE(with("bytes", 100.0));
    EXPECT_FALSE(with("slot", kSlots));
    EXPECT_FALSE(with("slot", -1));
    EXPECT_FALSE(with("asked_at", -1));
    EXPECT_FALSE(with("asked_at", kBig));
}

TEST(TetherProtocol, NestedJunkOfAnySizeIsRefused)
{
    EXPECT_FALSE(decodeReport(""));
    EXPECT_FALSE(decodeReport("[]"));
    EXPECT_FALSE(decodeReport(std::string(60000, '[')));
    EXPECT_FALSE(decodeReport(std::string(kMaxMessageBytes + 1, ' ')));
    EXPECT_FALSE(decodeRequest("{\"kind\":\"record\",\"id\":1,\"on\":true}x"));
    EXPECT_FALSE(decodeRequest("{\"kind\":\"hello\",\"version\":1,\"library\":\"\"}"));
    EXPECT_FALSE(decodeRequest("{\"kind\":\"set\",\"id\":1,\"name\":\"\xFF\",\"value\":\"\"}"));
    EXPECT_FALSE(decodeRequest("{\"kind\":\"set\",\"id\":1,\"name\":\"iso\\u0000\",\"value\":\"\"}"));
}

/// Fails for a writer that lets the library's bytes through, or throws on them.
TEST(TetherProtocol, WhatTheCameraSaysMayBeAnyBytesAndAnyLength)
{
    Setting setting { "iso", "\xFF\xFE\x80 ISO",
        std::string("8\0"
                    "00",
            4),
        {}, false };
    for (int n = 0; n < 20000; ++n)
        setting.choices.push_back(std::string(300, static_cast<char>(n % 256)));
    for (const std::string& text : { std::string(100000, '\xC3'), std::string(100000, '\x01') }) {
        const std::vector<Report> all = { Hello { 1, text }, Opened { text, true }, Damaged { {}, text },
            setting, Answer { 1, true, text, text }, ClipAdded { text, text, 1, {} }, Note { text },
            Failed { Fault::Failed, text, text } };
        for (const Report& report : all) {
            const std::string message = encode(report);
            EXPECT_LE(message.size(), kMaxMessageBytes);
            const auto again = decodeReport(message);
            ASSERT_TRUE(again) << again.error().detail << message.substr(0, 200);
        }
        EXPECT_LE(encode(Request { Fetch { 1, text, text, text } }).size(), kMaxMessageBytes);
        EXPECT_TRUE(decodeRequest(encode(Request { Fetch { 1, text, text, text } })));
    }
    const auto again = std::get<Setting>(*decodeReport(encode(Report { setting })));
    EXPECT_FALSE(again.choices.empty());
    EXPECT_EQ(again.value, "800");
    // Cut between two characters, not inside one.
    std::string umlauts = "x";
    for (int n = 0; n < 200; ++n)
        umlauts += "ü";
    EXPECT_EQ(
        std::get<Opened>(*decodeReport(encode(Report { Opened { umlauts, true } }))).model.size(), 255U);
}

TEST(TetherProtocol, ASpeedThatIsNoNumberIsZero)
{
    for (const double speed : { std::nan(""), std::numeric_limits<double>::infinity(), -1.0 }) {
        const auto again =
            decodeReport(encode(Report { Progress { 1, Progress::State::Running, 0, 0, speed, "" } }));
        ASSERT_TRUE(again);
        EXPECT_EQ(std::get<Progress>(*again).bytes_per_second, 0);
    }
}

TEST(TetherProtocol, AttachedCamerasComeBackAsTheyWereListed)
{
    const std::vector<AttachedCamera> cameras = { { "usb:001,007", "Canon EOS-1D C", Fault::Failed, "", "",
                                                      0 },
        { "usb:001,008", "Canon EOS 5D", Fault::Busy, "held by gvfsd-gphoto2", "gvfsd-gphoto2", 4711 } };
    const std::string line = encode(cameras);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto again = decodeAttached(line);
    ASSERT_TRUE(again);
    ASSERT_EQ(again->size(), 2U);
    EXPECT_EQ(encode(*again), line);
    EXPECT_EQ(again->at(1).holder_pid, 4711);
    EXPECT_TRUE(decodeAttached("[]"));
    EXPECT_FALSE(decodeAttached("{}"));
    EXPECT_FALSE(decodeAttached("[1]"));
    EXPECT_FALSE(decodeAttached("[{}]"));
}

TEST(TetherProtocol, BothSidesSeeTheSameMemory)
{
    const auto app = SharedMemory::create();
    ASSERT_TRUE(app) << app.error().detail;
    EXPECT_EQ((*app)->head().patience_ns, kPatience.count());
    const auto helper = SharedMemory::open(::dup((*app)->fd()));
    ASSERT_TRUE(helper) << helper.error().detail;
    (*helper)->head().beats.fetch_add(1);
    (*helper)->slot(kSlots - 1).back() = std::byte { 42 };
    EXPECT_EQ((*app)->head().beats, 1U);
    EXPECT_EQ((*app)->slot(kSlots - 1).back(), std::byte { 42 });
}

TEST(TetherProtocol, NeitherSideCanTakeTheMemoryAwayFromTheOther)
{
    const auto app = SharedMemory::create();
    ASSERT_TRUE(app);
    EXPECT_NE(::ftruncate((*app)->fd(), 0), 0);
    const int small = ::memfd_create("small", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    EXPECT_FALSE(SharedMemory::open(small));
    ::close(small);
    EXPECT_FALSE(SharedMemory::open(-1));
}

} // namespace
