#include "app/progress.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace backtake::app {

Progress::Progress(std::string what, std::optional<std::uint64_t> bytes)
    : what_(std::move(what))
    , bytes_(bytes)
    , began_(base::monotonicNow())
    , told_at_(began_)
{
}

bool Progress::operator()(double done)
{
    if (const base::Nanos now = base::monotonicNow(); now - told_at_ > std::chrono::seconds(1)) {
        const std::string speed = bytes_ ? fmt::format(", {:.0f} MB/s",
                                      done * static_cast<double>(*bytes_) / 1e6 / base::seconds(now - began_))
                                         : std::string();
        fmt::print(stderr, "{}: {:.0f} %{}\n", what_, done * 100, speed);
        told_at_ = now;
    }
    return !stopAsked();
}

} // namespace backtake::app
