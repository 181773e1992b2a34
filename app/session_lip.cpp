// The lip check of the take in review.
#include "app/session.hpp"

#include <algorithm>

namespace backtake::app {

using base::FrameIndex;
using base::Nanos;

namespace {

/// The frame that is there at a captured time.
FrameIndex frameAt(const base::Footage& footage, Nanos captured)
{
    FrameIndex low = 0;
    FrameIndex high = footage.frameCount() - 1;
    while (low < high) {
        const FrameIndex middle = low + (high - low + 1) / 2;
        if (footage.capturedTime(middle) <= captured)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

} // namespace

std::pair<FrameIndex, FrameIndex> Session::framesOf(const ui::LipPhrase& phrase) const
{
    const base::Footage& footage = *review_->footage;
    return std::minmax(
        { onScreen(frameAt(footage, phrase.from)), onScreen(frameAt(footage, phrase.to - Nanos(1))) });
}

bool Session::loopsPhrase() const
{
    return looped_phrase_ && review_->in == looped_frames_.first && review_->out == looped_frames_.second;
}

void Session::toggleLipCheck(Nanos now)
{
    lip_open_ = !lip_open_;
    if (!lip_open_)
        lip_checker_.cancel();
    else if (live_on_screen_ || !review_)
        say(ui::Message::Kind::Note, "Lip check: it stands under the take in review, Tab goes there", now);
}

void Session::loopPhrase(Nanos now)
{
    if (!review_ || live_on_screen_)
        return say(ui::Message::Kind::Note, "No take in review: its phrases are what is looped", now);
    if (loopsPhrase()) {
        review_->in.reset();
        review_->out.reset();
        return applyRange(now);
    }
    if (!lip_open_)
        toggleLipCheck(now);
    if (!model_.lip || !model_.lip->check)
        return say(ui::Message::Kind::Note,
            model_.lip && !model_.lip->why.empty() ? model_.lip->why
                                                   : "The phrases are being looked for: then again",
            now);
    if (!model_.lip->here)
        return say(ui::Message::Kind::Note, "No phrase here: the playhead stands between two", now);
    looped_phrase_ = model_.lip->here;
    const auto [first, last] = framesOf(model_.lip->check->phrases[*looped_phrase_]);
    looped_frames_ = { toCaptured(first), toCaptured(last) };
    review_->in = looped_frames_.first;
    review_->out = looped_frames_.second;
    player_.head().setLoop(playback::LoopMode::Loop, now);
    applyRange(now);
}

void Session::goToPhrase(std::size_t phrase, Nanos now)
{
    if (!review_ || !model_.lip || !model_.lip->check || phrase >= model_.lip->check->phrases.size())
        return;
    if (loopsPhrase()) { // it would hold the playhead
        review_->in.reset();
        review_->out.reset();
        applyRange(now);
    }
    goTo(framesOf(model_.lip->check->phrases[phrase]).first, now);
}

void Session::fillLip()
{
    lip_checker_.update();
    if (!lip_open_ || !review_ || live_on_screen_) {
        model_.lip.reset();
        return;
    }
    if (!model_.lip)
        model_.lip.emplace();
    ui::LipModel& view = *model_.lip;
    if (review_->chase_from) {
        lip_checker_.cancel();
        view.why = "This take rolls: the lip check is of takes that are cut";
    } else if (!placed_master_) {
        lip_checker_.cancel();
        view.why = guide_clip_
            ? "No guide was played while this take rolled: there is nothing to compare with"
            : "This take has no guide: F5 loads one, for the takes to come";
    } else {
        lip_checker_.ask({ review_->id, review_->footage, placed_master_, options_.heard.channel,
            timecodeChannelOf(review_->slate.camera) });
        view.why = lip_checker_.trouble();
    }
    view.progress = lip_checker_.progress();
    view.check = lip_checker_.check();
    view.here.reset();
    if (view.check) {
        const FrameIndex frame = model_.review->captured_frame;
        const base::Footage& footage = *review_->footage;
        const Nanos middle = (footage.capturedTime(frame) + footage.capturedTime(frame + 1)) / 2;
        const auto& phrases = view.check->phrases;
        const auto here = std::find_if(phrases.begin(), phrases.end(),
            [&](const ui::LipPhrase& one) { return middle >= one.from && middle < one.to; });
        if (here != phrases.end())
            view.here = static_cast<std::size_t>(here - phrases.begin());
    }
    view.looped = view.check && loopsPhrase() && *looped_phrase_ < view.check->phrases.size() ? looped_phrase_
                                                                                              : std::nullopt;
}

} // namespace backtake::app
