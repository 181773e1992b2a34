// More than one picture on screen: against a reference, both ways, up to four. All takes on screen go by the
// clock of the one in review.
#include "app/practice_desk.hpp"
#include "app/session.hpp"
#include "base/jpeg.hpp"
#include "takes/still.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace backtake::app {
using base::FrameIndex;
using base::Nanos;

namespace {

/// A picture of the largest size, 4:4:4, decoded alone.
constexpr std::size_t kStillBytes = std::size_t { 1 } << 30;

} // namespace

// ---------------------------------------------------------------------------------------------- modes

void Session::cycleCompare(Nanos now)
{
    if (mode_ == ui::ViewMode::Reference) {
        if (compare_ == ui::Compare::Blink)
            mode_ = ui::ViewMode::Single;
        else
            compare_ = static_cast<ui::Compare>(static_cast<int>(compare_) + 1);
        return;
    }
    if (!live_on_screen_ && reference_is_take_)
        return say(ui::Message::Kind::Note,
            "In review W compares with a still: Shift+W keeps the picture on screen as one", now);
    if (reference_is_take_ && !review_) {
        if (log_.empty())
            return say(ui::Message::Kind::Note,
                "Nothing to compare with yet: shoot a take, or keep this picture with Shift+W", now);
        openTake(log_.size() - 1, now, Screen::Stays);
    }
    mode_ = ui::ViewMode::Reference;
    compare_ = ui::Compare::Wipe;
}

void Session::toggleBothWays(Nanos now)
{
    if (mode_ == ui::ViewMode::BothWays) {
        mode_ = ui::ViewMode::Single;
        return;
    }
    mode_ = ui::ViewMode::BothWays;
    if (live_on_screen_) // it is a take that goes both ways
        handle(ui::ToggleReview {}, now);
}

void Session::toggleQuad(Nanos now)
{
    if (mode_ == ui::ViewMode::Quad) {
        mode_ = ui::ViewMode::Single;
        return;
    }
    mode_ = ui::ViewMode::Quad;
    if (live_on_screen_ && units_.size() == 1)
        say(ui::Message::Kind::Note, "One camera is open: live it is alone, in review takes stand beside it",
            now);
}

void Session::choosePane(std::size_t pane, Nanos now)
{
    if (pane == 0 || pane >= model_.panes.size())
        return;
    if (model_.mode == ui::ViewMode::BothWays)
        return handle(ui::ToggleOrder {}, now);
    if (model_.mode != ui::ViewMode::Quad)
        return;
    if (live_on_screen_) {
        if (model_.panes[pane].kind != ui::Pane::Kind::Live)
            return; // an attempt that is heard
        // The others stand in their own order behind the one that is looked at.
        viewed_ = pane <= viewed_ ? pane - 1 : pane;
        body_changed_ = true;
        return;
    }
    const Side& side = sides_[pane - 1];
    const auto row = std::find_if(log_.begin(), log_.end(), [&](const takes::TakeEntry& entry) {
        return !side.folder.empty() ? entry.folder == side.folder : entry.facts.slate == side.take.slate;
    });
    if (side.rolled) {
        const FrameIndex at = side_players_[pane - 1]->head().frameAt(now);
        Review review = side.take;
        rolled_ = side.rolled;
        selected_.reset();
        if (row != log_.end())
            selected_ = static_cast<std::size_t>(row - log_.begin());
        startReview(std::move(review), at, now, {});
    } else if (row != log_.end()) {
        openTake(static_cast<std::size_t>(row - log_.begin()), now);
    }
}

// ---------------------------------------------------------------------------------------------- reference

void Session::keepReference(Nanos now)
{
    if (!model_.picture)
        return say(ui::Message::Kind::Note, "No picture is on screen yet: nothing to keep", now);
    const bool of_review = !live_on_screen_ && review_;
    useStill({ model_.picture, model_.orientation,
        of_review ? takes::text(review_->slate) : std::string("live"),
        of_review && shown_captured_ ? review_->timecodeLabel(*shown_captured_) : model_.camera.timecode });
    say(ui::Message::Kind::Note, "This picture is what W compares with now", now);
}

