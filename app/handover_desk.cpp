#include "app/handover_desk.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace backtake::app {
using base::fail;
using base::Fault;
using base::Nanos;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr Nanos kTellEvery = 100ms;
/// The disk is asked for room before each file and within it each time so many pictures went over.
constexpr int kAskRoomEvery = 250;
/// Before that the time left is a guess.
constexpr Nanos kTellsTimeAfter = 2s;
constexpr double kTellsTimeFrom = 0.01;

/// Less right to the processor than all else, and the disk when nobody else wants it (ioprio_set(2): best
/// effort, last level; the encoders' threads inherit both).
void standBack()
{
    const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
    ::setpriority(PRIO_PROCESS, thread, 19);
    constexpr int kProcess = 1; // IOPRIO_WHO_PROCESS: one thread
    constexpr int kBestEffort = 2;
    constexpr int kLast = 7;
    ::syscall(SYS_ioprio_set, kProcess, thread, kBestEffort << 13 | kLast);
}

/// A folder that is not there has the disk of the one it would be made in.
fs::path nearest(fs::path folder)
{
    std::error_code ignored;
    folder = fs::absolute(folder, ignored);
    while (!fs::exists(folder, ignored) && folder.has_relative_path())
        folder = folder.parent_path();
    return folder;
}

fs::path newFolder(const fs::path& shoot)
{
    const fs::path below = shoot / "handover";
    const std::string day = base::localDay(base::wallClockNow());
    std::error_code ignored;
    for (int n = 1;; ++n)
        if (fs::path folder = below / fmt::format("{}-{}", day, n); !fs::exists(folder, ignored))
            return folder;
}

} // namespace

base::Error noRoom(const HandoverQuote& quote)
{
    return { Fault::OutOfSpace,
        fmt::format("{} has {} free: about {} are needed, and {} are kept for takes. Choose a folder on "
                    "another disk, or hand over less",
            quote.folder.string(), base::bytesText(quote.free_bytes.value_or(0)),
            base::bytesText(quote.estimate.bytes), base::bytesText(HandoverDesk::kLeftForTakes)),
        {} };
}

bool HandoverQuote::fits() const
{
    return !free_bytes || estimate.bytes + HandoverDesk::kLeftForTakes <= *free_bytes;
}

std::optional<Nanos> HandoverDesk::Run::timeLeft() const
{
    if (worked < kTellsTimeAfter || step.done < kTellsTimeFrom)
        return std::nullopt;
    return Nanos(static_cast<std::int64_t>(static_cast<double>(worked.count()) * (1 / step.done - 1)));
}

HandoverDesk::HandoverDesk(Room room)
    : room_(std::move(room))
{
    for (Worker* const thread : { &looker_, &worker_ })
        (void)thread->ask([]() -> Worker::Answer {
            standBack();
            return nullptr;
        });
}

HandoverDesk::~HandoverDesk() { stop(); }

void HandoverDesk::stop()
{
    for (Run& run : runs_)
        run.stop.request_stop();
}

HandoverDesk::Run* HandoverDesk::find(std::uint64_t id)
{
    const auto run = std::ranges::find(runs_, id, &Run::id);
    return run == runs_.end() ? nullptr : &*run;
}

void HandoverDesk::cancel(std::uint64_t id)
{
    if (Run* const run = find(id))
        run->stop.request_stop();
}

void HandoverDesk::hold(Hold hold)
{
    {
        base::Lock lock(mutex_);
        if (std::exchange(hold_, hold) == hold)
            return;
    }
    let_go_.notifyAll();
}

void HandoverDesk::deliver()
{
    looker_.deliver();
    worker_.deliver();
}

base::Result<HandoverQuote> HandoverDesk::quote(HandoverOrder& order) const
{
    auto chosen = handover::choose(order.shoot, order.choice);
    if (!chosen)
        return fail(chosen.error());
    order.what.takes = std::move(chosen->takes);
    if (order.what.title.empty())
        order.what.title = fs::weakly_canonical(order.shoot).filename().string();
    if (order.what.folder.empty())
        order.what.folder = newFolder(order.shoot);
    auto estimate = handover::estimate(order.what);
    if (!estimate)
        return fail(estimate.error());
    estimate->remarks.insert(estimate->remarks.begin(), chosen->remarks.begin(), chosen->remarks.end());
    return HandoverQuote { order.what.folder, std::move(*estimate), room_(nearest(order.what.folder)) };
}

