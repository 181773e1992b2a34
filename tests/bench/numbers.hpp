/// What benches count with.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <vector>

namespace backtake::bench {

/// Memory of this process that is in RAM, in MB (10^6).
inline double residentMb()
{
    std::ifstream statm("/proc/self/statm");
    long pages = 0;
    long resident = 0;
    statm >> pages >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

/// The value that @p quantile of them lie below: 0.5 the median, 1 the largest. -1 of none.
inline double at(std::vector<double> values, double quantile)
{
    if (values.empty())
        return -1;
    std::sort(values.begin(), values.end());
    return values[std::min(
        values.size() - 1, static_cast<std::size_t>(quantile * static_cast<double>(values.size())))];
}

} // namespace backtake::bench
