/// A display of the tests' own: needs no desktop and disturbs none.
#pragma once

#include "tests/process.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

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
        : Display(folder, width, height,
            { "Xvfb", "-screen", "0", fmt::format("{}x{}x24", width, height), "-nolisten", "tcp" })
    {
    }

protected:
    /// @param server the words that start an X server.
    Display(const Folder& folder, int width, int height, std::vector<std::string> server)
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
        server.insert(server.begin() + 1, { name_, "-noreset" });
        server_ = std::make_unique<Process>(server, folder);
        EXPECT_TRUE(eventually([&] {
            return run({ "xdotool", "getdisplaygeometry" }).exit == 0;
        })) << server.front()
            << " does not start: " << server_->err();
    }

public:
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

/// Two screens beside each other, one of which can be unplugged: a VNC server's, whose screens follow what
/// its viewer asks for, and the viewer is the test. Room: one thread.
class TwoScreens : public Display {
public:
    static constexpr int kWidth = 800; ///< Of each.
    static constexpr int kHeight = 450;

    explicit TwoScreens(const Folder& folder)
        : Display(folder, 2 * kWidth, kHeight,
            { "Xvnc", "-geometry", fmt::format("{}x{}", 2 * kWidth, kHeight), "-depth", "24",
                "-SecurityTypes", "None", "-rfbport", "-1", "-rfbunixpath", folder / "rfb" })
        , viewer_(::socket(AF_UNIX, SOCK_STREAM, 0))
    {
        sockaddr_un address {};
        address.sun_family = AF_UNIX;
        const std::string path = folder / "rfb";
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        EXPECT_EQ(::connect(viewer_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0) << path;
        // RFC 6143, 7.1 and 7.3: version, no security, a shared desktop, its size and name.
        receive(12);
        send("RFB 003.008\n");
        receive(static_cast<std::size_t>(receive(1)[0]));
        send("\1");
        receive(4);
        send("\1");
        const std::string desktop = receive(24);
        receive(static_cast<std::size_t>(static_cast<unsigned char>(desktop[23])));
        // 7.5.2: we understand screens (pseudo-encoding -308, ExtendedDesktopSize).
        send({ "\2\0\0\1\xFF\xFF\xFE\xCC", 8 });
        plug(2);
        EXPECT_TRUE(eventually([&] { // of the first screen, no longer of all
            return run({ "xdotool", "getdisplaygeometry" }).out == fmt::format("{} {}\n", kWidth, kHeight);
        }));
    }
    ~TwoScreens() { ::close(viewer_); }

    /// From now on this many are attached: 1 or 2. Programs hear of it from the server.
    void plug(int screens)
    {
        // SetDesktopSize of the community's RFB specification, 7.4.10.
        std::string message { "\xFB\0", 2 };
        put16(message, screens * kWidth);
        put16(message, kHeight);
        message += static_cast<char>(screens);
        message += '\0';
        for (int i = 0; i < screens; ++i) {
            for (const int word : { 0, i + 1, i * kWidth, 0, kWidth, kHeight, 0, 0 }) // number, place, flags
                put16(message, word);
        }
        send(message);
    }

private:
    static void put16(std::string& into, int value)
    {
        into += static_cast<char>(value >> 8);
        into += static_cast<char>(value & 0xFF);
    }
    void send(const std::string& bytes) const
    {
        EXPECT_EQ(::write(viewer_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }
    std::string receive(std::size_t size) const
    {
        std::string bytes(size, '\0');
        EXPECT_EQ(::recv(viewer_, bytes.data(), size, MSG_WAITALL), static_cast<ssize_t>(size));
        return bytes;
    }
    int viewer_;
};

} // namespace backtake::tests
