#include "takes/handover/choice.hpp"

#include "base/text.hpp"
#include "takes/recording.hpp"
#include "takes/recovery.hpp"
#include "takes/shoot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace backtake::handover {
using base::fail;
using base::Fault;
namespace fs = std::filesystem;

namespace {

struct Known {
    takes::TakeEntry entry;
    std::optional<takes::LoggedTake> log;
};

/// All recordings of a shoot. @param troubles those that cannot be read at all.
base::Result<std::vector<Known>> recordingsOf(const fs::path& folder, std::vector<std::string>& troubles)
{
    auto shoot = takes::Shoot::open(folder, takes::Shoot::Mode::ReadOnly);
    if (!shoot)
        return fail(shoot.error());
    const auto entries = (*shoot)->takes(&troubles);
    if (!entries)
        return fail(entries.error());
    const auto logged = (*shoot)->log().takes();
    if (!logged)
        return fail(logged.error());
    std::map<fs::path, Known> by_folder;
    for (const takes::TakeEntry& entry : *entries)
        by_folder[entry.folder].entry = entry;
    for (const takes::LoggedTake& take : *logged) {
        for (const takes::LoggedClip& clip : take.clips) {
            const auto [known, is_new] = by_folder.try_emplace(clip.folder);
            if (is_new)
                known->second.entry = clip; // it lies elsewhere, or is gone: only the log has it
            known->second.log = take;
        }
    }
    std::vector<Known> all;
    for (auto& [ignored, known] : by_folder)
        all.push_back(std::move(known));
    return all;
}

bool isFolder(const Known& take, const fs::path& folder)
{
    std::error_code ignored;
    return folder == take.entry.folder || fs::equivalent(folder, take.entry.folder, ignored);
}

/// Of a take that was cut a moment ago and lies in a second folder the log does not know yet: who names its
/// folder gets it all the same.
void addNamed(
    const std::vector<fs::path>& folders, std::vector<Known>& all, std::vector<std::string>& remarks)
{
    for (const fs::path& folder : folders) {
        if (std::ranges::any_of(all, [&](const Known& take) { return isFolder(take, folder); }))
            continue;
        if (auto facts = takes::readTakeFacts(folder / "take.json"))
            all.push_back({ { folder, std::move(*facts) }, {} });
        else
            remarks.push_back(
                fmt::format("{} is left out: {}", folder.filename().string(), facts.error().message));
    }
}

bool isWanted(const Known& take, const Choice& choice)
{
    return (!choice.circled || (take.log && take.log->sheet.circled))
        && (choice.day.empty() || base::localDay(take.entry.facts.started_at_utc) == choice.day)
        && (!choice.folders || std::ranges::any_of(*choice.folders, [&](const fs::path& folder) {
               return isFolder(take, folder);
           }));
}

/// Why it stays behind; empty: it does not.
std::string whyNot(const takes::TakeEntry& take)
{
    std::error_code ignored;
    const std::string slate = takes::fullText(take.facts.slate);
    if (!fs::is_directory(take.folder, ignored))
        return fmt::format("{} is left out: its folder {} is gone, or its disk is not attached", slate,
            take.folder.string());
    if (!take.facts.closed && takes::isBeingRecorded(take.folder))
        return fmt::format("{} is left out: it is still being recorded", slate);
    return {};
}

base::Result<Chosen> chooseSequence(const fs::path& folder, const takes::Story& story)
{
    auto shoot = takes::Shoot::open(folder, takes::Shoot::Mode::ReadOnly);
    if (!shoot)
        return fail(shoot.error());
    const auto logged = (*shoot)->log().takes();
    if (!logged)
        return fail(logged.error());
    std::size_t missing = 0;
    Chosen chosen { takesOf(story, *logged, missing), {} };
    if (missing > 0)
        chosen.remarks.push_back(
            fmt::format("{} of {} takes of the sequence are not in the log: they are left out", missing,
                story.cards.size()));
    if (chosen.takes.empty())
        return fail(Fault::NotFound,
            fmt::format("the sequence {} has no take to hand over: add some with Ctrl+T in the window",
                base::oneLine(story.name)));
    return chosen;
}

} // namespace

base::Result<takes::Story> storyNamed(const fs::path& folder, const std::string& name)
{
    auto shoot = takes::Shoot::open(folder, takes::Shoot::Mode::ReadOnly);
    if (!shoot)
        return fail(shoot.error());
    if (const auto logged = (*shoot)->log().takes();
        !logged) // reads media/ first, when shoot.db is not there
        return fail(logged.error());
    const auto stories = (*shoot)->log().stories();
    if (!stories)
        return fail(stories.error());
    const auto story = std::ranges::find(*stories, name, &takes::Story::name);
    if (story == stories->end())
        return fail(Fault::NotFound,
            fmt::format("{} has no sequence {}: arrange one with Ctrl+T in the window", folder.string(),
                base::oneLine(name)));
    return *story;
}

base::Result<Chosen> choose(const fs::path& shoot, const Choice& choice)
{
    if (choice.sequence)
        return chooseSequence(shoot, *choice.sequence);
    std::vector<std::string> troubles;
    auto recordings = recordingsOf(shoot, troubles);
    if (!recordings)
        return fail(recordings.error());
    Chosen chosen;
    if (choice.folders)
        addNamed(*choice.folders, *recordings, chosen.remarks);
    std::ranges::stable_sort(
        *recordings, {}, [](const Known& one) { return one.entry.facts.started_at_utc; });
    for (const Known& take : *recordings) {
        // The shoot's own words for what is missing do not know whether it is wanted.
        const bool is_missing = !fs::exists(take.entry.folder);
        if (is_missing)
            std::erase_if(troubles, [&take](const std::string& line) {
                return line.find(take.entry.folder.filename().string()) != std::string::npos;
            });
        if (!isWanted(take, choice))
            continue;
        if (std::string why = whyNot(take.entry); !why.empty())
            chosen.remarks.push_back(std::move(why));
        else
            chosen.takes.push_back({ take.entry.folder, take.log });
    }
    if (!choice.folders)
        chosen.remarks.insert(chosen.remarks.end(), troubles.begin(), troubles.end());
    if (chosen.takes.empty())
        return fail(Fault::NotFound,
            chosen.remarks.empty() ? fmt::format("no such take in {} to hand over", shoot.string())
                                   : fmt::format("no take is left to hand over: {}", chosen.remarks.front()));
    if (choice.story)
        std::ranges::reverse(chosen.takes);
    return chosen;
}

HandOverTake oneTake(const fs::path& folder)
{
    std::error_code ignored;
    std::vector<std::string> troubles;
    const auto recordings =
        recordingsOf(fs::weakly_canonical(folder, ignored).parent_path().parent_path(), troubles);
    if (recordings)
        for (const Known& take : *recordings)
            if (fs::equivalent(take.entry.folder, folder, ignored))
                return { take.entry.folder, take.log };
    return { folder, {} };
}

} // namespace backtake::handover
