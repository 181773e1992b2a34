/// backtake-tether as a process, with unmodified libgphoto2 in it, against the virtual EOS-1D C: what
/// Backtake sees of a camera, its dials, its card and its misbehaviour.
#include "capture/tether/protocol.hpp"
#include "tests/process.hpp"
#include "tests/virtual_eos/virtual_eos.hpp"
#include "tests/virtual_eos/virtual_eos_usb.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <set>

namespace {

namespace base = backtake::base;
namespace tests = backtake::tests;
using namespace backtake::capture::tether;
using namespace std::chrono_literals;
using backtake::base::Fault;
using backtake::base::Nanos;
using backtake::testing::Pacing;
using backtake::testing::VirtualEos;
using backtake::testing::VirtualEosOptions;
using backtake::tests::Folder;

/// What came of a picture, copied out of its slot.
struct Got {
    Picture facts;
    std::uint64_t number = 0; ///< The camera's own, from the picture.
    std::vector<std::byte> jpeg;
    Nanos read_at {};
};

/// The helper as the app starts it.
class Helper {
public:
    Helper(const std::string& camera, const Folder& folder, const std::vector<std::string>& before = {})
        : memory_(*SharedMemory::create())
    {
        std::array<int, 2> ends { -1, -1 };
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        socket_ = ends[0];
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        // By way of high numbers: one of the two could be the other's.
        const int socket = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 100);
        const int memory = ::fcntl(memory_->fd(), F_DUPFD_CLOEXEC, 100);
        posix_spawn_file_actions_adddup2(&actions, socket, kSocketFd);
        posix_spawn_file_actions_adddup2(&actions, memory, kMemoryFd);
        std::vector<std::string> words = before;
        words.insert(words.end(), { BACKTAKE_TETHER_PROGRAM, "--camera", camera, "--home", folder / "home" });
        std::vector<char*> arguments;
        for (const std::string& word : words)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        EXPECT_EQ(posix_spawnp(&process_, arguments[0], &actions, nullptr, arguments.data(), environ), 0);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        ::close(socket);
        ::close(memory);
    }
    ~Helper()
    {
        ::close(socket_);
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
    }
    Helper(const Helper&) = delete;
    Helper& operator=(const Helper&) = delete;

