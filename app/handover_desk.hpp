/// Hands takes over to editorial beside a session: one after the other, with less right to processor and disk
/// than what is being shot.
#pragma once

#include "app/worker.hpp"
#include "base/thread_marks.hpp"
#include "takes/handover/choice.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <stop_token>

namespace backtake::app {

struct HandoverOrder {
    std::string title; ///< For people.
    std::filesystem::path shoot;
    handover::Choice choice;
    handover::HandOver what; ///< Without takes. Title empty: the shoot's; folder empty: a new one,
                             ///< <shoot>/handover/<day>-<n>.
};

/// What an order would take.
struct HandoverQuote {
    std::filesystem::path folder;
    handover::Estimate estimate;             ///< Its remarks: takes that stay behind, and why.
    std::optional<std::uint64_t> free_bytes; ///< There, now; none: the disk does not say.
    [[nodiscard]] bool fits() const;
};
/// Of one that does not fit, in the operator's words.
base::Error noRoom(const HandoverQuote& quote);

/// How one ended. Files that were finished before trouble stay, no half one does.
struct HandoverEnd {
    std::string title;
    std::filesystem::path folder;
    std::size_t files = 0; ///< That are there now.
    std::uint64_t bytes = 0;
    std::vector<std::string> remarks;
    std::optional<base::Error> trouble; ///< Fault::Cancelled: it was stopped.
};

/// Room: all calls from the owner's thread. What waits for disks is done by two threads: one hands over, one
/// answers look(). None of the calls waits for them but the destructor: for a picture, or for a look at the
/// takes' indexes.
class HandoverDesk {
public:
    /// How many bytes are free on the disk of a folder; none: it does not say.
    using Room = std::function<std::optional<std::uint64_t>(const std::filesystem::path&)>;
    using Quoted = std::function<void(const base::Result<HandoverQuote>&)>;
    using Ended = std::function<void(const HandoverEnd&)>;

    struct Run {
        std::uint64_t id = 0;
        std::string title;
        handover::Step step;   ///< All zero while it waits for its turn.
        base::Nanos worked {}; ///< So far, without what it was held.
        std::stop_source stop;
        /// By what was done so far; none before that says something.
        [[nodiscard]] std::optional<base::Nanos> timeLeft() const;
    };

    /// The disk keeps at least this for takes: a hand-over that would take it does not begin, or ends.
    static constexpr std::uint64_t kLeftForTakes = 2'000'000'000;

    explicit HandoverDesk(Room room);
    /// As stop().
    ~HandoverDesk();
    HandoverDesk(const HandoverDesk&) = delete;
    HandoverDesk& operator=(const HandoverDesk&) = delete;

    /// @param quoted within deliver(). Of several questions that wait only the newest is answered.
    void look(HandoverOrder order, Quoted quoted);
    /// @param ended within deliver(), unless the desk ends first. @return whether it was taken: not when far
    /// too many wait.
    [[nodiscard]] bool start(HandoverOrder order, Ended ended);
    /// It ends before the next picture.
    void cancel(std::uint64_t id);
    enum class Hold {
        None = 1,
        Start, ///< What has begun goes on: for as long as the log lacks what was said.
        All    ///< Nothing goes on but the picture under way: while a take rolls.
    };
    void hold(Hold hold) EXCLUDES(mutex_);
    /// All of them end before their next picture. Nothing starts any more.
    void stop();
    /// Runs what has come.
    void deliver();
    /// The one that runs, then those that wait for their turn.
    [[nodiscard]] const std::deque<Run>& runs() const { return runs_; }

private:
    [[nodiscard]] base::Result<HandoverQuote> quote(HandoverOrder& order) const;
    HandoverEnd work(std::uint64_t id, HandoverOrder& order, const std::stop_token& stop);
    void ask();
    Run* find(std::uint64_t id);

    const Room room_;
    std::deque<Run> runs_;
    std::uint64_t last_id_ = 0;
    bool looking_ = false;
    std::optional<std::pair<HandoverOrder, Quoted>> wanted_; ///< To be looked at next.

    base::Mutex mutex_;
    base::Condition let_go_;
    Hold hold_ GUARDED_BY(mutex_) = Hold::None;

    Worker looker_ { "bt-handquote" };
    Worker worker_ { "bt-handover" }; ///< The threads are last.
};

} // namespace backtake::app
