/// The scopes' own thread: pictures in, newest wins; images out.
#pragma once

#include "base/mailbox.hpp"
#include "base/time.hpp"
#include "ui/scopes.hpp"

#include <algorithm>
#include <memory>
#include <thread>

namespace backtake::ui {

/// When counts may begin: the eye wants no more than 25 a second, and the cores are the encoders' first.
class ScopePace {
public:
    static constexpr base::Nanos kApart = std::chrono::milliseconds(40);

    /// @return when the count that is wanted at @p now may begin; the next one may kApart later.
    base::Nanos begin(base::Nanos now)
    {
        const base::Nanos start = std::max(now, next_);
        next_ = start + kApart;
        return start;
    }

private:
    base::Nanos next_ {};
};

/// Counts a picture and draws its scopes, at ScopePace. Sleeps while nothing is shown: who has the scopes off
/// calls nothing.
/// Room: any thread may call; each call takes a short lock. The destructor waits for a count under way, some
/// milliseconds.
class ScopeThread {
public:
    ScopeThread();

    /// The picture to look at next, in place of one that was not looked at yet. Null: none. It is given back
    /// as soon as it is counted.
    void show(base::PicturePtr picture, const ScopeView& view) EXCLUDES(mutex_);

    /// The newest image; null before the first.
    [[nodiscard]] std::shared_ptr<const ScopeImage> newest() const;

private:
    struct Shown {
        base::PicturePtr picture;
        ScopeView view;
    };

    void run(std::stop_token stop);
    Shown next(std::stop_token stop, ScopePace& pace) EXCLUDES(mutex_);

    base::Mutex mutex_;
    base::Condition arrived_;
    Shown shown_ GUARDED_BY(mutex_);
    base::Latest<std::shared_ptr<const ScopeImage>> image_;
    std::jthread thread_; ///< Last: stopped and joined before what it uses goes.
};

} // namespace backtake::ui
