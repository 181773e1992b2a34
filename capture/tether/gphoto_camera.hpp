/// The library's calls, one by one, each between two beats of the heart.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "capture/tether/protocol.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backtake::capture::tether {

/// Tells the app that this process lives. Room: the thread that calls the library.
class Heart {
public:
    /// @param memory may be empty: nobody listens.
    explicit Heart(std::shared_ptr<SharedMemory> memory)
        : memory_(std::move(memory))
    {
    }
    void beat();
    /// A call of the library, which may take this long.
    class Call {
    public:
        explicit Call(Heart& heart, base::Nanos patience = kPatience);
        ~Call();
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;

    private:
        Heart& heart_;
    };

private:
    std::shared_ptr<SharedMemory> memory_;
};

/// What a call of the library brought. The numbers are the library's, and so is their order.
enum class Code : int {
    Ok = 0,
    General = -1, ///< "Lost", "one bad frame", "refused": only what follows tells.
    BadParameters = -2,
    NotSupported = -6,
    FileNotFound = -108,
    Busy = -110, ///< At once, without a retry inside.
};
/// Whether the connection to the camera is gone: every further call would fail, some after seconds.
bool isLost(Code code);

/// Where the camera is: "usb", "usb:BUS,DEV", "ptpip:HOST[:PORT]".
struct Address {
    enum class Kind { Usb = 1, Network };
    Kind kind = Kind::Usb;
    std::string usb_port; ///< "usb:001,007"; empty: the first camera.
    std::string host;
    std::uint16_t port = 15740;
};
std::optional<Address> parseAddress(std::string_view text);

/// Room: one thread. Time: each call as long as the camera takes, watched by the app through @p heart.
/// Owns: the camera, from open() on; the destructor lets go of it without a word, leave() says good-bye.
class GphotoCamera {
public:
    /// @return Unplugged (nothing there, no answer), Busy (another program or computer has it), Denied,
    /// Unsupported (no camera, or one without live view).
    static base::Result<std::unique_ptr<GphotoCamera>> open(
        const Address& address, const std::filesystem::path& home, Heart& heart);
    ~GphotoCamera();
    GphotoCamera(const GphotoCamera&) = delete;
    GphotoCamera& operator=(const GphotoCamera&) = delete;

    [[nodiscard]] const std::string& model() const { return model_; }
    /// The names of all that can be read or set.
    [[nodiscard]] bool has(std::string_view name) const;
    /// Asks the camera for that list, and its model, again.
    Code learnNames();

    struct Preview {
        std::size_t bytes = 0;
        bool too_large = false; ///< It did not fit; what lies there is worth nothing.
    };
    /// The next picture of live view. @param patience the first takes as long as the camera warms up.
    Code preview(std::span<std::byte> into, Preview& preview, base::Nanos patience = kPatience);

    struct Event {
        enum class Kind { None = 1, Property, FileAdded, FileChanged, Other };
        Kind kind = Kind::None;
        std::uint32_t property = 0; ///< Its number.
        std::string name;           ///< Of the property or of the file.
        std::optional<std::string> value;
        std::string folder;
        std::string text; ///< The library's words.
    };
    /// One event that happened; None when none is left. Never waits for one.
    Code nextEvent(Event& event);

    struct Dial {
        std::string value;
        std::vector<std::string> choices; ///< Without empty ones and doubles, no more than a packet holds.
        bool read_only = false;
    };
    Code get(const std::string& name, Dial& dial);
    Code set(const std::string& name, const std::string& value);

    struct Card {
        bool present = false;
        std::optional<std::uint64_t> free_bytes;
    };
    Code card(Card& card);

    Code fileSize(const std::string& folder, const std::string& name, std::uint64_t& bytes);
    /// @param got how many of the bytes came; fewer than asked for at the end.
    Code read(const std::string& folder, const std::string& name, std::uint64_t offset,
        std::span<std::byte> into, std::size_t& got);

    /// Live view off, session closed.
    void leave();
    /// The library's words about the last call that failed.
    [[nodiscard]] std::string lastWords(Code code) const;

    struct Library; ///< The library's handles.

private:
    explicit GphotoCamera(Heart& heart);
    Heart& heart_;
    std::unique_ptr<Library> library_;
    std::string model_;
    std::vector<std::string> names_;
};

} // namespace backtake::capture::tether
