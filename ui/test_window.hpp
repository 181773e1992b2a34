/// The real window on a real (virtual) display, fed with made-up models, for the tests of what it shows. Set
/// BACKTAKE_SCREENSHOTS to a folder to keep each picture as PPM.
#pragma once

#include "tests/allocations.hpp"
#include "ui/test_operator.hpp"
#include "ui/window.hpp"

#include <SDL.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace backtake::ui {

using namespace std::chrono_literals;
using base::Subsampling;

struct Rgb {
    int r = 0;
    int g = 0;
    int b = 0;
};

inline std::ostream& operator<<(std::ostream& out, const Rgb& rgb)
{
    return out << '(' << rgb.r << ' ' << rgb.g << ' ' << rgb.b << ')';
}

inline Rgb pixel(const Screenshot& shot, int x, int y)
{
    const auto at = (static_cast<std::size_t>(y) * shot.width + x) * 3;
    return { shot.rgb[at], shot.rgb[at + 1], shot.rgb[at + 2] };
}

inline int furthest(const Rgb& a, const Rgb& b)
{
    return std::max({ std::abs(a.r - b.r), std::abs(a.g - b.g), std::abs(a.b - b.b) });
}

inline base::PicturePool& pool()
{
    static base::PicturePool pictures(512U << 20U);
    return pictures;
}

template <typename Fill> std::shared_ptr<base::Picture> picture(const base::PictureFormat& format, Fill fill)
{
    auto made = pool().tryAcquire(format);
    for (int plane = 0; plane < format.planes(); ++plane) {
        const auto p = static_cast<std::size_t>(plane);
        for (int y = 0; y < format.planeHeight(plane); ++y) {
            for (int x = 0; x < format.planeWidth(plane); ++x)
                made->planes[p][static_cast<std::ptrdiff_t>(y) * made->strides[p] + x] = fill(plane, x, y);
        }
    }
    return made;
}

/// Something to look at: a dusk sky over a horizon, a face-coloured disc, a wedge of greys.
inline base::PicturePtr scene(int width, int height, int shift)
{
    const base::PictureFormat format { width, height, Subsampling::S422, base::kJpegColour };
    return picture(format, [&](int plane, int x, int y) {
        const double u = (x + 0.5) / format.planeWidth(plane);
        const double v = (y + 0.5) / format.planeHeight(plane);
        const double aspect = static_cast<double>(width) / height;
        const double dx = (u - 0.42 - shift * 0.002) * aspect;
        const double dy = v - 0.48;
        if (dx * dx + dy * dy < 0.035)
            return static_cast<std::uint8_t>(plane == 0 ? 170 - 220 * (dx + dy) : plane == 1 ? 108 : 152);
        if (v > 0.9)
            return static_cast<std::uint8_t>(plane == 0 ? std::floor(u * 11) * 25 : 128);
        const bool ground = v > 0.62 + 0.03 * std::sin(u * 9);
        if (plane == 0)
            return static_cast<std::uint8_t>(
                ground ? 44 + 20 * std::sin(u * 300) * std::sin(v * 170) : 90 + 90 * v);
        if (plane == 1)
            return static_cast<std::uint8_t>(ground ? 122 : 150 - 40 * v);
        return static_cast<std::uint8_t>(ground ? 128 : 112 + 40 * v);
    });
}

