#include "capture/tether_line.hpp"

#include "base/overloaded.hpp"
#include "capture/tether/protocol.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace backtake::capture {

using base::Lock;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

/// A recording that begins or ends within this time of our asking is ours: bodies were seen to take most of a
/// second.
constexpr Nanos kOursWithin = 3s;
/// A helper that never answers must not make this grow.
constexpr std::size_t kMostOpen = 1000;

tether::Request wireOf(std::uint64_t id, const BodyRequest& request)
{
    return std::visit(
        base::Overloaded {
            [&](const SetBodySetting& set) -> tether::Request {
                return tether::SetSetting { id, set.name, set.value };
            },
            [&](const RecordOnBody& record) -> tether::Request {
                return tether::Record { id, record.on };
            },
            [&](const FetchBodyClip& fetch) -> tether::Request {
                return tether::Fetch { id, fetch.clip.folder, fetch.clip.name, fetch.target.string() };
            },
            [&](const CancelBodyFetch& cancel) -> tether::Request {
                return tether::CancelFetch { cancel.id };
            },
        },
        request);
}

} // namespace

TetherLine::~TetherLine() { ::close(socket_); }

void TetherLine::close() { ::shutdown(socket_, SHUT_RDWR); }

bool TetherLine::ask(std::uint64_t id, const BodyRequest& request)
{
    const std::string message = tether::encode(wireOf(id, request));
    Lock lock(mutex_); // also over the sending, which never waits: an answer finds its question
    if (open_.size() >= kMostOpen || message.size() > tether::kMaxMessageBytes
        || ::send(socket_, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
            != static_cast<ssize_t>(message.size()))
        return false;
    open_.emplace(id, request);
    if (const auto* record = std::get_if<RecordOnBody>(&request))
        record_asked_ = RecordAsked { record->on, base::monotonicNow() };
    return true;
}

std::optional<BodyRequest> TetherLine::answered(std::uint64_t id)
{
    Lock lock(mutex_);
    const auto question = open_.find(id);
    if (question == open_.end())
        return std::nullopt;
    BodyRequest request = std::move(question->second);
    open_.erase(question);
    return request;
}

bool TetherLine::recordAsked(bool on, Nanos at) const
{
    Lock lock(mutex_);
    return record_asked_ && record_asked_->on == on && at - record_asked_->at < kOursWithin;
}

} // namespace backtake::capture
