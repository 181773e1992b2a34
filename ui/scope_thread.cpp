#include "ui/scope_thread.hpp"

#include <utility>

namespace backtake::ui {

ScopeThread::ScopeThread()
    : thread_([this](std::stop_token stop) { run(std::move(stop)); })
{
}

void ScopeThread::show(base::PicturePtr picture, const ScopeView& view)
{
    {
        base::Lock lock(mutex_);
        shown_.picture.swap(picture); // the one before is given back outside the lock
        shown_.view = view;
    }
    arrived_.notifyOne();
}

std::shared_ptr<const ScopeImage> ScopeThread::newest() const { return image_.peek().value_or(nullptr); }

void ScopeThread::run(std::stop_token stop)
{
    base::nameThisThread("bt-scopes");
    ScopePace pace;
    ScopeCounts counts;
    for (;;) {
        const Shown shown = next(stop, pace);
        if (!shown.picture)
            return;
        countScopes(*shown.picture, counts);
        image_.put(std::make_shared<const ScopeImage>(drawScopes(counts, shown.view)));
    }
}

/// @return no picture once a stop is asked for.
ScopeThread::Shown ScopeThread::next(std::stop_token stop, ScopePace& pace)
{
    base::Lock lock(mutex_);
    const auto shown = [this]() REQUIRES(mutex_) { return shown_.picture != nullptr; };
    while (arrived_.wait(mutex_, stop, shown)) {
        // Newer pictures take this one's place meanwhile.
        arrived_.waitUntil(mutex_, stop, pace.begin(base::monotonicNow()), [] { return false; });
        if (stop.stop_requested())
            break;
        if (shown_.picture)
            return std::exchange(shown_, {});
    }
    return {};
}

} // namespace backtake::ui
