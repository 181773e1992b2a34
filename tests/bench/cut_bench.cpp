/// How soon the reversed take is on screen after a cut, again and again, while the ring runs on; and what
/// that does to memory.
///
///     cut_bench [--cuts N] [--camera SPEC] [--roll SECONDS] [--review SECONDS] [--ring SIZE] [--shoot DIR]
///
/// One JSON object on stdout: cut to the first new picture handed to a simulated 60 Hz display (p50, p99,
/// max), frames late or missed during the reviews, frames lost, and resident memory at the end of the first,
/// the middle and the last tenth.
#include "app/command_line.hpp"
#include "app/session.hpp"
#include "tests/bench/numbers.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace {

using namespace backtake;
using base::Nanos;
using bench::at;
using bench::residentMb;

} // namespace

int main(int argc, char** argv)
{
    int cuts = 100;
    double roll_s = 1;
    double review_s = 5;
    app::SessionArguments arguments;
    std::string camera = "pattern:1920x1080@60?noise";
    arguments.ring = "512M";
    arguments.slate = "1";
    arguments.shoot = "/tmp/backtake-cut-bench";
    CLI::App options { "Times cut to review." };
    options.add_option("--cuts", cuts);
    options.add_option("--camera", camera);
    options.add_option("--roll", roll_s);
    options.add_option("--review", review_s);
    options.add_option("--ring", arguments.ring);
    options.add_option("--shoot", arguments.shoot);
    CLI11_PARSE(options, argc, argv);
    arguments.cameras = { camera };
    spdlog::set_level(spdlog::level::off);
    std::filesystem::remove_all(arguments.shoot);
    auto session_options = app::sessionOptions(arguments);
    if (!session_options) {
        fmt::print(stderr, "{}\n", session_options.error().message);
        return 2;
    }
    session_options->preroll = std::chrono::seconds(1);
    app::Session session(std::move(*session_options));

    std::vector<double> cut_ms;
    std::vector<double> resident;
    std::int64_t shown = 0;
    std::int64_t late = 0;
    std::int64_t missed = 0;
    double longest_gap_ms = 0;
    const auto length = [](double seconds) { return Nanos(static_cast<std::int64_t>(seconds * 1e9)); };
    enum class Stage { Waiting, Rolling, Review } stage = Stage::Waiting;
    Nanos since {};
    double peak = 0;
    app::runWithoutWindow(session, 60, [&](Nanos now, const ui::Model& model) {
        switch (stage) {
        case Stage::Waiting:
            if (!session.settled() || model.ring_seconds < 1)
                return app::Next::Refresh;
            session.handle(ui::ToggleRoll {}, now);
            stage = Stage::Rolling;
            since = now;
            return app::Next::UpdateNow;
        case Stage::Rolling:
            if (now - since < length(roll_s))
                return app::Next::Refresh;
            session.handle(ui::ToggleRoll {}, base::monotonicNow());
            stage = Stage::Review;
            since = now;
            return app::Next::UpdateNow;
        case Stage::Review:
            if (now - since < length(review_s))
                return app::Next::Refresh;
            cut_ms.push_back(session.cutToReview() ? base::milliseconds(*session.cutToReview()) : 1e9);
            const playback::PlayCounts counts = session.playCounts();
            shown += counts.shown;
            late += counts.late;
            missed += counts.missed;
            longest_gap_ms = std::max(longest_gap_ms, base::milliseconds(counts.longest_gap));
            resident.push_back(residentMb());
            peak = std::max(peak, resident.back());
            // The takes themselves are no use, and a bench should not fill a disk.
            for (const auto& take :
                std::filesystem::directory_iterator(std::filesystem::path(arguments.shoot) / "media"))
                if (!session.finished().empty() && session.finished().back().folder != take.path())
                    std::filesystem::remove_all(take.path());
            if (static_cast<int>(cut_ms.size()) >= cuts)
                return app::Next::Stop;
            session.handle(ui::ToggleRoll {}, now);
            stage = Stage::Rolling;
            since = now;
            return app::Next::UpdateNow;
        }
        return app::Next::Stop;
    });
    std::uint64_t lost = 0;
    for (const auto& [cause, frames] : session.camera().status().drops)
        lost += frames;
    nlohmann::ordered_json report { { "cuts", cut_ms.size() }, { "camera", camera },
        { "cut_to_review_ms",
            { { "p50", at(cut_ms, 0.5) }, { "p99", at(cut_ms, 0.99) }, { "max", at(cut_ms, 1) } } },
        { "shown", shown }, { "late", late }, { "missed", missed }, { "longest_gap_ms", longest_gap_ms },
        { "lost", lost },
        { "ring_peak_mb", static_cast<double>(session.camera().ring()->stats().peak_bytes) / 1e6 },
        { "resident_mb",
            { { "after_a_tenth", resident[resident.size() / 10] },
                { "half_way", resident[resident.size() / 2] }, { "end", resident.back() } } },
        { "peak_rss_mb", app::peakRssMb() } };
    fmt::print("{}\n", report.dump(2));
    std::filesystem::remove_all(arguments.shoot);
    return 0;
}