    void ask(const Request& request)
    {
        const std::string message = encode(request);
        EXPECT_EQ(::send(socket_, message.data(), message.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(message.size()));
    }

    /// Reads what it says until @p enough says so. @return false when it did not within @p limit.
    bool listen(const std::function<bool()>& enough, Nanos limit = 15s)
    {
        const Nanos give_up = base::monotonicNow() + limit;
        while (!enough()) {
            const Nanos left = give_up - base::monotonicNow();
            if (left <= 0ns || closed_)
                return false;
            pollfd descriptor { socket_, POLLIN, 0 };
            ::poll(&descriptor, 1, static_cast<int>(left / 1ms) + 1);
            hear();
        }
        return true;
    }
    /// For as long as that, whatever it says.
    void listenFor(Nanos length)
    {
        listen([] { return false; }, length);
    }
    /// Waits for the first report of a kind, from those not yet looked at.
    template <typename Kind> std::optional<Kind> next(Nanos limit = 15s)
    {
        return next<Kind>([](const Kind&) { return true; }, limit);
    }
    template <typename Kind>
    std::optional<Kind> next(const std::function<bool(const Kind&)>& wanted, Nanos limit = 15s)
    {
        std::optional<Kind> found;
        listen(
            [&] {
                for (; looked_at_ < reports_.size() && !found; ++looked_at_) {
                    if (const auto* report = std::get_if<Kind>(&reports_[looked_at_]);
                        report && wanted(*report))
                        found = *report;
                }
                return found.has_value();
            },
            limit);
        return found;
    }
    template <typename Kind> std::vector<Kind> all() const
    {
        std::vector<Kind> some;
        for (const Report& report : reports_) {
            if (const auto* one = std::get_if<Kind>(&report))
                some.push_back(*one);
        }
        return some;
    }
    /// The last that was said of a setting.
    std::optional<Setting> setting(const std::string& name) const
    {
        std::optional<Setting> last;
        for (const Setting& one : all<Setting>()) {
            if (one.name == name)
                last = one;
        }
        return last;
    }
    bool hasPictures(std::size_t count, Nanos limit = 15s)
    {
        const std::size_t wanted = pictures_.size() + count;
        return listen([&] { return pictures_.size() >= wanted; }, limit);
    }
    /// From here on only what comes new is looked at.
    void lookAtNews() { looked_at_ = reports_.size(); }

    /// How it ended; nullopt: it runs.
    std::optional<int> ended()
    {
        int status = 0;
        if (process_ > 0 && ::waitpid(process_, &status, WNOHANG) == process_) {
            process_ = -1;
            end_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return end_;
    }
    [[nodiscard]] pid_t process() const { return process_; }
    [[nodiscard]] const std::vector<Got>& pictures() const { return pictures_; }
    [[nodiscard]] SharedMemory& memory() { return *memory_; }
    void closeSocket() { ::shutdown(socket_, SHUT_RDWR); }
    void leaveSlotsTaken(bool on) { leave_taken_ = on; }
    [[nodiscard]] bool closed() const { return closed_; }

private:
    void hear()
    {
        std::string buffer(kMaxMessageBytes, '\0');
        for (;;) {
            const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got < 0)
                return;
            if (got == 0) {
                closed_ = true;
                return;
            }
            const auto report = decodeReport({ buffer.data(), static_cast<std::size_t>(got) });
            ASSERT_TRUE(report) << report.error().detail;
            if (const auto* picture = std::get_if<Picture>(&*report)) {
                const auto bytes = memory_->slot(picture->slot).first(picture->bytes);
                Got one { *picture, backtake::testing::numberInComment(bytes).value_or(0),
                    { bytes.begin(), bytes.end() }, base::monotonicNow() };
                if (!leave_taken_)
                    memory_->head().taken[picture->slot] = 0;
                if (!pictures_.empty()) // Only the last one is kept whole.
                    pictures_.back().jpeg.clear();
                pictures_.push_back(std::move(one));
            } else {
                reports_.push_back(*report);
            }
        }
    }

    std::shared_ptr<SharedMemory> memory_;
    int socket_ = -1;
    pid_t process_ = -1;
    std::optional<int> end_;
    bool closed_ = false;
    bool leave_taken_ = false;
    std::vector<Report> reports_;
    std::vector<Got> pictures_;
    std::size_t looked_at_ = 0;
};

std::string addressOf(const VirtualEos& camera) { return fmt::format("ptpip:127.0.0.1:{}", camera.port()); }

class TetherProgram : public ::testing::TestWithParam<Pacing> { };

std::string nameOf(const ::testing::TestParamInfo<Pacing>& info)
{
    return info.param == Pacing::Busy ? "Busy" : info.param == Pacing::Hold ? "Hold" : "Repeat";
}
INSTANTIATE_TEST_SUITE_P(
    Pacings, TetherProgram, ::testing::Values(Pacing::Busy, Pacing::Hold, Pacing::Repeat), nameOf);

/// Fails for a helper that loses pictures, sends one twice, or lets them wait.
TEST_P(TetherProgram, EveryPictureComesOnceAndAtOnce)
{
    const Folder folder;
    VirtualEosOptions options;
    options.pacing = GetParam();
    VirtualEos camera(options);
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.hasPictures(60)); // It learns the camera's clock.
    const std::size_t first = helper.pictures().size();
    const auto cpu = [&] {
        std::ifstream stat(fmt::format("/proc/{}/stat", helper.process()));
        std::string word;
        double ticks = 0;
        for (int n = 1; n <= 15 && stat >> word; ++n) {
            if (n >= 14)
                ticks += std::stod(word);
        }
        return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    };
    const double cpu_before = cpu();
    const Nanos since = base::monotonicNow();
    ASSERT_TRUE(helper.hasPictures(150));
    const double share =
        (cpu() - cpu_before) / (static_cast<double>((base::monotonicNow() - since).count()) / 1e9);

    std::map<std::uint64_t, Nanos> made;
    for (const auto& one : camera.made())
        made[one.number] = one.at;
    Nanos sum {};
    Nanos to_app {};
    std::vector<Nanos> late;
    std::uint64_t lost = 0;
    for (std::size_t n = first; n < helper.pictures().size(); ++n) {
        const Got& got = helper.pictures()[n];
        ASSERT_GT(got.number, helper.pictures()[n - 1].number) << "picture " << n;
        lost += got.number - helper.pictures()[n - 1].number - 1;
        ASSERT_TRUE(made.contains(got.number));
        late.push_back(got.facts.returned_at - made[got.number]);
        sum += late.back();
        to_app += got.read_at - got.facts.returned_at;
    }
    std::sort(late.begin(), late.end());
    const auto ms = [](Nanos time) { return static_cast<double>(time.count()) / 1e6; };
    const double mean = ms(sum) / static_cast<double>(late.size());
    std::printf("latency mean %.2f p95 %.2f max %.2f ms, then %.2f ms to the app, helper %.1f %% CPU, %llu "
                "repeated\n",
        mean, ms(late[late.size() * 95 / 100]), ms(late.back()),
        ms(to_app) / static_cast<double>(late.size()), share * 100,
        static_cast<unsigned long long>(helper.pictures().back().facts.repeated));
    EXPECT_TRUE(helper.all<Damaged>().empty());
    // A machine that takes 20 ms away from the test costs a picture; tests/bench/tether_bench counts none in
    // ten quiet minutes.
    EXPECT_LE(lost, 15U) << "of 150";
    EXPECT_LT(mean, 25.0) << "less than a frame";
}

