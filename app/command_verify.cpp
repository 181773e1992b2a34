// `backtake verify`: checks every frame of every take; with --repair ends what a crash left open.
#include "app/guide_files.hpp"
#include "app/progress.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "takes/last_check.hpp"
#include "takes/recording.hpp"
#include "takes/recovery.hpp"
#include "takes/shoot.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace backtake::app {

using base::Fault;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

/// One run of the command.
class Verification {
public:
    Verification(const Speech& speech, fs::path shoot, fs::path spill)
        : speech_(speech)
        , shoot_folder_(std::move(shoot))
        , spill_folder_(std::move(spill))
    {
    }
    int run(bool repair);

private:
    base::Outcome recoverAll();
    base::Outcome recover(const fs::path& folder);
    base::Outcome check(const takes::TakeEntry& entry);
    void keep(const takes::TakeEntry& entry, const takes::Recording::Report& report);
    void checkGuide(const takes::TakeEntry& entry);
    Json describe(const fs::path& folder) const;
    void sayWhatIsOpen();
    void trouble(std::string line) { troubles_.push_back(std::move(line)); }
    /// Whether a line names this folder already: of one trouble one line.
    [[nodiscard]] bool isNamed(const fs::path& folder) const
    {
        return std::any_of(troubles_.begin(), troubles_.end(),
            [&](const std::string& line) { return line.find(folder.string()) != std::string::npos; });
    }

    const Speech& speech_;
    const fs::path shoot_folder_;
    const fs::path spill_folder_;
    std::unique_ptr<takes::Shoot> shoot_;
    std::map<fs::path, takes::Recovery> recovered_; ///< What --repair did.
    std::vector<fs::path> empty_;                   ///< Cut off before their first picture came.
    std::set<std::string> guides_;                  ///< That were read through.
    std::vector<std::string> troubles_;
    Json takes_ = Json::array();
    std::uint64_t bytes_ = 0;
};

/// @return Fault::Cancelled alone; other troubles are told with the rest.
base::Outcome Verification::recover(const fs::path& folder)
{
    const std::string name = folder.filename().string();
    std::error_code none;
    const auto bytes = fs::file_size(folder / "picture.mjpeg", none);
    auto recovery = takes::recoverTake(folder, Progress(name + " is recovered", none ? 0 : bytes));
    if (!recovery && recovery.error().fault == Fault::Cancelled)
        return base::fail(recovery.error());
    if (!recovery && recovery.error().fault == Fault::Corrupt && (none || bytes == 0)) {
        empty_.push_back(folder);
        speech_.note(fmt::format(
            "{:<10} was cut off before its first picture: there is nothing in it, {} may be removed", name,
            folder.string()));
        return {};
    }
    if (!recovery) {
        trouble(recovery.error().message);
        return {};
    }
    if (!recovery->changed)
        return {};
    speech_.note(
        fmt::format("{:<10} closed as recovered: {} frames, {:.2f} s", takes::fullText(recovery->facts.slate),
            recovery->facts.frames, base::seconds(recovery->facts.duration)));
    for (const std::string& finding : recovery->findings)
        speech_.note(fmt::format("{:<10} {}", "", finding));
    recovered_.emplace(folder, std::move(*recovery));
    return {};
}

base::Outcome Verification::recoverAll()
{
    std::vector<fs::path> folders = takes::openRecordings(shoot_folder_);
    // In the second folder lie parts of this shoot's takes, and perhaps another shoot.
    for (const fs::path& folder : takes::openRecordings(spill_folder_)) {
        if (folder.filename().string().find(".part") != std::string::npos)
            folders.push_back(folder);
    }
    for (const fs::path& folder : folders) {
        if (auto done = recover(folder); !done)
            return done;
    }
    if (!spill_folder_.empty()) {
        for (const std::string& line : takes::joinParts(shoot_folder_, spill_folder_))
            speech_.note(line);
    }
    return {};
}

Json Verification::describe(const fs::path& folder) const
{
    Json object = Json::object();
    const auto found = recovered_.find(folder);
    if (found == recovered_.end())
        return object;
    const takes::Recovery& recovery = found->second;
    object["rebuilt"] = recovery.rebuilt;
    object["cut_off"] = recovery.cut_off;
    object["unused_bytes"] = recovery.unused_bytes;
    object["findings"] = recovery.findings;
    return object;
}

base::Outcome Verification::check(const takes::TakeEntry& entry)
{
    const std::string name = takes::fullText(entry.facts.slate);
    const auto recording = takes::Recording::open(entry.folder);
    if (!recording) {
        if (!isNamed(entry.folder))
            trouble(recording.error().message);
        takes_.push_back({ { "take", name }, { "folder", entry.folder.string() },
            { "error", recording.error().message } });
        return {};
    }
    const auto report = (*recording)->verify(Progress(name, entry.facts.picture_bytes));
    if (!report)
        return base::fail(report.error());
    for (const std::string& line : report->troubles)
        trouble(fmt::format("{}: {}", name, line));
    if (!entry.facts.closed)
        trouble(
            fmt::format("{}: not closed: the program or the machine stopped while it rolled; its {} frames "
                        "play, --repair closes it",
                name, report->frames));
    Json object { { "take", name }, { "folder", entry.folder.string() }, { "frames", report->frames },
        { "lost", report->lost }, { "damaged", report->damaged }, { "closed", entry.facts.closed },
        { "recovered", entry.facts.recovered } };
    object.update(describe(entry.folder));
    takes_.push_back(std::move(object));
    if ((*recording)->missing().empty()) // of what lies on a disk that is away nothing is known
        keep(entry, *report);
    bytes_ += entry.facts.picture_bytes;
    checkGuide(entry);
    speech_.note(fmt::format(
        "{:<10} {} frames, {} lost, {} damaged", name, report->frames, report->lost, report->damaged.size()));
    return {};
}

