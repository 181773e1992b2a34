/// The thread that does what may wait for a disk, so that the window's thread never does.
#pragma once

#include "base/mailbox.hpp"
#include "base/thread_priority.hpp"

#include <functional>
#include <future>
#include <thread>

namespace backtake::app {

/// Jobs run one after the other on the worker's thread; what each returns runs on the thread that calls
/// deliver(). Room: ask() and deliver() from the owner's thread. Full: ask() says no; the owner asks again at
/// its next turn.
class Worker {
public:
    using Answer = std::function<void()>;
    using Job = std::function<Answer()>;

    /// @param nice over 0: it leaves the processor to what plays and records.
    explicit Worker(const char* name, int nice = 0)
        : thread_([this, name, nice](std::stop_token stop) {
            base::nameThisThread(name);
            if (nice > 0)
                base::lowerThisThread(nice);
            while (auto job = jobs_.take(stop))
                if (Answer answer = (*job)())
                    (void)answers_.tryPut(std::move(answer));
        })
    {
    }

    [[nodiscard]] bool ask(Job job) { return jobs_.tryPut(std::move(job)); }
    /// From within a job that goes on: news for deliver(). Full: it is dropped.
    void tell(Answer news) { (void)answers_.tryPut(std::move(news)); }
    /// Waits until everything asked so far is done. For the end of a session.
    void finish()
    {
        std::promise<void> done;
        while (!ask([&done]() -> Answer {
            done.set_value();
            return nullptr;
        }))
            std::this_thread::yield();
        done.get_future().wait();
    }
    /// Runs the answers that have come.
    void deliver()
    {
        while (auto answer = answers_.tryTake())
            (*answer)();
    }

private:
    /// Far more than a session ever has in flight: one per take, one per selection.
    static constexpr std::size_t kJobs = 256;
    base::Mailbox<Job> jobs_ { kJobs };
    base::Mailbox<Answer> answers_ { 2 * kJobs };
    std::jthread thread_; ///< Last.
};

} // namespace backtake::app
