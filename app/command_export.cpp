// `backtake export`: takes as files for editorial.
#include "app/progress.hpp"
#include "base/text.hpp"
#include "takes/handover/choice.hpp"
#include "takes/recording.hpp"
#include "takes/shoot.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace backtake::app {

using base::Fault;
namespace fs = std::filesystem;

namespace {

handover::EdlDialect dialectNamed(const std::string& name)
{
    if (name == "range")
        return handover::EdlDialect::Range;
    return name == "otio" ? handover::EdlDialect::Otio : handover::EdlDialect::Cmx;
}

} // namespace

int runExport(const Speech& speech, const ExportArguments& arguments)
{
    if (arguments.take.empty() == arguments.shoot.empty())
        return speech.fail({ Fault::Usage, "name one TAKE, or --shoot DIR for all of its takes", {} });
    handover::HandOver what;
    what.formats = handover::formatsNamed(arguments.format);
    if (what.formats.empty())
        return speech.fail({ Fault::Usage,
            fmt::format("{} is no format: {}, or several with commas between them",
                base::oneLine(arguments.format), handover::formatNames()),
            {} });
    if (!arguments.take.empty() && (arguments.circled || arguments.in_story_order || !arguments.day.empty()))
        return speech.fail(
            { Fault::Usage, "--circled, --day and --story choose among the takes of --shoot", {} });
    what.edl = dialectNamed(arguments.edl_dialect);
    const bool mov = arguments.format == "mov";
    // A MOV is as captured unless the other is asked for; what plays it shows it as the audience will see it.
    const std::string direction = !arguments.direction.empty() ? arguments.direction
        : mov                                                  ? "captured"
                                                               : "shown";
    what.playing.order = direction == "shown" ? takes::Order::Shown : takes::Order::Captured;
    what.playing.speed_percent = arguments.speed_percent;
    what.playing.in = arguments.in;
    what.playing.out = arguments.out;
    const bool of_a_part = arguments.in || arguments.out;
    if (arguments.handles > 0 && (!of_a_part || arguments.take.empty()))
        return speech.fail({ Fault::Usage, "--handles goes with the --in or --out of one TAKE", {} });
    if (mov && arguments.speed_percent != 100)
        return speech.fail(
            { Fault::Usage, "a MOV plays at its own speed: --speed is for the other formats", {} });
    if (mov)
        what.movs = { what.playing.order };
    else if (arguments.reversed_mov)
        what.movs.push_back(takes::Order::Shown);
    what.timing = arguments.as_captured ? takes::Timing::AsCaptured : takes::Timing::Nominal;
    const fs::path out = arguments.output;
    std::vector<std::string> remarks;
    const bool with_mov = std::ranges::find(what.formats, handover::Format::Mov) != what.formats.end();
    if (with_mov && arguments.speed_percent != 100)
        remarks.emplace_back("the MOV plays at its own speed: the other formats say how fast it is to be");
    if (with_mov && of_a_part && !handover::movsAlone(what.formats))
        remarks.emplace_back("the MOV holds the whole take: the other formats say what of it is played");
    if (!arguments.take.empty()) {
        const auto folder = takes::findTake(arguments.take);
        if (!folder)
            return speech.fail(folder.error());
        if (!fs::is_directory(*folder))
            return speech.fail({ Fault::Usage,
                fmt::format("{} is a clip already, no take of Backtake", base::oneLine(arguments.take)),
                {} });
        what.takes = { handover::oneTake(*folder) };
        what.title = folder->filename().string();
        if (arguments.handles > 0) {
            const auto take = takes::Recording::open(*folder);
            if (!take)
                return speech.fail(take.error());
            if (arguments.in)
                what.playing.in = std::max<std::int64_t>(0, *arguments.in - arguments.handles);
            // Beyond the take is refused as it would be without handles.
            if (arguments.out && *arguments.out < (*take)->frameCount())
                what.playing.out = std::min((*take)->frameCount() - 1, *arguments.out + arguments.handles);
        }
    } else {
        handover::Choice choice { arguments.circled, arguments.day, std::nullopt, arguments.in_story_order };
        if (!arguments.story.empty()) {
            auto story = handover::storyNamed(arguments.shoot, arguments.story);
            if (!story)
                return speech.fail(story.error());
            choice.sequence = std::move(*story);
        }
        auto chosen = handover::choose(arguments.shoot, choice);
        if (!chosen)
            return speech.fail(chosen.error());
        what.takes = std::move(chosen->takes);
        remarks.insert(remarks.end(), chosen->remarks.begin(), chosen->remarks.end());
        what.title = fs::weakly_canonical(arguments.shoot).filename().string();
        if (!arguments.story.empty())
            what.title += "_" + handover::fileTitle(arguments.story);
    }
    // One file is called as it is told; many go into a folder.
    const bool one_file = what.formats.size() == 1 && (!mov || !arguments.take.empty());
    if (one_file && !fs::is_directory(out))
        what.file = out;
    else
        what.folder = out;
    const auto done =
        handover::handOver(what, [progress = Progress(what.title)](const handover::Step& step) mutable {
            return progress(step.done);
        });
    if (!done)
        return speech.fail(done.error());
    nlohmann::ordered_json files = nlohmann::ordered_json::array();
    for (const fs::path& file : done->files) {
        files.push_back(file.string());
        speech.note(file.string());
    }
    remarks.insert(remarks.end(), done->remarks.begin(), done->remarks.end());
    for (const std::string& remark : remarks)
        speech.note(base::oneLine(remark));
    speech.result({ { "format", arguments.format }, { "direction", direction }, { "files", files },
        { "frames", done->frames }, { "left_out", done->left_out }, { "bytes", done->bytes } });
    return 0;
}

} // namespace backtake::app
