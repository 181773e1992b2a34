/// From the keys to the files: a real session in a real window, shot, circled and handed over by keyboard.
#include "app/front_door.hpp"
#include "tests/output.hpp"

namespace backtake::app {
namespace {

namespace fs = std::filesystem;

class HandoverByKeys : public FrontDoor { };

TEST_F(HandoverByKeys, ATakeThatWasShotAndCircledLiesInTheHandoverFolder)
{
    ASSERT_NO_FATAL_FAILURE(openWindow(960, 540));
    openSession();
    ASSERT_TRUE(soon([this] { return session_->settled() && model().picture != nullptr; }));
    press(SDLK_r);
    ASSERT_TRUE(soon([this] { return model().rolling && model().rolling_for > 1s; }));
    press(SDLK_r);
    ASSERT_TRUE(
        soon([this] { return !model().live_on_screen && session_->settled() && model().takes.size() == 1; }));
    press(SDLK_c);
    ASSERT_TRUE(soon([this] { return model().takes[0].circled; }));
    // The circle is on its way to the disk, where the hand-over reads it.
    ASSERT_TRUE(soon([this] {
        const auto reading = takes::Shoot::open(shoot_, takes::Shoot::Mode::ReadOnly);
        if (!reading)
            return false;
        const auto logged = (*reading)->log().takes();
        return logged && !logged->empty() && logged->front().sheet.circled;
    }));
    press(SDLK_e, KMOD_LCTRL);
    ASSERT_TRUE(soon([this] { return model().handover_look.has_value(); }));
    EXPECT_EQ(model().handover_look->why, "");
    EXPECT_EQ(model().handover_look->takes, 1U);
    const fs::path out = model().handover_look->folder;
    EXPECT_EQ(out.parent_path(), shoot_ / "handover");
    press(SDLK_RETURN);
    ASSERT_TRUE(soon([&] { return fs::exists(out / "shoot.fcpxml") && model().handovers.empty(); }));
    const std::string counted =
        tests::outputOf("ffprobe -v error -select_streams v:0 -count_packets -show_entries "
                        "stream=nb_read_packets -of csv=p=0 '"
            + (out / "12A-001-A.mov").string() + "'");
    EXPECT_EQ(std::atoll(counted.c_str()), model().takes[0].frames);
    EXPECT_TRUE(fs::exists(out / "shoot.fcpxml"));
}

} // namespace
} // namespace backtake::app
