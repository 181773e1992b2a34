/// Boxes between rooms: each says what it does when it is full.
#pragma once

#include "base/thread_marks.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace backtake::base {

/// A bounded queue. Full: tryPut() says no and the caller counts it; nothing waits to put.
template <typename T> class Mailbox {
public:
    explicit Mailbox(std::size_t capacity)
        : capacity_(capacity)
    {
    }

    /// @return false when full: @p value was not taken.
    [[nodiscard]] bool tryPut(T value) EXCLUDES(mutex_)
    {
        {
            Lock lock(mutex_);
            if (items_.size() >= capacity_)
                return false;
            items_.push_back(std::move(value));
        }
        arrived_.notifyOne();
        return true;
    }

    /// Waits for the next value; nullopt once a stop is asked for.
    std::optional<T> take(std::stop_token stop) EXCLUDES(mutex_)
    {
        Lock lock(mutex_);
        if (!arrived_.wait(mutex_, std::move(stop), [this]() REQUIRES(mutex_) { return !items_.empty(); }))
            return std::nullopt;
        return pop();
    }

    /// @return the next value if there is one now.
    std::optional<T> tryTake() EXCLUDES(mutex_)
    {
        Lock lock(mutex_);
        if (items_.empty())
            return std::nullopt;
        return pop();
    }

    [[nodiscard]] std::size_t size() const EXCLUDES(mutex_)
    {
        Lock lock(mutex_);
        return items_.size();
    }

private:
    T pop() REQUIRES(mutex_)
    {
        T value(std::move(items_.front()));
        items_.pop_front();
        return value;
    }

    const std::size_t capacity_;
    mutable Mutex mutex_;
    Condition arrived_;
    std::deque<T> items_ GUARDED_BY(mutex_);
};

/// One place: the newest value wins, the one before it is dropped.
template <typename T> class Latest {
public:
    void put(T value) EXCLUDES(mutex_)
    {
        std::optional<T> old; // destroyed outside the lock
        {
            Lock lock(mutex_);
            old = std::exchange(value_, std::move(value));
            fresh_ = true;
        }
        arrived_.notifyOne();
    }
    /// Waits for a value not taken yet; nullopt once a stop is asked for. The value stays readable by peek().
    std::optional<T> take(std::stop_token stop) EXCLUDES(mutex_)
    {
        Lock lock(mutex_);
        if (!arrived_.wait(mutex_, std::move(stop), [this]() REQUIRES(mutex_) { return fresh_; }))
            return std::nullopt;
        fresh_ = false;
        return value_;
    }
    /// The newest value, taken or not; nullopt before the first.
    std::optional<T> peek() const EXCLUDES(mutex_)
    {
        Lock lock(mutex_);
        return value_;
    }

private:
    mutable Mutex mutex_;
    Condition arrived_;
    std::optional<T> value_ GUARDED_BY(mutex_);
    bool fresh_ GUARDED_BY(mutex_) = false;
};

} // namespace backtake::base
