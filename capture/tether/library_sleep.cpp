#include "capture/tether/library_sleep.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace backtake::capture::tether {
namespace {

struct Sleeps {
    bool in_preview = false;
    int count = 0;
    base::Nanos last_began {};
};
thread_local Sleeps sleeps;

/// Older bodies never got ready when they were asked too often: after 40 ms, more than a picture's time, the
/// library sleeps as long as it likes.
constexpr int kShortSleeps = 8;
constexpr useconds_t kShort_us = 5000;

} // namespace

PreviewSleeps::PreviewSleeps() { sleeps = { true, 0, {} }; }
PreviewSleeps::~PreviewSleeps() { sleeps.in_preview = false; }

std::optional<base::Nanos> PreviewSleeps::lastBegan() const
{
    return sleeps.count > 0 ? std::optional(sleeps.last_began) : std::nullopt;
}

} // namespace backtake::capture::tether

/// In the place of the C library's.
extern "C" __attribute__((visibility("default"))) int usleep(useconds_t length_us)
{
    using namespace backtake::capture::tether;
    if (sleeps.in_preview) {
        sleeps.last_began = backtake::base::monotonicNow();
        if (++sleeps.count <= kShortSleeps)
            length_us = std::min(length_us, kShort_us);
    }
    const timespec time { static_cast<time_t>(length_us / 1'000'000),
        static_cast<long>(length_us % 1'000'000) * 1000 };
    const int result = ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
    if (result == 0)
        return 0;
    errno = result;
    return -1;
}
