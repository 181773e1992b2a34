// Unmodified libgphoto2 as the client: what it sees of the virtual camera, and how it fares when the camera
// misbehaves. A camera that fails here would make every test of the tether doubtful.
#include "base/jpeg.hpp"
#include "base/picture.hpp"
#include "capture/frame_cells.hpp"
#include "tests/process.hpp"
#include "tests/virtual_eos/gphoto_client.hpp"
#include "tests/virtual_eos/line_program.hpp"
#include "tests/virtual_eos/virtual_eos.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <map>
#include <set>

namespace backtake::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kFolder = "/store_00010001/DCIM/100EOS1D";

/// A camera with small pictures, and libgphoto2 beside it.
class EosOnTheNetwork : public ::testing::Test {
protected:
    EosOnTheNetwork() { giveGphotoAHome(home_.path()); }

    VirtualEos& camera()
    {
        if (!camera_)
            camera_.emplace(options_);
        return *camera_;
    }
    GphotoClient& client()
    {
        if (!client_) {
            const std::string port = std::to_string(camera().port());
            client_.emplace("ptpip:127.0.0.1:" + port + ":" + port, "Canon EOS (WLAN)");
        }
        return *client_;
    }
    /// Opened, with the flood of news at the start drained.
    GphotoClient& opened()
    {
        EXPECT_EQ(client().init(), 0);
        EXPECT_THAT(client().events(), SizeIs(::testing::Gt(40U)));
        return client();
    }
    std::vector<std::string> changes()
    {
        std::vector<std::string> words;
        for (const auto& change : camera().changes())
            words.push_back(change.what);
        return words;
    }
    /// What comes until @p wanted does.
    bool comes(const std::string& wanted)
    {
        return tests::eventually([&] { return client().event().find(wanted) != std::string::npos; }, 10s);
    }

