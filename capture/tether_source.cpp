#include "capture/tether_source.hpp"

#include "base/jpeg.hpp"
#include "base/text.hpp"
#include "capture/frame_clock.hpp"
#include "capture/tether_body.hpp"
#include "capture/tether_program.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <deque>

namespace backtake::capture {

using base::Fault;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

/// A body that was never open before may take its time: it wakes up, it asks for pairing.
constexpr Nanos kFirstOpening = 5s;
/// One that returns is rather asked again than waited for: what the last try asked may have been lost with
/// the line. A body that took longer to open before is given three times that.
constexpr Nanos kShortestReopening = 700ms;
/// How soon a stop, a beat that does not come, or the helper's end is noticed.
constexpr Nanos kLook = 50ms;
/// No call may claim more than this for itself.
constexpr Nanos kLongestPatience = 10s;
/// A helper that computes this long without a beat spins inside the library: waiting costs no CPU time.
constexpr Nanos kSpinning = 2s;
/// From the end of its socket to the end of the process that held it.
constexpr Nanos kDying = 200ms;

/// Live views run at television's rates. 29.97 is told from 30 only after minutes, and no body was seen to
/// have 30.
constexpr std::array kLiveViewRates { base::Rate { 24000, 1001 }, base::Rate { 25, 1 },
    base::Rate { 30000, 1001 }, base::Rate { 50, 1 }, base::Rate { 60000, 1001 } };
constexpr double kSameRate = 0.015;

class TetherSource final : public FrameSource {
public:
    TetherSource(const CameraSpec& spec, Body& body, std::shared_ptr<tether::SharedMemory> memory,
        std::shared_ptr<TetherLine> line, std::unique_ptr<TetherProcess> process)
        : name_(spec.shown())
        , memory_(std::move(memory))
        , line_(std::move(line))
        , process_(std::move(process))
        , body_(body, line_)
    {
        facts_.name = name_;
    }

    ~TetherSource() override { line_->close(); }

    /// Until the body is open. @return why it is not.
    base::Outcome open(Nanos limit, const std::stop_token& stop)
    {
        while (!opened_) {
            if (stop.stop_requested())
                return base::fail(Fault::Cancelled, "stopped while the camera was being opened");
            if (base::monotonicNow() - started_at_ > limit)
                return base::fail(Fault::TimedOut,
                    fmt::format(
                        "{} does not answer: check its cable, its power and its network setting", name_));
            if (const auto heard = listen(kLook); !heard)
                return heard;
        }
        return {};
    }

    base::Result<SourceFrame> next(Nanos patience) override
    {
        const Nanos until = base::monotonicNow() + patience;
        while (frames_.empty()) {
            if (gone_)
                return base::fail(*gone_);
            const Nanos left = until - base::monotonicNow();
            if (left <= 0ns)
                return base::fail(Fault::TimedOut, "no picture yet");
            if (const auto heard = listen(std::min(left, kLook)); !heard) {
                gone_ = heard.error(); // after the pictures that came before
                body_.setEnding(gone_->message);
            }
        }
        SourceFrame frame = std::move(frames_.front());
        frames_.pop_front();
        return frame;
    }

    [[nodiscard]] SourceFacts facts() const override { return facts_; }

private:
    /// Waits up to @p patience for the helper, takes in what it says, and judges whether it lives.
    base::Outcome listen(Nanos patience)
    {
        pollfd ready { line_->socket(), POLLIN, 0 };
        const timespec wait { 0, static_cast<long>(std::clamp<Nanos>(patience, 0ns, 999ms).count()) };
        (void)::ppoll(&ready, 1, &wait, nullptr);
        while (true) {
            const ssize_t size =
                ::recv(line_->socket(), message_.data(), message_.size(), MSG_DONTWAIT | MSG_TRUNC);
            if (size < 0 && (errno == EAGAIN || errno == EINTR))
                break;
            if (size <= 0)
                return ended();
            if (static_cast<std::size_t>(size) > message_.size())
                return lost("its driver sent a message that is too long");
            auto report = tether::decodeReport({ message_.data(), static_cast<std::size_t>(size) });
            if (!report)
                return lost("its driver sent what is no message (" + report.error().message + ")");
            if (auto taken = std::visit([this](const auto& one) { return take(one); }, *report); !taken)
                return taken;
        }
        return watch();
    }

    /// The helper's beats; and while they stand still, its CPU time.
    base::Outcome watch()
    {
        const Nanos now = base::monotonicNow();
        const std::uint64_t beats = memory_->head().beats.load(std::memory_order_relaxed);
        if (beats != beats_ || beat_at_ == 0ns) {
            beats_ = beats;
            beat_at_ = now;
            cpu_at_beat_.reset();
            return {};
        }
        const Nanos silent = now - beat_at_;
        if (silent < kLook)
            return {};
        if (!cpu_at_beat_)
            cpu_at_beat_ = process_->cpuTime();
        const Nanos patience(memory_->head().patience_ns.load(std::memory_order_relaxed));
        const bool spins =
            silent >= kSpinning && process_->cpuTime() - *cpu_at_beat_ >= kSpinning - 2 * kLook;
        if (spins || silent >= std::clamp(patience, tether::kPatience, kLongestPatience))
            return lost(fmt::format("its driver hangs since {:.1f} s", base::seconds(silent)));
        return {};
    }

    /// The helper's end of the socket is closed: it said why before, or it crashed.
    base::Outcome ended()
    {
        if (farewell_)
            return base::fail(*farewell_);
        process_->waitForEnd(kDying);
        return lost("its driver failed with " + process_->ending());
    }

