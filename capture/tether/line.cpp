#include "capture/tether/line.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace backtake::capture::tether {

Line::Line(int socket)
    : socket_(socket)
    , buffer_(kMaxMessageBytes + 1, '\0')
{
}

void Line::say(const Report& report)
{
    if (closed_)
        return;
    waiting_.push_back(encode(report));
    send();
    if (waiting_.size() > kMostWaiting)
        closed_ = true;
}

void Line::send()
{
    while (!waiting_.empty() && !closed_) {
        const std::string& message = waiting_.front();
        const ssize_t sent = ::send(socket_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS))
            return;
        if (sent < 0)
            closed_ = true;
        waiting_.pop_front();
    }
}

std::optional<Request> Line::heard()
{
    send();
    while (!closed_) {
        const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return std::nullopt;
        if (got <= 0) {
            closed_ = true;
            return std::nullopt;
        }
        if (auto request = decodeRequest({ buffer_.data(), static_cast<std::size_t>(got) }))
            return *request;
    }
    return std::nullopt;
}

void Line::waitUntil(base::Nanos moment)
{
    const base::Nanos left = std::max(moment - base::monotonicNow(), base::Nanos {});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec time { seconds.count(), (left - seconds).count() };
    pollfd descriptor { socket_, static_cast<short>(POLLIN | (waiting_.empty() ? 0 : POLLOUT)), 0 };
    ::ppoll(&descriptor, 1, &time, nullptr);
}

} // namespace backtake::capture::tether
