#include "tests/virtual_eos/usb_line.hpp"

#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace backtake::testing {
namespace {

constexpr unsigned kIn = 0x81;
constexpr unsigned kOut = 0x02;
constexpr std::size_t kPacket = 512; ///< Of a bulk endpoint at high speed.
constexpr std::size_t kHead = 12;
constexpr std::size_t kLongestContainer = 1 << 20;
constexpr std::size_t kSetup = 8;
/// poll() finds the node, a plain file, always ready: the client asks without end. Each of its questions may
/// wait this long here instead; its own time-outs are a hundred times longer.
constexpr base::Nanos kPatience = std::chrono::milliseconds(10);
constexpr std::uint32_t kPromise = 4'096;

enum class Kind : std::uint32_t { Command = 1, Data, Response };

usbdevfs_urb& urbOf(const UMockdevIoctlData* data) { return *reinterpret_cast<usbdevfs_urb*>(data->data); }

std::span<std::byte> bufferOf(const usbdevfs_urb& urb)
{
    return { static_cast<std::byte*>(urb.buffer), static_cast<std::size_t>(std::max(urb.buffer_length, 0)) };
}

std::vector<std::byte> containerHead(
    std::uint64_t length, Kind kind, std::uint32_t code, std::uint32_t transaction)
{
    PtpWriter head;
    head.u32(static_cast<std::uint32_t>(std::min<std::uint64_t>(length, UINT32_MAX)));
    return head.u16(static_cast<std::uint32_t>(kind)).u16(code).u32(transaction).take();
}

/// Standard and class requests: enough for a host that asks how the camera is. @return bytes after the setup.
int answerControl(std::span<std::byte> buffer)
{
    if (buffer.size() < kSetup)
        return 0;
    const auto kind = std::to_integer<unsigned>(buffer[0]);
    const auto request = std::to_integer<unsigned>(buffer[1]);
    const auto room = buffer.subspan(kSetup);
    std::vector<std::byte> answer;
    if (kind == 0xA1 && request == 0x67) // still image class: device status
        answer = PtpWriter().u16(4).u16(static_cast<std::uint32_t>(Code::Ok)).take();
    else if ((kind & 0x80) != 0 && request == 0) // status of device, interface or endpoint
        answer = PtpWriter().u16(0).take();
    const std::size_t bytes = std::min(answer.size(), room.size());
    std::copy_n(answer.begin(), bytes, room.begin());
    return static_cast<int>(bytes);
}

} // namespace

UsbLine::UsbLine(std::shared_ptr<EosCore> core)
    : core_(std::move(core))
    , handler_(GRef<UMockdevIoctlBase>::adopt(umockdev_ioctl_base_new()))
{
    g_signal_connect(handler_.get(), "handle-ioctl", G_CALLBACK(&UsbLine::onIoctl), this);
    g_signal_connect(handler_.get(), "client-connected", G_CALLBACK(&UsbLine::onConnected), this);
    waits_ = std::jthread([this](std::stop_token stop) { endWaits(std::move(stop)); });
    answers_ = std::jthread([this](std::stop_token stop) { answerCommands(std::move(stop)); });
}

UsbLine::~UsbLine()
{
    unplug();
    g_signal_handlers_disconnect_by_data(handler_.get(), this);
    const base::Lock lock(mutex_);
    for (Client* const client : clients_)
        g_object_weak_unref(reinterpret_cast<GObject*>(client), &UsbLine::onGone, this);
}

gboolean UsbLine::onIoctl(UMockdevIoctlBase*, Client* client, void* self)
{
    return static_cast<UsbLine*>(self)->ioctl(client) ? TRUE : FALSE;
}

void UsbLine::onConnected(UMockdevIoctlBase*, Client* client, void* self)
{
    static_cast<UsbLine*>(self)->connected(client);
}

void UsbLine::onGone(void* self, GObject* client)
{
    static_cast<UsbLine*>(self)->vanished(reinterpret_cast<Client*>(client));
}

void UsbLine::connected(Client* client)
{
    const base::Lock lock(mutex_);
    // umockdev 0.17 tells of no client that goes, neither by "client-vanished" nor by "connected"; it lets go
    // of it.
    g_object_weak_ref(reinterpret_cast<GObject*>(client), &UsbLine::onGone, this);
    clients_.push_back(client);
}

