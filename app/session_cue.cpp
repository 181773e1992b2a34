// Cue sheets: what the window orders goes to the desk, which follows the guide.
#include "app/session.hpp"

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
    return guide.playing && guide.position ? std::optional(guide.to - *guide.position) : std::nullopt;
}

} // namespace backtake::app
