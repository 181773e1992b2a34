/// The USB cable: what usbdevfs says of the camera's node, answered in this process while the client runs
/// under umockdev's preload in its own. PTP containers as the still image class has them.
#pragma once

#include "base/thread_marks.hpp"
#include "tests/virtual_eos/eos_core.hpp"

#include <umockdev.h>

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <thread>

namespace backtake::testing {

/// A reference to a GObject.
template <typename Object> class GRef {
public:
    GRef() = default;
    static GRef adopt(Object* object) { return GRef(object); }
    static GRef share(Object* object) { return GRef(static_cast<Object*>(g_object_ref(object))); }
    GRef(GRef&& other) noexcept
        : object_(std::exchange(other.object_, nullptr))
    {
    }
    GRef& operator=(GRef&& other) noexcept
    {
        std::swap(object_, other.object_);
        return *this;
    }
    ~GRef()
    {
        if (object_ != nullptr)
            g_object_unref(object_);
    }
    Object* get() const { return object_; }
    Object* operator->() const { return object_; }
    explicit operator bool() const { return object_ != nullptr; }

private:
    explicit GRef(Object* object)
        : object_(object)
    {
    }
    Object* object_ = nullptr;
};

/// Owns: what lies on the cable. Threads: umockdev's worker brings the ioctls; one thread lets the camera
/// answer commands, one ends waits for a transfer that is not there yet. They end with the object.
class UsbLine {
public:
    explicit UsbLine(std::shared_ptr<EosCore> core);
    ~UsbLine();
    UsbLine(const UsbLine&) = delete;
    UsbLine& operator=(const UsbLine&) = delete;

    /// To be attached to the camera's node.
    [[nodiscard]] UMockdevIoctlBase* handler() const { return handler_.get(); }
    /// The node that is the camera's now; whoever holds another one open holds an unplugged camera.
    void plug(std::string node) EXCLUDES(mutex_);
    void unplug() EXCLUDES(mutex_);
    void silence(bool on) EXCLUDES(mutex_);
    void hold(bool on) EXCLUDES(mutex_);
    void stallOnce() EXCLUDES(mutex_);

private:
    using Client = UMockdevIoctlClient;
    /// To be done without the lock: umockdev may call back.
    using Later = std::vector<std::function<void()>>;

    struct Urb {
        GRef<UMockdevIoctlData> data; ///< A usbdevfs_urb with its buffer.
        Client* client = nullptr;     ///< Whose; only compared.
        int status = 0;               ///< Once ended; the client gets it when it reaps.
    };
    /// A client that waits for a transfer to end.
    struct Reap {
        GRef<Client> client;
        GRef<UMockdevIoctlData> data; ///< Where it wants the transfer's address.
        base::Nanos give_up {};
    };
    /// A container on its way to the client.
    struct Container {
        std::vector<std::byte> head;
        Answer answer;           ///< The data behind the head.
        std::uint64_t total = 0; ///< Bytes that come.
        std::uint64_t sent = 0;
    };

    static gboolean onIoctl(UMockdevIoctlBase*, Client* client, void* self);
    static void onConnected(UMockdevIoctlBase*, Client* client, void* self);
    static void onGone(void* self, GObject* client);
    bool ioctl(Client* client) EXCLUDES(mutex_);
    void connected(Client* client) EXCLUDES(mutex_);
    void vanished(Client* client) EXCLUDES(mutex_);

    void submit(Client* client, GRef<UMockdevIoctlData> data) REQUIRES(mutex_);
    int discard(std::uint64_t client_address) REQUIRES(mutex_);
    void claim(Client* client) REQUIRES(mutex_);
    void release() REQUIRES(mutex_);
    void forget() REQUIRES(mutex_);
    void dropOutgoing() REQUIRES(mutex_);
    [[nodiscard]] bool isReaping(const Client* client) const REQUIRES(mutex_);
    [[nodiscard]] bool hasWork(const Client* client) const REQUIRES(mutex_);
    void pump(Later& later) REQUIRES(mutex_);
    bool progress(Urb& urb) REQUIRES(mutex_);
    bool fill(Urb& urb) REQUIRES(mutex_);
    void receive(std::span<const std::byte> bytes) REQUIRES(mutex_);
    void end(Urb urb, int status) REQUIRES(mutex_);
    void answerCommands(std::stop_token stop) EXCLUDES(mutex_);
    void endWaits(std::stop_token stop) EXCLUDES(mutex_);
    void reply(const Command& command, Answer answer) REQUIRES(mutex_);

    const std::shared_ptr<EosCore> core_;
    GRef<UMockdevIoctlBase> handler_;
    base::Mutex mutex_;
    base::Condition changed_;
    std::string node_ GUARDED_BY(mutex_); ///< Empty: unplugged.
    bool silent_ GUARDED_BY(mutex_) = false;
    bool held_ GUARDED_BY(mutex_) = false;
    bool stall_ GUARDED_BY(mutex_) = false;
    Client* owner_ GUARDED_BY(mutex_) = nullptr; ///< Who claimed the interface.
    std::stop_source session_ GUARDED_BY(mutex_);
    std::list<Client*> clients_ GUARDED_BY(mutex_);
    std::list<Urb> urbs_ GUARDED_BY(mutex_);
    std::deque<Urb> ended_ GUARDED_BY(mutex_);
    std::list<Reap> reaps_ GUARDED_BY(mutex_);
    std::vector<std::byte> incoming_ GUARDED_BY(mutex_);
    std::optional<Command> unfinished_ GUARDED_BY(mutex_); ///< Its data are to come.
    std::deque<Command> commands_ GUARDED_BY(mutex_);
    std::deque<Container> outgoing_ GUARDED_BY(mutex_);
    std::jthread waits_;
    std::jthread answers_; ///< Last: stopped first.
};

} // namespace backtake::testing
