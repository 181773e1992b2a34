// Story order: takes one after the other, arranged, played and handed on. A sequence is a footage like a
// take, so the player plays it; the log keeps it.
#include "app/session.hpp"
#include "base/overloaded.hpp"
#include "takes/handover/hand_over.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace backtake::app {

using base::FrameIndex;
using base::Nanos;
using Kind = ui::Message::Kind;

namespace {

/// What editorial gets of a sequence: media, the programs that take a timeline, and the frame map.
constexpr std::string_view kFormats = "mov,otio,fcpxml,xmeml,edl,mlt,csv,map";

} // namespace

std::string Session::Review::timecodeLabel(FrameIndex n) const
{
    if (story) {
        const playback::StoryFootage::Place place = story->footage->placeOf(n);
        if (const base::FootagePtr& take = story->footage->shots()[place.shot].footage)
            return take->timecodeLabel(place.captured);
    }
    return footage->timecodeLabel(n);
}

void Session::handleStory(const ui::StoryIntent& intent, Nanos now)
{
    const bool has_card = storyInPanel() != nullptr && story_.chosen < storyInPanel()->cards.size();
    const auto noCard = [&] {
        say(Kind::Note, "No take is in the sequence: Enter adds the one in review", now);
    };
    std::visit(base::Overloaded {
                   [&](const ui::ShowStory& show) {
                       story_.open = true;
                       if (!show.name.empty() && show.name != story_.name) {
                           story_.name = show.name;
                           story_.chosen = 0;
                       }
                   },
                   [&](const ui::NewStory& wanted) { newStory(wanted, now); },
                   [&](const ui::RemoveStory&) {
                       if (const auto* story = storyInPanel(); story != nullptr && mayLog(now))
                           said_.removeStory(story->name);
                   },
                   [&](const ui::RenameStory& wanted) { renameStory(wanted.name, now); },
                   [&](const ui::AddCard&) { addCard(now); },
                   [&](const ui::RemoveCard&) {
                       if (!has_card)
                           return noCard();
                       editStory(
                           [at = story_.chosen](takes::Story& story) {
                               story.cards.erase(story.cards.begin() + static_cast<std::ptrdiff_t>(at));
                           },
                           now);
                   },
                   [&](const ui::ChooseCard& choice) { chooseCard(choice.card, now); },
                   [&](const ui::ChooseNextCard& choice) {
                       const auto next = static_cast<std::ptrdiff_t>(story_.chosen) + choice.by;
                       chooseCard(static_cast<std::size_t>(std::max<std::ptrdiff_t>(next, 0)), now);
                   },
                   [&](const ui::MoveCard& move) {
                       if (!has_card)
                           return noCard();
                       const auto last = static_cast<std::ptrdiff_t>(storyInPanel()->cards.size()) - 1;
                       const auto from = static_cast<std::ptrdiff_t>(story_.chosen);
                       const auto to = std::clamp<std::ptrdiff_t>(from + move.by, 0, last);
                       editStory(
                           [from, to](takes::Story& story) {
                               const auto begin = story.cards.begin();
                               if (from < to)
                                   std::rotate(begin + from, begin + from + 1, begin + to + 1);
                               else
                                   std::rotate(begin + to, begin + from, begin + from + 1);
                           },
                           now);
                       story_.chosen = static_cast<std::size_t>(to);
                   },
                   [&](const ui::TrimCard&) { has_card ? trimCard(now) : noCard(); },
                   [&](const ui::TurnCard&) {
                       if (!has_card)
                           return noCard();
                       editStory(
                           [at = story_.chosen](takes::Story& story) {
                               takes::Direction& direction = story.cards[at].direction;
                               direction = direction == takes::Direction::Backward
                                   ? takes::Direction::Forward
                                   : takes::Direction::Backward;
                           },
                           now);
                   },
                   [&](const ui::SetCardSpeed& set) {
                       if (!has_card)
                           return noCard();
                       editStory(
                           [at = story_.chosen, percent = set.percent](takes::Story& story) {
                               story.cards[at].speed_percent = std::clamp(
                                   percent, takes::kSlowestCard_percent, takes::kFastestCard_percent);
                           },
                           now);
                   },
                   [&](const ui::PlayStory&) {
                       if (!has_card)
                           return noCard();
                       review_ && review_->story && !live_on_screen_ ? openCard(now) : playStory(now);
                   },
                   [&](const ui::ExportStory&) { exportStory(now); },
               },
        intent);
}