TEST(TetherProgramStart, SaysWhoItIsAndWhatTheCameraIs)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    const auto hello = helper.next<Hello>();
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->version, kVersion);
    EXPECT_TRUE(hello->library.starts_with("libgphoto2 2."));
    const auto opened = helper.next<Opened>();
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->model, "Canon EOS-1D C");
    EXPECT_TRUE(opened->can_record);
    ASSERT_TRUE(helper.hasPictures(1));
    const Got& got = helper.pictures().back();
    ASSERT_GE(got.jpeg.size(), 1000U);
    EXPECT_EQ(got.jpeg[0], std::byte { 0xFF });
    EXPECT_EQ(got.jpeg.back(), std::byte { 0xD9 });
    // The library's settings are its own, and the guid by which the camera knows us stays.
    const std::string settings = tests::readAll(folder / "home/.gphoto/settings");
    EXPECT_NE(settings.find("ptp2=capturetarget=card"), std::string::npos);
    EXPECT_NE(settings.find("ptp2_ip=guid="), std::string::npos);
    EXPECT_EQ(std::filesystem::status(folder / "home").permissions(), std::filesystem::perms::owner_all);
    Helper again(addressOf(camera), folder);
    ASSERT_TRUE(again.next<Opened>() || again.next<Failed>());
    EXPECT_EQ(tests::readAll(folder / "home/.gphoto/settings"), settings);
}

TEST(TetherProgramStart, EndsWhenTheAppDoesAndSaysGoodBye)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.hasPictures(3));
    helper.closeSocket();
    EXPECT_TRUE(tests::eventually([&] { return helper.ended().has_value(); }, 5s));
    EXPECT_EQ(helper.ended(), 0);
    const auto changes = camera.changes();
    EXPECT_TRUE(
        std::any_of(changes.begin(), changes.end(), [](const auto& one) { return one.what == "closed"; }));
}

TEST(TetherProgramStart, AsksForTheCamerasOwnScreenToStayOn)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.next<Facts>([](const Facts& facts) { return facts.output == "screen + PC"; }));
    EXPECT_TRUE(helper.all<Note>().empty());
}

TEST(TetherProgramStart, ACameraThatRefusesItsScreenIsShownAllTheSame)
{
    const Folder folder;
    VirtualEosOptions options;
    options.allows_screen_and_pc = false;
    VirtualEos camera(options);
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.next<Note>());
    ASSERT_TRUE(helper.hasPictures(10));
    EXPECT_TRUE(helper.next<Facts>([](const Facts& facts) { return facts.output == "PC only"; }));
}

// ------------------------------------------------------------------------------------------ no camera

TEST(TetherProgramStart, SaysWhyThereIsNoCamera)
{
    struct Case {
        const char* what;
        std::function<void(VirtualEos&)> spoil;
        VirtualEosOptions options;
        Fault fault;
    };
    VirtualEosOptions pairing;
    pairing.wants_pairing = true;
    VirtualEosOptions blind;
    blind.live_view = false;
    const std::vector<Case> cases = {
        { "nothing listens", [](VirtualEos& camera) { camera.unplug(); }, {}, Fault::Unplugged },
        { "silent", [](VirtualEos& camera) { camera.silence(true); }, {}, Fault::Unplugged },
        { "refuses", [](VirtualEos& camera) { camera.refuse(true); }, {}, Fault::Busy },
        { "pairing", [](VirtualEos&) {}, pairing, Fault::Busy },
        { "no live view", [](VirtualEos&) {}, blind, Fault::Unsupported },
    };
    for (const Case& one : cases) {
        const Folder folder;
        VirtualEos camera(one.options);
        one.spoil(camera);
        Helper helper(addressOf(camera), folder);
        const auto failed = helper.next<Failed>();
        ASSERT_TRUE(failed) << one.what;
        std::printf("  %s: %s [%s]\n", one.what, failed->message.c_str(), failed->detail.c_str());
        EXPECT_EQ(failed->fault, one.fault) << one.what << ": " << failed->message;
        EXPECT_FALSE(failed->message.empty());
        EXPECT_TRUE(tests::eventually([&] { return helper.ended().has_value(); }, 5s));
        EXPECT_EQ(helper.ended(), 1) << one.what;
    }
}

TEST(TetherProgramStart, ANameIsResolved)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(fmt::format("ptpip:localhost:{}", camera.port()), folder);
    EXPECT_TRUE(helper.hasPictures(1));
    const Folder other;
    Helper nobody("ptpip:no-such-camera.invalid", other);
    const auto failed = nobody.next<Failed>(30s);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->fault, Fault::Unplugged);
    EXPECT_NE(failed->message.find("no-such-camera.invalid"), std::string::npos);
}

TEST(TetherProgramStart, WhatIsNoCameraIsSaidToBeNone)
{
    // Something that talks, but another language.
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here {};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(here);
    ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&here), length), 0);
    ASSERT_EQ(::listen(server, 4), 0);
    ::getsockname(server, reinterpret_cast<sockaddr*>(&here), &length);
    const std::jthread talker([server] {
        for (;;) {
            const int one = ::accept(server, nullptr, nullptr);
            if (one < 0)
                return;
            ::send(one, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
            ::close(one);
        }
    });
    const Folder folder;
    Helper helper(fmt::format("ptpip:127.0.0.1:{}", ntohs(here.sin_port)), folder);
    const auto failed = helper.next<Failed>();
    ASSERT_TRUE(failed);
    std::printf("  %s [%s]\n", failed->message.c_str(), failed->detail.c_str());
    ::shutdown(server, SHUT_RDWR);
    ::close(server);
}

