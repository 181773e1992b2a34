/// What a hand-over costs the takes that are shot beside it.
///
///     handover_beside [--takes N] [--take SECONDS] [--roll SECONDS] [--camera SPEC] [--ring SIZE]
///                     [--shoot DIR]
///
/// Shoots N takes, hands them over in every format (`all`: review copies are the most work there is), and in
/// the middle of that rolls one more. One JSON object on stdout: frames lost, of that take and while nothing
/// rolled, how full the ring was, how much was handed over at the roll and at the cut.
#include "app/command_line.hpp"
#include "app/session.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>

namespace {

using namespace backtake;
using base::Nanos;

Nanos length(double seconds) { return Nanos(static_cast<std::int64_t>(seconds * 1e9)); }

/// That the camera counts since it was opened, whatever the cause.
std::uint64_t lostBy(const app::Session& session)
{
    std::uint64_t lost = 0;
    for (const auto& [cause, frames] : session.camera().status().drops)
        lost += frames;
    return lost;
}

} // namespace

int main(int argc, char** argv)
{
    int takes = 3;
    double take_s = 10;
    double roll_s = 30;
    std::string camera = "pattern:1280x720@50";
    app::SessionArguments arguments;
    arguments.ring = "512M";
    arguments.slate = "1";
    arguments.shoot = "/tmp/backtake-handover-beside";
    CLI::App options { "Rolls while a hand-over runs." };
    options.add_option("--takes", takes);
    options.add_option("--take", take_s);
    options.add_option("--roll", roll_s);
    options.add_option("--camera", camera);
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

    // Each stage ends by a condition; the clock alone ends rolls.
    enum class Stage { Waiting, Shooting, Beginning, Rolling, Closing, Ending } stage = Stage::Waiting;
    Nanos since {};
    int shot = 0;
    std::uint64_t lost_before = 0;
    std::uint64_t lost_at_roll = 0;
    double done_at_roll = 0;
    double done_at_cut = 0;
    Nanos ordered {};
    Nanos ended {};
    const auto done = [](const ui::Model& model) {
        return model.handovers.empty() ? 1.0 : model.handovers.front().done;
    };
    app::runWithoutWindow(session, 60, [&](Nanos now, const ui::Model& model) {
        switch (stage) {
        case Stage::Waiting:
            if (!session.settled() || model.ring_seconds < 1)
                return app::Next::Refresh;
            if (shot == takes) {
                lost_before = lostBy(session);
                ui::HandoverWish wish;
                wish.takes = ui::HandoverWish::Takes::Listed;
                wish.formats = "all";
                session.handle(ui::StartHandover { wish }, now);
                ordered = now;
                stage = Stage::Beginning;
                return app::Next::UpdateNow;
            }
            session.handle(ui::ToggleRoll {}, now);
            since = now;
            stage = Stage::Shooting;
            return app::Next::UpdateNow;
        case Stage::Shooting:
            if (now - since < length(take_s))
                return app::Next::Refresh;
            session.handle(ui::ToggleRoll {}, base::monotonicNow());
            ++shot;
            stage = Stage::Waiting;
            return app::Next::UpdateNow;
        case Stage::Beginning: // well into it: the first review copy is being made
            if (model.handovers.empty() || done(model) < 0.2)
                return app::Next::Refresh;
            lost_at_roll = lostBy(session);
            done_at_roll = done(model);
            session.handle(ui::ToggleRoll {}, now);
            since = now;
            stage = Stage::Rolling;
            return app::Next::UpdateNow;
        case Stage::Rolling:
            if (now - since < length(roll_s))
                return app::Next::Refresh;
            done_at_cut = done(model);
            session.handle(ui::ToggleRoll {}, base::monotonicNow());
            stage = Stage::Closing;
            return app::Next::UpdateNow;
        case Stage::Closing:
            if (!session.settled())
                return app::Next::Refresh;
            stage = Stage::Ending;
            return app::Next::Refresh;
        case Stage::Ending:
            if (!model.handovers.empty())
                return app::Next::Refresh;
            ended = now;
            return app::Next::Stop;
        }
        return app::Next::Stop;
    });
    if (session.finished().empty()) {
        fmt::print(stderr, "no take was closed\n");
        return 1;
    }
    const takes::TakeFacts& facts = session.finished().back().facts;
    nlohmann::ordered_json lost = nlohmann::ordered_json::object();
    for (const auto& [cause, frames] : facts.lost)
        lost[cause] = frames;
    const nlohmann::ordered_json report { { "camera", camera }, { "takes_handed_over", takes },
        { "frames", facts.frames }, { "expected_frames", facts.timecode.rate.framesIn(facts.duration) },
        { "lost", lost }, { "gaps", facts.gaps.size() },
        { "lost_while_handing_over_and_not_rolling", lost_at_roll - lost_before },
        { "lost_in_all", lostBy(session) },
        { "ring_peak_mb", static_cast<double>(session.camera().ring()->stats().peak_bytes) / 1e6 },
        { "handed_over_at_roll", done_at_roll }, { "handed_over_at_cut", done_at_cut },
        { "handover_s", base::seconds(ended - ordered) } };
    fmt::print("{}\n", report.dump(2));
    std::filesystem::remove_all(arguments.shoot);
    return takes::lostFrames(facts.lost) == 0 ? 0 : 1;
}
