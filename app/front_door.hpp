/// For tests by the front door: a real session in a real window, keys in, pictures and files out. Set
/// BACKTAKE_SCREENSHOTS to a folder to keep what the window shows as PPM.
#pragma once

#include "app/session.hpp"
#include "tests/folder.hpp"
#include "ui/test_operator.hpp"
#include "ui/window.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

namespace backtake::app {

using namespace std::chrono_literals;

class FrontDoor : public testing::Test {
protected:
    void openWindow(int width, int height)
    {
        ui::WindowOptions options;
        options.width = width;
        options.height = height;
        options.scale = 1;
        auto opened = ui::Window::open(options);
        ASSERT_TRUE(opened) << opened.error().message << " " << opened.error().detail;
        window_ = std::move(*opened);
    }
    /// In place of the one before.
    /// @param change what differs from a shoot with one small camera and no pre-roll.
    void openSession(const std::function<void(SessionOptions&)>& change = {})
    {
        session_.reset();
        SessionOptions options;
        options.shoot = shoot_;
        options.scene = "12A";
        options.preroll = 0s;
        options.cameras.push_back(*capture::parseCameraSpec("pattern:160x90@25"));
        options.camera_options = { 32U << 20U, 90, 1 };
        options.decoders = 1;
        if (change)
            change(options);
        session_ = std::make_unique<Session>(std::move(options));
    }
    [[nodiscard]] virtual base::Nanos now() const { return base::monotonicNow(); }
    virtual void carryOut(ui::Intent intent) { session_->handle(intent, now()); }

    const ui::Model& model() { return session_->update(now(), 16ms); }
    /// A turn of the program: a frame of the window, if there is one, and what was asked for carried out.
    void frame()
    {
        const ui::Model& shown = model();
        if (!window_)
            return std::this_thread::yield();
        std::vector<ui::Intent> intents = window_->draw(shown);
        for (ui::Intent& intent : window_->poll(shown, 2ms))
            intents.push_back(std::move(intent));
        for (ui::Intent& intent : intents)
            carryOut(std::move(intent));
    }
    template <typename Condition> bool soon(Condition condition)
    {
        const base::Nanos give_up = base::monotonicNow() + 120s;
        while (!condition()) {
            if (base::monotonicNow() > give_up)
                return false;
            frame();
        }
        return true;
    }
    void press(SDL_Keycode key, int modifiers = KMOD_NONE)
    {
        SDL_SetModState(static_cast<SDL_Keymod>(modifiers)); // ImGui asks for it
        ui::pressKey(key, modifiers);
        for (int i = 0; i < 4; ++i)
            frame();
        SDL_SetModState(KMOD_NONE);
    }
    /// As a keyboard does: each letter is a key and a text.
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

} // namespace backtake::app
