/// Clips from the card into a folder, piece by piece between the pictures of live view.
#pragma once

#include "base/time.hpp"
#include "capture/tether/clip_writer.hpp"
#include "capture/tether/gphoto_camera.hpp"
#include "capture/tether/line.hpp"

#include <deque>
#include <memory>
#include <optional>

namespace backtake::capture::tether {

/// Room: the helper's one thread. One clip at a time, the others wait. It reads from the card and never
/// changes anything there.
class ClipFetch {
public:
    ClipFetch(GphotoCamera& camera, Line& line)
        : camera_(camera)
        , line_(line)
    {
    }

    void handle(const Fetch& request);
    void handle(const CancelFetch& request);

    /// Whether a call of the library would bring it further now.
    [[nodiscard]] bool hasWork(base::Nanos now) const;
    /// The least time that is of use to step().
    static constexpr base::Nanos kLeastRoom = std::chrono::milliseconds(2);
    /// One call of the library that takes about @p room, and no longer than 8 ms when the camera keeps its
    /// speed. @return what it said, when the connection is lost; else Ok.
    Code step(base::Nanos now, base::Nanos room);
    /// Progress, and what the disk says; costs nothing.
    void look(base::Nanos now);

private:
    enum class Stage { Sizing = 1, Comparing, Reading, Finishing };
    struct Running {
        Fetch request;
        Stage stage = Stage::Sizing;
        std::unique_ptr<ClipWriter> writer;
        std::uint64_t total = 0;
        std::uint64_t asked = 0; ///< Read from the camera so far.
        std::uint64_t begun_with = 0;
        base::Nanos begun_at {};
        base::Nanos told_at {};
        base::Nanos not_before {};
        std::optional<base::Nanos> busy_since;
        int failures = 0;
    };

    void size(base::Nanos now);
    void compare(base::Nanos now);
    void readRange(base::Nanos now, base::Nanos room);
    /// A read that did not work. @return whether it is tried again.
    bool again(Code code, base::Nanos now);
    void refuse(const std::string& message, const std::string& detail = {});
    void end(Progress::State state, const std::string& message);
    [[nodiscard]] Progress progress(base::Nanos now) const;
    [[nodiscard]] std::size_t rangeBytes(base::Nanos room) const;

    GphotoCamera& camera_;
    Line& line_;
    std::deque<Fetch> waiting_;
    std::optional<Running> running_;
    double bytes_per_ns_ = 0.05; ///< Of one range; kept from clip to clip.
    Code lost_ = Code::Ok;
};

} // namespace backtake::capture::tether
