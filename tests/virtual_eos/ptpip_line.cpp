#include "tests/virtual_eos/ptpip_line.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace backtake::testing {
namespace {

enum class Packet : std::uint32_t {
    InitCommandRequest = 1,
    InitCommandAck,
    InitEventRequest,
    InitEventAck,
    InitFail,
    CommandRequest,
    CommandResponse,
    Event,
    StartData,
    Data,
    Cancel,
    EndData,
    Ping,
    Pong,
};

constexpr std::size_t kHead = 8;
/// Nothing that a client sends is longer; most is 30 bytes.
constexpr std::size_t kLongestPacket = 1 << 20;
/// A packet that promises more than it brings promises this much more.
constexpr std::size_t kPromise = 4'096;
constexpr std::size_t kSendAtOnce = 1 << 20;
constexpr std::uint32_t kRejected = 1;
constexpr std::uint32_t kPipe = 1;

struct Received {
    Packet kind {};
    std::vector<std::byte> contents;
};

/// @return false at the end of the stream.
bool readWhole(int fd, std::span<std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        // The library writes a setting in three pieces and leaves Nagle on: an ACK that waits costs 40 ms.
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

bool writeWhole(int fd, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return true;
}

/// Whether the client closed its end, as one does that gave up on a silent body: it would never read an
/// answer.
bool isLeft(int fd)
{
    std::byte next {};
    return ::recv(fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

std::optional<Received> readPacket(int fd)
{
    std::array<std::byte, kHead> head {};
    if (!readWhole(fd, head))
        return std::nullopt;
    const std::size_t length = *u32At(head, 0);
    if (length < kHead || length > kLongestPacket)
        return std::nullopt;
    Received received { static_cast<Packet>(*u32At(head, 4)), std::vector<std::byte>(length - kHead) };
    if (!readWhole(fd, received.contents))
        return std::nullopt;
    return received;
}

std::vector<std::byte> packet(Packet kind, std::span<const std::byte> contents)
{
    PtpWriter whole;
    whole.u32(static_cast<std::uint32_t>(kHead + contents.size())).u32(static_cast<std::uint32_t>(kind));
    return whole.bytes(contents).take();
}

bool writePacket(int fd, Packet kind, PtpWriter contents)
{
    return writeWhole(fd, packet(kind, contents.take()));
}

/// A command as it lies in the packet: how data go, code, transaction, parameters.
std::optional<Command> readCommand(std::span<const std::byte> contents)
{
    const auto code = u16At(contents, 4);
    const auto transaction = u32At(contents, 6);
    if (!code || !transaction)
        return std::nullopt;
    Command command { static_cast<Op>(*code), *transaction, {}, {} };
    for (std::size_t i = 0; i < command.parameters.size(); ++i)
        command.parameters[i] = u32At(contents, 10 + 4 * i).value_or(0);
    return command;
}

struct BoundSocket {
    int fd = -1;
    std::uint16_t port = 0;
};
/// @param port 0: a free one.
std::optional<BoundSocket> boundSocket(std::uint16_t port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t length = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd, raw, length) != 0 || ::getsockname(fd, raw, &length) != 0) {
        ::close(fd);
        return std::nullopt;
    }
    return BoundSocket { fd, ntohs(address.sin_port) };
}

} // namespace

PtpIpLine::PtpIpLine(std::shared_ptr<EosCore> core)
    : core_(std::move(core))
{
    // Linux keeps a port over shutdown() and listen() only if it was asked for by its number.
    const auto chosen = boundSocket(core_->options().port);
    const auto bound = chosen ? boundSocket(chosen->port) : std::nullopt;
    if (chosen)
        ::close(chosen->fd);
    if (!bound || ::listen(bound->fd, SOMAXCONN) != 0) {
        if (bound)
            ::close(bound->fd);
        throw std::runtime_error(fmt::format(
            "the virtual camera cannot listen on port {}: choose another", core_->options().port));
    }
    listener_ = bound->fd;
    port_ = bound->port;
    acceptor_ = std::jthread([this](std::stop_token stop) { accept(std::move(stop)); });
}

PtpIpLine::~PtpIpLine()
{
    acceptor_.request_stop();
    {
        const base::Lock lock(mutex_);
        plugged_ = false;
        silent_ = false;
        cutAll();
        ::shutdown(listener_, SHUT_RDWR);
        changed_.notifyAll();
    }
    acceptor_ = {};
    Connections leaving;
    {
        const base::Lock lock(mutex_);
        leaving.swap(connections_);
    }
    leaving.clear(); // joins
    ::close(listener_);
}

void PtpIpLine::accept(std::stop_token stop)
{
    base::nameThisThread("eos-accept");
    while (!stop.stop_requested()) {
        {
            const base::Lock lock(mutex_);
            changed_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return plugged_ && !silent_; });
        }
        if (stop.stop_requested())
            return;
        // shutdown() of the listener wakes this, and nothing else has to.
        pollfd ready { listener_, POLLIN, 0 };
        ::poll(&ready, 1, -1);
        waitWhileSilent(stop);
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const auto connection = std::make_shared<Connection>();
        connection->fd = fd;
        Connections leaving;
        const base::Lock lock(mutex_);
        for (auto each = connections_.begin(); each != connections_.end();) {
            const auto next = std::next(each);
            if ((*each)->done)
                leaving.splice(leaving.end(), connections_, each);
            each = next;
        }
        if (!plugged_) {
            ::close(fd);
            continue;
        }
        connections_.push_back(connection);
        connection->thread = std::jthread([this, connection = connection.get()] {
            base::nameThisThread("eos-line");
            serve(*connection);
        });
    }
}

