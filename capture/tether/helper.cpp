#include "capture/tether/helper.hpp"

#include "capture/tether/body_settings.hpp"
#include "capture/tether/clip_fetch.hpp"
#include "capture/tether/gphoto_handles.hpp"
#include "capture/tether/line.hpp"
#include "capture/tether/live_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace backtake::capture::tether {
namespace {

using base::Fault;
using base::Nanos;
using namespace std::chrono_literals;

/// A camera that is busy for longer is opened anew.
constexpr Nanos kBusyLimit = 3s;
/// Errors in a row that may each be one bad frame.
constexpr int kMostFailures = 3;
/// Events that are collected after one picture; the first ones after opening are 50, 1.5 ms each.
constexpr int kMostEvents = 12;
/// A reading of a setting, about; it is not begun when the next picture is due sooner.
constexpr Nanos kStepTime = 2ms;
/// Room for the call of the next picture not to be late.
constexpr Nanos kEdge = 300us;
/// While nothing is due the app still wants to know that this process lives.
constexpr Nanos kLongestWait = 500ms;

/// What the errors of the calls mean, one after the other.
class Trouble {
public:
    /// @return whether the camera is to be given up.
    bool isOver(Code code, Nanos now)
    {
        if (isLost(code))
            return true;
        if (code == Code::Busy) {
            busy_since_ = busy_since_.value_or(now);
            return now - *busy_since_ > kBusyLimit;
        }
        busy_since_.reset();
        failures_ = code == Code::Ok ? 0 : failures_ + 1;
        return failures_ >= kMostFailures;
    }

private:
    std::optional<Nanos> busy_since_;
    int failures_ = 0;
};

class Helper {
public:
    Helper(GphotoCamera& camera, std::shared_ptr<SharedMemory> memory, Line& line)
        : camera_(camera)
        , line_(line)
        , settings_(camera, line)
        , live_(camera, std::move(memory), line)
        , fetch_(camera, line)
    {
    }

    int run(Heart& heart)
    {
        line_.say(Opened { camera_.model(), settings_.canRecord() });
        if (const Code code = settings_.askForScreenAndPc(); isLost(code))
            return lost(code);
        while (!line_.closed()) {
            handleRequests();
            Nanos now = base::monotonicNow();
            fetch_.look(now);
            const Nanos due = live_.askAt(fetch_.hasWork(now));
            if (now >= due) {
                if (const Code code = live_.take(); trouble_.isOver(code, base::monotonicNow()))
                    return code == Code::NotSupported ? noLiveView(code) : lost(code);
                if (const Code code = drainEvents(); code != Code::Ok)
                    return lost(code);
                // While the camera's clock is learnt there is no pause to do these in.
                if (const Code code = live_.period() ? Code::Ok : smallStep(8ms); isLost(code))
                    return lost(code);
                continue;
            }
            now = base::monotonicNow();
            const Nanos room = due - now - kEdge;
            if (settings_.hasWork(now) ? room > kStepTime
                                       : fetch_.hasWork(now) && room > ClipFetch::kLeastRoom) {
                if (const Code code = smallStep(room); isLost(code))
                    return lost(code);
            } else {
                line_.waitUntil(std::min(due, now + kLongestWait));
            }
            heart.beat();
        }
        camera_.leave();
        return 0;
    }

private:
    void handleRequests()
    {
        while (const auto request = line_.heard()) {
            const Nanos now = base::monotonicNow();
            if (const auto* set = std::get_if<SetSetting>(&*request))
                settings_.handle(*set, now);
            else if (const auto* record = std::get_if<Record>(&*request))
                settings_.handle(*record, now);
            else if (const auto* fetch = std::get_if<Fetch>(&*request))
                fetch_.handle(*fetch);
            else if (const auto* cancel = std::get_if<CancelFetch>(&*request))
                fetch_.handle(*cancel);
        }
    }

    /// One thing besides pictures that takes about @p room.
    Code smallStep(Nanos room)
    {
        const Nanos now = base::monotonicNow();
        if (settings_.hasWork(now))
            return settings_.step(now);
        return fetch_.hasWork(now) ? fetch_.step(now, room) : Code::Ok;
    }

    /// @return what ends it all; else Ok.
    Code drainEvents()
    {
        for (int n = 0; n < kMostEvents; ++n) {
            GphotoCamera::Event event;
            const Code code = camera_.nextEvent(event);
            const Nanos now = base::monotonicNow();
            if (code != Code::Ok)
                return trouble_.isOver(code, now) ? code : Code::Ok;
            if (event.kind == GphotoCamera::Event::Kind::None)
                return Code::Ok;
            settings_.happened(event, now);
        }
        return Code::Ok;
    }

    int lost(Code code)
    {
        line_.say(Failed { Fault::Unplugged,
            code == Code::Busy
                ? fmt::format("{} has been busy for too long: it is opened again", camera_.model())
                : fmt::format("the connection to {} is lost: check cable and network", camera_.model()),
            camera_.lastWords(code) });
        return 1;
    }
    int noLiveView(Code code)
    {
        line_.say(Failed { Fault::Unsupported,
            fmt::format("{} has no live view that libgphoto2 can read: use a capture card", camera_.model()),
            camera_.lastWords(code) });
        return 1;
    }

    GphotoCamera& camera_;
    Line& line_;
    BodySettings settings_;
    LiveView live_;
    ClipFetch fetch_;
    Trouble trouble_;
};

} // namespace

int runHelper(const Address& address, const std::filesystem::path& home, std::shared_ptr<SharedMemory> memory,
    int socket)
{
    Heart heart(memory);
    Line line(socket);
    line.say(Hello { kVersion, fmt::format("libgphoto2 {}", gp_library_version(GP_VERSION_SHORT)[0]) });
    const auto camera = GphotoCamera::open(address, home, heart);
    if (!camera) {
        line.say(Failed { camera.error().fault, camera.error().message, camera.error().detail });
        return 1;
    }
    Helper helper(**camera, std::move(memory), line);
    return helper.run(heart);
}

} // namespace backtake::capture::tether