TEST(TetherProgramStart, WithoutACameraOnUsbItSaysSo)
{
    const Folder folder;
    Helper helper("usb:250,250", folder);
    const auto failed = helper.next<Failed>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->fault, Fault::Unplugged) << failed->message;
}

// ------------------------------------------------------------------------------------------ damage

TEST_P(TetherProgram, DamagedPicturesAreCountedAndTheOthersCome)
{
    const Folder folder;
    VirtualEosOptions options;
    options.pacing = GetParam();
    VirtualEos camera(options);
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.hasPictures(30));
    using backtake::testing::Damage;
    for (const Damage damage :
        { Damage::Torn, Damage::Garbage, Damage::Empty, Damage::NoPicture, Damage::GeneralError }) {
        const std::size_t damaged = helper.all<Damaged>().size();
        camera.damage(damage);
        EXPECT_TRUE(helper.listen([&] { return helper.all<Damaged>().size() > damaged; }, 5s))
            << static_cast<int>(damage);
        EXPECT_TRUE(helper.hasPictures(10)) << static_cast<int>(damage);
    }
    EXPECT_FALSE(helper.ended());
    for (const Got& got : helper.pictures())
        EXPECT_GT(got.number, 0U);
}

/// Fails for a helper whose heart beats on a thread of its own.
TEST(TetherProgramDamage, WhenTheLibraryHangsTheHeartStandsStill)
{
    for (const auto damage :
        { backtake::testing::Damage::BlobTooLong, backtake::testing::Damage::UnknownZero }) {
        const Folder folder;
        VirtualEos camera;
        Helper helper(addressOf(camera), folder);
        ASSERT_TRUE(helper.hasPictures(10));
        camera.damage(damage, 1000);
        std::uint64_t beats = 0;
        Nanos since {};
        EXPECT_TRUE(helper.listen(
            [&] {
                ::poll(nullptr, 0, 5); // The library spins; nothing wakes us.
                const std::uint64_t now = helper.memory().head().beats;
                if (now != beats) {
                    beats = now;
                    since = base::monotonicNow();
                }
                return base::monotonicNow() - since > Nanos(helper.memory().head().patience_ns);
            },
            10s));
        EXPECT_FALSE(helper.ended());
        EXPECT_LE(helper.memory().head().patience_ns, kPatience.count());
    }
}

/// Blobs shorter than their own head made the library copy 4 GiB: it does not come through our hands, and
/// whatever becomes of the process, what was sent stays whole.
TEST(TetherProgramDamage, ABlobThatIsTooShortEndsNothingButTheHelper)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.hasPictures(10));
    camera.damage(backtake::testing::Damage::BlobTooShort, 1);
    helper.listenFor(1s);
    std::printf("  %s, %zu damaged\n", helper.ended() ? "ended" : "runs", helper.all<Damaged>().size());
    for (const Got& got : helper.pictures())
        EXPECT_GT(got.number, 0U);
}

TEST(TetherProgramDamage, ALostConnectionIsItsLastWord)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.hasPictures(10));
    camera.drop();
    const auto failed = helper.next<Failed>(5s);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->fault, Fault::Unplugged);
    EXPECT_TRUE(tests::eventually([&] { return helper.ended().has_value(); }, 5s));
    EXPECT_EQ(helper.ended(), 1);
    Helper again(addressOf(camera), folder);
    const Nanos since = base::monotonicNow();
    EXPECT_TRUE(again.hasPictures(1));
    EXPECT_LT(base::monotonicNow() - since, 5s);
}

TEST(TetherProgramDamage, PicturesThatFindNoRoomAreCounted)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.hasPictures(1));
    helper.leaveSlotsTaken(true);
    EXPECT_FALSE(helper.hasPictures(kSlots + 1, 1s));
    for (auto& taken : helper.memory().head().taken)
        taken = 0;
    helper.leaveSlotsTaken(false);
    ASSERT_TRUE(helper.hasPictures(1));
    EXPECT_GT(helper.pictures().back().facts.dropped, 5U);
    EXPECT_EQ(helper.pictures().back().number,
        helper.pictures()[helper.pictures().size() - 2].number + helper.pictures().back().facts.dropped + 1);
}

// ------------------------------------------------------------------------------------------ dials

