#include "capture/camera.hpp"

#include "base/text.hpp"
#include "takes/take_facts.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

namespace backtake::capture {

using base::Fault;
using base::Lock;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

/// How long next() may wait: bounds how soon a stop is noticed.
constexpr Nanos kPatience = 100ms;
/// Without a frame for this long (or four frame times) the picture is old and must not pass for live.
constexpr Nanos kStallAfter = 500ms;
/// A source that stays silent this long is opened anew.
constexpr Nanos kReopenAfter = 5s;
/// Pictures that go on for this long without sound are silent. A source that gives sound in pieces longer
/// than this loses the beginning of each.
constexpr Nanos kSilenceAfter = 2s;
constexpr Nanos kFirstPause = 100ms;
constexpr Nanos kLongestPause = 2s;
/// A body answers or refuses within milliseconds, and its operator waits for the picture: asked more often.
constexpr Nanos kLongestBodyPause = 400ms;
/// How often a running source is asked what it knows: what it dropped, its latency.
constexpr Nanos kFactsEvery = 500ms;
/// A camera that stayed this long starts its back-off from the beginning.
constexpr Nanos kSettled = 1s;

/// Decoded pictures kept for the start of review: at 1080p 4:2:2 twelve of them.
constexpr std::size_t kTailBytes = 48 << 20;
constexpr std::size_t kTailPictures = 12;
/// What may be out of the pool at once: the encoders' queue, the tail, and a few on their way.
constexpr std::size_t kPoolBytes = 208 << 20;
static_assert(kPoolBytes >= kEncoderQueueBytes + kTailBytes + (48 << 20));

int encoderCount(int wanted)
{
    const auto cores = static_cast<int>(std::thread::hardware_concurrency());
    return wanted > 0 ? wanted : std::clamp(cores, 1, 4);
}

/// Faults that no further try mends.
bool isFinal(const base::Error& error, const CameraSpec& spec)
{
    switch (error.fault) {
    case Fault::Usage:
    case Fault::Unsupported:
    case Fault::Denied:
        return true;
    case Fault::NotFound:
    case Fault::Corrupt:
        return spec.kind == CameraSpec::Kind::File;
    default:
        return false;
    }
}

void smooth(Nanos& mean, Nanos sample) { mean = mean == Nanos(0) ? sample : mean + (sample - mean) / 32; }

} // namespace

std::string_view nameOf(CameraState state)
{
    switch (state) {
    case CameraState::Opening:
        return "opening";
    case CameraState::Live:
        return "live";
    case CameraState::Stalled:
        return "stalled";
    case CameraState::Lost:
        return "lost";
    case CameraState::Returning:
        return "returning";
    case CameraState::Refused:
        return "refused";
    case CameraState::Ended:
        return "ended";
    }
    return "lost";
}

std::uint64_t defaultRingBytes()
{
    const auto pages = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
    const auto page = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
    return std::clamp<std::uint64_t>(pages * page / 4, 64ULL << 20, 4ULL << 30);
}

Camera::Camera(CameraSpec spec, CameraOptions options, Opener opener)
    : spec_(std::move(spec))
    , opener_(std::move(opener))
    , on_picture_(std::move(options.on_picture))
    , pool_(kPoolBytes)
    , ring_(std::make_shared<Ring>(options.ring_bytes != 0 ? options.ring_bytes : defaultRingBytes()))
    , encoders_(*ring_, encoderCount(options.encoders), options.quality)
    , decoder_([this](std::stop_token stop) { decodeLive(std::move(stop)); })
    , thread_([this](std::stop_token stop) { run(std::move(stop)); })
{
}

Camera::~Camera() = default;

CameraStatus Camera::status() const
{
    CameraStatus status;
    readStatus(status);
    return status;
}

void Camera::readStatus(CameraStatus& status) const
{
    const Nanos now = base::monotonicNow();
    Lock lock(mutex_);
    status = status_;
    const auto newer = std::lower_bound(arrivals_.begin(), arrivals_.end(), now - 1s);
    if (arrivals_.end() - newer >= 2 && arrivals_.back() > *newer)
        status.measured_fps = static_cast<double>(arrivals_.end() - newer - 1) * 1e9
            / static_cast<double>((arrivals_.back() - *newer).count());
    status.encode_time = encoders_.encodeTime();
    if (status.facts.dropped > 0)
        status.drops["camera_overrun"] = status.facts.dropped;
    if (const auto lost = encoders_.lost(); lost > 0)
        status.drops[std::string(takes::nameOf(base::Loss::EncoderBusy))] = lost;
}

