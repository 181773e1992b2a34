/// udev/70-backtake-eos.rules, tried by udev itself on made-up devices. `udevadm test` exits with 0 for
/// broken rules too, so what counts is what it says. It runs as nobody, in a name space where
/// /etc/udev/rules.d is a folder of this test: nothing of this machine is read from there or changed.
#include "tests/process.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grp.h>

#include <regex>

namespace backtake::tests {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

constexpr const char* kName = "70-backtake-eos.rules";
const fs::path kUdev = BACKTAKE_UDEV; // the folder udev/ of the source

struct Interface {
    int number_class;
    int subclass;
    int protocol;
};
struct Device {
    const char* name;
    int vendor;
    int product;
    std::vector<Interface> interfaces;
};
const Device kEos1DC { "Canon Digital Camera", 0x04a9, 0x3252, { { 6, 1, 1 } } };
const Device kEosWithVideo { "Canon EOS of tomorrow", 0x04a9, 0x32ff,
    { { 0xff, 0, 0 }, { 6, 1, 1 }, { 14, 1, 0 } } };
const Device kNikon { "NIKON DSC D750", 0x04b0, 0x0437, { { 6, 1, 1 } } };
const Device kCanonPrinter { "Canon PIXMA", 0x04a9, 0x1827, { { 7, 1, 2 }, { 0xff, 0, 0 } } };
const Device kCanonScanner { "CanoScan LiDE", 0x04a9, 0x190f, { { 0xff, 0, 0xff } } };

std::string hex(std::initializer_list<int> bytes)
{
    std::string text;
    for (const int byte : bytes)
        text += fmt::format("{:02X}", byte & 0xff);
    return text;
}

/// The device as umockdev reads it, with the descriptors a kernel would show.
std::string describe(const Device& device, const char* path)
{
    std::string interfaces;
    int count = 0;
    for (const Interface& one : device.interfaces) {
        interfaces += hex({ 9, 4, count++, 0, 2, one.number_class, one.subclass, one.protocol, 0 });
        interfaces += hex({ 7, 5, 0x81, 2, 0, 2, 0, 7, 5, 0x02, 2, 0, 2, 0 }); // bulk in, bulk out
    }
    const int total_bytes = 9 + (9 + 14) * count;
    const std::string descriptors = hex({ 18, 1, 0, 2, 0, 0, 0, 64, device.vendor, device.vendor >> 8,
                                        device.product, device.product >> 8, 0, 1, 1, 2, 3, 1 })
        + hex({ 9, 2, total_bytes, total_bytes >> 8, count, 1, 0, 0xc0, 1 }) + interfaces;
    return fmt::format(
        "P: {}\n"
        "N: bus/usb/001/007\n"
        "E: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DEVNAME=/dev/bus/usb/001/007\n"
        "E: MAJOR=189\nE: MINOR=6\nE: BUSNUM=001\nE: DEVNUM=007\nE: PRODUCT={:x}/{:x}/100\n"
        "A: idVendor={:04x}\\n\nA: idProduct={:04x}\\n\nA: bcdDevice=0100\\n\nA: bDeviceClass=00\\n\n"
        "A: manufacturer=Maker\\n\nA: product={}\\n\nH: descriptors={}\n",
        path, device.vendor, device.product, device.vendor, device.product, device.name, descriptors);
}

std::vector<std::string> linesOf(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// Words in front of a program: nobody's rights, when this test has more.
std::vector<std::string> asNobody(std::vector<std::string> words)
{
    if (geteuid() == 0)
        words.insert(words.begin(), { "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups" });
    return words;
}

/// What udev did with a device.
struct Verdict {
    std::string mode;  ///< The last that a rule set: "0600".
    std::string group; ///< The last that a rule set, as a number.
    bool uaccess = false;
    std::vector<std::string> ours;     ///< What our rules did, in their order.
    std::vector<std::string> troubles; ///< Every word about our rules that is not one of success.
    std::string everything;
};

class UdevRules : public testing::Test {
protected:
    void SetUp() override
    {
        fs::permissions(folder_.path(), fs::perms(0755)); // nobody must get in
        const Ran able = run(asNobody({ "unshare", "--map-root-user", "--mount", "true" }), folder_);
        if (able.exit != 0)
            GTEST_SKIP()
                << "user name spaces are off here, so rules cannot be tried without installing them: "
                << able.err;
        rules_ = readAll(kUdev / kName);
        ASSERT_FALSE(rules_.empty());
    }

    Verdict verdict(const std::string& rules, const Device& device, const std::string& action = "add",
        const std::string& name = kName)
    {
        static constexpr const char* kPath = "/devices/pci0000:00/0000:00:14.0/usb1/1-1";
        const fs::path place = folder_.path() / "rules.d";
        fs::remove_all(place);
        fs::create_directory(place);
        std::ofstream(place / name) << rules;
        // systemd's own rule for PTP devices is hidden: the tag must come from ours.
        fs::create_symlink("/dev/null", place / "70-uaccess.rules");
        std::ofstream(folder_ / "device.umockdev") << describe(device, kPath);
        // As root of the name space for the mount only: udevadm as root would make nodes and links.
        const Ran tried = run(
            asNobody({ "unshare", "--map-root-user", "--mount", "sh", "-c",
                "mount --bind \"$1\" /etc/udev/rules.d && exec unshare --map-user=1000 "
                "--map-group=1000 umockdev-run --device \"$2\" -- udevadm test --action=\"$3\" \"/sys$4\"",
                "sh", place.string(), folder_ / "device.umockdev", action, kPath }),
            folder_);
        Verdict verdict;
        verdict.everything = tried.err + tried.out;
        if (tried.exit != 0)
            verdict.troubles.push_back(fmt::format("udevadm test exits with {}", tried.exit));
        bool was_read = false;
        for (const std::string& line : linesOf(tried.err)) {
            static const std::regex kSet(R"(.*\.rules:\d+ (GROUP|MODE) (\d+))");
            std::smatch set;
            const bool sets = std::regex_match(line, set, kSet);
            if (sets)
                (set[1] == "MODE" ? verdict.mode : verdict.group) = set[2];
            if (line.find(name) == std::string::npos)
                continue;
            if (line.starts_with("Reading rules file: "))
                was_read = true;
            else if (sets)
                verdict.ours.push_back(set[1].str() + " " + set[2].str());
            else
                verdict.troubles.push_back(line);
        }
        if (!was_read)
            verdict.troubles.push_back("udev did not read " + name);
        const std::vector<std::string> results = linesOf(tried.out);
        verdict.uaccess = std::find(results.begin(), results.end(), "run: 'uaccess'") != results.end();
        return verdict;
    }

    /// What is wrong with @p rules for a camera; empty when nothing is. The one list for the real rules and
    /// for broken ones.
    std::vector<std::string> complaints(const std::string& rules, const std::string& name = kName)
    {
        std::vector<std::string> found;
        for (const char* action : { "add", "bind" }) {
            const Verdict camera = verdict(rules, kEos1DC, action, name);
            found.insert(found.end(), camera.troubles.begin(), camera.troubles.end());
            if (camera.mode != "0600")
                found.push_back(fmt::format("{}: the mode is {}", action, camera.mode));
            if (camera.group != "0")
                found.push_back(fmt::format("{}: the group is {}", action, camera.group));
            if (!camera.uaccess)
                found.push_back(fmt::format("{}: no access for the user at the seat", action));
        }
        for (const Device& other : { kNikon, kCanonPrinter, kCanonScanner }) {
            const Verdict untouched = verdict(rules, other, "add", name);
            for (const std::string& word : untouched.ours)
                found.push_back(fmt::format("{}: {}", other.name, word));
            if (untouched.uaccess)
                found.push_back(fmt::format("{}: uaccess", other.name));
        }
        return found;
    }

    /// The rules with one change, which must have something to change.
    std::string with(const std::string& text, const std::string& instead)
    {
        std::string broken = rules_;
        const std::size_t at = broken.find(text);
        EXPECT_NE(at, std::string::npos) << text;
        if (at != std::string::npos)
            broken.replace(at, text.size(), instead);
        return broken;
    }

    Folder folder_;
    std::string rules_;
};

TEST_F(UdevRules, ACameraBelongsToTheSeatAlone) { EXPECT_THAT(complaints(rules_), IsEmpty()); }

TEST_F(UdevRules, WinAgainstDebiansOwn)
{
    const group* plugdev = getgrnam("plugdev");
    ASSERT_NE(plugdev, nullptr);
    // Without ours: what is to be replaced. When Debian changes that, this file should be thought about
    // again.
    const Verdict without = verdict("# nothing\n", kEos1DC);
    EXPECT_EQ(without.mode, "0664") << without.everything;
    EXPECT_EQ(without.group, std::to_string(plugdev->gr_gid));
    EXPECT_FALSE(without.uaccess);
    EXPECT_THAT(verdict(rules_, kEos1DC).ours, ElementsAre("GROUP 0", "MODE 0600"));
}

TEST_F(UdevRules, SortBetweenDebiansAndTheSeats)
{
    EXPECT_GT(std::string(kName), "60-libgphoto2-6.rules");
    EXPECT_GT(std::string(kName), "69-libmtp.rules");
    EXPECT_LT(std::string(kName), "73-seat-late.rules");
    // The order that udev really reads them in.
    const std::string said = verdict(rules_, kEos1DC).everything;
    const std::size_t debians = said.find("/60-libgphoto2-6.rules");
    const std::size_t ours = said.find(std::string("/") + kName);
    const std::size_t seats = said.find("/73-seat-late.rules");
    ASSERT_NE(debians, std::string::npos) << said;
    ASSERT_NE(seats, std::string::npos);
    EXPECT_LT(debians, ours);
    EXPECT_LT(ours, seats);
}

TEST_F(UdevRules, EveryEosBodyCountsWhateverElseItHas)
{
    const Verdict body = verdict(rules_, kEosWithVideo);
    EXPECT_THAT(body.troubles, IsEmpty());
    EXPECT_EQ(body.mode, "0600") << body.everything;
    EXPECT_TRUE(body.uaccess);
}

TEST_F(UdevRules, NothingElseIsTouched)
{
    for (const Device& other : { kNikon, kCanonPrinter, kCanonScanner }) {
        const Verdict untouched = verdict(rules_, other);
        EXPECT_THAT(untouched.ours, IsEmpty()) << other.name;
        EXPECT_THAT(untouched.troubles, IsEmpty()) << other.name;
        EXPECT_FALSE(untouched.uaccess) << other.name;
        EXPECT_EQ(untouched.mode, "0664") << other.name << untouched.everything;
    }
    for (const char* action : { "remove", "unbind", "change" })
        EXPECT_THAT(verdict(rules_, kEos1DC, action).ours, IsEmpty()) << action;
}

/// Fails for a check that would let broken rules pass.
TEST_F(UdevRules, BrokenOnesAreSeen)
{
    EXPECT_THAT(complaints(with("ATTR{idVendor}", "ATRT{idVendor}")), Contains(HasSubstr("Invalid")));
    EXPECT_THAT(
        complaints(with("GROUP=\"root\"", "GROUP=\"cameras\"")), Contains(HasSubstr("Unknown group")));
    EXPECT_THAT(
        complaints(with("MODE=\"0600\"", "MODE=\"rw\"")), Contains(HasSubstr("70-backtake-eos.rules")));
    EXPECT_THAT(complaints(with("MODE=\"0600\"", "MODE=\"0666\"")), Contains("add: the mode is 0666"));
    EXPECT_THAT(complaints(with("GROUP=\"root\"", "GROUP=\"plugdev\"")), Contains(HasSubstr("the group is")));
    EXPECT_THAT(complaints(with("TAG+=\"uaccess\"", "TAG+=\"access\"")), Contains(HasSubstr("no access")));
    EXPECT_THAT(complaints(with("\"add|bind\"", "\"add\"")), Contains("bind: the mode is 0664"));
    EXPECT_THAT(complaints(with("ATTR{idVendor}!=\"04a9\"", "ATTR{idVendor}!=\"04a8\"")),
        Contains("add: the mode is 0664"));
    EXPECT_THAT(complaints(with("ATTR{idVendor}!=\"04a9\"", "ATTR{idVendor}==\"04a8\"")),
        Contains("NIKON DSC D750: MODE 0600"));
    EXPECT_THAT(complaints(with("!=\"*:060101:*\"", "==\"\"")), Contains("Canon PIXMA: MODE 0600"));
    EXPECT_THAT(complaints(with("LABEL=\"backtake_eos_end\"", "")), Not(IsEmpty()));
    EXPECT_THAT(complaints(rules_, "59-backtake-eos.rules"), Contains("add: the mode is 0664"));
    EXPECT_THAT(complaints(rules_, "74-backtake-eos.rules"), Contains(HasSubstr("no access")));
    EXPECT_THAT(complaints(rules_, "70-backtake-eos.rule"), Contains(HasSubstr("udev did not read")));
}

TEST(UdevInstall, CopiesOnceAndTakesAwayAgain)
{
    const Folder folder;
    const auto install = [&](std::vector<std::string> words) {
        words.insert(words.begin(), { "env", "DESTDIR=" + (folder / "root"), kUdev / "install" });
        return run(words, folder);
    };
    const fs::path target = folder.path() / "root/etc/udev/rules.d" / kName;
    const Ran first = install({});
    EXPECT_EQ(first.exit, 0) << first.err;
    EXPECT_THAT(first.out, HasSubstr("wrote " + target.string()));
    EXPECT_EQ(readAll(target), readAll(kUdev / kName));
    EXPECT_EQ(fs::status(target).permissions(), fs::perms(0644));
    const Ran again = install({});
    EXPECT_EQ(again.exit, 0);
    EXPECT_THAT(again.out, HasSubstr("there and current"));

    std::ofstream(target) << "# an older version\n";
    EXPECT_THAT(install({}).out, HasSubstr("wrote"));
    EXPECT_EQ(readAll(target), readAll(kUdev / kName));

    EXPECT_THAT(install({ "--remove" }).out, HasSubstr("removed"));
    EXPECT_FALSE(fs::exists(target));
    const Ran gone = install({ "--remove" });
    EXPECT_EQ(gone.exit, 0);
    EXPECT_THAT(gone.out, HasSubstr("is not there"));
    EXPECT_EQ(install({ "--force" }).exit, 2);
}

TEST(UdevInstall, SaysWhatToDoWithoutRights)
{
    const Folder folder;
    fs::permissions(folder.path(), fs::perms(0755)); // the sources may lie where nobody gets in
    fs::copy(kUdev / "install", folder / "install");
    const Ran refused = run(asNobody({ "env", "-u", "DESTDIR", "bash", folder / "install" }), folder);
    EXPECT_EQ(refused.exit, 1) << refused.out << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("run sudo "));
    EXPECT_THAT(linesOf(refused.err), testing::SizeIs(1));
}

} // namespace
} // namespace backtake::tests
