#include "app/second_folder.hpp"
#include "tests/folder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace backtake::app {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A folder on the usual disk, and one on another: memory.
class SecondFolderTest : public ::testing::Test {
protected:
    SecondFolderTest()
    {
        fs::create_directories(here_ / "day 3");
        fs::create_directories(elsewhere_ / "my disk");
    }
    std::vector<OtherDisk> disks(const std::string& mounts) const
    {
        std::ofstream(here_ / "mounts") << mounts;
        return otherDisks(here_ / "day 3", here_ / "mounts");
    }

    const tests::Folder usual_;
    const tests::Folder memory_ { "/dev/shm" };
    const fs::path here_ = usual_.path();
    const fs::path elsewhere_ = memory_.path();
};

TEST_F(SecondFolderTest, OtherDisksAreListedOnceWithAFolderNamedLikeTheShoot)
{
    struct stat usual { };
    struct stat memory { };
    ASSERT_EQ(::stat(here_.c_str(), &usual), 0);
    ASSERT_EQ(::stat(elsewhere_.c_str(), &memory), 0);
    ASSERT_NE(usual.st_dev, memory.st_dev) << "the test needs two file systems";
    const std::string place = (elsewhere_ / "my").string() + "\\040disk";
    const auto found = disks(fmt::format("/dev/sda1 {} ext4 rw 0 0\n"
                                         "/dev/sdb1 {} exfat rw 0 0\n"
                                         "/dev/sdb1 {} exfat rw 0 0\n",
        here_.string(), place, elsewhere_.string()));
    ASSERT_THAT(found, SizeIs(1)) << "the shoot's own disk is none, and no disk is named twice";
    EXPECT_EQ(found.front().folder, elsewhere_ / "my disk" / "day 3");
    EXPECT_GT(found.front().free_bytes, 0U);
    EXPECT_FALSE(fs::exists(found.front().folder)) << "nothing is made by looking";
}

TEST_F(SecondFolderTest, WhatIsNoDiskOrNotThereIsLeftOut)
{
    EXPECT_THAT(disks(fmt::format("tmpfs {0} tmpfs rw 0 0\n"
                                  "server:/export {0} nfs rw 0 0\n"
                                  "/dev/sdc1 {0}/gone ext4 rw 0 0\n"
                                  "/dev/sdd1\n\n\\\\\\ \\1 \\12\n/dev/sde1 /dev/null ext4 rw 0 0\n",
                    elsewhere_.string())),
        IsEmpty());
    EXPECT_THAT(otherDisks(here_, here_ / "no such list"), IsEmpty());
}

} // namespace
} // namespace backtake::app