    base::Outcome lost(const std::string& why)
    {
        process_->kill();
        spdlog::warn("camera {}: {}", name_, why);
        return base::fail(
            Fault::Unplugged, fmt::format("{}: the connection is lost, {}", facts_.name, why), why);
    }

    base::Outcome take(const tether::Hello& hello)
    {
        if (hello.version != tether::kVersion)
            return base::fail(Fault::Unsupported,
                fmt::format("backtake-tether speaks version {} and Backtake {}: install both from one build",
                    hello.version, tether::kVersion));
        spdlog::debug("camera {}: {}", name_, hello.library);
        return {};
    }

    base::Outcome take(const tether::Opened& opened)
    {
        opened_ = true;
        facts_.name = base::oneLine(opened.model);
        body_.take(opened, base::monotonicNow() - started_at_);
        return {};
    }

    base::Outcome take(const tether::Picture& picture)
    {
        if (picture.slot >= tether::kSlots || picture.bytes > tether::kSlotBytes)
            return lost("its driver named a picture that is not there");
        // The slot is the helper's again when the last of us is done with the picture.
        const auto free_slot = [memory = memory_, slot = picture.slot](const void*) {
            memory->head().taken[slot].store(0, std::memory_order_release);
        };
        SourceFrame frame;
        frame.jpeg = std::span<const std::byte>(memory_->slot(picture.slot)).first(picture.bytes);
        frame.jpeg_owner = std::shared_ptr<const void>(memory_.get(), free_slot);
        if (const auto header = base::readJpegHeader(frame.jpeg))
            facts_.format = fmt::format("{}x{} JPEG", header->width, header->height);
        facts_.dropped = picture.dropped;
        const Nanos handover = base::monotonicNow() - picture.returned_at;
        facts_.latency = facts_.latency ? *facts_.latency + (handover - *facts_.latency) / 32 : handover;
        frame.captured_at = stamp(picture.returned_at);
        frames_.push_back(std::move(frame));
        return {};
    }

    /// A frame that came damaged keeps its place: it goes on without a picture.
    base::Outcome take(const tether::Damaged& damaged)
    {
        spdlog::warn("camera {}: a damaged picture: {}", name_, base::oneLine(damaged.why));
        SourceFrame frame;
        frame.captured_at = stamp(damaged.at);
        frames_.push_back(std::move(frame));
        return {};
    }

    base::Outcome take(const tether::Failed& failed)
    {
        farewell_ = base::Error { failed.fault, base::oneLine(failed.message), failed.detail };
        spdlog::warn("camera {}: {} ({})", name_, farewell_->message, base::oneLine(failed.detail));
        return base::fail(*farewell_);
    }

    /// The rest is about the body.
    template <typename Report> base::Outcome take(const Report& report)
    {
        body_.take(report);
        return {};
    }

    /// The camera's own time of a picture that came at @p arrived_at, the helper's word: never one to come,
    /// never one before the last.
    Nanos stamp(Nanos arrived_at)
    {
        last_arrival_ = std::max(std::min(arrived_at, base::monotonicNow()), last_arrival_ + 1ns);
        const Nanos stamp = clock_.stamp(last_arrival_);
        if (clock_.period() > 0ns)
            for (const base::Rate& rate : kLiveViewRates)
                if (std::abs(base::seconds(clock_.period()) * rate.perSecond() - 1) < kSameRate)
                    facts_.nominal_rate = rate;
        return stamp;
    }

    const std::string name_; ///< The address, until the camera tells its own name.
    const std::shared_ptr<tether::SharedMemory> memory_;
    const std::shared_ptr<TetherLine> line_;
    const std::unique_ptr<TetherProcess> process_;
    TetherBody body_; ///< Goes before the process: from then on nothing is asked.
    const Nanos started_at_ = base::monotonicNow();
    SourceFacts facts_;
    bool opened_ = false;
    std::optional<base::Error> farewell_; ///< The helper's last word.
    std::optional<base::Error> gone_;     ///< Why there will be no more pictures.
    FrameClock clock_;
    Nanos last_arrival_ {};
    std::deque<SourceFrame> frames_; ///< At most kSlots, by the slots they lie in; damaged ones have none.
    std::uint64_t beats_ = 0;
    Nanos beat_at_ {}; ///< Zero before the first look.
    std::optional<Nanos> cpu_at_beat_;
    std::array<char, tether::kMaxMessageBytes> message_ {};
};

} // namespace

base::Result<std::unique_ptr<FrameSource>> openTetherSource(
    const CameraSpec& spec, Body& body, std::stop_token stop)
{
    auto memory = tether::SharedMemory::create();
    if (!memory)
        return base::fail(memory.error());
    std::array<int, 2> ends {};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return base::fail(
            Fault::Failed, "no socket for the camera's driver: close other programs, then try again");
    auto line = std::make_shared<TetherLine>(ends[0]);
    TetherProcess::Descriptors descriptors;
    descriptors.socket = ends[1];
    descriptors.memory = (*memory)->fd();
    auto process = TetherProcess::start(
        { "--camera", spec.address, "--home", tetherHome(spec.address).string() }, descriptors);
    ::close(ends[1]); // the helper's own now: when it ends, ours sees it
    if (!process)
        return base::fail(process.error());
    const Nanos took = body.status().opening_time;
    const Nanos limit = took == 0ns ? kFirstOpening : std::clamp(3 * took, kShortestReopening, kFirstOpening);
    auto source =
        std::make_unique<TetherSource>(spec, body, std::move(*memory), std::move(line), std::move(*process));
    if (const auto opened = source->open(limit, stop); !opened)
        return base::fail(opened.error());
    return source;
}

} // namespace backtake::capture
