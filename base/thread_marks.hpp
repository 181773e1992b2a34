/// Locks and rooms that clang's -Wthread-safety understands; with gcc the marks vanish.
#pragma once

#include <atomic>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#if defined(__clang__)
#define BACKTAKE_MARK(x) __attribute__((x))
#else
#define BACKTAKE_MARK(x)
#endif
#define CAPABILITY(x) BACKTAKE_MARK(capability(x))
#define SCOPED_CAPABILITY BACKTAKE_MARK(scoped_lockable)
#define GUARDED_BY(x) BACKTAKE_MARK(guarded_by(x))
#define REQUIRES(...) BACKTAKE_MARK(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) BACKTAKE_MARK(locks_excluded(__VA_ARGS__))
#define ACQUIRE(...) BACKTAKE_MARK(acquire_capability(__VA_ARGS__))
#define RELEASE(...) BACKTAKE_MARK(release_capability(__VA_ARGS__))
#define ASSERT_CAPABILITY(x) BACKTAKE_MARK(assert_capability(x))
#define NO_THREAD_SAFETY_ANALYSIS BACKTAKE_MARK(no_thread_safety_analysis)

namespace backtake::base {

class CAPABILITY("mutex") Mutex {
public:
    void lock() ACQUIRE() { mutex_.lock(); }
    void unlock() RELEASE() { mutex_.unlock(); }

private:
    std::mutex mutex_;
};

class SCOPED_CAPABILITY Lock {
public:
    explicit Lock(Mutex& mutex) ACQUIRE(mutex)
        : mutex_(mutex)
    {
        mutex_.lock();
    }
    ~Lock() RELEASE() { mutex_.unlock(); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    Mutex& mutex_;
};

/// A condition to wait for under a Mutex. Waits end by the stop token: no hand-made stop flags, no polling.
class Condition {
public:
    /// Waits until @p ready or a stop. @return whether it is ready.
    template <typename Ready> bool wait(Mutex& mutex, std::stop_token stop, Ready ready) REQUIRES(mutex)
    {
        return condition_.wait(mutex, std::move(stop), ready);
    }
    /// The same with a deadline on the monotonic clock. @return whether it is ready.
    template <typename Ready>
    bool waitUntil(Mutex& mutex, std::stop_token stop, std::chrono::nanoseconds monotonic_deadline,
        Ready ready) REQUIRES(mutex)
    {
        const std::chrono::steady_clock::time_point deadline(monotonic_deadline);
        return condition_.wait_until(mutex, std::move(stop), deadline, ready);
    }
    void notifyOne() { condition_.notify_one(); }
    void notifyAll() { condition_.notify_all(); }

private:
    std::condition_variable_any condition_;
};

/// A thread as a capability: fields marked GUARDED_BY(room) are touched on that thread only. The first call
/// of mustBeHere() binds the room to the calling thread; later calls assert it.
class CAPABILITY("room") Room {
public:
    explicit Room(const char* name)
        : name_(name)
    {
    }
    void mustBeHere() const ASSERT_CAPABILITY(this)
    {
        std::thread::id nobody {};
        const auto here = std::this_thread::get_id();
        [[maybe_unused]] const bool bound = owner_.compare_exchange_strong(nobody, here);
        assert((bound || nobody == here) && "called from another thread's room");
    }
    [[nodiscard]] const char* name() const { return name_; }

private:
    const char* name_;
    mutable std::atomic<std::thread::id> owner_ {};
};

/// Names the calling thread for debuggers, perf and `top -H` (15 characters at most).
void nameThisThread(const char* name);

} // namespace backtake::base