// ---------------------------------------------------------------------------------------------- changes

/// The one that was shown last, also when undo has given it another name; else the first.
const takes::Story* Session::storyInPanel() const
{
    const std::vector<takes::Story>& all = said_.stories();
    const auto named = std::ranges::find(all, story_.name, &takes::Story::name);
    if (named != all.end())
        return &*named;
    const auto same =
        story_.name.empty() ? all.end() : std::ranges::find(all, story_.asked, &takes::Story::cards);
    return same != all.end() ? &*same : all.empty() ? nullptr : &all.front();
}

void Session::editStory(const std::function<void(takes::Story&)>& edit, Nanos now)
{
    if (!mayLog(now))
        return;
    takes::Story changed = *storyInPanel();
    edit(changed);
    story_.name = changed.name;
    said_.putStory(std::move(changed));
}

void Session::newStory(const ui::NewStory& wanted, Nanos now)
{
    if (!mayLog(now))
        return;
    const auto isTaken = [this](const std::string& name) {
        return std::ranges::find(said_.stories(), name, &takes::Story::name) != said_.stories().end();
    };
    std::string name = wanted.name;
    for (int n = 1; name.empty() || isTaken(name); ++n)
        name = wanted.name.empty() ? fmt::format("Sequence {}", n) : fmt::format("{} {}", wanted.name, n + 1);
    takes::Story story { name, {} };
    if (wanted.circled) {
        story = takes::circledStory(
            said_.takes(), name, backward_ ? takes::Direction::Backward : takes::Direction::Forward);
        if (story.cards.empty())
            return say(Kind::Note, "No take is circled: C circles the one in review", now);
    }
    story_.name = name;
    story_.chosen = 0;
    said_.putStory(std::move(story));
}

void Session::renameStory(const std::string& name, Nanos now)
{
    const takes::Story* const story = storyInPanel();
    if (story == nullptr)
        return say(Kind::Note, "There is no sequence to rename: Enter adds the take in review", now);
    if (name.find_first_not_of(' ') == std::string::npos)
        return say(Kind::Warning, "A sequence needs a name: type one, or leave with Esc", now);
    if (name == story->name || !mayLog(now))
        return;
    const std::vector<takes::Story>& all = said_.stories();
    if (std::ranges::find(all, name, &takes::Story::name) != all.end())
        return say(
            Kind::Warning, fmt::format("There is a sequence \"{}\" already: type another name", name), now);
    story_.name = name;
    said_.renameStory(std::string(story->name), name);
}

void Session::addCard(Nanos now)
{
    if (live_on_screen_ || !review_ || review_->story)
        return say(Kind::Note, "No take to add to the sequence: look at one, with Up, Down or Tab", now);
    if (review_->id.empty())
        return say(Kind::Note, "This take cannot be in a sequence: it was recorded without an id", now);
    if (review_->chase_from)
        return say(Kind::Note, "The take still rolls: add it after the cut", now);
    if (storyInPanel() == nullptr)
        newStory({}, now);
    if (storyInPanel() == nullptr)
        return;
    if (storyInPanel()->cards.size() >= takes::kMostStoryCards)
        return say(
            Kind::Warning, fmt::format("A sequence has {} takes at most", takes::kMostStoryCards), now);
    takes::StoryCard card;
    card.take = review_->id;
    card.direction = orderSign() < 0 ? takes::Direction::Backward : takes::Direction::Forward;
    card.first = orderSign() < 0 ? review_->out : review_->in;
    card.last = orderSign() < 0 ? review_->in : review_->out;
    const std::size_t at = std::min(story_.chosen + 1, storyInPanel()->cards.size());
    editStory(
        [&card, at](takes::Story& story) {
            story.cards.insert(story.cards.begin() + static_cast<std::ptrdiff_t>(at), card);
        },
        now);
    story_.chosen = at;
}

