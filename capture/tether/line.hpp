/// The helper's end of the socket to the app.
#pragma once

#include "base/time.hpp"
#include "capture/tether/protocol.hpp"

#include <deque>
#include <optional>
#include <string>

namespace backtake::capture::tether {

/// Room: the helper's one thread. Time: only waitUntil() waits. What does not fit into the socket waits here
/// in its order: pictures are bounded by their slots, the rest by kMostWaiting, after which the app is taken
/// for dead.
class Line {
public:
    explicit Line(int socket);

    void say(const Report& report);
    /// What the app asked; nullopt: nothing now. A message that makes no sense is dropped.
    std::optional<Request> heard();
    /// Waits for a request or until @p moment (monotonic), and sends what waits.
    void waitUntil(base::Nanos moment);
    /// The app has closed its end, or does not read: nothing more is to be done.
    [[nodiscard]] bool closed() const { return closed_; }

private:
    static constexpr std::size_t kMostWaiting = 4096;
    void send();
    const int socket_;
    std::deque<std::string> waiting_;
    std::string buffer_;
    bool closed_ = false;
};

} // namespace backtake::capture::tether