TEST(TetherProgramBody, TellsTheDialsWithTheCamerasOwnChoices)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    for (const char* name : { "iso", "shutterspeed", "aperture", "whitebalance", "colortemperature",
             "picturestyle", "autoexposuremode", "output" })
        EXPECT_TRUE(helper.listen([&] { return helper.setting(name).has_value(); }, 5s)) << name;
    EXPECT_EQ(helper.setting("iso")->value, "800");
    EXPECT_EQ(helper.setting("iso")->label, "ISO");
    EXPECT_GT(helper.setting("iso")->choices.size(), 10U);
    EXPECT_TRUE(helper.listen([&] {
        Facts known;
        for (const Facts& facts : helper.all<Facts>()) {
            known.lens = facts.lens ? facts.lens : known.lens;
            known.battery = facts.battery ? facts.battery : known.battery;
            known.shots_left = facts.shots_left ? facts.shots_left : known.shots_left;
            known.card_present = facts.card_present ? facts.card_present : known.card_present;
            known.card_free_bytes = facts.card_free_bytes ? facts.card_free_bytes : known.card_free_bytes;
            known.movie_mode = facts.movie_mode ? facts.movie_mode : known.movie_mode;
        }
        return known.lens == "EF24-70mm f/2.8L II USM" && known.battery == "75%" && known.shots_left == 1234
            && known.card_present == true && known.card_free_bytes.value_or(0) > 0
            && known.movie_mode == true;
    }));
}

TEST(TetherProgramBody, ADialTurnedOnTheBodyIsTold)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.listen([&] { return helper.setting("iso").has_value(); }));
    camera.turnDial("iso", "1600");
    EXPECT_TRUE(helper.next<Setting>(
        [](const Setting& one) { return one.name == "iso" && one.value == "1600"; }, 10s));
    camera.setChoices("shutterspeed", { "1/50", "1/60" }); // Gives no event.
    camera.turnDial("aperture", "2.8");
    EXPECT_TRUE(helper.next<Setting>(
        [](const Setting& one) {
            return one.name == "shutterspeed" && one.choices == std::vector<std::string> { "1/50", "1/60" };
        },
        2s));
    camera.setBattery(0);
    EXPECT_TRUE(helper.next<Facts>([](const Facts& facts) { return facts.battery == "Low"; }, 10s));
    camera.setShotsLeft(7);
    EXPECT_TRUE(helper.next<Facts>([](const Facts& facts) { return facts.shots_left == 7; }, 10s));
    camera.removeCard();
    EXPECT_TRUE(helper.next<Facts>([](const Facts& facts) { return facts.card_present == false; }, 10s));
    camera.insertCard();
    EXPECT_TRUE(helper.next<Facts>([](const Facts& facts) { return facts.card_present == true; }, 10s));
    camera.setMovieSwitch(false);
    EXPECT_TRUE(helper.next<Facts>([](const Facts& facts) { return facts.movie_mode == false; }, 10s));
}

TEST(TetherProgramBody, AListThatChangesWithoutAWordIsSeenInTheEnd)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.listen([&] { return helper.setting("iso").has_value(); }));
    camera.setChoices("iso", { "100", "200" });
    EXPECT_TRUE(helper.next<Setting>(
        [](const Setting& one) { return one.name == "iso" && one.choices.size() <= 3; }, 10s));
    EXPECT_FALSE(helper.ended());
}

TEST(TetherProgramBody, ASettingIsSetAndARefusedOneSaysSo)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.listen([&] { return helper.setting("whitebalance").has_value(); }));
    helper.ask(SetSetting { 7, "iso", "3200" });
    const Nanos since = base::monotonicNow();
    const auto answer = helper.next<Answer>();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->id, 7U);
    EXPECT_TRUE(answer->done) << answer->message << answer->detail;
    EXPECT_LT(base::monotonicNow() - since, 2s);
    EXPECT_TRUE(helper.listen([&] { return helper.setting("iso")->value == "3200"; }, 1s));
    const auto changes = camera.changes();
    EXPECT_TRUE(
        std::any_of(changes.begin(), changes.end(), [](const auto& one) { return one.what == "iso 3200"; }));

    camera.refuseSetting("whitebalance", true);
    helper.ask(SetSetting { 8, "whitebalance", "Tungsten" });
    const auto refused = helper.next<Answer>();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->id, 8U);
    EXPECT_FALSE(refused->done);
    EXPECT_FALSE(refused->message.empty());
    EXPECT_EQ(helper.setting("whitebalance")->value, "Daylight");
    helper.ask(SetSetting { 9, "iso", "no such" });
    EXPECT_FALSE(helper.next<Answer>()->done);
    helper.ask(SetSetting { 10, "nosuchthing", "1" });
    EXPECT_FALSE(helper.next<Answer>()->done);
    EXPECT_TRUE(helper.hasPictures(5));
}

TEST(TetherProgramBody, EmptyListsOfChoicesDoNoHarm)
{
    const Folder folder;
    VirtualEosOptions options;
    options.lists_choices = false;
    VirtualEos camera(options);
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.listen([&] { return helper.setting("iso").has_value(); }));
    EXPECT_EQ(helper.setting("iso")->value, "800");
    EXPECT_LE(helper.setting("iso")->choices.size(), 1U);
    EXPECT_TRUE(helper.hasPictures(5));
}