void HandoverDesk::look(HandoverOrder order, Quoted quoted)
{
    wanted_ = { std::move(order), std::move(quoted) };
    if (!looking_)
        ask();
}

void HandoverDesk::ask()
{
    looking_ =
        looker_.ask([this, question = *std::exchange(wanted_, std::nullopt)]() mutable -> Worker::Answer {
            return [this, quoted = question.second, found = quote(question.first)]() {
                looking_ = false;
                quoted(found);
                if (wanted_)
                    ask();
            };
        });
}

bool HandoverDesk::start(HandoverOrder order, Ended ended)
{
    Run run;
    run.id = last_id_ + 1;
    run.title = order.title;
    const bool asked = worker_.ask([this, id = run.id, order = std::move(order), ended,
                                       stop = run.stop.get_token()]() mutable -> Worker::Answer {
        return [this, id, ended, end = work(id, order, stop)]() {
            std::erase_if(runs_, [id](const Run& one) { return one.id == id; });
            ended(end);
        };
    });
    if (asked) {
        ++last_id_;
        runs_.push_back(std::move(run));
    }
    return asked;
}

/// On the worker's thread.
HandoverEnd HandoverDesk::work(std::uint64_t id, HandoverOrder& order, const std::stop_token& stop)
{
    HandoverEnd end;
    end.title = order.title;
    const auto endedBy = [&end](base::Error trouble) {
        end.trouble = std::move(trouble);
        return end;
    };
    const base::Error stopped { Fault::Cancelled, "it was stopped", {} };
    // The takes are chosen when it is their turn: what was circled meanwhile is with them.
    {
        base::Lock lock(mutex_);
        if (!let_go_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return hold_ == Hold::None; }))
            return endedBy(stopped);
    }
    if (stop.stop_requested())
        return endedBy(stopped);
    const auto quoted = quote(order);
    if (!quoted)
        return endedBy(quoted.error());
    end.folder = quoted->folder;
    end.remarks = quoted->estimate.remarks;
    if (!quoted->fits())
        return endedBy(noRoom(*quoted));

    std::error_code ignored;
    const bool was_there = fs::exists(order.what.folder, ignored);
    Nanos worked {};
    Nanos last = base::monotonicNow();
    Nanos told {};
    fs::path under_way;
    int pictures = 0;
    bool is_full = false;
    const auto done = handover::handOver(order.what, [&](const handover::Step& step) {
        const Nanos now = base::monotonicNow();
        worked += now - last;
        if (now - told >= kTellEvery) {
            told = now;
            worker_.tell([this, id, step, worked]() {
                if (Run* const run = find(id)) {
                    run->step = step;
                    run->worked = worked;
                }
            });
        }
        if (step.file != under_way || ++pictures >= kAskRoomEvery) {
            under_way = step.file;
            pictures = 0;
            const auto left = room_(nearest(order.what.folder));
            is_full = left && *left < kLeftForTakes;
        }
        base::Lock lock(mutex_);
        const bool goes_on =
            let_go_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return hold_ != Hold::All; });
        last = base::monotonicNow();
        return goes_on && !stop.stop_requested() && !is_full;
    });
    if (done) {
        end.files = done->files.size();
        end.bytes = done->bytes;
        // Those about takes that cannot be read were in the estimate, too.
        for (const std::string& remark : done->remarks)
            if (std::ranges::find(end.remarks, remark) == end.remarks.end())
                end.remarks.push_back(remark);
        return end;
    }
    for (const fs::path& file : quoted->estimate.files) {
        std::error_code not_there;
        if (const auto bytes = fs::file_size(file, not_there); !not_there) {
            ++end.files;
            end.bytes += bytes;
        }
    }
    if (end.files == 0 && !was_there)
        fs::remove(order.what.folder, ignored); // made for nothing, and empty: else it stays
    if (is_full && done.error().fault == Fault::Cancelled)
        return endedBy({ Fault::OutOfSpace,
            fmt::format("less than {} are left on the disk of {}, which are kept for takes",
                base::bytesText(kLeftForTakes), order.what.folder.string()),
            {} });
    return endedBy(done.error().fault == Fault::Cancelled ? stopped : done.error());
}

} // namespace backtake::app