/// What was found, for papers and lists, which read no pictures. One that may be rolling still is left alone.
void Verification::keep(const takes::TakeEntry& entry, const takes::Recording::Report& report)
{
    if (!entry.facts.closed && !recovered_.contains(entry.folder))
        return;
    takes::LastCheck found { takes::LastCheck::By::Verify, base::wallClockNow(), report.frames,
        static_cast<base::FrameIndex>(report.damaged.size()), report.damaged, {} };
    if (const auto recovery = recovered_.find(entry.folder); recovery != recovered_.end())
        found.findings = recovery->second.findings;
    found.findings.insert(found.findings.end(), report.troubles.begin(), report.troubles.end());
    if (const auto kept = takes::writeLastCheck(entry.folder, std::move(found)); !kept)
        speech_.note(fmt::format("{:<10} what was found is not kept beside it: {}",
            takes::fullText(entry.facts.slate), kept.error().message));
}

/// The guide that was heard with it: what says where it was, and the shoot's copy of its sound.
void Verification::checkGuide(const takes::TakeEntry& entry)
{
    const std::string name = takes::fullText(entry.facts.slate);
    const auto guide = readTakeGuide(entry.folder);
    if (!guide)
        return trouble(
            fmt::format("{}: where its guide was cannot be read: {}", name, guide.error().message));
    if (!*guide || !guides_.insert((*guide)->source.file).second)
        return;
    if (const auto kept = checkKeptGuide(shoot_folder_, (*guide)->source); !kept)
        trouble(fmt::format("{}: the master of its guide cannot be heard: {}", name, kept.error().message));
}

/// Recordings that are in no list: their take.json is not there to be read.
void Verification::sayWhatIsOpen()
{
    for (const fs::path& folder : takes::openRecordings(shoot_folder_)) {
        std::error_code ignored;
        const bool listed = std::any_of(
            takes_.begin(), takes_.end(), [&](const Json& one) { return one["folder"] == folder.string(); });
        const bool empty = std::find(empty_.begin(), empty_.end(), folder) != empty_.end();
        if (listed || empty || isNamed(folder))
            continue;
        trouble(fmt::format("{} holds pictures, but take.json is {}: --repair makes it anew", folder.string(),
            fs::exists(folder / "take.json", ignored) ? "damaged" : "missing"));
    }
}

int Verification::run(bool repair)
{
    const base::Nanos began = base::monotonicNow();
    std::error_code ignored;
    if (!spill_folder_.empty() && !fs::is_directory(spill_folder_, ignored))
        return speech_.fail({ Fault::NotFound,
            fmt::format(
                "there is no folder {}: attach its disk, or leave --spill out", spill_folder_.string()),
            {} });
    auto opened =
        takes::Shoot::open(shoot_folder_, repair ? takes::Shoot::Mode::Create : takes::Shoot::Mode::ReadOnly);
    if (!opened)
        return speech_.fail(opened.error());
    shoot_ = std::move(*opened);
    if (repair) {
        if (const auto done = recoverAll(); !done)
            return speech_.fail(done.error());
    }
    std::vector<std::string> of_the_list;
    auto entries = shoot_->takes(&of_the_list);
    if (!entries)
        return speech_.fail(entries.error());
    for (std::string& line : of_the_list)
        trouble(std::move(line));
    for (const takes::TakeEntry& entry : *entries) {
        if (std::find(empty_.begin(), empty_.end(), entry.folder) != empty_.end()) {
            takes_.push_back(
                { { "take", takes::fullText(entry.facts.slate) }, { "folder", entry.folder.string() },
                    { "frames", 0 }, { "closed", false }, { "recovered", false } });
            continue;
        }
        // A closed take with a damaged index, too: that takes a look at its index alone.
        if (repair && entry.facts.closed && !recovered_.contains(entry.folder)) {
            if (const auto done = recover(entry.folder); !done)
                return speech_.fail(done.error());
        }
        if (const auto done = check(entry); !done)
            return speech_.fail(done.error());
    }
    sayWhatIsOpen();
    for (const std::string& line : troubles_)
        fmt::print(stderr, "backtake: {}\n", base::oneLine(line));
    const double seconds = base::seconds(base::monotonicNow() - began);
    if (bytes_ > 0)
        speech_.note(fmt::format("{} in {:.1f} s, {:.0f} MB/s", base::bytesText(bytes_), seconds,
            static_cast<double>(bytes_) / 1e6 / std::max(seconds, 1e-3)));
    speech_.result({ { "shoot", shoot_folder_.string() }, { "takes", takes_ }, { "troubles", troubles_ },
        { "ok", troubles_.empty() }, { "bytes", bytes_ }, { "seconds", seconds } });
    return troubles_.empty() ? 0 : 1;
}

} // namespace

int runVerify(const Speech& speech, const std::string& shoot, bool repair, const std::string& spill)
{
    return Verification(speech, shoot, spill).run(repair);
}

} // namespace backtake::app
