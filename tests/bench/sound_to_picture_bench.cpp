/// How far sound and picture come apart on the whole way, a live source to reversed review, for as long as is
/// asked: ten minutes unless something else is said.
#include "tests/folder.hpp"
#include "tests/sound_to_picture.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

int main(int argc, char** argv)
{
    using namespace backtake::tests;
    CLI::App app { "Sound to picture, from a live source to reversed review" };
    int seconds = 600;
    app.add_option("--seconds", seconds, "Of the take")->check(CLI::Range(4, 36000))->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    const Folder shoot;
    const auto take =
        record(fmt::format("gst:audiotestsrc is-live=true {} ! sound. videotestsrc is-live=true {}", kClicks,
                   kTurningPicture),
            std::chrono::seconds(seconds), shoot.path());
    if (!take) {
        fmt::print(stderr, "{}\n", take.error().message);
        return 1;
    }
    for (const double off : { 0.0, +200e-6, -200e-6 }) {
        const Apart apart = reviewReversed(*take, off, kEarlyLive);
        if (apart.ms.size() < 2)
            return 1;
        const std::size_t end = std::min<std::size_t>(60, apart.ms.size() / 2);
        fmt::print("device {:+.0f} ppm: {} turns, mean {:+.2f} ms, worst {:.2f} ms, first {} to last {} "
                   "{:+.2f} ms\n",
            off * 1e6, apart.ms.size(), apart.mean(), apart.worst(), end, end, apart.drift(end));
    }
    return 0;
}
