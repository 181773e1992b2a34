/// One camera: its thread, its ring, its encoders, and what the window may know about it.
#pragma once

#include "base/mailbox.hpp"
#include "capture/encoder_pool.hpp"
#include "capture/frame_source.hpp"
#include "capture/ring.hpp"
#include "capture/sound_feed.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <thread>

namespace backtake::capture {

enum class CameraState {
    Opening = 1, ///< For the first time.
    Live,        ///< Frames come.
    Stalled,     ///< Open, but no frame for a while.
    Lost,        ///< Gone; the next try waits for its back-off.
    Returning,   ///< A try to open it again is under way, or it opened and has not delivered yet.
    Refused,     ///< Trying again is of no use until somebody changes something: `why`.
    Ended,       ///< A clip is over.
};
std::string_view nameOf(CameraState state); ///< "opening", "live", …

struct CameraOptions {
    std::uint64_t ring_bytes = 0; ///< 0: a quarter of RAM, at most 4 GiB.
    int quality = 90;             ///< Of JPEGs made here.
    int encoders = 0;             ///< 0: one a core, at most 4.
    /// A new picture is in the live slot. Called on the camera's threads: it must not wait. May be empty.
    std::function<void()> on_picture {};
};
/// A quarter of the machine's RAM, at most 4 GiB.
std::uint64_t defaultRingBytes();

/// A decoded picture with its place in the ring.
struct LivePicture {
    base::Serial serial = 0;
    base::Nanos captured_at {};
    base::PicturePtr picture;
    base::Nanos ready_at {}; ///< Monotonic, when it was put in the live slot.
};

/// A snapshot for the window and for JSON.
struct CameraStatus {
    CameraState state = CameraState::Opening;
    std::string why; ///< One line when not live: what, why, what to do. Without secrets.
    base::Fault fault = base::Fault::Failed; ///< Behind `why`, when Refused.
    SourceFacts facts;
    double measured_fps = 0; ///< Over the last second; 0 until two frames came.
    int width = 0;
    int height = 0;
    std::optional<base::Nanos> last_frame_at; ///< Monotonic.
    std::uint64_t frames = 0;                 ///< Arrived, lost ones included.
    std::map<std::string, std::uint64_t>
        drops;                  ///< By cause, "encoder_busy", "camera_damaged", only what is not zero.
    std::uint64_t returns = 0;  ///< Times it came back by itself.
    base::Nanos encode_time {}; ///< Mean, of one picture.
    base::Nanos decode_time {}; ///< Mean, of one live JPEG.

    /// The source's nominal rate when it says one, else the nearest to the measured one, else 25.
    [[nodiscard]] base::Rate nominalRate() const;
    /// What the camera calls itself, else what was opened. Without secrets.
    [[nodiscard]] std::string nameOr(const CameraSpec& spec) const;
};

/// Opens a source and keeps it open: a source that dies is opened again with back-off, its frames go to ring
/// and live slot. Room: public calls from any thread, none waits for the device. The camera thread runs the
/// source; encoders and (for JPEG cameras) one live decoder are threads of their own. Owns: source, ring,
/// encoders, from construction to destruction (which waits up to 2 s for the source).
class Camera {
public:
    using Opener = std::function<base::Result<std::unique_ptr<FrameSource>>(
        const CameraSpec&, base::PicturePool&, Body&, std::stop_token)>;

    explicit Camera(CameraSpec spec, CameraOptions options = {}, Opener opener = openSource);
    ~Camera();

    [[nodiscard]] CameraStatus status() const;
    /// The same into one that was read before: its memory is used again.
    void readStatus(CameraStatus& status) const;
    /// The newest picture; nullopt before the first. Never waits.
    [[nodiscard]] std::optional<LivePicture> live() const { return live_.peek(); }
    /// The last decoded pictures, oldest first: the reversed take starts with them, before any decoder had a
    /// chance.
    [[nodiscard]] std::vector<LivePicture> tail() const;
    /// Kept alive by takes that still play from it, also when the camera is closed.
    [[nodiscard]] std::shared_ptr<const Ring> ring() const { return ring_; }
    /// As ring().
    [[nodiscard]] std::shared_ptr<const SoundRing> sound() const { return sound_.ring(); }
    /// Of the sound that comes with the picture.
    [[nodiscard]] SoundStatus soundStatus() const { return sound_.status(); }
    void readSoundStatus(SoundStatus& status) const { sound_.readStatus(status); }
    [[nodiscard]] const CameraSpec& spec() const { return spec_; }
    /// Its dials, its own recording, its card; never attached for a camera that only sends pictures.
    [[nodiscard]] Body& body() const { return *body_; }

private:
    void run(std::stop_token stop);
    bool deliver(FrameSource& source, std::stop_token stop)
        REQUIRES(camera_room_); ///< @return false when the camera is over for good.
    void accept(SourceFrame frame) REQUIRES(camera_room_);
    /// @param picture_at when the picture was captured that has come; none: no picture came.
    void hear(FrameSource& source, std::optional<base::Nanos> picture_at) REQUIRES(camera_room_);
    void show(base::Serial serial, base::Nanos captured_at, base::PicturePtr picture);
    void decodeLive(std::stop_token stop);
    void setState(CameraState state, std::string why);
    void refuse(const base::Error& error);
    void countDrop(std::string_view cause);
    void waitBeforeRetry(base::Nanos pause, std::stop_token stop);

    const CameraSpec spec_;
    const Opener opener_;
    const std::function<void()> on_picture_;
    base::PicturePool pool_;
    const std::shared_ptr<Ring> ring_;
    const std::unique_ptr<Body> body_ = std::make_unique<Body>();
    EncoderPool encoders_;
    SoundFeed sound_ { spec_.shown(), SoundStatus::State::None };
    base::Latest<LivePicture> live_;
    base::Latest<base::FramePtr> to_decode_;

    mutable base::Mutex mutex_;
    base::Condition retry_;
    CameraStatus status_ GUARDED_BY(mutex_);
    std::deque<base::Nanos> arrivals_ GUARDED_BY(mutex_); ///< Of the last second, for the rate.
    std::deque<LivePicture> tail_ GUARDED_BY(mutex_);

    base::Room camera_room_ { "camera" };
    std::uint32_t segment_ GUARDED_BY(camera_room_) = 0;
    bool segment_pending_ GUARDED_BY(camera_room_) = false; ///< The next frame starts a segment.

    std::jthread decoder_; ///< The threads are last: stopped and joined before what they use goes.
    std::jthread thread_;
};

} // namespace backtake::capture
