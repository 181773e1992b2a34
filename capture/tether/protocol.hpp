/// How Backtake and its helper `backtake-tether` talk: one SOCK_SEQPACKET socket pair for small messages, one
/// shared memory for pictures. The helper alone runs libgphoto2, which hangs, crashes and closes descriptors
/// that are not its own; so neither side trusts a byte of the other.
///
///     backtake-tether --camera usb|usb:BUS,DEV|ptpip:HOST[:PORT] --home DIR     socket on fd 3, memory on fd
///     4 backtake-tether --list        the attached USB cameras, one JSON object a line, on stdout; ends
///     backtake-tether --watch       the same as one JSON array a line, at once and after every change; until
///                                   stdin is closed
///
/// The helper says Hello, opens the camera, says Opened, and sends pictures until its socket is closed. When
/// it gives up it says Failed and exits 1. Killed, hung (beats stand still for longer than patience) or
/// without a word, it is replaced by a new one.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace backtake::capture::tether {

/// Both sides must speak the same: they are built and installed together.
inline constexpr int kVersion = 1;
inline constexpr int kSocketFd = 3;
inline constexpr int kMemoryFd = 4;
/// A message is one packet of JSON, no longer than this. The longest are lists of choices.
inline constexpr std::size_t kMaxMessageBytes = 64 << 10;
/// Live pictures are 100 to 400 kB; one that does not fit is counted as damaged. Pages not written to cost
/// nothing.
inline constexpr std::size_t kSlotBytes = 4 << 20;
/// The app empties a slot within a millisecond; the rest is for a camera thread that comes late.
inline constexpr std::size_t kSlots = 8;
/// Without a beat for this long the helper hangs, unless it said beforehand that a call may take longer.
inline constexpr base::Nanos kPatience = std::chrono::milliseconds(2500);

// ------------------------------------------------------------------------------------------ shared memory

/// The head of the shared memory; the slots follow on the next page.
struct SharedHead {
    std::atomic<std::uint64_t> beats;      ///< Helper: one up before and after each call of the library.
    std::atomic<std::int64_t> patience_ns; ///< Helper: how long the call under way may take.
    std::array<std::atomic<std::uint32_t>, kSlots>
        taken; ///< Helper sets 1 when it fills, the app 0 when it is done.
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "shared between processes");

/// A mapping of the shared memory, in either process.
class SharedMemory {
public:
    /// In the app: a sealed memory file of the right size. @return Fault::OutOfSpace, Failed.
    static base::Result<std::shared_ptr<SharedMemory>> create();
    /// In the helper: what came on @p fd. @return Fault::Corrupt when its size is not ours.
    static base::Result<std::shared_ptr<SharedMemory>> open(int fd);
    ~SharedMemory();
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;

    [[nodiscard]] SharedHead& head() const;
    /// @param index < kSlots.
    [[nodiscard]] std::span<std::byte> slot(std::size_t index) const;
    [[nodiscard]] int fd() const { return fd_; }

private:
    SharedMemory(int fd, void* memory)
        : fd_(fd)
        , memory_(memory)
    {
    }
    int fd_;
    void* memory_;
};

// ------------------------------------------------------------------------------------------ app -> helper

struct SetSetting {
    std::uint64_t id = 0; ///< Of the request; its Answer carries it.
    std::string name;
    std::string value;
};
struct Record {
    std::uint64_t id = 0;
    bool on = true;
};
struct Fetch {
    std::uint64_t id = 0;
    std::string folder; ///< On the card.
    std::string name;
    std::string
        target; ///< Path of the whole file; the helper writes target + ".part" and renames at the end.
};
struct CancelFetch {
    std::uint64_t id = 0; ///< Of the Fetch.
};
using Request = std::variant<SetSetting, Record, Fetch, CancelFetch>;

// ------------------------------------------------------------------------------------------ helper -> app

struct Hello {
    int version = kVersion;
    std::string library; ///< "libgphoto2 2.5.30".
};
struct Opened {
    std::string model; ///< "Canon EOS-1D C".
    bool can_record = false;
};
/// A new picture, not one repeated, lies in a slot. Its bytes begin with FF D8 and end with FF D9.
struct Picture {
    std::uint32_t slot = 0;
    std::uint32_t bytes = 0;
    base::Nanos asked_at {};    ///< Monotonic: the library was called …
    base::Nanos returned_at {}; ///< … and came back.
    std::uint64_t repeated = 0; ///< So far: pictures that came again, byte for byte.
    std::uint64_t dropped = 0;  ///< So far: pictures that found no free slot.
};
/// A picture that came as no JPEG, too large, or torn: one frame is lost.
struct Damaged {
    base::Nanos at {};
    std::string why;
};
/// A setting as the camera has it, first and after each change.
struct Setting {
    std::string name;
    std::string label;
    std::string value;
    std::vector<std::string> choices;
    bool read_only = false;
};
/// To a SetSetting or Record, or to a Fetch that could not begin.
struct Answer {
    std::uint64_t id = 0;
    bool done = false;
    std::string message; ///< When not done: what, why, what to do.
    std::string detail;  ///< The library's words, for the log.
};
/// What the status line shows; only the fields that changed are set.
struct Facts {
    std::optional<std::string> lens;
    std::optional<std::string> battery;
    std::optional<std::int64_t> shots_left;
    std::optional<bool> card_present;
    std::optional<std::uint64_t> card_free_bytes;
    std::optional<bool> movie_mode;
    std::optional<std::string> output;
};
struct Recording {
    bool on = false;
    base::Nanos at {}; ///< Monotonic, when the property event was collected.
};
struct ClipAdded {
    std::string folder;
    std::string name;
    std::uint64_t bytes = 0;
    base::Nanos at {};
};
struct Progress {
    enum class State { Running = 1, Done, Cancelled, Failed };
    std::uint64_t id = 0;
    State state = State::Running;
    std::uint64_t bytes = 0;
    std::uint64_t total_bytes = 0;
    double bytes_per_second = 0;
    std::string message; ///< When failed: what, why, what to do.
};
/// For the operator: the output fell back to PC only, …
struct Note {
    std::string text;
};
/// The last word before the helper ends.
struct Failed {
    base::Fault fault = base::Fault::Failed; ///< As FrameSource::next() and openSource() mean it.
    std::string message;
    std::string detail;
};
using Report = std::variant<Hello, Opened, Picture, Damaged, Setting, Answer, Facts, Recording, ClipAdded,
    Progress, Note, Failed>;

/// What backtake-tether --list and --watch say of a camera.
struct AttachedCamera {
    std::string port;                        ///< "usb:001,007": gphoto:usb:001,007 opens it.
    std::string model;                       ///< "Canon EOS-1D C".
    base::Fault fault = base::Fault::Failed; ///< Only when `why` is not empty: Denied, Busy.
    std::string why;                         ///< Why it cannot be opened now; empty: it can.
    std::string holder; ///< The program that holds it: "gvfsd-gphoto2"; empty: none can be seen.
    int holder_pid = 0; ///< 0: none.
};

// ------------------------------------------------------------------------------------------ encoding

std::string encode(const Request& request);
std::string encode(const Report& report);
/// @return Fault::Corrupt for anything that encode() does not write: every field is checked for kind and
/// bounds.
base::Result<Request> decodeRequest(std::string_view message);
base::Result<Report> decodeReport(std::string_view message);

std::string encode(const std::vector<AttachedCamera>& cameras); ///< One line.
base::Result<std::vector<AttachedCamera>> decodeAttached(std::string_view line);

} // namespace backtake::capture::tether