bool UsbLine::ioctl(Client* client)
{
    const gulong request = umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData* const argument = umockdev_ioctl_client_get_arg(client);
    GRef<UMockdevIoctlData> data;
    if (_IOC_SIZE(request) > 0)
        data = GRef<UMockdevIoctlData>::adopt(
            umockdev_ioctl_data_resolve(argument, 0, _IOC_SIZE(request), nullptr));

    Later later;
    const auto say = [&](long result, int error) {
        later.emplace_back(
            [client, result, error] { umockdev_ioctl_client_complete(client, result, error); });
    };
    {
        const base::Lock lock(mutex_);
        const bool dead = umockdev_ioctl_client_get_devnode(client) != node_;
        switch (request) {
        case USBDEVFS_GET_CAPABILITIES: {
            const std::uint32_t capabilities = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM
                | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
            std::memcpy(data->data, &capabilities, sizeof capabilities);
            say(0, 0);
            break;
        }
        case USBDEVFS_GETDRIVER:
            // "usbfs" is the kernel's name for a program that claimed it; else it has no driver.
            if (dead || !(held_ || owner_ != nullptr) || !data)
                say(-1, dead ? ENODEV : ENODATA);
            else {
                usbdevfs_getdriver driver {};
                std::memcpy(&driver, data->data, sizeof driver);
                std::strcpy(driver.driver, "usbfs");
                std::memcpy(data->data, &driver, sizeof driver);
                say(0, 0);
            }
            break;
        case USBDEVFS_CLAIMINTERFACE:
            if (dead)
                say(-1, ENODEV);
            else if (held_ || (owner_ != nullptr && owner_ != client))
                say(-1, EBUSY);
            else {
                claim(client);
                say(0, 0);
            }
            break;
        case USBDEVFS_RELEASEINTERFACE:
            if (owner_ == client)
                release();
            say(dead ? -1 : 0, dead ? ENODEV : 0);
            break;
        case USBDEVFS_SETCONFIGURATION:
        case USBDEVFS_SETINTERFACE:
        case USBDEVFS_CLEAR_HALT:
        case USBDEVFS_RESETEP:
        case USBDEVFS_RESET:
            say(dead ? -1 : 0, dead ? ENODEV : 0);
            break;
        case USBDEVFS_SUBMITURB:
            if (dead || !data) {
                say(-1, ENODEV);
            } else {
                submit(client, std::move(data));
                say(0, 0);
            }
            break;
        case USBDEVFS_DISCARDURB: {
            std::uint64_t address = 0;
            std::memcpy(&address, argument->data, sizeof address);
            const int error = discard(address);
            say(error == 0 ? 0 : -1, error);
            break;
        }
        case USBDEVFS_REAPURB:
        case USBDEVFS_REAPURBNDELAY:
            reaps_.push_back(
                { GRef<Client>::share(client), std::move(data), base::monotonicNow() + kPatience });
            break;
        default:
            say(-1, ENOTTY);
        }
        pump(later);
        changed_.notifyAll();
    }
    for (const auto& act : later)
        act();
    return true;
}

void UsbLine::vanished(Client* client)
{
    const base::Lock lock(mutex_);
    if (owner_ == client)
        release();
    urbs_.remove_if([&](const Urb& urb) { return urb.client == client; });
    std::erase_if(ended_, [&](const Urb& urb) { return urb.client == client; });
    reaps_.remove_if([&](const Reap& reap) { return reap.client.get() == client; });
    clients_.remove(client);
}

void UsbLine::submit(Client* client, GRef<UMockdevIoctlData> data)
{
    usbdevfs_urb& urb = urbOf(data.get());
    const auto length = static_cast<gsize>(std::max(urb.buffer_length, 0));
    // The buffer stays with the URB's data; this reference is not needed.
    if (length > 0)
        GRef<UMockdevIoctlData>::adopt(
            umockdev_ioctl_data_resolve(data.get(), offsetof(usbdevfs_urb, buffer), length, nullptr));
    urb.actual_length = 0;
    urbs_.push_back({ std::move(data), client });
}

int UsbLine::discard(std::uint64_t client_address)
{
    const auto found = std::find_if(
        urbs_.begin(), urbs_.end(), [&](const Urb& urb) { return urb.data->client_addr == client_address; });
    if (found == urbs_.end())
        return EINVAL;
    Urb urb = std::move(*found);
    urbs_.erase(found);
    end(std::move(urb), -ENOENT);
    return 0;
}

void UsbLine::end(Urb urb, int status)
{
    urb.status = status;
    ended_.push_back(std::move(urb));
}

// ------------------------------------------------------------ sessions

void UsbLine::claim(Client* client)
{
    if (owner_ == client)
        return;
    owner_ = client;
    session_ = std::stop_source();
    forget();
    core_->connected();
}

void UsbLine::release()
{
    owner_ = nullptr;
    session_.request_stop();
    forget();
    core_->closed();
}

void UsbLine::forget()
{
    incoming_.clear();
    unfinished_.reset();
    commands_.clear();
    dropOutgoing();
}