/// In and out as they stand on screen: of the card's own take, or of the sequence where they fall into it.
void Session::trimCard(Nanos now)
{
    const takes::StoryCard& card = storyInPanel()->cards[story_.chosen];
    std::optional<FrameIndex> in;
    std::optional<FrameIndex> out;
    bool rising = true; ///< In the order on screen.
    if (live_on_screen_ || !review_
        || (review_->story ? review_->story != story_.made : review_->id != card.take))
        return say(Kind::Note, "Look at the card's take first (Shift+Enter), and set in and out (I, O)", now);
    if (review_->story) {
        in = card.direction == takes::Direction::Backward ? card.last : card.first;
        out = card.direction == takes::Direction::Backward ? card.first : card.last;
        const auto within = [&](const std::optional<FrameIndex>& frame, std::optional<FrameIndex>& into) {
            if (!frame)
                return;
            const auto place = review_->story->footage->placeOf(*frame);
            if (place.shot == story_.chosen)
                into = place.captured;
        };
        within(review_->in, in);
        within(review_->out, out);
        rising = card.direction != takes::Direction::Backward;
    } else {
        in = review_->in;
        out = review_->out;
        rising = orderSign() > 0;
    }
    editStory(
        [at = story_.chosen, first = rising ? in : out, last = rising ? out : in](takes::Story& story) {
            story.cards[at].first = first;
            story.cards[at].last = last;
        },
        now);
    if (review_->story && (review_->in || review_->out)) { // what is left has other frame numbers
        review_->in.reset();
        review_->out.reset();
        applyRange(now);
    }
}

void Session::chooseCard(std::size_t card, Nanos now)
{
    const takes::Story* const story = storyInPanel();
    if (story == nullptr || story->cards.empty())
        return;
    story_.chosen = std::min(card, story->cards.size() - 1);
    if (review_ && review_->story && review_->story == story_.made
        && story_.chosen < story_.made->shots.size()) {
        const playback::StoryShot& shot = story_.made->footage->shots()[story_.chosen];
        goTo(story_.made->footage->frameOf({ story_.chosen, shot.backward ? shot.last : shot.first }), now);
    }
}

// ---------------------------------------------------------------------------------------------- review

void Session::playStory(Nanos now)
{
    if (!story_.made || !story_.made->footage || story_.made->story.cards != storyInPanel()->cards)
        return say(Kind::Note, "The takes of the sequence are still being opened: press again", now);
    const std::size_t chosen = std::min(story_.chosen, story_.made->shots.size() - 1);
    const playback::StoryShot& shot = story_.made->footage->shots()[chosen];
    Review review;
    review.story = story_.made;
    review.footage = story_.made->footage;
    review.backward = false; // its frames are in the order of the story already
    const FrameIndex at = story_.made->footage->frameOf({ chosen, shot.backward ? shot.last : shot.first });
    ++take_question_; // a take that is still being opened comes too late
    selected_.reset();
    rolled_.reset();
    rolled_takes_.clear();
    if (mode_ == ui::ViewMode::BothWays || mode_ == ui::ViewMode::Quad)
        mode_ = ui::ViewMode::Single;
    startReview(std::move(review), at, now, {});
    followStory(at);
}

