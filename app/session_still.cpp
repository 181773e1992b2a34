#include "app/session.hpp"
#include "base/rgb.hpp"
#include "takes/still.hpp"

#include <fmt/format.h>

namespace backtake::app {
using base::Nanos;

namespace {

/// A live picture is on screen before it is encoded; so long it is waited for at most.
constexpr Nanos kEncodePatience = std::chrono::seconds(2);
/// Each holds a picture of the camera's pool, which a disk that hangs must not use up.
constexpr int kMostStills = 8;

} // namespace

void Session::saveStill(const base::CubeLutPtr& lut, Nanos now)
{
    if (read_only_)
        return say(ui::Message::Kind::Warning, read_only_->message, now);
    const base::PicturePtr picture = model_.picture;
    const bool of_review = !live_on_screen_ && review_;
    if (!picture || (of_review && !shown_captured_))
        return say(ui::Message::Kind::Note, "No picture is on screen yet: no still was saved", now);
    const auto tooSlow = [&] {
        say(ui::Message::Kind::Warning, "The disk is slow: this still was not saved, press again", now);
    };
    if (stills_under_way_ == kMostStills)
        return tooSlow();
    takes::StillOrder order;
    order.shoot = options_.shoot;
    order.taken_at_utc = base::wallClockNow();
    const Unit& unit = units_[viewed_];
    const capture::CameraStatus status = unit.camera->status();
    order.camera = status.nameOr(unit.camera->spec());
    std::function<base::FramePtr()> frame;
    if (of_review) {
        const base::FootagePtr footage = review_->footage;
        const base::FrameIndex captured = *shown_captured_;
        takes::StillPlace place;
        place.slate = review_->slate;
        place.direction = review_->backward ? takes::Direction::Backward : takes::Direction::Forward;
        place.order = orderSign() < 0 ? takes::StillOrderOnScreen::ShownReversed
                                      : takes::StillOrderOnScreen::AsCaptured;
        place.captured = captured;
        place.shown = review_->backward ? footage->frameCount() - 1 - captured : captured;
        place.timecode = review_->timecodeLabel(captured);
        if (review_->story) {
            const auto in_story = review_->story->footage->placeOf(captured);
            const bool backward = review_->story->footage->shots()[in_story.shot].backward;
            place.direction = backward ? takes::Direction::Backward : takes::Direction::Forward;
            place.order =
                backward ? takes::StillOrderOnScreen::ShownReversed : takes::StillOrderOnScreen::AsCaptured;
            place.captured = in_story.captured;
            const base::FrameIndex frames = review_->story->shots[in_story.shot].frames;
            place.shown =
                backward ? std::max<base::FrameIndex>(frames, 1) - 1 - place.captured : place.captured;
        }
        order.place = std::move(place);
        if (selected_ && *selected_ < log_.size())
            order.camera = log_[*selected_].facts.camera;
        frame = [footage, captured] { return footage->frame(captured).value_or(nullptr); };
    } else {
        frame = [ring = unit.camera->ring(), serial = live_serial_]() -> base::FramePtr {
            (void)ring->waitFor(serial, {}, base::monotonicNow() + kEncodePatience);
            return ring->at(serial);
        };
    }
    const bool asked = still_thread_.ask([this, order, picture, lut, frame, orientation = model_.orientation,
                                             disk = options_.disk]() mutable -> Worker::Answer {
        std::function<base::Rgb(const base::Rgb&)> look;
        if (lut)
            look = [&lut](const base::Rgb& colour) { return lut->at(colour); };
        const std::vector<std::uint8_t> rgb = base::toRgb8(*picture, orientation, look);
        order.rgb = rgb;
        order.orientation = orientation;
        order.width = picture->format.width;
        order.height = picture->format.height;
        const base::FramePtr captured = frame();
        if (captured)
            order.jpeg = captured->jpeg;
        const auto saved = takes::saveStill(order, disk ? *disk : takes::kernelDisk());
        return [this, saved, picture, orientation, clock = order.place ? order.place->timecode : ""]() {
            --stills_under_way_;
            if (!saved)
                return say(ui::Message::Kind::Trouble, saved.error().message, model_.now);
            const auto& file = saved->jpeg.empty() ? saved->picture : saved->jpeg;
            useStill({ picture, orientation, file.filename().string(), clock });
            say(ui::Message::Kind::Note,
                fmt::format("Still saved: {}{}", saved->picture.filename().string(),
                    saved->jpeg.empty() ? " (its JPEG is not held any more)" : ""),
                model_.now);
        };
    });
    if (!asked)
        return tooSlow();
    ++stills_under_way_;
}

} // namespace backtake::app