void UsbLine::dropOutgoing()
{
    for (const Container& container : outgoing_) {
        if (container.sent < container.total)
            core_->undelivered(container.answer);
    }
    outgoing_.clear();
}

void UsbLine::plug(std::string node)
{
    const base::Lock lock(mutex_);
    node_ = std::move(node);
}

void UsbLine::unplug()
{
    Later later;
    {
        const base::Lock lock(mutex_);
        node_.clear();
        if (owner_ != nullptr)
            release();
        while (!urbs_.empty()) {
            Urb urb = std::move(urbs_.front());
            urbs_.pop_front();
            end(std::move(urb), -ENODEV);
        }
        pump(later);
    }
    for (const auto& act : later)
        act();
}

void UsbLine::silence(bool on)
{
    Later later;
    {
        const base::Lock lock(mutex_);
        silent_ = on;
        pump(later);
        changed_.notifyAll();
    }
    for (const auto& act : later)
        act();
}

void UsbLine::hold(bool on)
{
    const base::Lock lock(mutex_);
    held_ = on;
}

void UsbLine::stallOnce()
{
    const base::Lock lock(mutex_);
    stall_ = true;
}

// ------------------------------------------------------------ transfers

bool UsbLine::isReaping(const Client* client) const
{
    return std::any_of(
        reaps_.begin(), reaps_.end(), [&](const Reap& reap) { return reap.client.get() == client; });
}

/// Whether the client waits for a transfer that may end: the one for interrupts never does.
bool UsbLine::hasWork(const Client* client) const
{
    return std::any_of(urbs_.begin(), urbs_.end(), [&](const Urb& urb) {
        return urb.client == client && urbOf(urb.data.get()).type != USBDEVFS_URB_TYPE_INTERRUPT;
    });
}

void UsbLine::pump(Later& later)
{
    for (auto each = urbs_.begin(); each != urbs_.end();) {
        const auto urb = each++;
        // Only now is umockdev done with what the client submitted: its threads have no lock in common with
        // ours.
        if (!isReaping(urb->client) || !progress(*urb))
            continue;
        ended_.push_back(std::move(*urb));
        urbs_.erase(urb);
    }
    const base::Nanos now = base::monotonicNow();
    for (auto each = reaps_.begin(); each != reaps_.end();) {
        const auto reap = each++;
        const auto urb = std::find_if(ended_.begin(), ended_.end(),
            [&](const Urb& ended) { return ended.client == reap->client.get(); });
        const bool dead = umockdev_ioctl_client_get_devnode(reap->client.get()) != node_;
        long result = -1;
        int error = dead ? ENODEV : EAGAIN;
        if (urb != ended_.end()) {
            urbOf(urb->data.get()).status = urb->status;
            umockdev_ioctl_data_set_ptr(reap->data.get(), 0, urb->data.get());
            ended_.erase(urb);
            result = error = 0;
        } else if (!dead && now < reap->give_up && hasWork(reap->client.get())) {
            continue;
        }
        later.emplace_back([client = std::make_shared<GRef<Client>>(std::move(reap->client)), result, error] {
            umockdev_ioctl_client_complete(client->get(), result, error);
        });
        reaps_.erase(reap);
    }
}

/// @return whether the transfer ended.
bool UsbLine::progress(Urb& urb)
{
    usbdevfs_urb& transfer = urbOf(urb.data.get());
    if (transfer.type == USBDEVFS_URB_TYPE_CONTROL) {
        transfer.actual_length = answerControl(bufferOf(transfer));
        return true;
    }
    if (silent_ || transfer.type != USBDEVFS_URB_TYPE_BULK)
        return false;
    if (transfer.endpoint == kOut) {
        receive(bufferOf(transfer));
        transfer.actual_length = transfer.buffer_length;
        return true;
    }
    return transfer.endpoint == kIn && fill(urb);
}

bool UsbLine::fill(Urb& urb)
{
    if (outgoing_.empty())
        return false;
    usbdevfs_urb& transfer = urbOf(urb.data.get());
    if (stall_) {
        stall_ = false;
        urb.status = -EPIPE;
        return true;
    }
    Container& container = outgoing_.front();
    const auto room = bufferOf(transfer);
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), container.total - container.sent));
    if (bytes == 0 && container.answer.line_damage == Damage::CutOff)
        return false; // nothing more ever comes
    std::size_t at = 0;
    if (container.sent < container.head.size()) {
        at = std::min(bytes, container.head.size() - static_cast<std::size_t>(container.sent));
        std::copy_n(container.head.begin() + static_cast<std::ptrdiff_t>(container.sent), at, room.begin());
    }
    const std::uint64_t data_at = container.sent + at - container.head.size();
    const auto rest = room.subspan(at, bytes - at);
    if (container.answer.clip)
        fillClip(container.answer.clip->offset + data_at, rest);
    else if (!rest.empty())
        std::copy_n(
            container.answer.data.begin() + static_cast<std::ptrdiff_t>(data_at), rest.size(), rest.begin());
    container.sent += bytes;
    transfer.actual_length = static_cast<int>(bytes);
    // A container ends with a short packet; one that fills its last packet needs an empty one.
    const bool whole_packets = container.total % kPacket == 0;
    if (container.sent == container.total && (bytes < room.size() || !whole_packets)
        && container.answer.line_damage != Damage::CutOff)
        outgoing_.pop_front();
    return true;
}

