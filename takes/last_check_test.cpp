#include "takes/last_check.hpp"
#include "takes/test_takes.hpp"

namespace backtake::takes {
namespace {

LastCheck found()
{
    return { LastCheck::By::Verify, 1'700'000'000s, 100, 3, { 4, 7, 99 }, { "frame 4 is damaged" } };
}

TEST(LastCheckFile, SaysWhatWasWritten)
{
    const Folder folder;
    ASSERT_OK(readLastCheck(folder.path()));
    EXPECT_FALSE(readLastCheck(folder.path()).value()) << "nobody has looked yet";
    ASSERT_OK(writeLastCheck(folder.path(), found()));
    const auto read = readLastCheck(folder.path());
    ASSERT_OK(read);
    ASSERT_TRUE(*read);
    EXPECT_EQ((*read)->by, LastCheck::By::Verify);
    EXPECT_EQ((*read)->checked_at_utc, 1'700'000'000s);
    EXPECT_EQ((*read)->frames, 100);
    EXPECT_EQ((*read)->damaged, 3);
    EXPECT_EQ((*read)->named, (std::vector<FrameIndex> { 4, 7, 99 }));
    EXPECT_EQ((*read)->findings, (std::vector<std::string> { "frame 4 is damaged" }));
    EXPECT_TRUE(damageText(**read).starts_with("3 frames damaged, as verify found on 2023-11-1"));
}

TEST(LastCheckFile, OfATakeThatIsAllDamagedTheFirstFramesAreNamedAndTheRestCounted)
{
    const Folder folder;
    LastCheck check = found();
    check.frames = check.damaged = 1'000'000;
    check.named.clear();
    for (FrameIndex n = 0; n < check.frames; ++n)
        check.named.push_back(n);
    check.findings.assign(1'000'000, "found");
    ASSERT_OK(writeLastCheck(folder.path(), check));
    const auto read = readLastCheck(folder.path());
    ASSERT_OK(read);
    EXPECT_EQ((*read)->damaged, 1'000'000);
    EXPECT_EQ((*read)->named.size(), kMostDamagedNamed);
}

/// Fails for a file that anybody may have altered and that is believed.
TEST(LastCheckFile, WhatCannotBeIsRefused)
{
    const Folder folder;
    ASSERT_OK(writeLastCheck(folder.path(), found()));
    const std::string good = readAll(folder.path() / "check.json");
    for (const auto& [from, to] : std::initializer_list<std::pair<std::string, std::string>> {
             { "\"damaged\": 3", "\"damaged\": 101" },
             { "\"damaged\": 3", "\"damaged\": 2" },
             { "\"damaged\": 3", "\"damaged\": -1" },
             { "\"frames\": 100", "\"frames\": 99" },
             { "\"frames\": 100", "\"frames\": 1e300" },
             { "\"verify\"", "\"rumour\"" },
             { "  4,", "  8," },
             { "  4,", "  \"4\"," },
             { "\"frame 4 is damaged\"", "[[[[]]]]" },
             { "\"findings\"", "\"found\"" },
             { "}", "" },
         }) {
        SCOPED_TRACE(to);
        std::string bad = good;
        ASSERT_NE(bad.find(from), std::string::npos);
        bad.replace(bad.find(from), from.size(), to);
        writeAll(folder.path() / "check.json", bad);
        EXPECT_FAULT(readLastCheck(folder.path()), Fault::Corrupt);
    }
    std::string newer = good;
    newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 2");
    writeAll(folder.path() / "check.json", newer);
    EXPECT_FAULT(readLastCheck(folder.path()), Fault::Unsupported);
    writeAll(folder.path() / "check.json", std::string(2 << 20, ' '));
    EXPECT_FAULT(readLastCheck(folder.path()), Fault::Corrupt);
}

} // namespace
} // namespace backtake::takes