    tests::Folder home_;
    VirtualEosOptions options_ { .width = 512, .height = 344, .jpeg_bytes = 60'000 };
    std::optional<VirtualEos> camera_;
    std::optional<GphotoClient> client_;
};

std::optional<std::uint32_t> numberInCells(std::span<const std::byte> jpeg)
{
    base::PicturePool pool(64 << 20);
    base::JpegDecoder decoder;
    const auto picture = decoder.decode(jpeg, pool);
    if (!picture || (*picture)->damaged)
        return std::nullopt;
    const auto& format = (*picture)->format;
    return capture::readFrameNumber(
        (*picture)->planes[0], format.width, format.height, (*picture)->strides[0]);
}

TEST_F(EosOnTheNetwork, IsAnEosOneDC)
{
    EXPECT_THAT(opened().summary(), HasSubstr("Model: Canon EOS-1D C"));
    EXPECT_THAT(client().summary(), HasSubstr("Vendor Extension ID: 0xb"));
    EXPECT_EQ(client().exit(), 0);
    EXPECT_THAT(changes(), Contains("connected"));
    EXPECT_TRUE(tests::eventually([&] { return changes().back() == "closed"; }));
}

TEST_F(EosOnTheNetwork, HasEverySettingThatAnOperatorLooksFor)
{
    opened();
    const std::map<std::string, std::string> expected { { "iso", "800" }, { "aperture", "8" },
        { "shutterspeed", "1/50" }, { "whitebalance", "Daylight" }, { "colortemperature", "5200" },
        { "picturestyle", "Neutral" }, { "autoexposuremode", "Movie" }, { "movierecordtarget", "None" },
        { "output", "TFT" }, { "evfmode", "0" }, { "batterylevel", "75%" }, { "availableshots", "1234" },
        { "lensname", "EF24-70mm f/2.8L II USM" }, { "shuttercounter", "24879" }, { "eosmovieswitch", "1" } };
    for (const auto& [name, value] : expected)
        EXPECT_EQ(client().get(name), value) << name;
    EXPECT_THAT(client().choices("iso"), SizeIs(29));
    EXPECT_THAT(client().choices("iso"), Contains("25600"));
    EXPECT_THAT(client().choices("shutterspeed"), Contains("1/50"));
    EXPECT_THAT(client().choices("output"), ElementsAre("Off", "TFT", "PC", "TFT + PC"));
    EXPECT_THAT(client().choices("movierecordtarget"), ElementsAre("None")); // as the real library shows it
}

/// For each pacing. Fails for a camera that sends a frame twice, out of order, or with another's number.
class Paced : public EosOnTheNetwork, public ::testing::WithParamInterface<Pacing> { };

TEST_P(Paced, LiveViewBringsEveryFrameThatTheCameraSaysItSent)
{
    options_.pacing = GetParam();
    opened();
    std::set<std::uint64_t> received;
    std::vector<std::byte> jpeg;
    std::vector<std::byte> before;
    std::size_t repeated = 0;
    for (std::uint64_t last = 0; received.size() < 20;) {
        ASSERT_EQ(client().preview(jpeg), 0);
        ASSERT_TRUE(base::readJpegHeader(jpeg) && base::readJpegHeader(jpeg)->complete);
        const auto number = numberInComment(jpeg);
        ASSERT_TRUE(number);
        EXPECT_EQ(numberInCells(jpeg), *number);
        if (jpeg == before) {
            ++repeated;
            continue;
        }
        EXPECT_TRUE(received.empty() || *number > last);
        received.insert(*number);
        last = *number;
        before = jpeg;
    }
    EXPECT_EQ(repeated > 0, GetParam() == Pacing::Repeat);
    std::set<std::uint64_t> sent;
    const auto made = camera().made();
    for (const auto& frame : made) {
        if (frame.sent)
            sent.insert(frame.number);
    }
    EXPECT_EQ(sent, received);
    for (std::size_t i = 1; i < made.size(); ++i) {
        const auto gap = made[i].at - made[i - 1].at;
        EXPECT_EQ(made[i].number, made[i - 1].number + 1);
        EXPECT_LT(std::chrono::abs(gap - base::Nanos(33'366'667)), 2ns);
    }
    EXPECT_NEAR(static_cast<double>(jpeg.size()), 60'000, 10);
}

INSTANTIATE_TEST_SUITE_P(
    , Paced, ::testing::Values(Pacing::Busy, Pacing::Hold, Pacing::Repeat), [](const auto& each) {
        return each.param == Pacing::Busy ? "Busy" : each.param == Pacing::Hold ? "Hold" : "Repeat";
    });

TEST_F(EosOnTheNetwork, LiveViewCopesWithNotReadyInsteadOfBusy)
{
    options_.not_ready_code = true;
    opened();
    std::vector<std::byte> jpeg;
    EXPECT_EQ(client().preview(jpeg), 0);
    EXPECT_EQ(client().preview(jpeg), 0);
}

TEST_F(EosOnTheNetwork, MovieModeFramesComeInBlobsOfKindNine)
{
    options_.jpeg_blob_type = 9;
    opened();
    std::vector<std::byte> jpeg;
    EXPECT_EQ(client().preview(jpeg), 0);
    EXPECT_TRUE(numberInComment(jpeg));
}

TEST_F(EosOnTheNetwork, WithoutLiveViewItSaysSo)
{
    options_.live_view = false;
    opened();
    std::vector<std::byte> jpeg;
    EXPECT_EQ(client().preview(jpeg), GP_ERROR_NOT_SUPPORTED);
}

TEST_F(EosOnTheNetwork, AFrameThatNobodyAskedForIsLostInTheCamera)
{
    options_.fps = 200;
    opened();
    std::vector<std::byte> jpeg;
    ASSERT_EQ(client().preview(jpeg), 0);
    ASSERT_TRUE(tests::eventually([&] { return camera().made().size() > 10; }));
    ASSERT_EQ(client().preview(jpeg), 0);
    const auto made = camera().made();
    const auto lost = std::count_if(made.begin(), made.end(), [](const auto& frame) { return !frame.sent; });
    EXPECT_GE(lost, 8);
    camera().clearMade();
    EXPECT_LT(camera().made().size(), made.size());
}

TEST_F(EosOnTheNetwork, ASettingSetOverTheCableTurnsTheDial)
{
    opened();
    EXPECT_EQ(client().set("iso", "1600"), 0);
    EXPECT_EQ(camera().dial("iso"), "1600");
    EXPECT_EQ(client().set("colortemperature", "3200"), 0);
    EXPECT_EQ(camera().dial("colortemperature"), "3200");
    EXPECT_EQ(client().set("output", "TFT + PC"), 0);
    EXPECT_THAT(changes(), Contains("output TFT + PC"));
    EXPECT_EQ(client().get("iso"), "1600");
}

TEST_F(EosOnTheNetwork, ARefusedSettingStaysAsItWas)
{
    opened();
    camera().refuseSetting("iso", true);
    EXPECT_EQ(client().set("iso", "1600"), GP_ERROR);
    EXPECT_EQ(camera().dial("iso"), "800");
    camera().refuseSetting("iso", false);
    EXPECT_EQ(client().set("iso", "1600"), 0);
    camera().answerBusy(BusyWith::SetProperty, 1);
    EXPECT_EQ(client().set("iso", "3200"), GP_ERROR_CAMERA_BUSY);
    EXPECT_EQ(client().set("iso", "3200"), 0);
}

TEST_F(EosOnTheNetwork, ABodyThatOnlyKnowsPcOutputRefusesScreenAndPc)
{
    options_.allows_screen_and_pc = false;
    opened();
    EXPECT_LT(client().set("output", "TFT + PC"), 0);
    EXPECT_EQ(client().set("output", "PC"), 0);
    EXPECT_EQ(camera().dial("output"), "PC");
}

TEST_F(EosOnTheNetwork, ADialTurnedOnTheBodyIsNews)
{
    opened();
    camera().turnDial("iso", "3200");
    EXPECT_THAT(client().events(), ElementsAre("PTP Property d103 changed, \"iso\" to \"3200\""));
    camera().setBattery(0);
    EXPECT_THAT(client().events(), ElementsAre("PTP Property d111 changed, \"batterylevel\" to \"Low\""));
    camera().turnDial("lensname", "EF50mm f/1.2L USM");
    EXPECT_THAT(client().events(), ElementsAre(HasSubstr("EF50mm f/1.2L USM")));
    camera().setTemperature(1);
    EXPECT_THAT(client().events(), ElementsAre("PTP Property d1ab changed"));
    for (const int percent : { 25, 50, 75, 100 }) {
        camera().setBattery(percent);
        client().events();
        EXPECT_EQ(client().get("batterylevel"), std::to_string(percent) + "%");
    }
}

TEST_F(EosOnTheNetwork, AChangedListOfChoicesIsNoNewsButIsThere)
{
    opened();
    camera().setChoices("aperture", { "4", "5.6", "8" });
    EXPECT_THAT(client().events(), IsEmpty());
    EXPECT_THAT(client().choices("aperture"), ElementsAre("4", "5.6", "8"));
    camera().setChoices("aperture", { "0x00fe", "8" }); // a list that lies
    EXPECT_THAT(client().events(), IsEmpty());
    EXPECT_THAT(client().choices("aperture"), ElementsAre("Unknown value 00fe", "8"));
}

TEST_F(EosOnTheNetwork, WithoutListsOfChoicesOnlyTheValueIsKnown)
{
    options_.lists_choices = false;
    opened();
    EXPECT_THAT(client().choices("iso"), ElementsAre("800"));
}

TEST_F(EosOnTheNetwork, RecordingStartedHereEndsInAClipOnTheCard)
{
    opened();
    EXPECT_EQ(client().set("movierecordtarget", "Card"), 0);
    EXPECT_TRUE(camera().recording());
    EXPECT_TRUE(comes("\"movierecordtarget\" to \"Card\""));
    EXPECT_EQ(client().set("movierecordtarget", "None"), 0);
    EXPECT_FALSE(camera().recording());
    EXPECT_TRUE(comes("\"movierecordtarget\" to \"None\""));
    EXPECT_TRUE(comes(std::string("added ") + kFolder + "/MVI_0001.MOV"));
    EXPECT_EQ(client().fileSize(kFolder, "MVI_0001.MOV"), 1U << 20);
    std::vector<std::string> recorded = changes();
    std::erase_if(
        recorded, [](const auto& what) { return !what.starts_with("record") && !what.starts_with("clip"); });
    EXPECT_THAT(recorded, ElementsAre("record on", "record off", "clip MVI_0001.MOV"));
}

TEST_F(EosOnTheNetwork, RecordingStartedOnTheBodyIsNews)
{
    opened();
    camera().pressRecord();
    EXPECT_TRUE(comes("\"movierecordtarget\" to \"Card\""));
    EXPECT_EQ(client().get("movierecordtarget"), "Card");
    camera().pressRecord();
    EXPECT_TRUE(comes("\"movierecordtarget\" to \"None\""));
    EXPECT_TRUE(comes("MVI_0001.MOV"));
}

TEST_F(EosOnTheNetwork, RecordingIsRefusedWithoutTheSwitchTheCardOrRoomOnIt)
{
    options_.movie_switch = false;
    opened();
    EXPECT_EQ(client().set("movierecordtarget", "Card"), GP_ERROR);
    camera().setMovieSwitch(true);
    EXPECT_TRUE(comes("\"eosmovieswitch\" to \"1\""));
    camera().removeCard();
    EXPECT_EQ(client().set("movierecordtarget", "Card"), GP_ERROR);
    camera().insertCard();
    camera().setShotsLeft(0);
    EXPECT_EQ(client().set("movierecordtarget", "Card"), GP_ERROR);
    camera().setShotsLeft(100);
    EXPECT_EQ(client().set("movierecordtarget", "Card"), 0);
    camera().setMovieSwitch(false);
    EXPECT_FALSE(camera().recording());
}

TEST_F(EosOnTheNetwork, ACardThatIsTakenOutAndPutBackIsNews)
{
    opened();
    EXPECT_GT(client().freeKilobytes(), 1'000'000U);
    camera().removeCard();
    EXPECT_THAT(
        client().events(), ElementsAre("StoreRemoved 0x00010001", HasSubstr("\"availableshots\" to \"0\"")));
    EXPECT_FALSE(client().freeKilobytes());
    camera().insertCard();
    EXPECT_THAT(client().events(),
        ElementsAre("StoreAdded 0x00010001", "StorageInfoChanged 0x00010001",
            HasSubstr("\"availableshots\" to \"1234\"")));
    camera().setShotsLeft(0);
    EXPECT_EQ(client().freeKilobytes(), 0U);
}

TEST_F(EosOnTheNetwork, AClipIsReadInRanges)
{
    const std::string name = camera().addClip(5'000'001);
    opened();
    EXPECT_EQ(client().fileSize(kFolder, name), 5'000'001U);
    for (const std::uint64_t offset : { 0U, 1'048'576U, 3'333'333U, 4'999'990U }) {
        std::vector<std::byte> bytes(1 << 20);
        ASSERT_EQ(client().read(kFolder, name, offset, bytes), 0);
        ASSERT_EQ(bytes.size(), std::min<std::uint64_t>(1 << 20, 5'000'001 - offset));
        for (std::size_t i = 0; i < bytes.size(); ++i)
            ASSERT_EQ(bytes[i], VirtualEos::clipByte(offset + i)) << offset << " + " << i;
    }
    camera().removeClip(name);
    std::vector<std::byte> bytes(100);
    EXPECT_LT(client().read(kFolder, name, 0, bytes), 0);
    EXPECT_THAT(changes(), Not(Contains(StartsWith("deleted"))));
}

TEST_F(EosOnTheNetwork, AClipOfFourGibibytesIsAnnouncedAsTheLargestThereIs)
{
    const std::string largest = camera().addClip(UINT32_MAX - 1ULL);
    const std::string larger = camera().addClip(6ULL << 30);
    opened();
    EXPECT_EQ(client().fileSize(kFolder, largest), UINT32_MAX - 1ULL);
    EXPECT_EQ(client().fileSize(kFolder, larger), UINT32_MAX);
    std::vector<std::byte> bytes(1000);
    ASSERT_EQ(client().read(kFolder, largest, UINT32_MAX - 11ULL, bytes), 0);
    EXPECT_THAT(bytes, SizeIs(10));
    EXPECT_EQ(bytes[9], VirtualEos::clipByte(UINT32_MAX - 2ULL));
}

// ------------------------------------------------------------ misbehaviour

TEST_F(EosOnTheNetwork, ADroppedConnectionIsAnErrorAndComesBack)
{
    opened();
    std::vector<std::byte> jpeg;
    ASSERT_EQ(client().preview(jpeg), 0);
    camera().drop();
    EXPECT_THAT(client().preview(jpeg), AnyOf(GP_ERROR, GP_ERROR_IO));
    client().exit();
    EXPECT_EQ(client().init(), 0);
    EXPECT_EQ(client().preview(jpeg), 0);
}

TEST_F(EosOnTheNetwork, UnpluggedNobodyListensUntilItIsPluggedInAgain)
{
    opened();
    const auto port = camera().port();
    for (int i = 0; i < 3; ++i) {
        camera().unplug();
        client().exit();
        EXPECT_EQ(client().init(), GP_ERROR_IO);
        camera().plugIn();
        EXPECT_EQ(camera().port(), port);
        EXPECT_EQ(client().init(), 0);
        std::vector<std::byte> jpeg;
        EXPECT_EQ(client().preview(jpeg), 0);
    }
}

TEST_F(EosOnTheNetwork, ARefusedNewcomerIsToldSo)
{
    options_.wants_pairing = true;
    EXPECT_EQ(client().init(), GP_ERROR);
    camera().pair();
    EXPECT_EQ(client().init(), 0);
    camera().refuse(true);
    client().exit();
    EXPECT_EQ(client().init(), GP_ERROR);
    EXPECT_THAT(changes(), Contains("connected"));
}

TEST_F(EosOnTheNetwork, ASilentBodyLetsTheLibraryWaitAndThenGoesOn)
{
    opened();
    std::vector<std::byte> jpeg;
    ASSERT_EQ(client().preview(jpeg), 0);
    camera().silence(true);
    EXPECT_THAT(client().preview(jpeg), AnyOf(GP_ERROR_IO, GP_ERROR_TIMEOUT));
    client().exit();
    camera().silence(false);
    EXPECT_TRUE(tests::eventually([&] { return changes().back() == "closed"; }));
    const auto made = camera().made();
    EXPECT_EQ(std::count_if(made.begin(), made.end(), [](const auto& frame) { return frame.sent; }), 1);
    EXPECT_EQ(client().init(), 0);
    EXPECT_EQ(client().preview(jpeg), 0);
}

TEST_F(EosOnTheNetwork, ABusyBodySaysSoUntilItIsNot)
{
    opened();
    std::vector<std::byte> jpeg;
    ASSERT_EQ(client().preview(jpeg), 0);
    camera().setBusy(true);
    EXPECT_EQ(client().preview(jpeg), GP_ERROR_CAMERA_BUSY);
    EXPECT_EQ(client().event(), "error -110");
    camera().setBusy(false);
    EXPECT_EQ(client().preview(jpeg), 0);
    camera().answerBusy(BusyWith::GetViewFinderData, 3);
    EXPECT_EQ(client().preview(jpeg), 0); // the library asks again by itself
}

TEST_F(EosOnTheNetwork, DamagedPicturesComeAsTheyAreAndTheNextIsWhole)
{
    opened();
    const std::vector<std::pair<Damage, int>> expected { { Damage::Torn, 0 }, { Damage::Garbage, 0 },
        { Damage::Empty, 0 }, { Damage::NoPicture, GP_ERROR }, { Damage::GeneralError, GP_ERROR } };
    std::vector<std::byte> jpeg;
    for (const auto& [damage, result] : expected) {
        camera().damage(damage);
        EXPECT_EQ(client().preview(jpeg), result) << static_cast<int>(damage);
        const auto header = base::readJpegHeader(jpeg);
        EXPECT_FALSE(header && header->complete) << static_cast<int>(damage);
        EXPECT_EQ(client().preview(jpeg), 0);
        EXPECT_TRUE(base::readJpegHeader(jpeg)->complete);
    }
    const auto made = camera().made();
    EXPECT_EQ(std::count_if(made.begin(), made.end(), [](const auto& frame) { return frame.damaged; }), 5);
}

TEST_F(EosOnTheNetwork, ALineThatEndsWithinAPictureIsAnError)
{
    opened();
    std::vector<std::byte> jpeg;
    ASSERT_EQ(client().preview(jpeg), 0);
    camera().damage(Damage::CutOff);
    EXPECT_LT(client().preview(jpeg), 0);
    client().exit();
    EXPECT_EQ(client().init(), 0);
    camera().damage(Damage::PromisesMore);
    EXPECT_LT(client().preview(jpeg), 0);
}

/// In a child, for what these do to the library: two hang it, one kills it.
class Deadly : public EosOnTheNetwork, public ::testing::WithParamInterface<Damage> { };

TEST_P(Deadly, TheLibraryDoesNotSurviveSomeBlobs)
{
    camera().damage(GetParam());
    const pid_t child = fork();
    if (child == 0) {
        const itimerval limit { {}, { 0, 600'000 } };
        client().init();
        std::vector<std::byte> jpeg;
        setitimer(ITIMER_REAL, &limit, nullptr); // SIGALRM ends a child that hangs
        const int result = client().preview(jpeg);
        _exit(result == 0 ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) <= 1) << "it survived";
}

INSTANTIATE_TEST_SUITE_P(, Deadly,
    ::testing::Values(Damage::BlobTooLong, Damage::UnknownZero, Damage::BlobTooShort), [](const auto& each) {
        return each.param == Damage::BlobTooLong ? "BlobTooLong"
            : each.param == Damage::UnknownZero  ? "UnknownZero"
                                                 : "BlobTooShort";
    });

TEST(FrameNumbers, AreOnlyReadFromAComment)
{
    EXPECT_FALSE(numberInComment({}));
    std::vector<std::byte> jpeg;
    for (const unsigned byte : { 0xFFU, 0xD8U, 0xFFU, 0xFEU, 0U, 200U, 98U })
        jpeg.push_back(static_cast<std::byte>(byte));
    EXPECT_FALSE(numberInComment(jpeg)); // a segment that is longer than the bytes
}

TEST(VirtualEosAlone, EndsAtOnceWithAClientThatSaysNothing)
{
    std::optional<VirtualEos> camera(std::in_place);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(camera->port());
    ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    camera->silence(true);
    const base::Nanos before = base::monotonicNow();
    camera.reset();
    EXPECT_LT(base::monotonicNow() - before, 1s);
    close(fd);
}

// ------------------------------------------------------------ the program

TEST(VirtualEosProgram, IsSteeredLineByLineAndEndsWithItsInput)
{
    const tests::Folder home;
    giveGphotoAHome(home.path());
    LineProgram program(
        { VIRTUAL_EOS_PROGRAM, "--size", "512x344", "--jpeg-bytes", "30000", "--pacing", "hold" });
    const std::string first = program.line();
    ASSERT_THAT(first, StartsWith("listening: gphoto:ptpip:127.0.0.1:"));
    const std::string port = first.substr(first.rfind(':') + 1);
    GphotoClient client("ptpip:127.0.0.1:" + port + ":" + port, "Canon EOS (WLAN)");
    ASSERT_EQ(client.init(), 0);
    std::vector<std::byte> jpeg;
    ASSERT_EQ(client.preview(jpeg), 0);
    const auto made = nlohmann::json::parse(program.ask("made"));
    EXPECT_TRUE(std::any_of(made.begin(), made.end(), [&](const auto& frame) {
        return frame["sent"] == true && frame["number"] == *numberInComment(jpeg);
    }));
    EXPECT_EQ(program.ask("dial whitebalance Color Temperature"), "ok");
    EXPECT_EQ(program.ask("get whitebalance"), "Color Temperature");
    EXPECT_EQ(program.ask("clip 1000"), "MVI_0001.MOV");
    EXPECT_EQ(program.ask("record"), "ok");
    EXPECT_EQ(program.ask("recording"), "on");
    EXPECT_THAT(program.ask("changes"), HasSubstr("record on"));
    EXPECT_THAT(program.ask("damage nothing"), StartsWith("error: 'nothing' is none of: "));
    EXPECT_THAT(program.ask("battery full"), StartsWith("error: "));
    EXPECT_THAT(program.ask("make coffee"), StartsWith("error: there is no command 'make'"));
    EXPECT_EQ(program.ask("drop"), "ok");
    EXPECT_LT(client.preview(jpeg), 0);
    client.exit();
    EXPECT_EQ(program.wait(), 0);
}

} // namespace
} // namespace backtake::testing