void PtpIpLine::waitWhileSilent(const std::stop_token& stop)
{
    const base::Lock lock(mutex_);
    changed_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return !silent_; });
}

void PtpIpLine::serve(Connection& connection)
{
    waitWhileSilent(connection.gone.get_token());
    if (const auto first = readPacket(connection.fd)) {
        waitWhileSilent(connection.gone.get_token());
        if (first->kind == Packet::InitEventRequest) {
            // Nothing comes on this line but its end: an EOS tells its news when it is asked.
            std::array<std::byte, kHead> nothing {};
            if (writePacket(connection.fd, Packet::InitEventAck, {}))
                while (readWhole(connection.fd, nothing)) { }
        } else if (first->kind == Packet::InitCommandRequest) {
            serveCommands(connection);
        }
    }
    const base::Lock lock(mutex_);
    ::close(connection.fd);
    connection.fd = -1;
    connection.done = true;
}

bool PtpIpLine::begin(Connection& connection)
{
    const base::Lock lock(mutex_);
    if (refuses_)
        return false;
    for (const auto& other : connections_) {
        if (other->is_session)
            cut(*other);
    }
    changed_.wait(mutex_, connection.gone.get_token(), [this]() REQUIRES(mutex_) {
        return std::none_of(
            connections_.begin(), connections_.end(), [](const auto& each) { return each->is_session; });
    });
    if (connection.gone.stop_requested())
        return false;
    connection.is_session = true;
    core_->connected();
    return true;
}

void PtpIpLine::end(Connection& connection)
{
    core_->closed();
    const base::Lock lock(mutex_);
    connection.is_session = false;
    changed_.notifyAll();
}

void PtpIpLine::serveCommands(Connection& connection)
{
    if (!begin(connection)) {
        writePacket(connection.fd, Packet::InitFail, std::move(PtpWriter().u32(kRejected)));
        return;
    }
    static constexpr std::uint64_t kGuid[] = { 0x1D0C1D0C1D0C1D0CU, 0x0000000000003017U };
    PtpWriter ack;
    ack.u32(kPipe).u64(kGuid[0]).u64(kGuid[1]);
    for (const char letter : std::string_view("EOS-1D C"))
        ack.u16(static_cast<unsigned char>(letter));
    ack.u16(0).u32(0x00010000);
    bool alive = writePacket(connection.fd, Packet::InitCommandAck, std::move(ack));
    while (alive)
        alive = serveOne(connection);
    end(connection);
}

