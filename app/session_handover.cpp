// What goes to editorial while shooting goes on: from the operator's wish to an order, and what came of it.
#include "app/session.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace backtake::app {

using base::FrameIndex;
using base::Nanos;
using Kind = ui::Message::Kind;
using Wish = ui::HandoverWish;
namespace fs = std::filesystem;

namespace {

handover::EdlDialect dialectOf(Wish::Edl edl)
{
    switch (edl) {
    case Wish::Edl::Cmx:
        return handover::EdlDialect::Cmx;
    case Wish::Edl::Range:
        return handover::EdlDialect::Range;
    case Wish::Edl::Otio:
        break;
    }
    return handover::EdlDialect::Otio;
}

/// The first of them, as one message says it; the log has them all.
std::string summary(const std::vector<std::string>& lines)
{
    constexpr std::size_t kMost = 3;
    std::string words;
    for (std::size_t i = 0; i < std::min(lines.size(), kMost); ++i)
        words += fmt::format("{}{}", i == 0 ? "" : "\n", lines[i]);
    if (lines.size() > kMost)
        words += fmt::format("\nand {} more, which the program's log names", lines.size() - kMost);
    return words;
}

} // namespace

HandoverOrder Session::handoverOrder(const Wish& wish) const
{
    HandoverOrder order;
    order.shoot = options_.shoot;
    order.choice.story = wish.story;
    handover::HandOver& what = order.what;
    what.formats = handover::formatsNamed(wish.formats);
    what.edl = dialectOf(wish.edl);
    what.playing.order = wish.shown_order ? takes::Order::Shown : takes::Order::Captured;
    what.playing.speed_percent = std::max(1, wish.speed_percent);
    if (wish.reversed_mov)
        what.movs.push_back(takes::Order::Shown);
    if (!wish.folder.empty())
        what.folder = folderFromText(wish.folder);
    std::vector<fs::path>& folders = order.choice.folders.emplace();
    switch (wish.takes) {
    case Wish::Takes::Circled:
        order.title = "Circled takes";
        order.choice.circled = true;
        order.choice.folders.reset();
        break;
    case Wish::Takes::Day:
        order.title = fmt::format("Takes of {}", wish.day);
        order.choice.day = wish.day;
        order.choice.folders.reset();
        break;
    case Wish::Takes::Listed:
        order.title = "Takes as listed";
        for (std::size_t row = 0; row < std::min(log_.size(), model_.takes.size()); ++row)
            if (model_.takes[row].listed)
                folders.push_back(log_[row].folder);
        break;
    case Wish::Takes::InReview: {
        const auto entry = std::ranges::find_if(log_, [this](const takes::TakeEntry& one) {
            return review_ && !review_->id.empty() && one.facts.id == review_->id;
        });
        order.title = "No take";
        if (entry == log_.end())
            break;
        order.title = takes::fullText(entry->facts.slate);
        what.title = entry->folder.filename().string();
        folders.push_back(entry->folder);
        if (!wish.in_to_out)
            break;
        const FrameIndex frames = entry->facts.frames;
        const auto shown = [&](FrameIndex on_screen) {
            const FrameIndex captured = review_->first + toCaptured(on_screen);
            return review_->backward ? frames - 1 - captured : captured;
        };
        const FrameIndex from = shown(review_->in ? onScreen(*review_->in) : 0);
        const FrameIndex to =
            shown(review_->out ? onScreen(*review_->out) : review_->footage->frameCount() - 1);
        what.playing.in = std::max<FrameIndex>(0, std::min(from, to) - wish.handles);
        what.playing.out = std::min(frames - 1, std::max(from, to) + wish.handles);
        break;
    }
    }
    return order;
}

void Session::lookAtHandover(const Wish& wish)
{
    std::vector<std::string>& days = model_.handover_days;
    days.clear();
    for (const takes::TakeEntry& entry : log_)
        days.push_back(base::localDay(entry.facts.started_at_utc));
    std::ranges::sort(days);
    days.erase(std::unique(days.begin(), days.end()), days.end());

    const auto answer = [this, wish](const base::Result<HandoverQuote>& quote) {
        ui::HandoverLook& look = model_.handover_look.emplace();
        look.wish = wish;
        if (!quote) {
            look.why = quote.error().message;
            return;
        }
        look.folder = quote->folder.string();
        look.takes = quote->estimate.takes;
        look.files = quote->estimate.files.size();
        look.bytes = quote->estimate.bytes;
        look.free_bytes = quote->free_bytes;
        look.remarks = quote->estimate.remarks;
        if (!quote->fits())
            look.why = noRoom(*quote).message;
    };
    HandoverOrder order = handoverOrder(wish);
    if (order.what.formats.empty())
        return answer(base::fail(base::Fault::Usage, "tick at least one format"));
    handover_.look(std::move(order), answer);
}