// ------------------------------------------------------------------------------------------ recording

TEST(TetherProgramBody, RecordsOnTheBodyAndTellsTheClip)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.hasPictures(30));
    const Nanos asked = base::monotonicNow();
    helper.ask(Record { 5, true });
    ASSERT_TRUE(helper.next<Recording>([](const Recording& one) { return one.on; }, 10s));
    const auto changes = camera.changes();
    const auto on =
        std::find_if(changes.begin(), changes.end(), [](const auto& one) { return one.what == "record on"; });
    ASSERT_NE(on, changes.end());
    EXPECT_LT(on->at - asked, 2s);
    std::printf("  body records %.1f ms after Record\n", static_cast<double>((on->at - asked).count()) / 1e6);
    EXPECT_TRUE(camera.recording());
    helper.ask(Record { 6, false });
    ASSERT_TRUE(helper.next<Recording>([](const Recording& one) { return !one.on; }, 10s));
    const auto clip = helper.next<ClipAdded>(5s);
    ASSERT_TRUE(clip);
    EXPECT_TRUE(clip->folder.starts_with("/store_"));
    EXPECT_NE(clip->name.find('.'), std::string::npos);
    for (const Answer& answer : helper.all<Answer>())
        EXPECT_TRUE(answer.done) << answer.message;
    EXPECT_EQ(helper.all<Answer>().size(), 2U);
}

TEST(TetherProgramBody, TheButtonOnTheBodyIsTold)
{
    const Folder folder;
    VirtualEos camera;
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.hasPictures(30));
    const auto at_first = helper.next<Recording>(2s);
    ASSERT_TRUE(at_first);
    EXPECT_FALSE(at_first->on);
    camera.pressRecord();
    const auto on = helper.next<Recording>(2s);
    ASSERT_TRUE(on);
    EXPECT_TRUE(on->on);
    camera.pressRecord();
    const auto off = helper.next<Recording>(2s);
    ASSERT_TRUE(off);
    EXPECT_FALSE(off->on);
    EXPECT_EQ(helper.all<Recording>().size(), 3U);
}

TEST(TetherProgramBody, SaysWhyItDoesNotRecord)
{
    const Folder folder;
    VirtualEosOptions options;
    options.movie_switch = false;
    VirtualEos camera(options);
    Helper helper(addressOf(camera), folder);
    ASSERT_TRUE(helper.hasPictures(30));
    helper.ask(Record { 5, true });
    const auto answer = helper.next<Answer>();
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->done);
    EXPECT_NE(answer->message.find("movie"), std::string::npos) << answer->message;
    camera.setMovieSwitch(true);
    camera.removeCard();
    ASSERT_TRUE(helper.next<Facts>([](const Facts& facts) { return facts.card_present == false; }, 3s));
    helper.ask(Record { 6, true });
    const auto no_card = helper.next<Answer>();
    ASSERT_TRUE(no_card);
    EXPECT_FALSE(no_card->done);
    EXPECT_NE(no_card->message.find("card"), std::string::npos) << no_card->message;
    EXPECT_FALSE(camera.recording());
}

// ------------------------------------------------------------------------------------------ fetching

class TetherProgramFetch : public ::testing::Test {
protected:
    static constexpr std::uint64_t kBytes = 40'000'123;

    std::string clipOf(std::uint64_t bytes)
    {
        EXPECT_TRUE(helper_.hasPictures(60)); // It knows the camera's clock.
        clip_ = camera_.addClip(bytes);
        helper_.listen([&] { return !helper_.all<ClipAdded>().empty(); }, 3s);
        if (!helper_.all<ClipAdded>().empty())
            folder_on_card_ = helper_.all<ClipAdded>().back().folder;
        return clip_;
    }
    void fetch(std::uint64_t id, const std::string& target)
    {
        helper_.ask(Fetch { id, folder_on_card_, clip_, target });
    }
    std::optional<Progress> end(std::uint64_t id, Nanos limit = 30s)
    {
        return helper_.next<Progress>(
            [&](const Progress& one) { return one.id == id && one.state != Progress::State::Running; },
            limit);
    }
    static bool isClip(const std::string& path, std::uint64_t bytes)
    {
        const std::string there = tests::readAll(path);
        if (there.size() != bytes)
            return false;
        for (std::size_t n = 0; n < there.size(); n += n < 1000 ? 1 : 4099) {
            if (static_cast<std::byte>(there[n]) != VirtualEos::clipByte(n))
                return false;
        }
        return true;
    }

    Folder folder_;
    VirtualEos camera_;
    Helper helper_ { addressOf(camera_), folder_ };
    std::string clip_;
    std::string folder_on_card_;
};

