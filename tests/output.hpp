/// What another program says, for tests that ask one.
#pragma once

#include <cstdio>
#include <string>

namespace backtake::tests {

/// Runs @p command in a shell. @return its stdout; empty when it cannot be started.
inline std::string outputOf(const std::string& command)
{
    std::string out;
    if (FILE* pipe = ::popen(command.c_str(), "r")) {
        char chunk[4096];
        for (std::size_t got = 0; (got = std::fread(chunk, 1, sizeof(chunk), pipe)) > 0;)
            out.append(chunk, got);
        ::pclose(pipe);
    }
    return out;
}

} // namespace backtake::tests
