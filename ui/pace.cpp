#include "ui/pace.hpp"

#include <algorithm>

namespace backtake::ui {

std::optional<RecentTimes::Summary> RecentTimes::summary() const
{
    if (count_ == 0)
        return std::nullopt;
    auto sorted = times_;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kMost));
    const auto middle = sorted.begin() + (end - sorted.begin()) / 2;
    std::nth_element(sorted.begin(), middle, end);
    return Summary { times_[(count_ - 1) % kMost], *middle, *std::max_element(middle, end) };
}

} // namespace backtake::ui