TEST_F(TetherProgramFetch, AClipComesWholeBesideLiveView)
{
    clipOf(kBytes);
    ASSERT_FALSE(folder_on_card_.empty());
    EXPECT_EQ(helper_.all<ClipAdded>().back().bytes, kBytes);
    const std::size_t pictures = helper_.pictures().size();
    const Nanos since = base::monotonicNow();
    fetch(1, folder_ / "clip.mov");
    const auto done = end(1);
    ASSERT_TRUE(done);
    const double seconds = static_cast<double>((base::monotonicNow() - since).count()) / 1e9;
    std::printf("  %.0f MB/s, %.1f pictures/s meanwhile\n", kBytes / seconds / 1e6,
        static_cast<double>(helper_.pictures().size() - pictures) / seconds);
    EXPECT_EQ(done->state, Progress::State::Done) << done->message;
    EXPECT_EQ(done->bytes, kBytes);
    EXPECT_TRUE(isClip(folder_ / "clip.mov", kBytes));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "clip.mov.part"));
    const auto came = static_cast<double>(helper_.pictures().size() - pictures);
    const auto made =
        static_cast<double>(helper_.pictures().back().number - helper_.pictures()[pictures - 1].number);
    EXPECT_GE(came, made * 0.9);
}

TEST_F(TetherProgramFetch, ACancelledOneGoesOnWhereItEnded)
{
    constexpr std::uint64_t kLong = 200'000'123; // not there whole before the cancel comes
    clipOf(kLong);
    fetch(1, folder_ / "clip.mov");
    ASSERT_TRUE(helper_.next<Progress>([](const Progress& one) { return one.bytes > 1'000'000; }));
    helper_.ask(CancelFetch { 1 });
    const auto cancelled = end(1);
    ASSERT_TRUE(cancelled);
    EXPECT_EQ(cancelled->state, Progress::State::Cancelled);
    const auto there = std::filesystem::file_size(folder_ / "clip.mov.part");
    EXPECT_GT(there, 1'000'000U);
    EXPECT_LT(there, kLong);
    fetch(2, folder_ / "clip.mov");
    const auto first = helper_.next<Progress>([](const Progress& one) { return one.id == 2; });
    ASSERT_TRUE(first);
    EXPECT_GE(first->bytes, there);
    const auto done = end(2);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->state, Progress::State::Done) << done->message;
    EXPECT_TRUE(isClip(folder_ / "clip.mov", kLong));
}

TEST_F(TetherProgramFetch, APieceOfAnotherClipIsKept)
{
    clipOf(kBytes);
    std::ofstream(folder_ / "clip.mov.part") << "something else, and dear to somebody";
    fetch(1, folder_ / "clip.mov");
    ASSERT_TRUE(helper_.next<Note>());
    const auto done = end(1);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->state, Progress::State::Done) << done->message;
    EXPECT_TRUE(isClip(folder_ / "clip.mov", kBytes));
    EXPECT_EQ(tests::readAll(folder_ / "clip.mov.part.1"), "something else, and dear to somebody");
}

TEST_F(TetherProgramFetch, WhatCannotBeginSaysWhy)
{
    clipOf(kBytes);
    std::ofstream(folder_ / "mine.mov") << "mine";
    const auto refusal = [&](std::uint64_t id, const std::string& name, const std::string& target) {
        helper_.ask(Fetch { id, folder_on_card_, name, target });
        const auto answer = helper_.next<Answer>([&](const Answer& one) { return one.id == id; });
        EXPECT_TRUE(answer && !answer->done) << id;
        std::printf("  %s\n", answer ? answer->message.c_str() : "no answer");
        return answer ? answer->message : std::string();
    };
    EXPECT_NE(refusal(1, clip_, folder_ / "mine.mov").find("already"), std::string::npos);
    EXPECT_NE(refusal(2, "MVI_9999.MOV", folder_ / "x.mov").find("MVI_9999.MOV"), std::string::npos);
    refusal(3, clip_, folder_ / "no such folder/x.mov");
    refusal(4, "../../etc/passwd", folder_ / "x.mov");
    refusal(5, clip_, "relative.mov");
    EXPECT_EQ(tests::readAll(folder_ / "mine.mov"), "mine");
    const std::string large = camera_.addClip(0x1'2000'0000);
    EXPECT_NE(refusal(6, large, folder_ / "large.mov").find("4 GiB"), std::string::npos);
    EXPECT_TRUE(helper_.hasPictures(3));
}

TEST_F(TetherProgramFetch, AClipRemovedMeanwhileFailsAndKeepsWhatCame)
{
    clipOf(1'000'000'000);
    fetch(1, folder_ / "clip.mov");
    ASSERT_TRUE(helper_.next<Progress>([](const Progress& one) { return one.bytes > 1'000'000; }));
    camera_.removeClip(clip_);
    const auto failed = end(1);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->state, Progress::State::Failed);
    std::printf("  %s\n", failed->message.c_str());
    EXPECT_GT(std::filesystem::file_size(folder_ / "clip.mov.part"), 1'000'000U);
    EXPECT_TRUE(helper_.hasPictures(5));
    EXPECT_FALSE(helper_.ended());
}

// ------------------------------------------------------------------------------------------ by USB

using backtake::testing::VirtualEosUsb;

