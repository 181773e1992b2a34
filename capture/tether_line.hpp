/// The app's end of the socket to a tether helper, and what was asked through it.
#pragma once

#include "base/thread_marks.hpp"
#include "base/time.hpp"
#include "capture/body.hpp"

#include <map>
#include <memory>
#include <optional>

namespace backtake::capture {

/// Room: ask() from any thread, the rest from the camera thread. Time: nothing here waits.
class TetherLine {
public:
    /// Owns @p socket, a SOCK_SEQPACKET's end.
    explicit TetherLine(int socket)
        : socket_(socket)
    {
    }
    ~TetherLine();
    TetherLine(const TetherLine&) = delete;
    TetherLine& operator=(const TetherLine&) = delete;

    /// Sends @p request to the helper. @return false when its line is full or its end is closed.
    [[nodiscard]] bool ask(std::uint64_t id, const BodyRequest& request) EXCLUDES(mutex_);
    /// The request that an answer belongs to, once; nullopt for one that was never asked.
    [[nodiscard]] std::optional<BodyRequest> answered(std::uint64_t id) EXCLUDES(mutex_);
    /// Whether a recording that turned @p on at @p at did so because of ours.
    [[nodiscard]] bool recordAsked(bool on, base::Nanos at) const EXCLUDES(mutex_);
    [[nodiscard]] int socket() const { return socket_; }
    /// No more is sent or heard; the helper sees the end.
    void close();

private:
    struct RecordAsked {
        bool on;
        base::Nanos at;
    };
    const int socket_;
    mutable base::Mutex mutex_;
    std::map<std::uint64_t, BodyRequest> open_ GUARDED_BY(mutex_);
    std::optional<RecordAsked> record_asked_ GUARDED_BY(mutex_);
};

} // namespace backtake::capture
