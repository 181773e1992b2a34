#include "takes/last_check.hpp"

#include "base/text.hpp"
#include "takes/field_reader.hpp"
#include "takes/files.hpp"
#include "takes/picture_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::FrameIndex;

namespace {

constexpr std::string_view kFormat = "backtake check";
constexpr std::uint64_t kLargest = 1 << 20;
constexpr std::size_t kMostFindings = 100;

std::filesystem::path pathIn(const std::filesystem::path& recording) { return recording / "check.json"; }

base::Result<LastCheck> parse(std::string_view text)
{
    const auto root = base::parseFile(text, { kFormat, "what a check found", 1, kLargest });
    if (!root)
        return fail(root.error());
    std::string trouble;
    FieldReader fields(*root, trouble);
    LastCheck check;
    fields.choice(
        "by", { LastCheck::By::Verify, LastCheck::By::Recovery, LastCheck::By::HandOver }, check.by);
    fields.nanos("checked_at_utc_ns", base::Nanos(0), base::Nanos(kMost), check.checked_at_utc);
    fields.integer("frames", 0, kMostFrames, check.frames);
    fields.integer("damaged", 0, check.frames, check.damaged);
    if (const Json* frames = fields.array("damaged_frames")) {
        if (frames->size() > std::min(kMostDamagedNamed, static_cast<std::size_t>(check.damaged)))
            fields.say("\"damaged_frames\" names {} frames", frames->size());
        for (const Json& frame : *frames) {
            const FrameIndex least = check.named.empty() ? 0 : check.named.back() + 1;
            if (!trouble.empty())
                break;
            FieldReader(Json { { "n", frame } }, trouble)
                .integer("n", least, check.frames - 1, check.named.emplace_back());
        }
    }
    if (const Json* findings = fields.array("findings")) {
        if (findings->size() > kMostFindings)
            fields.say("more than {} findings", kMostFindings);
        for (const Json& finding : *findings) {
            if (!trouble.empty())
                break;
            FieldReader(Json { { "finding", finding } }, trouble)
                .text("finding", check.findings.emplace_back());
        }
    }
    if (!trouble.empty())
        return fail(Fault::Corrupt, trouble);
    return check;
}

} // namespace

std::string_view nameOf(LastCheck::By by)
{
    switch (by) {
    case LastCheck::By::Verify:
        return "verify";
    case LastCheck::By::Recovery:
        return "recovery";
    case LastCheck::By::HandOver:
        return "hand-over";
    }
    return "";
}

std::string damageText(const LastCheck& check)
{
    if (check.damaged == 0)
        return {};
    return fmt::format("{} {} damaged, as {} found on {}", check.damaged,
        check.damaged == 1 ? "frame" : "frames", nameOf(check.by), base::localDay(check.checked_at_utc));
}

std::string joined(std::span<const std::string> lines)
{
    std::string all;
    for (std::string_view line : lines) {
        while (line.ends_with('.'))
            line.remove_suffix(1);
        all += fmt::format("{}{}", all.empty() ? "" : "; ", line);
    }
    return all;
}

base::Result<std::optional<LastCheck>> readLastCheck(const std::filesystem::path& recording)
{
    const auto text = readWholeFile(pathIn(recording), kLargest);
    if (!text && text.error().fault == Fault::NotFound)
        return std::nullopt;
    if (!text)
        return fail(text.error());
    auto check = parse(*text);
    if (!check)
        return fail(check.error().fault,
            fmt::format("{}: {}{}", pathIn(recording).string(), check.error().message,
                check.error().fault == Fault::Corrupt ? "; `backtake verify` writes it anew" : ""));
    return std::move(*check);
}

base::Outcome addDamaged(
    const std::filesystem::path& recording, FrameIndex frames, std::span<const FrameIndex> damaged)
{
    const auto last = readLastCheck(recording);
    if (!last && last.error().fault != Fault::Corrupt) // a newer version's, or a disk that is away
        return fail(last.error());
    LastCheck check = last && *last ? **last : LastCheck {};
    std::vector<FrameIndex> all;
    std::ranges::set_union(check.named, damaged, std::back_inserter(all));
    if (all.size() == check.named.size())
        return {};
    check.by = LastCheck::By::HandOver;
    check.checked_at_utc = base::wallClockNow();
    check.frames = frames;
    check.damaged = std::max(check.damaged, static_cast<FrameIndex>(all.size()));
    check.named = std::move(all);
    return writeLastCheck(recording, std::move(check));
}

base::Outcome writeLastCheck(const std::filesystem::path& recording, LastCheck check)
{
    check.named.resize(std::min(check.named.size(), kMostDamagedNamed));
    check.findings.resize(std::min(check.findings.size(), kMostFindings));
    for (std::string& finding : check.findings)
        finding.resize(std::min(finding.size(), base::kLongestText));
    const Json root { { "format", kFormat }, { "version", 1 }, { "by", nameOf(check.by) },
        { "checked_at_utc_ns", check.checked_at_utc.count() }, { "frames", check.frames },
        { "damaged", check.damaged }, { "damaged_frames", check.named }, { "findings", check.findings } };
    return replaceFile(pathIn(recording), root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

} // namespace backtake::takes