void Session::useStill(KeptStill still)
{
    still_ = std::move(still);
    still_id_ = ++last_picture_id_;
    reference_is_take_ = false;
}

void Session::listStills()
{
    (void)still_thread_.ask([this]() -> Worker::Answer {
        return [this, stills = takes::stillsOf(options_.shoot)]() {
            if (!stills)
                return say(ui::Message::Kind::Warning, stills.error().message, model_.now);
            model_.reference.stills = *stills;
        };
    });
}

void Session::chooseReference(const std::string& name)
{
    if (name.empty()) {
        reference_is_take_ = true;
        return;
    }
    const bool asked = still_thread_.ask([this, name]() -> Worker::Answer {
        base::Result<base::PicturePtr> picture = base::fail(base::Fault::Corrupt, "");
        const auto read = takes::readStill(options_.shoot, name);
        if (read) {
            base::JpegDecoder decoder;
            base::PicturePool pool(kStillBytes);
            if (auto decoded = decoder.decode(std::as_bytes(std::span(read->jpeg)), pool))
                picture = *decoded;
            else
                picture = base::fail(decoded.error().fault,
                    fmt::format("the still {} cannot be shown: {}", name, decoded.error().message));
        } else {
            picture = base::fail(read.error());
        }
        return [this, name, picture, orientation = read ? read->orientation : base::Orientation::Upright]() {
            if (!picture)
                return say(ui::Message::Kind::Warning, picture.error().message, model_.now);
            useStill({ *picture, orientation, name, {} });
        };
    });
    if (!asked)
        say(ui::Message::Kind::Warning, "The disk is slow: choose the still again", model_.now);
}

// ---------------------------------------------------------------------------------------------- sides

/// Which takes stand beside the one in review, when that or the mode has changed.
void Session::arrangeSides(Nanos now)
{
    const bool several = mode_ == ui::ViewMode::BothWays || mode_ == ui::ViewMode::Quad;
    const base::FootagePtr footage = several && review_ && !live_on_screen_ ? review_->footage : nullptr;
    if (footage == arranged_for_ && (mode_ == arranged_mode_ || !footage))
        return;
    arranged_for_ = footage;
    arranged_mode_ = mode_;
    ++sides_question_;
    sides_.clear();
    for (const auto& player : side_players_)
        player->unload();
    if (!footage)
        return;
    if (mode_ == ui::ViewMode::BothWays) {
        addSide({ *review_, Side::Lock::Mirrored, {}, {}, nullptr }, now);
        return;
    }
    // The other cameras of this take, then the takes before it by the same camera.
    if (rolled_ && rolled_ == footage) {
        for (const Rolled& other : rolled_takes_)
            if (other.take != rolled_)
                addSide({ other.review, Side::Lock::SameTime, rolled_->startedAt() - other.take->startedAt(),
                            {}, other.take },
                    now);
    }
    std::vector<takes::TakeEntry> wanted;
    const takes::Slate& slate = review_->slate;
    const auto sameTake = [&](const takes::Slate& other) {
        return other.scene == slate.scene && other.take == slate.take;
    };
    const auto want = [&](const takes::TakeEntry& entry) {
        if (sides_.size() + wanted.size() + 1 < ui::kMostPanes)
            wanted.push_back(entry);
    };
    if (sides_.empty() && selected_)
        for (const takes::TakeEntry& entry : log_)
            if (sameTake(entry.facts.slate) && entry.facts.slate.camera != slate.camera)
                want(entry);
    const std::size_t before = std::min(selected_.value_or(log_.size()), log_.size());
    for (std::size_t row = before; row-- > 0;)
        if (log_[row].facts.slate.camera == slate.camera && !sameTake(log_[row].facts.slate))
            want(log_[row]);
    if (wanted.empty())
        return;
    const std::optional<Nanos> started = selected_ && *selected_ < log_.size()
        ? std::optional(log_[*selected_].facts.started_at_utc)
        : std::nullopt;
    (void)log_thread_.ask(
        [this, wanted = std::move(wanted), slate, started, question = sides_question_]() -> Worker::Answer {
            std::vector<Side> opened;
            for (const takes::TakeEntry& entry : wanted) {
                const auto recording = takes::Recording::open(entry.folder);
                if (!recording)
                    continue; // opened by itself it says why
                Side side { reviewOf(*recording), Side::Lock::SameShown, {}, entry.folder, nullptr };
                const bool same_take =
                    entry.facts.slate.scene == slate.scene && entry.facts.slate.take == slate.take;
                if (same_take && started) {
                    side.lock = Side::Lock::SameTime;
                    side.offset = *started - entry.facts.started_at_utc;
                }
                opened.push_back(std::move(side));
            }
            return [this, opened = std::move(opened), question]() {
                if (question != sides_question_)
                    return;
                for (const Side& side : opened)
                    addSide(side, model_.now);
            };
        });
}

