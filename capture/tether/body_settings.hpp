/// The camera's dials, its own recording, its card and battery: read in small steps between two pictures,
/// told when they change, changed on request.
#pragma once

#include "base/time.hpp"
#include "capture/tether/gphoto_camera.hpp"
#include "capture/tether/line.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>

namespace backtake::capture::tether {

/// Room: the helper's one thread. Time: each call makes one to four calls of the library, about 1 ms each.
class BodySettings {
public:
    BodySettings(GphotoCamera& camera, Line& line);

    /// Whether the body's own recording can be started from here.
    [[nodiscard]] bool canRecord() const { return !record_name_.empty(); }
    /// Before the first picture: the library would select PC alone, which blanks the camera's own display.
    Code askForScreenAndPc();

    /// An event of the camera, at the time it was collected.
    void happened(const GphotoCamera::Event& event, base::Nanos at);
    void handle(const SetSetting& request, base::Nanos now);
    void handle(const Record& request, base::Nanos now);

    /// Whether step() has something to do.
    [[nodiscard]] bool hasWork(base::Nanos now) const;
    /// The next small thing: a try again, something to be read again.
    Code step(base::Nanos now);

private:
    /// A request that the camera was too busy for.
    struct Again {
        base::Nanos at {};
        int tries = 0;
        std::variant<SetSetting, Record> request;
    };

    void readAgain(const std::string& name); ///< Later, once.
    void readDials();
    Code readNow(const std::string& name);
    /// What @p name is now, however it came to be known.
    void learnt(const std::string& name, const std::string& value, base::Nanos at);
    void tell(const std::string& name, const GphotoCamera::Dial& dial);
    Code trySet(const SetSetting& request, int tries, base::Nanos now);
    Code tryRecord(const Record& request, int tries, base::Nanos now);
    [[nodiscard]] std::string whyNoRecording() const;
    void recordingIs(bool on, base::Nanos at);
    void tellFacts(Facts facts);
    Code readCard();

    GphotoCamera& camera_;
    Line& line_;
    std::string record_name_;                   ///< "movierecordtarget", "movie".
    std::map<std::string, std::string> driver_; ///< Our name of a dial -> the driver's.
    std::deque<std::string> to_read_;           ///< The driver's names, and kCard.
    std::deque<Again> again_;
    std::deque<ClipAdded> clips_; ///< Announced, their sizes not asked for yet.
    std::map<std::string, Setting> told_;
    Facts facts_;                   ///< As told.
    std::optional<bool> recording_; ///< As told; unknown at first, so that the app hears it once in any case.
    base::Nanos next_look_ {};      ///< At the next dial in turn.
    std::size_t turn_ = 0;
};

} // namespace backtake::capture::tether