void Session::startHandover(const Wish& wish, Nanos now)
{
    HandoverOrder order = handoverOrder(wish);
    if (order.what.formats.empty())
        return say(Kind::Warning, "Nothing is handed over: tick at least one format", now);
    handOver(std::move(order), now);
}

void Session::handOver(HandoverOrder order, Nanos now)
{
    const std::string title = order.title;
    holdHandover();
    if (!handover_.start(std::move(order), [this](const HandoverEnd& end) { handoverEnded(end); }))
        return say(Kind::Warning, "Too many hand-overs wait: this one was not taken", now);
    if (said_.isRefused())
        say(Kind::Warning,
            fmt::format("{}: what is not in the log yet is not handed over. Do it again once it is", title),
            now);
    say(Kind::Note,
        fmt::format("{}: {}", title,
            handover_.runs().size() > 1 ? "handed over after those before it"
                                        : "handed over in the background"),
        now);
}

void Session::handoverEnded(const HandoverEnd& end)
{
    const std::string what = fmt::format("{} {}, {}, in {}", end.files, end.files == 1 ? "file" : "files",
        base::bytesText(end.bytes), end.folder.string());
    for (const std::string& remark : end.remarks)
        spdlog::warn("hand-over, {}: {}", end.title, remark);
    if (!end.remarks.empty())
        say(Kind::Warning, summary(end.remarks), model_.now);
    if (!end.trouble)
        return say(Kind::Note, fmt::format("{}: handed over, {}", end.title, what), model_.now);
    const bool stopped = end.trouble->fault == base::Fault::Cancelled;
    const std::string before =
        end.files == 0 ? "Nothing was written" : fmt::format("Finished before that: {}", what);
    say(stopped ? Kind::Note : Kind::Trouble,
        fmt::format(
            "{}: {}. {}", end.title, stopped ? "the hand-over was stopped" : end.trouble->message, before),
        model_.now);
}

/// Nothing on set is worth a frame of a take. And what is handed over is read from the log: all that was said
/// comes first, but not for ever: with a full disk somebody wants to bring takes to another one.
ui::HandoverRun::Held Session::holdHandover()
{
    using Held = ui::HandoverRun::Held;
    using Hold = HandoverDesk::Hold;
    if (rolling() || !closing_.empty()) {
        handover_.hold(Hold::All);
        return Held::Rolls;
    }
    const bool writing = said_.isWriting() || unlisted_ > 0;
    handover_.hold(writing ? Hold::Start : Hold::None);
    return writing ? Held::Log : Held::No;
}

void Session::fillHandover()
{
    const ui::HandoverRun::Held held = holdHandover();
    const auto& runs = handover_.runs();
    model_.handovers.resize(runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const HandoverDesk::Run& run = runs[i];
        ui::HandoverRun& shown = model_.handovers[i];
        shown.id = run.id;
        shown.title = run.title;
        shown.running = i == 0;
        shown.done = run.step.done;
        shown.take = run.step.take;
        shown.takes = run.step.takes;
        shown.file = run.step.file.filename().string();
        shown.time_left = run.timeLeft();
        const bool has_begun = !run.step.file.empty();
        shown.held = has_begun && held == ui::HandoverRun::Held::Log ? ui::HandoverRun::Held::No : held;
    }
}

std::string Session::unfinishedHandover() const
{
    const auto& runs = handover_.runs();
    if (runs.empty())
        return {};
    return fmt::format(
        "A hand-over is running ({}: {:.0f} %){}. Quitting stops it: files that are finished stay, "
        "no half one does. ",
        runs.front().title, runs.front().step.done * 100,
        runs.size() > 1 ? fmt::format(", and {} wait", runs.size() - 1) : "");
}

} // namespace backtake::app
