/// A cue sheet from the first key to the file: a real window, a real session, the real voice.
#include "app/cue_files.hpp"
#include "app/session.hpp"
#include "tests/folder.hpp"
#include "ui/test_operator.hpp"
#include "ui/window.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace backtake::app {
namespace {

using namespace std::chrono_literals;

class CueFrontDoor : public testing::Test {
protected:
    void SetUp() override
    {
        ui::WindowOptions options;
        options.width = 1280;
        options.height = 720;
        options.scale = 1;
        auto opened = ui::Window::open(options);
        ASSERT_TRUE(opened) << opened.error().message << " " << opened.error().detail;
        window_ = std::move(*opened);
        startSession();
    }
    void startSession()
    {
        session_.reset();
        SessionOptions options;
        options.shoot = shoot_;
        options.preroll = 0s;
        options.cameras.push_back(*capture::parseCameraSpec("pattern:160x90@25"));
        options.camera_options = { 16U << 20U, 90, 1 };
        options.decoders = 1;
        session_ = std::make_unique<Session>(std::move(options));
    }
    const ui::Model& frame()
    {
        const ui::Model& model = session_->update(base::monotonicNow(), 16ms);
        std::vector<ui::Intent> intents = window_->draw(model);
        for (ui::Intent& intent : window_->poll(model, 2ms))
            intents.push_back(std::move(intent));
        for (const ui::Intent& intent : intents)
            session_->handle(intent, base::monotonicNow());
        return model;
    }
    template <typename Condition> void soon(Condition condition)
    {
        const base::Nanos give_up = base::monotonicNow() + 60s;
        while (!condition(frame())) {
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
        }
    }
    void press(SDL_Keycode key, SDL_Keymod modifiers = KMOD_NONE)
    {
        SDL_SetModState(modifiers); // ImGui asks for it
        ui::pressKey(key, modifiers);
        for (int i = 0; i < 4; ++i)
            frame();
        SDL_SetModState(KMOD_NONE);
    }
    void type(std::string_view text)
    {
        for (const char letter : text) {
            ui::pressKey(letter);
            SDL_Event event {};
            event.type = SDL_TEXTINPUT;
            event.text.text[0] = letter;
            SDL_PushEvent(&event);
        }
        for (std::size_t i = 0; i < 3 * text.size() + 4; ++i)
            frame();
    }
    void keep(const std::string& name) const
    {
        const char* const folder = std::getenv("BACKTAKE_SCREENSHOTS");
        if (folder == nullptr)
            return;
        const ui::Screenshot shot = window_->screenshot();
        std::ofstream file(std::string(folder) + "/" + name + ".ppm", std::ios::binary);
        file << "P6\n" << shot.width << ' ' << shot.height << "\n255\n";
        file.write(
            reinterpret_cast<const char*>(shot.rgb.data()), static_cast<std::streamsize>(shot.rgb.size()));
    }

    const tests::Folder folder_;
    const std::filesystem::path shoot_ = folder_.path() / "shoot";
    std::unique_ptr<ui::Window> window_;
    std::unique_ptr<Session> session_;
};

/// Fails when a letter rolls the camera, when the sheet does not come, or when the next session has it not.
TEST_F(CueFrontDoor, ALineIsTypedMadeShownAndThereInTheNextSession)
{
    soon([](const ui::Model& model) { return model.picture != nullptr; });
    press(SDLK_l, KMOD_LCTRL);
    soon([](const ui::Model& model) { return model.cue.ready; });
    type("roll my tape");
    soon([](const ui::Model& model) { return model.cue.text == "roll my tape"; });
    EXPECT_FALSE(session_->rolling()) << "letters are no keys";
    press(SDLK_RETURN, KMOD_LCTRL);
    soon([](const ui::Model& model) { return model.cue.lines != nullptr; });
    const ui::CueLines lines = frame().cue.lines;
    ASSERT_EQ(lines->size(), 1U);
    ASSERT_EQ(lines->front().words.size(), 3U);
    EXPECT_EQ(lines->front().words.front().text, "tape") << "the last word is said first";
    EXPECT_EQ(lines->front().words.front().ipa, "ˈpɪ̯eʰt") << "teɪp backwards";
    keep("cue_front_door");
    press(SDLK_ESCAPE);
    press(SDLK_l, KMOD_LSHIFT);
    keep("cue_front_door_over");
    type("r"); // the keys are back
    EXPECT_TRUE(session_->rolling());
    startSession();
    soon([](const ui::Model& model) { return model.picture != nullptr; });
    press(SDLK_l, KMOD_LCTRL);
    soon([](const ui::Model& model) { return model.cue.lines != nullptr; });
    EXPECT_EQ(frame().cue.name, "roll my tape");
    EXPECT_EQ(frame().cue.lines->front().words.front().ipa, "ˈpɪ̯eʰt");
    const auto sheet = readCueSheet(shoot_ / "cues" / "roll my tape.json");
    ASSERT_TRUE(sheet) << sheet.error().message;
    EXPECT_EQ(sheet->text, "roll my tape");
}

} // namespace
} // namespace backtake::app
