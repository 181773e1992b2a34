// `backtake takes` and `export`: what was shot.
#include "app/progress.hpp"
#include "base/text.hpp"
#include "takes/export_mov.hpp"
#include "takes/recording.hpp"
#include "takes/shoot.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace backtake::app {

using base::Fault;
namespace fs = std::filesystem;

namespace {

nlohmann::ordered_json describe(const takes::TakeEntry& entry)
{
    const takes::TakeFacts& facts = entry.facts;
    nlohmann::ordered_json segments = nlohmann::ordered_json::array();
    for (const takes::Segment& segment : facts.segments)
        segments.push_back({ { "first_frame", segment.first_frame }, { "width", segment.width },
            { "height", segment.height } });
    return { { "take", takes::fullText(facts.slate) }, { "scene", facts.slate.scene },
        { "number", facts.slate.take }, { "camera_letter", std::string(1, facts.slate.camera) },
        { "direction", takes::nameOf(facts.direction) }, { "orientation", takes::nameOf(facts.orientation) },
        { "frames", facts.frames }, { "preroll_frames", facts.preroll_frames },
        { "duration_s", base::seconds(facts.duration) }, { "rate", base::text(facts.timecode.rate) },
        { "start_timecode", base::timecodeLabel(facts.start_timecode, facts.timecode) },
        { "lost", facts.lost }, { "segments", segments }, { "bytes", facts.picture_bytes },
        { "camera", facts.camera }, { "closed", facts.closed }, { "recovered", facts.recovered },
        { "folder", entry.folder.string() } };
}

base::Result<std::vector<takes::TakeEntry>> takesOf(const std::string& folder)
{
    auto shoot = takes::Shoot::open(folder, takes::Shoot::Mode::ReadOnly);
    if (!shoot)
        return base::fail(shoot.error());
    std::vector<std::string> troubles;
    auto entries = (*shoot)->takes(&troubles);
    for (const std::string& trouble : troubles)
        fmt::print(stderr, "backtake: {}\n", base::oneLine(trouble));
    return entries;
}

base::Result<takes::MovExport> exportOne(
    const fs::path& folder, takes::Order order, const fs::path& out, const std::string& name)
{
    const auto recording = takes::Recording::open(folder);
    if (!recording)
        return base::fail(recording.error());
    return takes::exportMov(**recording, order, out, Progress(name));
}

} // namespace

int runTakes(const Speech& speech, const std::string& shoot)
{
    const auto entries = takesOf(shoot);
    if (!entries)
        return speech.fail(entries.error());
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const takes::TakeEntry& entry : *entries) {
        list.push_back(describe(entry));
        const takes::TakeFacts& facts = entry.facts;
        speech.note(fmt::format("{:<10} {} {:>7} frames {:>9.2f} s  {}  {}", takes::fullText(facts.slate),
            facts.direction == takes::Direction::Backward ? "◀" : "▶", facts.frames,
            base::seconds(facts.duration), base::timecodeLabel(facts.start_timecode, facts.timecode),
            facts.closed ? "" : "not closed"));
    }
    if (entries->empty())
        speech.note(fmt::format("no take in {} yet", shoot));
    speech.result({ { "shoot", shoot }, { "takes", list } });
    return 0;
}

int runExport(const Speech& speech, const std::string& take, const std::string& shoot,
    const std::string& format, const std::string& out, const std::string& direction)
{
    if (take.empty() == shoot.empty())
        return speech.fail({ Fault::Usage, "name one TAKE, or --shoot DIR for all of its takes", {} });
    const takes::Order order = direction == "shown" ? takes::Order::Shown : takes::Order::Captured;
    nlohmann::ordered_json files = nlohmann::ordered_json::array();
    base::FrameIndex frames = 0;
    base::FrameIndex left_out = 0;
    std::uint64_t bytes = 0;
    const auto add = [&](const takes::MovExport& exported) {
        for (const fs::path& file : exported.files) {
            files.push_back(file.string());
            speech.note(fmt::format("{}", file.string()));
        }
        frames += exported.frames;
        left_out += exported.left_out;
        bytes += exported.bytes;
    };
    if (!take.empty()) {
        const auto folder = takes::findTake(take);
        if (!folder)
            return speech.fail(folder.error());
        if (!fs::is_directory(*folder))
            return speech.fail({ Fault::Usage,
                fmt::format("{} is a clip already, no take of Backtake", base::oneLine(take)), {} });
        const auto exported = exportOne(*folder, order, out, take);
        if (!exported)
            return speech.fail(exported.error());
        add(*exported);
    } else {
        const auto entries = takesOf(shoot);
        if (!entries)
            return speech.fail(entries.error());
        if (entries->empty())
            return speech.fail({ Fault::NotFound, fmt::format("no take in {} to export", shoot), {} });
        std::error_code trouble;
        fs::create_directories(out, trouble);
        if (trouble)
            return speech.fail(
                { Fault::Denied, fmt::format("cannot make the folder {}: {}", out, trouble.message()), {} });
        for (const takes::TakeEntry& entry : *entries) {
            const std::string stem =
                takes::folderName(entry.facts.slate) + (order == takes::Order::Shown ? "_REV.mov" : ".mov");
            const auto exported =
                exportOne(entry.folder, order, fs::path(out) / stem, takes::fullText(entry.facts.slate));
            if (!exported)
                return speech.fail(exported.error());
            add(*exported);
        }
    }
    if (left_out > 0)
        speech.note(
            fmt::format("{} frames were lost or damaged: the frame before is held for their time", left_out));
    speech.result({ { "format", format }, { "direction", direction }, { "files", files },
        { "frames", frames }, { "left_out", left_out }, { "bytes", bytes } });
    return 0;
}

} // namespace backtake::app