void Session::addSide(Side side, Nanos now)
{
    if (sides_.size() + 1 >= ui::kMostPanes)
        return;
    // Players stay: the end of one waits for its decoders, and those for a disk.
    if (side_players_.size() == sides_.size())
        side_players_.push_back(std::make_unique<playback::Player>(1));
    side_players_[sides_.size()]->load(side.take.footage, 0, now);
    sides_.push_back(std::move(side));
}

/// Where the side stands while the take in review is where it is.
void Session::lockSide(const Side& side, playback::Playhead& head, Nanos now) const
{
    const playback::Playhead& lead = player_.head();
    Nanos position = lead.positionAt(now);
    int direction = lead.directionAt(now);
    const auto turn = [&](Nanos around) {
        position = around - position;
        direction = -direction;
    };
    switch (side.lock) {
    case Side::Lock::Mirrored:
        if (head.firstFrame() != lead.firstFrame() || head.lastFrame() != lead.lastFrame())
            head.setRange(lead.firstFrame(), lead.lastFrame(), now);
        turn(lead.rangeBegin() + lead.rangeEnd());
        break;
    case Side::Lock::SameTime:
        position += side.offset;
        break;
    case Side::Lock::SameShown: // both begin together for the audience
        if (review_->backward)
            turn(review_->footage->duration());
        if (side.take.backward)
            turn(side.take.footage->duration());
        break;
    }
    const bool within = position >= Nanos(0) && position <= side.take.footage->duration();
    const double speed = within && !lead.finishedAt(now) ? std::abs(lead.speed()) * direction : 0;
    head.lockTo(position, speed, direction, now);
}

// ---------------------------------------------------------------------------------------------- panes

