/// Roll, cut, review, chase, for hours: memory, descriptors, threads and disk must stay flat.
///
///     soak_session [--seconds S] [--seed N] [--camera SPEC] [--folder DIR]
///
/// Time is compressed: the camera delivers five times as many pictures a second as a film camera, takes last
/// less than a second, and keys are pressed several times a second, at random but by a seed. A session lasts
/// some takes, as a shooting day does, then ends and a new one begins in a new shoot; all is counted at the
/// same point of every day. One line of JSON on stdout; exit code 1 when something grew or a take is not
/// whole.
#include "app/command_line.hpp"
#include "app/session.hpp"
#include "takes/recording.hpp"
#include "tests/bench/numbers.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <malloc.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>

namespace {

using namespace backtake;
using base::Nanos;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// On a busy set a take, its review and the way to the next last as long: what compressed time is counted in.
constexpr double kMinutesATake = 1;
constexpr int kTakesADay = 8;
/// What the allocator keeps differs from day to day by some of this.
constexpr double kSlackMb = 12;
constexpr double kMostGrowth = 0.05;

struct Counted {
    double rss_mb = 0;
    std::int64_t descriptors = 0;
    std::int64_t threads = 0;
};

std::int64_t entriesOf(const char* folder)
{
    return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

Counted count()
{
    malloc_trim(0); // what the allocator keeps for later is no growth
    return { bench::residentMb(), entriesOf("/proc/self/fd"), entriesOf("/proc/self/task") };
}

double diskMb(const fs::path& folder)
{
    double bytes = 0;
    std::error_code gone;
    for (fs::recursive_directory_iterator at(folder, gone), end; !gone && at != end; at.increment(gone))
        if (const auto size = fs::file_size(at->path(), gone); !gone)
            bytes += static_cast<double>(size);
        else
            gone.clear();
    return bytes / 1e6;
}

/// A hand on the keys.
class Operator {
public:
    explicit Operator(std::uint64_t seed)
        : random_(seed)
    {
    }

    int between(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

    ui::Intent anyKey(const ui::Model& model)
    {
        switch (between(0, 17)) {
        case 0:
        case 1:
        case 2:
            ++reviews;
            chases += model.rolling && model.live_on_screen ? 1 : 0;
            return ui::ToggleReview {};
        case 3:
            return ui::TogglePlay {};
        case 4:
            return ui::ToggleOrder {};
        case 5:
        case 6:
            return ui::Shuttle { between(-1, 1) };
        case 7:
            return ui::StepFrames { between(-10, 10) };
        case 8:
            return ui::StepSeconds { between(-1, 1) };
        case 9:
            return ui::GoToFirst {};
        case 10:
            return ui::GoToLast {};
        case 11:
            return ui::SelectTake { between(-2, 2), std::nullopt };
        case 12:
            return ui::SelectTake { 0, static_cast<std::size_t>(between(0, kTakesADay)) };
        case 13:
            return ui::SetIn {};
        case 14:
            return ui::SetOut {};
        case 15:
            return between(0, 1) == 0 ? ui::Intent { ui::ClearIn {} } : ui::Intent { ui::ClearOut {} };
        case 16:
            return ui::CycleLoop {};
        default:
            return ui::SeekTo { model.review ? between(0, static_cast<int>(model.review->frame_count)) : 0,
                false };
        }
    }

    std::int64_t reviews = 0;
    std::int64_t chases = 0;

private:
    std::mt19937_64 random_;
};

struct Totals {
    std::int64_t takes = 0;
    std::int64_t frames = 0;
    std::int64_t lost = 0;
    std::int64_t shown = 0;
    double most_disk_mb = 0;
    std::vector<std::string> troubles;
};

/// One session: kTakesADay takes, or fewer when the time is over. @return what was in use before its end.
Counted day(const app::SessionOptions& options, Operator& hand, Nanos end, Totals& totals)
{
    app::Session session(options);
    Nanos next_key = base::monotonicNow();
    Nanos next_roll = base::monotonicNow() + 300ms;
    int takes = 0;
    const Nanos give_up = std::max(end, base::monotonicNow()) + 120s;
    app::runWithoutWindow(session, 60, [&](Nanos now, const ui::Model& model) {
        totals.shown = session.playCounts().shown;
        const bool over = takes >= kTakesADay || now > end || app::stopAsked();
        if (now > give_up) {
            totals.troubles.emplace_back("a take was not closed within two minutes");
            return app::Next::Stop;
        }
        if (over && !model.rolling)
            return session.settled() && !session.recovering() ? app::Next::Stop : app::Next::Refresh;
        if (now >= next_roll && session.camera().ring()->announcedEnd() > 0) {
            next_roll = now
                + std::chrono::milliseconds(model.rolling ? hand.between(100, 700) : hand.between(300, 1000));
            takes += model.rolling ? 1 : 0;
            session.handle(ui::ToggleRoll {}, now);
            return app::Next::UpdateNow;
        }
        if (now < next_key)
            return app::Next::Refresh;
        next_key = now + std::chrono::milliseconds(hand.between(20, 250));
        session.handle(hand.anyKey(model), now);
        return app::Next::UpdateNow;
    });
    for (const capture::RecorderStatus& take : session.finished()) {
        if (take.folder.empty())
            continue; // cut before a frame came
        ++totals.takes;
        totals.frames += take.frames;
        totals.lost += takes::lostFrames(take.lost);
        const auto recording = takes::Recording::open(take.folder);
        if (take.state != capture::RecorderStatus::State::Closed || !recording
            || (*recording)->frameCount() != take.frames)
            totals.troubles.push_back(fmt::format("{} is not whole", take.folder.string()));
        else if (const auto report = (*recording)->verify({}); !report || !report->troubles.empty())
            totals.troubles.push_back(fmt::format("{} has damage", take.folder.string()));
    }
    return count();
}

} // namespace

int main(int argc, char** argv)
{
    double seconds = 60;
    std::uint64_t seed = std::random_device {}();
    std::string camera = "pattern:320x180@120";
    std::string folder = (fs::temp_directory_path() / fmt::format("backtake-soak-{}", getpid())).string();
    CLI::App options { "Hours of roll, cut and review, compressed." };
    options.add_option("--seconds", seconds)->check(CLI::Range(5.0, 864000.0));
    options.add_option("--seed", seed);
    options.add_option("--camera", camera);
    options.add_option("--folder", folder, "Made, and removed at the end");
    CLI11_PARSE(options, argc, argv);
    spdlog::set_level(spdlog::level::off);

    app::SessionArguments arguments;
    arguments.cameras = { camera };
    arguments.slate = "12A";
    arguments.ring = "8M"; // full within a day
    arguments.preroll_s = 0.4;
    auto session = app::sessionOptions(arguments);
    if (!session) {
        fmt::print(stderr, "soak_session: {}\n", session.error().message);
        return 2;
    }
    Operator hand(seed);
    Totals totals;
    std::vector<Counted> days;
    const Nanos began = base::monotonicNow();
    const Nanos end = began + Nanos(static_cast<std::int64_t>(seconds * 1e9));
    while (base::monotonicNow() < end && totals.troubles.empty()) {
        session->shoot = fs::path(folder) / fmt::format("day {}", days.size() + 1);
        days.push_back(day(*session, hand, end, totals));
        totals.most_disk_mb = std::max(totals.most_disk_mb, diskMb(folder));
        if (totals.troubles.empty())
            fs::remove_all(session->shoot);
    }
    if (totals.takes == 0 && totals.troubles.empty())
        totals.troubles.emplace_back("nothing was recorded: does the camera deliver?");
    // What one day costs is known when it has been paid once: the first is not compared.
    const std::size_t later = std::min<std::size_t>(days.size() - 1, 1 + days.size() / 4);
    const auto most = [&](std::size_t from, std::size_t to, auto what) {
        auto value = what(days[from]);
        for (std::size_t i = from; i < to; ++i)
            value = std::max(value, what(days[i]));
        return value;
    };
    const auto rss = [](const Counted& one) { return one.rss_mb; };
    const auto descriptors = [](const Counted& one) { return one.descriptors; };
    const auto threads = [](const Counted& one) { return one.threads; };
    const std::size_t half = (later + days.size()) / 2;
    const double rss_first = most(0, std::max<std::size_t>(later, half), rss);
    if (days.size() >= 4) {
        if (days.back().rss_mb > rss_first * (1 + kMostGrowth) + kSlackMb)
            totals.troubles.emplace_back("memory grew");
        if (days.back().descriptors > most(0, half, descriptors))
            totals.troubles.emplace_back("descriptors grew");
        if (days.back().threads > most(0, half, threads))
            totals.troubles.emplace_back("threads grew");
    }
    const double wall = base::seconds(base::monotonicNow() - began);
    nlohmann::ordered_json lines = nlohmann::ordered_json::array();
    const std::size_t step = std::max<std::size_t>(1, days.size() / 12);
    for (std::size_t i = 0; i < days.size(); i += step)
        lines.push_back({ { "day", i + 1 }, { "rss_mb", std::round(days[i].rss_mb * 10) / 10 },
            { "descriptors", days[i].descriptors }, { "threads", days[i].threads } });
    const nlohmann::ordered_json report { { "seconds", std::round(wall) },
        { "stands_for_minutes", static_cast<double>(totals.takes) * kMinutesATake },
        { "compression", "one take a minute, as on a busy set" }, { "seed", seed }, { "days", days.size() },
        { "takes", totals.takes }, { "frames", totals.frames }, { "lost", totals.lost },
        { "reviews", hand.reviews }, { "chases", hand.chases },
        { "most_disk_mb", std::round(totals.most_disk_mb) }, { "samples", lines },
        { "compared", days.size() >= 4 }, { "troubles", totals.troubles },
        { "passed", totals.troubles.empty() } };
    fmt::print("{}\n", report.dump());
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return totals.troubles.empty() ? 0 : 1;
}
