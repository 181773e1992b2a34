/// A virtual Canon EOS-1D C: it answers libgphoto2 as the body does, over PTP/IP on loopback or, behind
/// umockdev, over USB, and misbehaves on demand in every way the real thing or its cable has been seen to.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backtake::testing {

class EosCore;

/// What the camera does when it is asked for a picture before it has a new one.
enum class Pacing { Busy = 1, Hold, Repeat };

/// What is wrong with a live-view answer. The frame is gone with it.
enum class Damage {
    Torn = 1,     ///< The JPEG ends in the middle.
    Garbage,      ///< Not a JPEG at all.
    Empty,        ///< A JPEG blob of no bytes.
    NoPicture,    ///< No blob of a JPEG type.
    BlobTooLong,  ///< A length beyond the data: hangs libgphoto2.
    UnknownZero,  ///< An unknown blob of length 0: hangs libgphoto2.
    BlobTooShort, ///< A JPEG blob shorter than its head: crashes libgphoto2.
    GeneralError, ///< PTP general error instead of data.
    PromisesMore, ///< A PTP/IP packet that promises more than it brings.
    CutOff,       ///< The connection ends in the middle of the data.
};

/// The operations that answerBusy() can make refuse work.
enum class BusyWith { OpenSession = 1, KeepDeviceOn, GetEvent, GetViewFinderData, SetProperty };

struct VirtualEosOptions {
    std::uint16_t port = 0; ///< 0: a free one.
    int width = 1024;
    int height = 680;
    double fps = 30000.0 / 1001.0;
    Pacing pacing = Pacing::Busy;
    bool not_ready_code = false;       ///< Pacing::Busy says 0xA102, "not ready", instead of 0x2019, "busy".
    int jpeg_blob_type = 1;            ///< 1, 11, or 9 as in movie mode.
    std::size_t jpeg_bytes = 150'000;  ///< About; filled up after the picture's own data.
    std::size_t packet_bytes = 65'536; ///< Of a PTP/IP data packet.
    base::Nanos clip_finish = std::chrono::milliseconds(300); ///< From stop to the clip's ObjectAdded.
    bool movie_switch = true;
    bool switches_remotely = false;   ///< Whether the tether may turn the movie switch.
    bool live_view = true;            ///< false: a camera without live view.
    bool wants_pairing = false;       ///< Init_Fail until paired.
    bool lists_choices = true;        ///< false: no lists of choices, the library then knows the value alone.
    bool allows_screen_and_pc = true; ///< false: refuses output 3.
};

/// The body: what both cables lead to. Room: any thread may steer it.
class EosBody {
public:
    // Live view
    void damage(Damage damage, int answers = 1); ///< Of the next answers that would have brought a picture.
    void setPacing(Pacing pacing);
    void setBusy(bool on);                       ///< DeviceBusy to everything in live view, for good.
    void answerBusy(BusyWith what, int answers); ///< DeviceBusy to the next ones of this kind alone.

    // The body
    /// As by hand: "iso", "aperture", "shutterspeed", "whitebalance", "colortemperature", "picturestyle",
    /// "autoexposuremode", "output", "evfmode", "lensname", … A value in libgphoto2's words; a number
    /// (0x00c3, too) that it has no word for is sent as it is.
    void turnDial(const std::string& name, const std::string& value);
    [[nodiscard]] std::string dial(const std::string& name) const; ///< What the body has, in the same words.
    void setChoices(const std::string& name, std::vector<std::string> values); ///< AvailListChanged alone.
    void refuseSetting(const std::string& name, bool on);
    void setBattery(int percent);    ///< 0, 25, 50, 75, 100 as 0xD111 knows them.
    void setShotsLeft(int shots);    ///< 0: the card is full.
    void setTemperature(int status); ///< 0xD1AB; comes without a value through libgphoto2.
    void removeCard();
    void insertCard();
    void setMovieSwitch(bool on);
    void pressRecord(); ///< The button on the body: starts, or stops.
    [[nodiscard]] bool recording() const;
    /// Puts a clip of @p bytes on the card (made up as it is read, a known pattern). @return its name.
    std::string addClip(std::uint64_t bytes);
    void removeClip(const std::string& name);
    [[nodiscard]] std::vector<std::string> clips() const;
    [[nodiscard]] static std::byte clipByte(std::uint64_t offset); ///< The pattern.

    // What happened, from the camera's side
    struct Made {
        std::uint64_t number = 0; ///< In the frame's cells (its low 24 bits) and in its COM segment; counts
                                  ///< the grid of nominal times, so it goes on while live view is off.
        base::Nanos at {};        ///< Monotonic, nominal time of the frame.
        bool sent = false;        ///< Handed over whole; with Pacing::Repeat maybe several times. Taken back
                                  ///< when it turns out that the line was gone.
        bool damaged = false;     ///< Handed over, but damaged on demand.
    };
    /// Every frame since the start or the last clearMade(). One that was not asked for before the next was
    /// made is lost in the camera: not sent.
    [[nodiscard]] std::vector<Made> made() const;
    void clearMade();
    struct Change {
        base::Nanos at {};
        std::string
            what; ///< "record on", "record off", "iso 800", "output TFT + PC", "connected", "closed" …
    };
    [[nodiscard]] std::vector<Change> changes() const;
    [[nodiscard]] bool connected() const; ///< A session is open.

protected:
    explicit EosBody(std::shared_ptr<EosCore> core);
    ~EosBody();
    EosBody(const EosBody&) = delete;
    EosBody& operator=(const EosBody&) = delete;
    std::shared_ptr<EosCore> core_;
};

/// The body on a network cable. Room: any thread may steer it; it serves on threads of its own. Ends: the
/// destructor closes everything.
class VirtualEos : public EosBody {
public:
    explicit VirtualEos(VirtualEosOptions options = {});
    ~VirtualEos();
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::string spec() const; ///< "gphoto:ptpip:127.0.0.1:PORT".

    // The line
    void drop();           ///< Closes the connections; listens on.
    void unplug();         ///< Closes the connections and the port, which stays reserved.
    void plugIn();         ///< Listens again.
    void silence(bool on); ///< Reads nothing and answers nothing, as a frozen body.
    void refuse(bool on);  ///< Init_Fail to every newcomer.
    void pair();           ///< The operator confirmed on the body: newcomers are let in from now on.

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The number in a frame's COM segment; nullopt when it has none.
std::optional<std::uint64_t> numberInComment(std::span<const std::byte> jpeg);

} // namespace backtake::testing