bool PtpIpLine::serveOne(Connection& connection)
{
    const std::stop_token gone = connection.gone.get_token();
    waitWhileSilent(gone);
    const auto request = readPacket(connection.fd);
    if (!request)
        return false;
    if (request->kind == Packet::Ping)
        return writePacket(connection.fd, Packet::Pong, {});
    if (request->kind != Packet::CommandRequest)
        return request->kind == Packet::Cancel;
    auto command = readCommand(request->contents);
    if (!command)
        return false;
    if (u32At(request->contents, 0) == 2U) { // the client has data
        const auto start = readPacket(connection.fd);
        if (!start || start->kind != Packet::StartData)
            return false;
        for (bool more = true; more;) {
            const auto part = readPacket(connection.fd);
            if (!part || part->contents.size() < 4
                || (part->kind != Packet::Data && part->kind != Packet::EndData)
                || command->data.size() + part->contents.size() > kLongestPacket)
                return false;
            command->data.insert(command->data.end(), part->contents.begin() + 4, part->contents.end());
            more = part->kind == Packet::Data;
        }
    }
    waitWhileSilent(gone);
    const Answer answer = core_->answer(*command, gone);
    waitWhileSilent(gone);
    if (!gone.stop_requested() && !isLeft(connection.fd) && send(connection, *command, answer))
        return true;
    core_->undelivered(answer);
    return false;
}

bool PtpIpLine::send(Connection& connection, const Command& command, const Answer& answer)
{
    std::vector<std::byte> out;
    const auto put = [&](std::span<const std::byte> bytes) {
        out.insert(out.end(), bytes.begin(), bytes.end());
    };
    const auto flush = [&] {
        const bool sent = writeWhole(connection.fd, out);
        out.clear();
        return sent;
    };
    if (answer.has_data) {
        const std::uint64_t total = answer.dataBytes();
        put(packet(Packet::StartData, PtpWriter().u32(command.transaction).u64(total).take()));
        for (std::uint64_t at = 0; at < total || at == 0;) {
            const auto bytes =
                static_cast<std::size_t>(std::min<std::uint64_t>(core_->options().packet_bytes, total - at));
            const bool last = at + bytes >= total;
            const std::size_t promised =
                bytes + (last && answer.line_damage == Damage::PromisesMore ? kPromise : 0);
            put(PtpWriter()
                    .u32(static_cast<std::uint32_t>(kHead + 4 + promised))
                    .u32(static_cast<std::uint32_t>(last ? Packet::EndData : Packet::Data))
                    .u32(command.transaction)
                    .take());
            if (answer.clip) {
                out.resize(out.size() + bytes);
                fillClip(answer.clip->offset + at, std::span(out).last(bytes));
            } else {
                put(std::span(answer.data).subspan(static_cast<std::size_t>(at), bytes));
            }
            at += std::max<std::size_t>(bytes, 1);
            if (answer.line_damage == Damage::CutOff && at >= total / 2) {
                flush();
                return false;
            }
            if (out.size() >= kSendAtOnce && !flush())
                return false;
        }
    }
    PtpWriter response;
    response.u16(static_cast<std::uint16_t>(answer.code)).u32(command.transaction);
    for (const std::uint32_t parameter : answer.parameters)
        response.u32(parameter);
    put(packet(Packet::CommandResponse, response.take()));
    return flush();
}

void PtpIpLine::cut(Connection& connection)
{
    connection.gone.request_stop();
    if (connection.fd >= 0)
        ::shutdown(connection.fd, SHUT_RDWR);
}

void PtpIpLine::cutAll()
{
    for (const auto& connection : connections_)
        cut(*connection);
}

void PtpIpLine::drop()
{
    const base::Lock lock(mutex_);
    cutAll();
}

void PtpIpLine::unplug()
{
    const base::Lock lock(mutex_);
    plugged_ = false;
    ::shutdown(listener_, SHUT_RDWR); // refuses from now on; the port stays bound
    cutAll();
}

void PtpIpLine::plugIn()
{
    const base::Lock lock(mutex_);
    if (plugged_)
        return;
    ::listen(listener_, SOMAXCONN);
    plugged_ = true;
    changed_.notifyAll();
}

void PtpIpLine::silence(bool on)
{
    const base::Lock lock(mutex_);
    silent_ = on;
    changed_.notifyAll();
}

void PtpIpLine::refuse(bool on)
{
    const base::Lock lock(mutex_);
    refuses_ = on;
}

} // namespace backtake::testing