/// What starts a program that sees the virtual USB camera.
std::vector<std::string> onTheBus()
{
    std::vector<std::string> words { "env" };
    for (const std::string& variable : VirtualEosUsb::environment())
        words.push_back(variable);
    return words;
}

TEST(TetherProgramUsb, PicturesComeAndACableThatIsPulledIsNoticed)
{
    const Folder folder;
    VirtualEosUsb camera;
    {
        Helper helper("usb", folder, onTheBus());
        const auto opened = helper.next<Opened>();
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->model, "Canon EOS-1D C");
        ASSERT_TRUE(helper.hasPictures(60));
        camera.unplug();
        const Nanos since = base::monotonicNow();
        const auto failed = helper.next<Failed>(5s);
        ASSERT_TRUE(failed);
        EXPECT_EQ(failed->fault, Fault::Unplugged) << failed->message << failed->detail;
        EXPECT_LT(base::monotonicNow() - since, 5s);
        EXPECT_TRUE(tests::eventually([&] { return helper.ended().has_value(); }, 5s));
    }
    camera.plugIn();
    Helper again(camera.port(), folder, onTheBus());
    EXPECT_TRUE(again.hasPictures(10));
}

TEST(TetherProgramUsb, ACameraThatAnotherProgramHasIsBusy)
{
    const Folder folder;
    VirtualEosUsb camera;
    camera.hold(true);
    Helper helper("usb", folder, onTheBus());
    const auto failed = helper.next<Failed>();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->fault, Fault::Busy) << failed->message << failed->detail;
}

TEST(TetherProgramUsb, TheListHasOneCameraALine)
{
    const Folder folder;
    const VirtualEosUsb camera;
    std::vector<std::string> words = onTheBus();
    words.insert(words.end(), { BACKTAKE_TETHER_PROGRAM, "--list" });
    const auto listed = tests::run(words, folder);
    EXPECT_EQ(listed.exit, 0) << listed.err;
    const auto cameras = decodeAttached("[" + listed.out + "]");
    ASSERT_TRUE(cameras) << listed.out;
    ASSERT_EQ(cameras->size(), 1U);
    EXPECT_EQ(cameras->front().port, camera.port());
    EXPECT_EQ(cameras->front().model, "Canon EOS 1D C");
    EXPECT_EQ(cameras->front().why, "");
}

TEST(TetherProgramUsb, CamerasThatComeAndGoAreTold)
{
    const Folder folder;
    VirtualEosUsb camera;
    std::vector<std::string> words = onTheBus();
    // Its stdin stays open as long as this end of it.
    ASSERT_EQ(::mkfifo((folder / "stdin").c_str(), 0600), 0);
    const int stdin_end = ::open((folder / "stdin").c_str(), O_RDWR | O_CLOEXEC);
    words.insert(words.end(),
        { "sh", "-c", fmt::format("exec {} --watch < {}", BACKTAKE_TETHER_PROGRAM, folder / "stdin") });
    const auto last = [](const tests::Process& watch) {
        std::istringstream lines(watch.out());
        std::string line;
        std::vector<AttachedCamera> cameras { {}, {}, {} }; // Nothing said yet.
        while (std::getline(lines, line)) {
            if (const auto said = decodeAttached(line))
                cameras = *said;
        }
        return cameras;
    };
    tests::Process watch(words, folder);
    const std::string first = camera.port();
    EXPECT_TRUE(
        tests::eventually([&] { return last(watch).size() == 1 && last(watch)[0].port == first; }, 10s));
    camera.unplug();
    EXPECT_TRUE(tests::eventually([&] { return last(watch).empty(); }, 10s));
    camera.plugIn();
    EXPECT_TRUE(tests::eventually(
        [&] { return last(watch).size() == 1 && last(watch)[0].port == camera.port(); }, 10s));
    ::close(stdin_end);
    EXPECT_TRUE(tests::eventually([&] { return !watch.running(); }, 5s));
    EXPECT_EQ(watch.wait(), 0);
}

// ------------------------------------------------------------------------------------------ wrong use

TEST(TetherProgramUse, ByHandItSaysWhatItIs)
{
    const Folder folder;
    EXPECT_EQ(tests::run({ BACKTAKE_TETHER_PROGRAM }, folder).exit, 2);
    EXPECT_EQ(
        tests::run({ BACKTAKE_TETHER_PROGRAM, "--camera", "nonsense", "--home", folder / "h" }, folder).exit,
        2);
    EXPECT_EQ(
        tests::run({ BACKTAKE_TETHER_PROGRAM, "--camera", "usb", "--home", folder / "h" }, folder).exit, 2);
    const auto list = tests::run({ BACKTAKE_TETHER_PROGRAM, "--list" }, folder);
    EXPECT_EQ(list.exit, 0) << list.err;
    // Its stdin is /dev/null here: it tells once what is there, or ends before.
    EXPECT_EQ(tests::run({ BACKTAKE_TETHER_PROGRAM, "--watch" }, folder).exit, 0);
}

} // namespace
