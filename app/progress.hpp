/// How far a subcommand is, for people.
#pragma once

#include "app/command_line.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>

namespace backtake::app {

/// Says on stderr how far it is, when it goes on for longer than a glance. Asks to stop when the operator
/// does.
class Progress {
public:
    /// @param bytes of it all: then it says how fast, too.
    explicit Progress(std::string what, std::optional<std::uint64_t> bytes = {});
    /// @param done 0 … 1. @return false: stop.
    bool operator()(double done);

private:
    std::string what_;
    std::optional<std::uint64_t> bytes_;
    base::Nanos began_;
    base::Nanos told_at_;
};

} // namespace backtake::app
