// Cue sheets: what the window orders goes to the desk, which follows the guide.
#include "app/session.hpp"

#include <cmath>

namespace backtake::app {

using base::Nanos;

void Session::orderCue(const ui::CueOrder& order, Nanos now)
{
    if (rolling() && std::holds_alternative<ui::cue::Speak>(order))
        return say(
            ui::Message::Kind::Note, "While a take rolls nothing is said: it would be in the take", now);
    if (!cue_desk_)
        cue_desk_ = std::make_unique<CueDesk>(
            CueDesk::Wiring { options_.shoot, options_.open_sound,
                [this](bool trouble, std::string words) {
                    say(trouble ? ui::Message::Kind::Trouble : ui::Message::Kind::Note, std::move(words),
                        model_.now);
                } },
            model_.cue);
    cue_desk_->handle(order, options_.heard, read_only_ ? read_only_->message : std::string());
}

void Session::followCue(Nanos now)
{
    if (!cue_desk_)
        return;
    if (rolling())
        cue_desk_->silence();
    cue_desk_->update();
    model_.cue.position = guidePosition(now);
}

std::optional<Nanos> Session::guidePosition(Nanos now) const
{
    if (guide_position_)
        return guide_position_(now);
    const ui::GuideModel& guide = model_.guide;
    if (!guide.playing)
        return reviewedPlace();
    return guide.position ? std::optional(guide.to - *guide.position) : std::nullopt;
}

/// Of the take in review, at the captured frame that is on screen.
std::optional<Nanos> Session::reviewedPlace() const
{
    if (live_on_screen_ || !reviewed_guide_ || !shown_captured_)
        return std::nullopt;
    const auto place =
        reviewed_guide_->guide.record.nearestTo(review_->footage->capturedTime(*shown_captured_));
    if (!place)
        return std::nullopt;
    const guide::SoundClip& clip = *reviewed_guide_->clip;
    const Nanos ends = clip.startsAt() + base::Rate { clip.rateHz(), 1 }.timeOf(clip.sampleCount());
    return ends - Nanos(std::llround(*place * 1e9));
}

} // namespace backtake::app
