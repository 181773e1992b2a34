/// The network cable: PTP/IP (CIPA DC-005) on loopback, one client at a time.
#pragma once

#include "base/thread_marks.hpp"
#include "tests/virtual_eos/eos_core.hpp"

#include <list>
#include <memory>
#include <thread>

namespace backtake::testing {

/// Owns: the port and the connections. A newcomer takes the place of a client that is still there, as after a
/// cable was pulled. Threads: one that accepts, one for each connection; they end with the object.
class PtpIpLine {
public:
    explicit PtpIpLine(std::shared_ptr<EosCore> core);
    ~PtpIpLine();
    PtpIpLine(const PtpIpLine&) = delete;
    PtpIpLine& operator=(const PtpIpLine&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    void drop() EXCLUDES(mutex_);
    void unplug() EXCLUDES(mutex_);
    void plugIn() EXCLUDES(mutex_);
    void silence(bool on) EXCLUDES(mutex_);
    void refuse(bool on) EXCLUDES(mutex_);

private:
    struct Connection {
        int fd = -1;
        bool is_session = false; ///< Holds the command line of the camera's one session.
        bool done = false;       ///< Its thread is at its end.
        std::stop_source gone;
        std::jthread thread;
    };
    using Connections = std::list<std::shared_ptr<Connection>>;

    void accept(std::stop_token stop);
    void serve(Connection& connection) EXCLUDES(mutex_);
    void serveCommands(Connection& connection) EXCLUDES(mutex_);
    bool serveOne(Connection& connection);
    bool send(Connection& connection, const Command& command, const Answer& answer);
    bool begin(Connection& connection) EXCLUDES(mutex_);
    void end(Connection& connection) EXCLUDES(mutex_);
    void cut(Connection& connection) REQUIRES(mutex_);
    void cutAll() REQUIRES(mutex_);
    void waitWhileSilent(const std::stop_token& stop) EXCLUDES(mutex_);

    const std::shared_ptr<EosCore> core_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    base::Mutex mutex_;
    base::Condition changed_;
    bool plugged_ GUARDED_BY(mutex_) = true;
    bool silent_ GUARDED_BY(mutex_) = false;
    bool refuses_ GUARDED_BY(mutex_) = false;
    Connections connections_ GUARDED_BY(mutex_);
    std::jthread acceptor_; ///< Last: it is stopped first.
};

} // namespace backtake::testing