/// What is said, saved and turned on screen is the take's that is seen there.
void Session::followStory(FrameIndex frame)
{
    if (!review_->story)
        return;
    const std::size_t shot = review_->story->footage->placeOf(frame).shot;
    review_->id = review_->story->story.cards[shot].take;
    review_->slate = review_->story->shots[shot].slate;
    review_->orientation = review_->story->shots[shot].orientation;
    // A card that was moved or added just now stays the chosen one until it plays.
    if (review_->story == story_.made && storyInPanel() != nullptr
        && story_.made->story.cards == storyInPanel()->cards)
        story_.chosen = shot;
}

FrameIndex Session::recorded(FrameIndex frame) const
{
    return review_->story ? review_->story->footage->placeOf(frame).captured : review_->first + frame;
}

void Session::openCard(Nanos now)
{
    const takes::StoryCard card = storyInPanel()->cards[story_.chosen];
    const auto entry =
        std::ranges::find(log_, card.take, [](const takes::TakeEntry& one) { return one.facts.id; });
    if (entry == log_.end())
        return say(Kind::Warning, "The take of this card is not in this shoot", now);
    story_.opens = card;
    openTake(static_cast<std::size_t>(entry - log_.begin()), now);
}

void Session::trimReview(Nanos now)
{
    const auto card = std::exchange(story_.opens, std::nullopt);
    if (!card || review_->id != card->take)
        return;
    review_->in = orderSign() < 0 ? card->last : card->first;
    review_->out = orderSign() < 0 ? card->first : card->last;
    applyRange(now);
}

// ---------------------------------------------------------------------------------------------- making

/// Anew when the sequence is another one, or a take of it may have come.
void Session::makeStory(Nanos now)
{
    if (!story_.open || story_.asking)
        return;
    const takes::Story* const wanted = storyInPanel();
    if (wanted == nullptr) {
        if (story_.made)
            storyMade(nullptr, now);
        story_.asked = {};
        return;
    }
    if (wanted->cards == story_.asked && log_.size() == story_.known)
        return;
    StoryFolders folders;
    for (const takes::StoryCard& card : wanted->cards)
        for (const takes::TakeEntry& entry : log_)
            if (entry.facts.id == card.take)
                folders[card.take] = entry.folder;
    const base::Rate rate = units_[viewed_].status.nominalRate();
    story_.asking = story_thread_.ask([this, story = *wanted, folders, rate, now]() -> Worker::Answer {
        auto made = story_maker_.make(story, folders, rate);
        return [this, made = std::move(made), now]() {
            story_.asking = false;
            storyMade(made, std::max(now, model_.now));
        };
    });
    if (!story_.asking)
        return; // the disk is slow: at the next turn
    story_.asked = wanted->cards;
    story_.known = log_.size();
}

void Session::storyMade(std::shared_ptr<const MadeStory> made, Nanos now)
{
    const auto before = std::exchange(story_.made, std::move(made));
    story_.pictures = nullptr;
    if (story_.made && story_.made->footage) {
        const bool same_trouble = before && before->troubles == story_.made->troubles;
        for (const std::string& trouble : story_.made->troubles)
            if (!same_trouble)
                say(Kind::Warning, trouble, now);
        (void)story_thread_.ask([this, whole = story_.made]() -> Worker::Answer {
            auto pictures = story_maker_.pictures(*whole);
            return [this, whole, pictures = std::move(pictures)]() {
                if (whole == story_.made) // else they are of another one
                    story_.pictures = pictures;
                story_.shown_made = nullptr;
            };
        });
    }
    if (!review_ || !review_->story)
        return;
    // What plays goes on with what has become of it.
    if (!story_.made || !story_.made->footage) {
        player_.unload();
        filmstrip_.show(nullptr);
        review_.reset();
        live_on_screen_ = true;
        return;
    }
    const auto was = review_->story->footage->placeOf(player_.head().frameAt(now));
    const std::size_t shot = std::min(story_.chosen, story_.made->shots.size() - 1);
    const playback::StoryFootage& footage = *story_.made->footage;
    const bool same_take = review_->story->story.cards[was.shot].take == story_.made->story.cards[shot].take;
    const playback::StoryShot& plays = footage.shots()[shot];
    const FrameIndex at = footage.frameOf({ shot,
        same_take            ? was.captured
            : plays.backward ? plays.last
                             : plays.first });
    const double speed = player_.head().speed();
    const auto loop = player_.head().loop();
    const bool live = live_on_screen_;
    Review review = *review_;
    review.story = story_.made;
    review.footage = story_.made->footage;
    review.in.reset();
    review.out.reset();
    review.scrubbing = false;
    startReview(std::move(review), at, now, {});
    live_on_screen_ = live;
    player_.head().setLoop(loop, now);
    player_.head().run(speed, now);
    player_.head().enter(at, now);
    followStory(at);
}

