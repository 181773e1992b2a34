#include "takes/slate.hpp"
#include "takes/test_takes.hpp"

#include <algorithm>
#include <set>

namespace backtake::takes {
namespace {

TEST(Slates, AnOrdinarySlateIsItsFolderAndReadsBack)
{
    const Slate slate { "12A", 3, 'A' };
    EXPECT_EQ(folderName(slate), "12A-003-A");
    EXPECT_EQ(text(slate), "12A/3");
    EXPECT_EQ(parseSlate("12A/3").value(), slate);
    EXPECT_EQ(parseSlate("12A/3B").value(), (Slate { "12A", 3, 'B' }));
    EXPECT_EQ(folderName({ "12A", 99999, 'Z' }), "12A-99999-Z");
}

TEST(Slates, ASceneMayHoldSlashes) { EXPECT_EQ(parseSlate("12/A/7").value(), (Slate { "12/A", 7, 'A' })); }

TEST(Slates, WhatIsNoSlateIsRefusedWithAnExample)
{
    for (const char* bad : { "", "12A", "12A/", "/3", "12A/0", "12A/-1", "12A/100000", "12A/3b", "12A/3BC",
             "12A/x", "12A/3 ", "12A/99999999999999999999", "12\nA/3" }) {
        const auto slate = parseSlate(bad);
        EXPECT_FAULT(slate, Fault::Usage);
        EXPECT_THAT(slate.error().message, ::testing::HasSubstr("12A/3")) << bad;
    }
    EXPECT_FALSE(parseSlate(std::string(2000, 'x') + "/1"));
}

/// A folder's name is safe on any file system and no two scenes share one, whatever is typed as a scene.
TEST(Slates, NoTwoScenesShareAFolderAndEachNameIsSafe)
{
    const std::string long_a(300, 'a');
    std::vector<std::string> scenes { "12A", "12/A", "12\\A", "12_A", "12 A", "12\"A", "12'A", "..", ".",
        "../../etc", "-rf", "_rf", "", "🎬", "🎥", "é", "e", "a:b", "a*b", "a?b", "a|b", "\xff\xfe",
        std::string("a\0b", 3), long_a, long_a + "b", std::string(60, 'a'), std::string(61, 'a'), "12A-003-A",
        "12A-003", "CON", "12A.", "\n" };
    // Each name itself as a scene, too: nothing that can be typed leads into another's folder.
    for (const std::string& scene : std::vector(scenes)) {
        const std::string name = folderName({ scene, 1, 'A' });
        scenes.push_back(name.substr(0, name.size() - 6));
    }
    std::set<std::string> typed(scenes.begin(), scenes.end());
    std::set<std::string> names;
    for (const std::string& scene : typed) {
        for (const int take : { 1, 2, 1000 }) {
            const std::string name = folderName({ scene, take, 'A' });
            EXPECT_TRUE(names.insert(name).second) << name << " for " << scene;
            EXPECT_LE(name.size(), 80u);
            EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) {
                return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
            })) << name;
            EXPECT_NE(name.front(), '.');
            EXPECT_NE(name.front(), '-');
        }
    }
}

} // namespace
} // namespace backtake::takes
