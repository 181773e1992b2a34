/// Expected trouble as a value: Result<T> is a T or an Error.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace backtake::base {

/// What the caller can do about it. The zero is no valid fault by accident: 0 is never assigned.
enum class Fault {
    Unplugged = 1, ///< The device is gone: make a new source, or wait until it is back.
    Busy,          ///< Somebody else holds it: free it, then try again.
    TimedOut,      ///< Nothing came in time: ask again.
    Ended,         ///< It is over by nature (the last frame of a clip): stop asking.
    Corrupt,       ///< The bytes do not make sense: skip them, count them.
    Unsupported,   ///< We understand what it is, but not how to use it (a codec, a newer version).
    OutOfSpace,    ///< The disk is full.
    Denied,        ///< No right to read, write or open it.
    NotFound,      ///< There is no such thing.
    Exists,        ///< It is there already and must not be overwritten.
    Usage,         ///< The words of the call are wrong.
    Cancelled,     ///< Somebody asked to stop.
    Failed,        ///< Anything else; the message says what.
};

/// One failure. @p message is the operator's line: what, why and what to do. @p detail is the driver's or
/// library's own words, for the log.
struct Error {
    Fault fault = Fault::Failed;
    std::string message;
    std::string detail;
};

template <typename T> using Result = tl::expected<T, Error>;
using Outcome = tl::expected<void, Error>;

/// The short way to return a failure: `return fail(Fault::NotFound, "no take 12A/3 in …")`.
inline tl::unexpected<Error> fail(Fault fault, std::string message, std::string detail = {})
{
    return tl::unexpected<Error>(Error { fault, std::move(message), std::move(detail) });
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

/// The fault's name as the log and JSON print it: "unplugged", "out_of_space", …
std::string_view nameOf(Fault fault);

/// The fault and the operator's words behind an `errno`.
Fault faultOfErrno(int error_number);

} // namespace backtake::base