// ---------------------------------------------------------------------------------------------- export

void Session::exportStory(Nanos now)
{
    const takes::Story* const story = storyInPanel();
    if (story == nullptr || story->cards.empty())
        return say(Kind::Note, "There is no sequence to export: Enter adds the take in review", now);
    HandoverOrder order;
    order.title = story->name;
    order.shoot = options_.shoot;
    order.choice.sequence = *story;
    order.what.title = handover::fileTitle(story->name);
    order.what.formats = handover::formatsNamed(kFormats);
    handOver(std::move(order), now);
}

// ---------------------------------------------------------------------------------------------- the model

/// Anew only when something about it changed.
void Session::fillStory(Nanos now)
{
    ui::StoryModel& view = model_.story;
    view.in_review = review_ && review_->story && !live_on_screen_;
    if (review_ && review_->story && model_.review) {
        const playback::StoryFootage& footage = *review_->story->footage;
        const auto place = footage.placeOf(player_.head().frameAt(now));
        ui::ReviewModel& on_screen = *model_.review;
        on_screen.backward_take = footage.shots()[place.shot].backward;
        on_screen.captured_frame = place.captured;
        if (on_screen.backward_take)
            on_screen.captured_clock_direction = -on_screen.captured_clock_direction;
        fmt::format_to(
            std::back_inserter(on_screen.part), "{} of {}", place.shot + 1, footage.shots().size());
    }
    const takes::Story* const story = story_.open ? storyInPanel() : nullptr;
    if (story != nullptr && !story->cards.empty())
        story_.chosen = std::min(story_.chosen, story->cards.size() - 1);
    view.chosen = story_.chosen;
    if (!story_.open
        || (story_.shown_made == story_.made.get() && story_.shown_version == said_.version()
            && story_.shown == (story != nullptr ? story->name : std::string())))
        return;
    story_.shown_made = story_.made.get();
    story_.shown_version = said_.version();
    story_.shown = story != nullptr ? story->name : std::string();
    view.names.clear();
    for (const takes::Story& one : said_.stories())
        view.names.push_back(one.name);
    view.name = story_.shown;
    view.cards.clear();
    view.length = {};
    view.pictures = story_.pictures;
    if (story == nullptr)
        return;
    const bool is_made = story_.made && story_.made->footage && story_.made->story.cards == story->cards;
    for (std::size_t i = 0; i < story->cards.size(); ++i) {
        const takes::StoryCard& card = story->cards[i];
        ui::StoryCardModel& shown = view.cards.emplace_back();
        shown.backward = card.direction == takes::Direction::Backward;
        shown.trimmed = card.first || card.last;
        shown.speed_percent = card.speed_percent;
        for (const takes::TakeEntry& entry : log_)
            if (entry.facts.id == card.take)
                shown.slate = entry.facts.slate.camera == 'A' ? takes::text(entry.facts.slate)
                                                              : takes::fullText(entry.facts.slate);
        if (!is_made)
            continue;
        shown.missing = !story_.made->footage->shots()[i].footage;
        shown.length = story_.made->footage->lengthOf(i);
        shown.orientation = story_.made->shots[i].orientation;
        shown.join = joinOf(*story_.made, i);
        view.length += shown.length;
    }
}

} // namespace backtake::app
