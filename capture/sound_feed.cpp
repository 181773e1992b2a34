#include "capture/sound_feed.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace backtake::capture {

using base::Lock;
using State = SoundStatus::State;

SoundFeed::SoundFeed(std::string name, State state)
    : status_ { state, std::move(name) }
{
}

void SoundFeed::take(SoundBlock block)
{
    {
        Lock lock(mutex_);
        if (status_.state == State::Lost && status_.channels > 0)
            ++status_.returns;
        if (status_.state != State::Live)
            spdlog::info("sound {}: {} channels, {} bit", status_.name, block.channels, block.bits);
        status_.state = State::Live;
        status_.why.clear();
        status_.channels = block.channels;
        status_.bits = block.bits;
        status_.rate_error_ppm = block.rate_error_ppm;
    }
    meter_.measure(block);
    ring_->push(std::move(block));
}

void SoundFeed::lose(State state, std::string why)
{
    Lock lock(mutex_);
    if (status_.why != why)
        spdlog::warn("sound {}: {}", status_.name, why);
    status_.state = state;
    status_.why = std::move(why);
}

void SoundFeed::readStatus(SoundStatus& status) const
{
    {
        Lock lock(mutex_);
        status = status_;
    }
    status.levels = meter_.read(base::monotonicNow());
}

SoundStatus SoundFeed::status() const
{
    SoundStatus status;
    readStatus(status);
    return status;
}

} // namespace backtake::capture