inline Model base_model()
{
    Model model;
    model.now = base::Nanos(10s);
    model.next_scene = "12A";
    model.next_take = 4;
    model.camera.state = CameraState::Live;
    model.camera.name = "Canon EOS-1D C";
    model.camera.format = "1920x1080 JPEG";
    model.camera.measured_fps = 25.0;
    model.camera.width = 1920;
    model.camera.height = 1080;
    model.camera.timecode = "01:02:17:09";
    model.cameras = { { "gphoto:usb", "Canon EOS-1D C" }, { "v4l2:/dev/video0", "HDMI capture card" },
        { "pattern:1920x1080@25", "Built-in pattern" } };
    model.takes = { { "11C/1", 'A', true, false, 21s, 525, 0 }, { "11C/2", 'A', true, false, 18s, 450, 0 },
        { "12/1", 'A', false, false, 34s, 850, 0 }, { "12A/1", 'A', true, false, 12s, 300, 2 },
        { "12A/2", 'A', true, false, 9s, 225, 0 }, { "12A/3", 'A', true, false, 11s, 278, 0 } };
    model.selected_take = 5;
    model.ring_seconds = 10;
    model.ring_bytes = 61'000'000;
    model.ring_cap_bytes = 512'000'000;
    model.disk_left = base::Nanos(3h + 12min);
    model.shoot_folder = "Nightfall, day 3";
    model.picture = scene(1920, 1080, 0);
    model.picture_id = 1;
    return model;
}

inline Model live_model() { return base_model(); }

inline Model review_model()
{
    Model model = base_model();
    model.live_on_screen = false;
    ReviewModel review;
    review.slate = "12A/3";
    review.playing = true;
    review.frame = 111;
    review.captured_frame = 166;
    review.frame_count = 278;
    review.position = base::Nanos(4440ms);
    review.duration = base::Nanos(11120ms);
    review.captured_timecode = "01:02:17:09";
    review.captured_clock_direction = -1;
    review.roll_frame = 50;
    model.review = review;
    model.drops = { { "encoder busy", 3 } };
    return model;
}

/// The same, paused at a frame of the order on screen: something can be said of it.
inline Model paused_model(base::FrameIndex frame = 111)
{
    Model model = review_model();
    ReviewModel& review = *model.review;
    review.playing = false;
    review.rate = base::Rate { 25, 1 };
    review.take = "0123456789abcdef0123456789abcdef";
    review.roll_frame = 0;
    review.frame = frame;
    review.captured_frame = review.frame_count - 1 - frame;
    model.here = SaidFrame { review.take, review.captured_frame, review.captured_timecode };
    return model;
}

/// Said of a frame of that take, in the order on screen.
inline MarkModel said(std::int64_t id, MarkModel::Kind kind, base::FrameIndex frame, std::string text = "")
{
    MarkModel mark;
    mark.id = id;
    mark.kind = kind;
    mark.tell = kind == MarkModel::Kind::Tell ? 1 : 0;
    mark.text = std::move(text);
    mark.frame = frame;
    mark.captured_frame = 277 - frame;
    mark.position = "00:00:06:00";
    mark.timecode = "01:02:17:09";
    return mark;
}

inline bool nearly(const Rgb& a, const Rgb& b) { return furthest(a, b) <= 2; }
inline constexpr Rgb kRed { 0xFF, 0x3B, 0x30 };
inline constexpr Rgb kAmber { 0xFF, 0xB0, 0x00 };
inline constexpr Rgb kBlue { 0x4D, 0xA3, 0xFF };

/// Pixels of a colour in a part of the window.
inline int countIn(const Screenshot& shot, const Rect& place, const Rgb& colour)
{
    int count = 0;
    for (int y = place.y; y < place.bottom(); ++y) {
        for (int x = place.x; x < place.right(); ++x)
            count += nearly(pixel(shot, x, y), colour) ? 1 : 0;
    }
    return count;
}

class WindowTest : public testing::Test {
protected:
    /// ImGui's are ours. SDL reads its events from the display's libraries, which have their own ways.
    static void expectNoneOfOurs(tests::Allocations& allocations)
    {
        for (const auto& [caller, count] : allocations.byCaller())
            EXPECT_TRUE(caller.starts_with("libX") || caller.starts_with("libxcb"))
                << count << " by " << caller;
    }