void UsbLine::receive(std::span<const std::byte> bytes)
{
    incoming_.insert(incoming_.end(), bytes.begin(), bytes.end());
    while (incoming_.size() >= kHead) {
        const std::size_t length = *u32At(incoming_, 0);
        if (length < kHead || length > kLongestContainer) {
            incoming_.clear();
            return;
        }
        if (incoming_.size() < length)
            return;
        const std::span<const std::byte> container = std::span(incoming_).first(length);
        const auto kind = static_cast<Kind>(*u16At(container, 4));
        if (kind == Kind::Command) {
            Command command { static_cast<Op>(*u16At(container, 6)), *u32At(container, 8), {}, {} };
            for (std::size_t i = 0; i < command.parameters.size(); ++i)
                command.parameters[i] = u32At(container, kHead + 4 * i).value_or(0);
            dropOutgoing(); // nobody waits for the answer to an older one
            if (command.operation == Op::EosSetDevicePropValueEx)
                unfinished_ = std::move(command);
            else
                commands_.push_back(std::move(command));
        } else if (kind == Kind::Data && unfinished_) {
            unfinished_->data.assign(container.begin() + kHead, container.end());
            commands_.push_back(std::move(*unfinished_));
            unfinished_.reset();
        }
        incoming_.erase(incoming_.begin(), incoming_.begin() + static_cast<std::ptrdiff_t>(length));
    }
}

void UsbLine::reply(const Command& command, Answer answer)
{
    const auto code = static_cast<std::uint32_t>(command.operation);
    const auto damage = answer.line_damage;
    PtpWriter response;
    response.bytes(containerHead(kHead + 4 * answer.parameters.size(), Kind::Response,
        static_cast<std::uint32_t>(answer.code), command.transaction));
    for (const std::uint32_t parameter : answer.parameters)
        response.u32(parameter);
    if (answer.has_data) {
        Container data;
        const std::uint64_t whole = kHead + answer.dataBytes();
        const std::uint32_t more = damage == Damage::PromisesMore ? kPromise : 0;
        data.head = containerHead(whole + more, Kind::Data, code, command.transaction);
        data.total = damage == Damage::CutOff ? whole / 2 / kPacket * kPacket : whole;
        data.answer = std::move(answer);
        outgoing_.push_back(std::move(data));
    }
    Container end;
    end.head = response.take();
    end.total = end.head.size();
    outgoing_.push_back(std::move(end));
}

// ------------------------------------------------------------ threads

void UsbLine::answerCommands(std::stop_token stop)
{
    base::nameThisThread("eos-usb");
    while (!stop.stop_requested()) {
        Command command;
        std::stop_token session;
        {
            const base::Lock lock(mutex_);
            if (!changed_.wait(
                    mutex_, stop, [this]() REQUIRES(mutex_) { return !commands_.empty() && !silent_; }))
                return;
            command = std::move(commands_.front());
            commands_.pop_front();
            session = session_.get_token();
        }
        Answer answer = core_->answer(command, session);
        Later later;
        {
            const base::Lock lock(mutex_);
            if (session.stop_requested()) {
                core_->undelivered(answer);
                continue;
            }
            reply(command, std::move(answer));
            pump(later);
        }
        for (const auto& act : later)
            act();
    }
}

void UsbLine::endWaits(std::stop_token stop)
{
    base::nameThisThread("eos-usb-waits");
    while (!stop.stop_requested()) {
        Later later;
        {
            const base::Lock lock(mutex_);
            if (!changed_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return !reaps_.empty(); }))
                return;
            const base::Nanos give_up = reaps_.front().give_up;
            changed_.waitUntil(mutex_, stop, give_up, [this, give_up]() REQUIRES(mutex_) {
                return reaps_.empty() || reaps_.front().give_up != give_up;
            });
            pump(later);
        }
        for (const auto& act : later)
            act();
    }
}

} // namespace backtake::testing
