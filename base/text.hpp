/// Words for people: sizes, times, and addresses without their secrets.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace backtake::base {

/// "512 B", "1.5 MB", "31.2 GB" (powers of 1000, as disks are sold).
std::string bytesText(std::uint64_t bytes);
/// Reads "512M", "4G", "100000", "1.5GiB" (powers of 1024). @return nullopt for anything else or above 2^62.
std::optional<std::uint64_t> parseBytes(std::string_view text);
/// "3 h 12 min", "12 min", "40 s": how long something lasts, one glance.
std::string durationText(Nanos duration);
/// "2026-11-21": the day of a wall-clock time, where this machine is.
std::string localDay(Nanos since_epoch);
/// The text with the secret parts of every address in it replaced by "***": `user:password@`, and values of
/// query keys that name a secret (pass, passphrase, password, token, key, secret, streamid, user-pw …). For
/// logs, JSON and screen.
std::string withoutSecrets(std::string_view text);
/// Line breaks and control characters made visible, so that one message stays one line.
std::string oneLine(std::string_view text);

} // namespace backtake::base
