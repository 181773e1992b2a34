/// The log of a shoot of 200 takes with 5,000 notes: opened, read, filtered, searched, written to.
#include "takes/shoot.hpp"
#include "takes/take_facts.hpp"
#include "tests/folder.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>

namespace {

using namespace backtake;

constexpr int kTakes = 200;
constexpr int kNotes = 5000;

template <typename T> T checked(base::Result<T> result)
{
    if (!result) {
        fmt::print(stderr, "{}\n", result.error().message);
        std::exit(1);
    }
    return std::move(*result);
}

std::unique_ptr<takes::Shoot> open(const std::filesystem::path& folder)
{
    return checked(takes::Shoot::open(folder, takes::Shoot::Mode::Create));
}

/// Made once; the takes have facts and no pictures.
const std::filesystem::path& shootFolder()
{
    static const tests::Folder folder;
    static const bool made = [] {
        for (int n = 0; n < kTakes; ++n) {
            takes::TakeFacts facts;
            facts.id = fmt::format("{:032x}", n + 1);
            facts.slate = { fmt::format("{}{}", 1 + n / 20, "ABCDE"[n / 4 % 5]), n % 4 + 1, 'A' };
            facts.started_at_utc = std::chrono::seconds(1'700'000'000 + n * 300);
            facts.frames = 2000;
            facts.duration = std::chrono::seconds(80);
            facts.segments = { { 0, 1920, 1080 } };
            facts.camera = "Canon EOS-1D C";
            facts.camera_clip =
                takes::CameraClip { "/DCIM/100EOS1D", fmt::format("MVI_{:04}.MOV", n), 5, "" };
            facts.closed = true;
            const auto take = folder.path() / "media" / takes::folderName(facts.slate);
            std::filesystem::create_directories(take);
            if (!takes::writeTakeFacts(take / "take.json", facts))
                std::exit(1);
        }
        const auto shoot = open(folder.path());
        constexpr const char* kWords[] { "blinks", "left hand", "umbrella", "steps", "too early", "rain" };
        for (int n = 0; n < kNotes; ++n) {
            takes::Mark mark;
            mark.take = fmt::format("{:032x}", n % kTakes + 1);
            mark.captured_frame = n % 2000;
            mark.kind = n % 3 == 0 ? takes::Mark::Kind::Tell : takes::Mark::Kind::Note;
            mark.tell = static_cast<takes::Tell>(n % takes::kTells + 1);
            mark.text = fmt::format("{} {} at the door, note {}", kWords[n % 6], kWords[n / 6 % 6], n);
            checked(shoot->log().putMark(mark));
        }
        return true;
    }();
    static_cast<void>(made);
    return folder.path();
}

takes::Log& log()
{
    static const auto shoot = open(shootFolder());
    return shoot->log();
}

void openAndRead(benchmark::State& state)
{
    static const auto copy = [] { // the other shoot keeps its lock
        auto folder = std::make_unique<tests::Folder>();
        std::filesystem::copy(shootFolder(), folder->path(),
            std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
        return folder;
    }();
    for (auto _ : state)
        benchmark::DoNotOptimize(checked(open(copy->path())->log().takes()));
}
void all(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(checked(log().takes()));
}
void filter(benchmark::State& state)
{
    takes::LogQuery query;
    query.verdict = takes::Verdict::Open;
    query.tell = takes::Tell::Gait;
    query.day = "2023-11-15";
    for (auto _ : state)
        benchmark::DoNotOptimize(checked(log().find(query)));
}
void search(benchmark::State& state, const char* words)
{
    takes::LogQuery query;
    query.words = words;
    for (auto _ : state)
        benchmark::DoNotOptimize(checked(log().find(query)));
}
void note(benchmark::State& state)
{
    takes::Mark mark;
    mark.take = fmt::format("{:032x}", 7);
    for (auto _ : state) {
        mark.text += 'x';
        mark.id = checked(log().putMark(mark));
    }
}

BENCHMARK(openAndRead)->Unit(benchmark::kMillisecond);
BENCHMARK(all)->Unit(benchmark::kMillisecond);
BENCHMARK(filter)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, one_letter, "b")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(search, two_words, "umbr door")->Unit(benchmark::kMillisecond);
BENCHMARK(note)->Unit(benchmark::kMillisecond)->Iterations(100);

} // namespace