    void open(int width, int height, float scale = 1, WindowOptions options = {})
    {
        options.width = width;
        options.height = height;
        options.scale = scale;
        auto opened = Window::open(options);
        ASSERT_TRUE(opened) << opened.error().message << " " << opened.error().detail
                            << "\nThis test needs a display with OpenGL 3.3, for instance: xvfb-run -a "
                               "-s \"-screen 0 1920x1080x24\"";
        window_ = std::move(*opened);
        SDL_WarpMouseGlobal(0, 0); // not where the last test left it, on a button that tells what it is for
    }

    /// Three frames: ImGui knows the place of a new window with the second, the mouse with the third.
    Screenshot show(const Model& model, const std::string& name)
    {
        for (int i = 0; i < 3; ++i)
            window_->frame(model);
        Screenshot shot = window_->screenshot();
        keep(shot, name);
        return shot;
    }

    static void keep(const Screenshot& shot, const std::string& name)
    {
        if (const char* folder = std::getenv("BACKTAKE_SCREENSHOTS")) {
            std::ofstream file(std::string(folder) + "/" + name + ".ppm", std::ios::binary);
            file << "P6\n" << shot.width << ' ' << shot.height << "\n255\n";
            file.write(reinterpret_cast<const char*>(shot.rgb.data()),
                static_cast<std::streamsize>(shot.rgb.size()));
        }
    }

    void key(SDL_Keycode code, int modifiers = KMOD_NONE) { pressKey(code, modifiers); }

    void type(const char* text)
    {
        for (; *text != '\0'; ++text) {
            key(*text);
            SDL_Event event {};
            event.type = SDL_TEXTINPUT;
            event.text.text[0] = *text;
            SDL_PushEvent(&event);
        }
    }

    /// All that is asked for within some frames of this model, but for what the list of takes tells by
    /// itself.
    std::vector<Intent> run(const Model& model, int frames = 6)
    {
        std::vector<Intent> all;
        for (int i = 0; i < frames; ++i) {
            for (Intent& intent : window_->frame(model))
                if (!std::holds_alternative<TakesOnScreen>(intent))
                    all.push_back(std::move(intent));
        }
        return all;
    }

    std::vector<Intent> click(const Model& model, int x, int y)
    {
        SDL_WarpMouseInWindow(SDL_GetKeyboardFocus(), x, y);
        std::vector<Intent> all = run(model);
        SDL_Event event {};
        event.type = SDL_MOUSEBUTTONDOWN;
        event.button.button = SDL_BUTTON_LEFT;
        event.button.state = SDL_PRESSED;
        SDL_PushEvent(&event); // ImGui holds a click for one frame, whatever the mouse's own button says
        for (Intent& intent : run(model))
            all.push_back(std::move(intent));
        return all;
    }

    std::vector<Intent> drag(const Model& model, int x, int y, int dx, int dy)
    {
        SDL_WarpMouseInWindow(SDL_GetKeyboardFocus(), x, y);
        std::vector<Intent> all = run(model);
        SDL_Event event {};
        event.type = SDL_MOUSEBUTTONDOWN;
        event.button.button = SDL_BUTTON_LEFT;
        event.button.state = SDL_PRESSED;
        constexpr int kSteps = 4;
        for (int i = 0; i <= kSteps + 1; ++i) {
            SDL_PushEvent(&event); // for ImGui each is a button held during one frame
            for (Intent& intent : window_->frame(model))
                all.push_back(std::move(intent));
            const int step = std::min(i, kSteps);
            SDL_WarpMouseInWindow(SDL_GetKeyboardFocus(), x + dx * step / kSteps, y + dy * step / kSteps);
        }
        for (Intent& intent : run(model))
            all.push_back(std::move(intent));
        return all;
    }

    template <typename T> static const T* first(const std::vector<Intent>& intents)
    {
        for (const Intent& intent : intents) {
            if (const T* found = std::get_if<T>(&intent))
                return found;
        }
        return nullptr;
    }

    std::unique_ptr<Window> window_;
};

} // namespace backtake::ui
