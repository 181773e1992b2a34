#include "ui/scope_thread.hpp"

#include <utility>

namespace backtake::ui {

ScopeThread::ScopeThread()
    : thread_([this](std::stop_token stop) { run(std::move(stop)); })
{
}

void ScopeThread::show(base::PicturePtr picture)
{
    {
        base::Lock lock(mutex_);
        picture_.swap(picture); // the one before is given back outside the lock
    }
    shown_.notifyOne();
}

std::shared_ptr<const ScopeImage> ScopeThread::newest() const { return image_.peek().value_or(nullptr); }

void ScopeThread::run(std::stop_token stop)
{
    base::nameThisThread("bt-scopes");
    ScopePace pace;
    ScopeCounts counts;
    while (const auto picture = next(stop, pace)) {
        countScopes(*picture, counts);
        image_.put(std::make_shared<const ScopeImage>(drawScopes(counts)));
    }
}

/// @return null once a stop is asked for.
base::PicturePtr ScopeThread::next(std::stop_token stop, ScopePace& pace)
{
    base::Lock lock(mutex_);
    const auto shown = [this]() REQUIRES(mutex_) { return picture_ != nullptr; };
    while (shown_.wait(mutex_, stop, shown)) {
        // Newer pictures take this one's place meanwhile.
        shown_.waitUntil(mutex_, stop, pace.begin(base::monotonicNow()), [] { return false; });
        if (stop.stop_requested())
            break;
        if (picture_)
            return std::exchange(picture_, nullptr);
    }
    return nullptr;
}

} // namespace backtake::ui
