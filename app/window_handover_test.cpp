/// From the keys to the files: a real session in a real window, shot, circled and handed over by keyboard.
#include "app/session.hpp"
#include "tests/folder.hpp"
#include "tests/output.hpp"
#include "ui/test_operator.hpp"
#include "ui/window.hpp"

#include <gtest/gtest.h>

namespace backtake::app {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST(HandoverByKeys, ATakeThatWasShotAndCircledLiesInTheHandoverFolder)
{
    ui::WindowOptions window_options;
    window_options.width = 960;
    window_options.height = 540;
    window_options.scale = 1;
    auto window = ui::Window::open(window_options);
    ASSERT_TRUE(window) << window.error().message;
    const tests::Folder folder;
    const fs::path shoot = folder.path() / "shoot";
    SessionOptions options;
    options.shoot = shoot;
    options.scene = "12A";
    options.cameras.assign(1, *capture::parseCameraSpec("pattern:160x90@25"));
    options.camera_options = { 32U << 20U, 90, 1 };
    options.decoders = 1;
    Session session(std::move(options));
    const ui::Model* model = nullptr;
    const auto until = [&](auto condition) {
        const base::Nanos give_up = base::monotonicNow() + 120s;
        do {
            model = &session.update(base::monotonicNow(), 16ms);
            std::vector<ui::Intent> intents = (*window)->draw(*model);
            for (ui::Intent& intent : (*window)->poll(*model, 2ms))
                intents.push_back(std::move(intent));
            for (const ui::Intent& intent : intents)
                session.handle(intent, base::monotonicNow());
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
        } while (!condition());
    };
    until([&] { return session.settled() && model->picture != nullptr; });
    ui::pressKey(SDLK_r);
    until([&] { return model->rolling && model->rolling_for > 1s; });
    ui::pressKey(SDLK_r);
    until([&] { return !model->live_on_screen && session.settled() && model->takes.size() == 1; });
    ui::pressKey(SDLK_c);
    until([&] { return model->takes[0].circled; });
    // The circle is on its way to the disk, where the hand-over reads it.
    until([&] {
        const auto reading = takes::Shoot::open(shoot, takes::Shoot::Mode::ReadOnly);
        if (!reading)
            return false;
        const auto logged = (*reading)->log().takes();
        return logged && !logged->empty() && logged->front().sheet.circled;
    });
    ui::pressKey(SDLK_e, KMOD_LCTRL);
    until([&] { return model->handover_look.has_value(); });
    EXPECT_EQ(model->handover_look->why, "");
    EXPECT_EQ(model->handover_look->takes, 1U);
    const fs::path out = model->handover_look->folder;
    EXPECT_EQ(out.parent_path(), shoot / "handover");
    ui::pressKey(SDLK_RETURN);
    until([&] { return fs::exists(out / "shoot.fcpxml") && model->handovers.empty(); });
    const std::string counted =
        tests::outputOf("ffprobe -v error -select_streams v:0 -count_packets -show_entries "
                        "stream=nb_read_packets -of csv=p=0 '"
            + (out / "12A-001-A.mov").string() + "'");
    EXPECT_EQ(std::atoll(counted.c_str()), model->takes[0].frames);
    EXPECT_TRUE(fs::exists(out / "shoot.fcpxml"));
}

} // namespace
} // namespace backtake::app