std::string CameraStatus::nameOr(const CameraSpec& spec) const
{
    return facts.name.empty() ? spec.shown() : facts.name;
}

base::Rate CameraStatus::nominalRate() const
{
    if (facts.nominal_rate)
        return *facts.nominal_rate;
    return measured_fps > 0 ? base::nearestRate(measured_fps) : base::Rate {};
}

std::vector<LivePicture> Camera::tail() const
{
    Lock lock(mutex_);
    return { tail_.begin(), tail_.end() };
}

void Camera::setState(CameraState state, std::string why)
{
    Lock lock(mutex_);
    if (status_.state != state || status_.why != why)
        spdlog::info("camera {}: {}{}{}", spec_.shown(), nameOf(state), why.empty() ? "" : ": ", why);
    status_.state = state;
    status_.why = std::move(why);
}

void Camera::refuse(const base::Error& error)
{
    {
        Lock lock(mutex_);
        status_.fault = error.fault;
    }
    setState(CameraState::Refused, error.message);
}

void Camera::countDrop(std::string_view cause)
{
    Lock lock(mutex_);
    ++status_.drops[std::string(cause)];
}

void Camera::waitBeforeRetry(Nanos pause, std::stop_token stop)
{
    Lock lock(mutex_);
    retry_.waitUntil(mutex_, std::move(stop), base::monotonicNow() + pause, []() { return false; });
}

void Camera::run(std::stop_token stop)
{
    base::nameThisThread("bt-camera");
    camera_room_.mustBeHere();
    Nanos pause = kFirstPause;
    bool delivered_before = false;
    while (!stop.stop_requested()) {
        if (delivered_before)
            setState(CameraState::Returning, status().why);
        auto source = opener_(spec_, pool_, *body_, stop);
        if (source) {
            const Nanos opened_at = base::monotonicNow();
            const std::uint64_t frames_before = status().frames;
            if (!deliver(**source, stop))
                break;
            if (status().frames > frames_before) {
                delivered_before = true;
                if (base::monotonicNow() - opened_at > kSettled)
                    pause = kFirstPause;
            }
            segment_pending_ = true;
        } else if (!stop.stop_requested()) {
            if (isFinal(source.error(), spec_)) {
                refuse(source.error());
                break;
            }
            setState(CameraState::Lost, source.error().message);
        }
        if (stop.stop_requested())
            break;
        waitBeforeRetry(pause, stop);
        pause =
            std::min(2 * pause, spec_.kind == CameraSpec::Kind::Gphoto ? kLongestBodyPause : kLongestPause);
    }
}