void Session::fillPanes(Nanos now, Nanos display_interval)
{
    arrangeSides(now);
    std::vector<ui::Pane>& panes = model_.panes;
    std::size_t count = 0;
    panes.reserve(ui::kMostPanes);
    const auto next = [&]() -> ui::Pane& {
        if (count == panes.size())
            panes.emplace_back();
        return panes[count++];
    };
    const bool in_review = review_ && !live_on_screen_;
    const auto showTake = [&](ui::Pane& pane, const Review& take, bool shown_order, FrameIndex captured) {
        pane.kind = shown_order && take.backward ? ui::Pane::Kind::Shown : ui::Pane::Kind::Captured;
        pane.orientation = take.orientation;
        pane.rolling = false;
        pane.words = takes::text(take.slate);
        if (units_.size() > 1 || take.slate.camera != 'A')
            pane.words += { ' ', take.slate.camera };
        pane.clock = take.timecodeLabel(captured);
    };
    const auto showLive = [&](ui::Pane& pane, std::size_t index) {
        Unit& unit = units_[index];
        if (index != viewed_) // that one's is as of this update
            unit.camera->readStatus(unit.status);
        pane.kind = ui::Pane::Kind::Live;
        pane.orientation = orientation_;
        pane.words.assign(1, unit.letter);
        pane.clock.clear();
        pane.rolling = unit.recorder != nullptr;
        pane.damaged = false;
        pane.camera = stateOf(unit.status.state);
        pane.since_last_frame = unit.status.last_frame_at ? now - *unit.status.last_frame_at : Nanos(0);
    };
    const auto showPicture = [&](ui::Pane& pane, base::PicturePtr picture) {
        if (picture != pane.picture)
            pane.picture_id = ++last_picture_id_;
        pane.picture = std::move(picture);
    };
    const auto attempt = seenAttempt(now);
    const ui::ViewMode mode = attempt ? ui::ViewMode::Quad : mode_;
    if (mode != ui::ViewMode::Single) {
        ui::Pane& main = next();
        if (in_review)
            showTake(main, *review_, review_->shown_order, model_.review->captured_frame);
        else {
            showLive(main, viewed_);
            main.clock = model_.camera.timecode;
        }
        main.picture = model_.picture;
        main.picture_id = model_.picture_id;
        main.orientation = model_.orientation;
        main.damaged = in_review && model_.review->frame_damaged;
    }
    if (attempt) { // what is heard of practice, beside the live picture
        const playback::Shown on_screen = tickAttempt(*attempt, now, display_interval);
        ui::Pane& pane = next();
        pane.kind = ui::Pane::Kind::Shown;
        pane.orientation = attempt->orientation;
        pane.rolling = false;
        pane.damaged = on_screen.damaged;
        pane.words = fmt::format("attempt {}", attempt->number);
        pane.clock = attempt->footage->timecodeLabel(on_screen.captured);
        showPicture(pane, on_screen.picture);
    } else if (mode == ui::ViewMode::Reference) {
        if (!reference_is_take_ && still_) {
            ui::Pane& pane = next();
            pane.kind = ui::Pane::Kind::Still;
            pane.picture = still_->picture;
            pane.picture_id = still_id_;
            pane.orientation = still_->orientation;
            pane.rolling = pane.damaged = false;
            pane.words = still_->words;
            pane.clock = still_->clock;
        } else if (reference_is_take_ && review_ && !in_review) {
            const playback::Shown on_screen = player_.tick(now, display_interval);
            ui::Pane& pane = next();
            showTake(pane, *review_, review_->shown_order, on_screen.captured);
            showPicture(pane, on_screen.picture);
            pane.damaged = on_screen.damaged;
        }
    } else if (mode == ui::ViewMode::Quad && !in_review) {
        for (std::size_t i = 0; i < units_.size() && count < ui::kMostPanes; ++i) {
            if (i == viewed_)
                continue;
            ui::Pane& pane = next();
            showLive(pane, i);
            const auto live = units_[i].camera->live();
            showPicture(pane, live ? live->picture : nullptr);
        }
    } else if (in_review) {
        for (std::size_t i = 0; i < sides_.size() && count < ui::kMostPanes; ++i) {
            playback::Player& player = *side_players_[i];
            lockSide(sides_[i], player.head(), now);
            const playback::Shown on_screen = player.tick(now, display_interval);
            ui::Pane& pane = next();
            const bool shown_order = (sides_[i].lock == Side::Lock::Mirrored) != review_->shown_order;
            showTake(pane, sides_[i].take, shown_order, on_screen.captured);
            if (sides_[i].lock == Side::Lock::Mirrored)
                pane.orientation = review_->orientation; // it may have been turned since
            showPicture(pane, on_screen.picture);
            pane.damaged = on_screen.damaged;
        }
    }
    // One picture is no comparison: it stands alone until there is another one.
    const bool several = count > 1;
    panes.resize(several ? count : 0);
    model_.mode = several ? mode : ui::ViewMode::Single;
    model_.compare = compare_;
    model_.reference.is_take = reference_is_take_;
    if (still_)
        model_.reference.still = still_->words;
}

} // namespace backtake::app
