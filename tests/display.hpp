/// A display of the tests' own: needs no desktop and disturbs none.
#pragma once

#include "tests/process.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

namespace backtake::tests {

/// RGB pixels of the whole screen.
struct Screen {
    int width = 0;
    int height = 0;
    std::string rgb;
    [[nodiscard]] const std::uint8_t* at(int x, int y) const
    {
        return reinterpret_cast<const std::uint8_t*>(rgb.data())
            + 3 * (static_cast<std::ptrdiff_t>(y) * width + x);
    }
    [[nodiscard]] bool isNear(int x, int y, int r, int g, int b, int within = 12) const
    {
        const std::uint8_t* p = at(x, y);
        return std::abs(p[0] - r) <= within && std::abs(p[1] - g) <= within && std::abs(p[2] - b) <= within;
    }
};

/// Xvfb, running. Room: one thread.
class Display {
public:
    explicit Display(const Folder& folder, int width = 1280, int height = 720)
        : folder_(folder)
        , width_(width)
        , height_(height)
    {
        std::string number;
        for (int display = 90 + static_cast<int>(getpid() % 400); number.empty(); ++display)
            if (!std::filesystem::exists(fmt::format("/tmp/.X11-unix/X{}", display)))
                number = std::to_string(display);
        name_ = ":" + number;
        // Without -noreset it starts over when its last client leaves, and turns others away meanwhile.
        server_ = std::make_unique<Process>(
            std::vector<std::string> { "Xvfb", name_, "-screen", "0", fmt::format("{}x{}x24", width, height),
                "-nolisten", "tcp", "-noreset" },
            folder);
        EXPECT_TRUE(eventually([&] {
            return run({ "xdotool", "getdisplaygeometry" }).exit == 0;
        })) << "Xvfb does not start: "
            << server_->err();
    }
    [[nodiscard]] const std::string& name() const { return name_; } ///< ":93"
    /// Runs a program on it to its end.
    Ran run(std::vector<std::string> words) const
    {
        words.insert(words.begin(), { "env", "DISPLAY=" + name_ });
        return tests::run(words, folder_);
    }
    void press(const std::string& key) const
    {
        EXPECT_EQ(run({ "xdotool", "key", "--delay", "0", key }).exit, 0);
    }
    [[nodiscard]] Screen look() const
    {
        EXPECT_EQ(run({ "import", "-window", "root", "-depth", "8", folder_ / "screen.rgb" }).exit, 0);
        Screen screen { width_, height_, readAll(folder_ / "screen.rgb") };
        screen.rgb.resize(static_cast<std::size_t>(width_) * height_ * 3);
        return screen;
    }
    /// Keeps a screenshot for people when BACKTAKE_SCREENSHOTS names a folder.
    void keep(const std::string& name) const
    {
        if (const char* to = std::getenv("BACKTAKE_SCREENSHOTS"))
            run({ "import", "-window", "root", std::string(to) + "/" + name + ".png" });
    }

private:
    const Folder& folder_;
    int width_;
    int height_;
    std::string name_;
    std::unique_ptr<Process> server_;
};

} // namespace backtake::tests