bool Camera::deliver(FrameSource& source, std::stop_token stop)
{
    Nanos last_frame = base::monotonicNow();
    {
        Lock lock(mutex_);
        status_.facts = source.facts();
    }
    bool first = true;
    Nanos facts_at = last_frame;
    while (!stop.stop_requested()) {
        auto frame = source.next(kPatience);
        hear(source, frame ? std::optional(frame->captured_at) : std::nullopt);
        if (frame) {
            last_frame = base::monotonicNow();
            if (first || frame->new_segment || last_frame - facts_at > kFactsEvery) {
                facts_at = last_frame;
                const SourceFacts facts = source.facts();
                Lock lock(mutex_);
                status_.facts = facts;
                if (first && status_.frames > 0)
                    ++status_.returns;
            }
            first = false;
            accept(std::move(*frame));
            continue;
        }
        const base::Error& error = frame.error();
        const Nanos silent = base::monotonicNow() - last_frame;
        if (error.fault == Fault::TimedOut) {
            if (silent > kStallAfter)
                setState(first ? status().state : CameraState::Stalled,
                    fmt::format("no picture from {} for {} s: check its cable, its power and its output",
                        spec_.shown(), silent.count() / 1'000'000'000));
            if (silent > kReopenAfter) {
                setState(
                    CameraState::Lost, fmt::format("no picture from {}: opening it again", spec_.shown()));
                return true;
            }
        } else if (error.fault == Fault::Corrupt) {
            spdlog::warn("camera {}: {} ({})", spec_.shown(), error.message, error.detail);
            countDrop(takes::nameOf(base::Loss::CameraDamaged));
        } else if (error.fault == Fault::Ended) {
            setState(CameraState::Ended, error.message);
            return false;
        } else if (isFinal(error, spec_)) {
            refuse(error);
            return false;
        } else {
            setState(CameraState::Lost, error.message);
            return true;
        }
    }
    return false;
}

/// Takes the sound that has come. While pictures come and sound does not, silence stands for it.
void Camera::hear(FrameSource& source, std::optional<Nanos> picture_at)
{
    auto blocks = source.takeSound();
    const auto heard_to = sound_.ring()->endsAt();
    if (blocks.empty() && picture_at && heard_to && *heard_to <= *picture_at - kSilenceAfter) {
        sound_.silenceUntil(*picture_at - kSilenceAfter);
        sound_.lose(SoundStatus::State::Lost,
            fmt::format("no sound from {}: silence is recorded in its place", spec_.shown()));
    }
    for (SoundBlock& block : blocks)
        sound_.take(std::move(block));
}

/// Camera thread: gives the frame its place, and hands it on. Nothing here waits.
void Camera::accept(SourceFrame frame)
{
    int width = 0;
    int height = 0;
    bool readable = true;
    if (frame.picture) {
        width = frame.picture->format.width;
        height = frame.picture->format.height;
    } else if (const auto header = base::readJpegHeader(frame.jpeg)) {
        width = header->width;
        height = header->height;
    } else {
        readable = false;
    }
    {
        Lock lock(mutex_);
        const bool resized =
            readable && status_.width != 0 && (status_.width != width || status_.height != height);
        if (frame.new_segment || resized || segment_pending_) {
            segment_ += status_.frames > 0 ? 1 : 0;
            segment_pending_ = false;
        }
        ++status_.frames;
        status_.last_frame_at = frame.captured_at;
        if (readable) {
            status_.width = width;
            status_.height = height;
        }
        arrivals_.push_back(frame.captured_at);
        while (arrivals_.front() < frame.captured_at - 1s)
            arrivals_.pop_front();
    }
    setState(CameraState::Live, {});

    base::Frame place;
    place.serial = ring_->announce(frame.captured_at);
    place.captured_at = frame.captured_at;
    place.segment = segment_;
    if (frame.picture) {
        show(place.serial, frame.captured_at, frame.picture);
        encoders_.submit(std::move(place), std::move(frame.picture));
    } else if (readable) {
        place.width = static_cast<std::uint16_t>(width);
        place.height = static_cast<std::uint16_t>(height);
        const base::FramePtr stored = ring_->store(std::move(place), frame.jpeg);
        ring_->publish(stored);
        to_decode_.put(stored);
    } else {
        countDrop(takes::nameOf(base::Loss::CameraDamaged));
        place.loss = base::Loss::CameraDamaged;
        ring_->publish(std::make_shared<const base::Frame>(std::move(place)));
    }
}

void Camera::show(base::Serial serial, Nanos captured_at, base::PicturePtr shown)
{
    LivePicture picture { serial, captured_at, std::move(shown), base::monotonicNow() };
    {
        std::vector<LivePicture> leaving; // given back outside the lock
        Lock lock(mutex_);
        tail_.push_back(picture);
        std::size_t bytes = 0;
        for (const LivePicture& kept : tail_)
            bytes += kept.picture->bytes();
        while (tail_.size() > 2 && (bytes > kTailBytes || tail_.size() > kTailPictures)) {
            bytes -= tail_.front().picture->bytes();
            leaving.push_back(std::move(tail_.front()));
            tail_.pop_front();
        }
    }
    live_.put(std::move(picture));
    if (on_picture_)
        on_picture_();
}

void Camera::decodeLive(std::stop_token stop)
{
    base::nameThisThread("bt-live");
    base::JpegDecoder decoder;
    while (const auto frame = to_decode_.take(stop)) {
        const Nanos began = base::monotonicNow();
        auto picture = decoder.decode((*frame)->jpeg, pool_);
        if (!picture)
            continue; // damaged: it stays in the ring as it came, the live monitor keeps the last good one
        if ((*picture)->damaged)
            countDrop("damaged_pictures");
        show((*frame)->serial, (*frame)->captured_at, std::move(*picture));
        Lock lock(mutex_);
        smooth(status_.decode_time, base::monotonicNow() - began);
    }
}

} // namespace backtake::capture
