#include "app/practice_desk.hpp"

#include "app/lip_checker.hpp"
#include "guide/lip_check.hpp"
#include "guide/practice.hpp"
#include "takes/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace backtake::app {

using base::Lock;
using base::Nanos;
using ui::PracticeModel;
using State = ui::PracticeModel::State;
using namespace std::chrono_literals;

namespace {

/// Put ahead of what the device has taken: a busy machine is not heard. What was put is put anew at a key.
constexpr Nanos kAhead = 200ms;
constexpr Nanos kTurn = 20ms;
constexpr Nanos kIdle = 1h; ///< Until something is asked.
/// After the key the last of the microphone's sound is waited for.
constexpr Nanos kSoundLate = 500ms;
/// So long a disk may be in one call for the last pictures.
constexpr Nanos kPicturesLate = 1s;
constexpr int kHighestPictures = 99'999; ///< As a take's number.
/// A device's clock is looked at so often.
constexpr Nanos kLook = 50ms;

ui::PracticeMark markOf(const guide::PracticeScore& score)
{
    return { score.expected, score.made, score.matched, score.mean, score.worst, score.points };
}

/// Sample @p at of both ears of a track, in its own order.
void readEars(const base::SoundTrack& sound, std::int64_t at, std::span<float> ears)
{
    const auto count = static_cast<std::ptrdiff_t>(ears.size() / base::kEars);
    if (sound.channels() == 2)
        return sound.read(at, ears);
    std::vector<float> mono(static_cast<std::size_t>(count));
    sound.read(at, mono);
    for (std::size_t i = 0; i < mono.size(); ++i)
        ears[2 * i] = ears[2 * i + 1] = mono[i];
}

float monoOf(const std::vector<float>& samples, std::size_t index, std::size_t channels)
{
    float sum = 0;
    for (std::size_t c = 0; c < channels; ++c)
        sum += samples[index * channels + c];
    return sum / static_cast<float>(channels);
}

} // namespace

PracticeDesk::PracticeDesk(std::filesystem::path folder, Devices devices)
    : folder_(std::move(folder))
    , devices_(std::move(devices))
{
}

PracticeDesk::~PracticeDesk()
{
    if (sink_)
        silence();
    dropPictures();
    for (const ui::PracticeAttempt& attempt : thrown_away_)
        removeAttempt(folder_, attempt.number);
}

// ---------------------------------------------------------------------------------------------- the window's

void PracticeDesk::wish(Wish wish)
{
    wish.number = wish_.number + 1;
    wish.guide = guide_;
    wish_ = std::move(wish);
    view_.heard = wish_.heard;
    view_.trouble.clear();
    asked_.notifyOne();
}

void PracticeDesk::setGuide(guide::SoundClipPtr guide)
{
    Lock lock(mutex_);
    guide_ = std::move(guide);
}

void PracticeDesk::record(Nanos now, Pictures pictures)
{
    Lock lock(mutex_);
    if (view_.state == State::Recording) {
        wish_.ended = now;
        view_.state = State::Scoring;
        asked_.notifyOne();
    } else if (guide_ && (view_.state == State::Ready || view_.state == State::Hearing)) {
        Wish wanted;
        wanted.kind = Wish::Kind::Record;
        wanted.began = now;
        wanted.pictures = std::move(pictures);
        wish(std::move(wanted));
        view_.state = State::Recording;
    }
}

void PracticeDesk::hear(Heard what)
{
    Lock lock(mutex_);
    if (view_.state != State::Ready && view_.state != State::Hearing)
        return;
    Wish wanted;
    const bool hears_it = view_.state == State::Hearing && view_.heard == what;
    const bool needs_guide = what != Heard::Flipped;
    const bool needs_attempt = what != Heard::Guide;
    if (!hears_it && (!needs_guide || guide_) && (!needs_attempt || view_.chosen < view_.attempts.size())) {
        wanted.kind = Wish::Kind::Hear;
        wanted.heard = what;
        wanted.attempt = needs_attempt ? view_.attempts[view_.chosen].number : 0;
    }
    view_.state = wanted.kind == Wish::Kind::Hear ? State::Hearing : State::Ready;
    wish(std::move(wanted));
}

void PracticeDesk::quiet(Nanos now)
{
    Lock lock(mutex_);
    if (view_.state == State::Recording)
        wish_.ended = now;
    wish_.heard_after = false;
    if (view_.state == State::Recording)
        view_.state = State::Scoring;
    else if (view_.state == State::Hearing)
        view_.state = State::Ready, wish({});
    asked_.notifyOne();
}

void PracticeDesk::choose(const ui::ChooseAttempt& choice)
{
    Lock lock(mutex_);
    if (view_.attempts.empty())
        return;
    const auto last = static_cast<std::ptrdiff_t>(view_.attempts.size()) - 1;
    const auto wanted = choice.absolute ? static_cast<std::ptrdiff_t>(*choice.absolute)
                                        : static_cast<std::ptrdiff_t>(view_.chosen) + choice.relative;
    view_.chosen = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(wanted, 0, last));
}

void PracticeDesk::remove()
{
    Lock lock(mutex_);
    if (view_.chosen >= view_.attempts.size())
        return;
    const auto chosen = view_.attempts.begin() + static_cast<std::ptrdiff_t>(view_.chosen);
    thrown_away_.push_back(std::move(*chosen));
    view_.attempts.erase(chosen);
    view_.chosen = std::min(view_.chosen, view_.attempts.empty() ? 0 : view_.attempts.size() - 1);
    if (view_.state == State::Hearing)
        view_.state = State::Ready, wish({});
}

void PracticeDesk::restore()
{
    Lock lock(mutex_);
    if (thrown_away_.empty())
        return;
    const auto place = std::upper_bound(view_.attempts.begin(), view_.attempts.end(), thrown_away_.back(),
        [](const auto& a, const auto& b) { return a.number < b.number; });
    view_.chosen = static_cast<std::size_t>(
        view_.attempts.insert(place, std::move(thrown_away_.back())) - view_.attempts.begin());
    thrown_away_.pop_back();
}

void PracticeDesk::fill(PracticeModel& model, Nanos now) const
{
    Lock lock(mutex_);
    const double level_db = model.level_db;
    model = view_; // into the memory that it has
    model.level_db = level_db;
    model.length = view_.state == State::Recording ? now - wish_.began : Nanos(0);
    model.guide_missing =
        guide_ ? "" : "No guide: F5 loads a song or a line, then Enter records along with it";
    model.can_restore = !thrown_away_.empty();
    const auto best = std::max_element(model.attempts.begin(), model.attempts.end(),
        [](const auto& a, const auto& b) { return a.whole.points < b.whole.points; });
    model.best = best != model.attempts.end() && best->whole.points > 0
        ? std::optional(static_cast<std::size_t>(best - model.attempts.begin()))
        : std::nullopt;
}

std::optional<SeenAttempt> PracticeDesk::seen(Nanos now) const
{
    Lock lock(mutex_);
    if (!seen_ || seen_->wish != wish_.number || view_.state != State::Hearing)
        return std::nullopt;
    SeenAttempt attempt = seen_->attempt;
    attempt.position -= now - seen_->at;
    return attempt;
}

// ---------------------------------------------------------------------------------------------- the
// practice's

void PracticeDesk::run(std::stop_token stop)
{
    while (!stop.stop_requested()) {
        const Nanos until = step(base::monotonicNow());
        Lock lock(mutex_);
        (void)asked_.waitUntil(mutex_, stop, until, [this]() REQUIRES(mutex_) {
            return wish_.number != doing_.number || wish_.ended != doing_.ended;
        });
    }
}

Nanos PracticeDesk::step(Nanos now)
{
    if (!std::exchange(listed_, true))
        list();
    bool anew = false;
    {
        Lock lock(mutex_);
        anew = wish_.number != doing_.number;
        if (anew)
            doing_ = wish_;
        doing_.ended = wish_.ended;
    }
    if (anew)
        begin();
    if (doing_.kind == Wish::Kind::Quiet)
        return now + kIdle;
    if (sink_->gone()) {
        end("The sound device is gone: Enter or Space try again with the one that is there");
        return now;
    }
    if (doing_.kind == Wish::Kind::Hear) {
        if (feed(now))
            end({});
        else
            tellSeen(now);
        return now + kTurn;
    }
    if (!doing_.ended && now - doing_.began >= kLongest) {
        Lock lock(mutex_);
        if (wish_.number == doing_.number && !wish_.ended) {
            doing_.ended = wish_.ended = doing_.began + kLongest;
            view_.state = State::Scoring;
        }
    }
    if (!doing_.ended) {
        (void)feed(now);
    } else if (sounding_) {
        lookAtClock(now);
        silence();
        if (recorder_)
            recorder_->cut(doing_.pictures.ring->firstCapturedFrom(*doing_.ended));
    }
    listen();
    if (!doing_.ended)
        return now + kTurn;
    const auto heard = devices_.microphone ? devices_.microphone->endsAt() : std::nullopt;
    if ((heard && *heard >= *doing_.ended) || now - *doing_.ended >= kSoundLate)
        finish(*doing_.ended);
    return now + kTurn;
}

void PracticeDesk::list()
{
    StoredAttempts stored = listAttempts(folder_);
    const std::vector<std::string>& strays = stored.stray_pictures;
    Lock lock(mutex_);
    if (!strays.empty())
        view_.trouble = fmt::format("Pictures of no attempt are in {}: {}{}. Delete there what nobody needs",
            (folder_ / "media").string(), strays.front(),
            strays.size() > 1 ? fmt::format(" and {} more", strays.size() - 1) : std::string());
    view_.attempts = std::move(stored.attempts);
    view_.chosen = view_.attempts.empty() ? 0 : view_.attempts.size() - 1;
    view_.state = State::Ready;
}

void PracticeDesk::end(std::string trouble)
{
    silence();
    dropPictures();
    doing_.kind = Wish::Kind::Quiet;
    doing_.pictures = {}; // a camera that was left takes its ring with it
    Lock lock(mutex_);
    seen_.reset();
    if (wish_.number != doing_.number) // something else was asked for meanwhile
        return;
    wish_.kind = Wish::Kind::Quiet;
    wish_.pictures = {};
    view_.state = State::Ready;
    view_.heard = Heard::Nothing;
    view_.trouble = std::move(trouble);
}

void PracticeDesk::begin()
{
    if (sink_)
        silence();
    player_.reset();
    {
        Lock lock(mutex_);
        seen_.reset();
    }
    if (doing_.kind == Wish::Kind::Quiet || !openSink())
        return;
    if (doing_.kind == Wish::Kind::Record)
        beginToRecord();
    else
        beginToHear();
}

bool PracticeDesk::openSink()
{
    if (sink_ && !sink_->gone())
        return true;
    sink_.reset();
    auto opened = devices_.open_sound
        ? devices_.open_sound(devices_.loudspeaker)
        : base::Result<base::SoundSinkPtr>(base::fail(base::Fault::NotFound, "No sound device is there"));
    if (opened && (*opened)->rateHz() != guide::kGuideRate_hz)
        opened = base::fail(base::Fault::Unsupported, "The sound device does not play at 48 kHz");
    if (opened)
        sink_ = std::move(*opened);
    else
        end(opened.error().message + ": nothing can be heard, so nothing is recorded");
    return opened.has_value();
}

void PracticeDesk::sound(std::optional<std::int64_t> length, decltype(Sounding::render) render)
{
    sounding_ = Sounding { sink_->taken(), 0, length, std::move(render) };
}

/// @return whether all of it was heard.
bool PracticeDesk::feed(Nanos now)
{
    if (!sounding_)
        return true;
    constexpr std::int64_t kBlock = 1024;
    const auto ahead = static_cast<std::int64_t>(base::seconds(kAhead) * guide::kGuideRate_hz);
    std::array<float, kBlock * base::kEars> block {};
    while (sounding_->first + sounding_->fed < sink_->taken() + ahead
        && (!sounding_->length || sounding_->fed < *sounding_->length)) {
        sounding_->render(sounding_->fed, block);
        sink_->put(sounding_->first + sounding_->fed, block);
        sounding_->fed += kBlock;
    }
    if (player_ && (pairs_.empty() || now - pairs_.back().heard_at >= kLook))
        lookAtClock(now);
    return sounding_->length && heard(now) >= static_cast<double>(*sounding_->length);
}

double PracticeDesk::heard(Nanos now) const
{
    return sink_->heardAt(now) - static_cast<double>(sounding_->first);
}

void PracticeDesk::lookAtClock(Nanos now)
{
    const auto sample = static_cast<std::int64_t>(std::llround(heard(now)));
    if (sample >= 0 && (pairs_.empty() || sample > pairs_.back().sample))
        pairs_.push_back({ sample, now });
}

void PracticeDesk::silence()
{
    if (sink_ && sounding_)
        sink_->put(sink_->taken(), {}); // what was put ahead is forgotten
    sounding_.reset();
    shown_.reset();
}

void PracticeDesk::beginToRecord()
{
    recorded_.clear();
    rate_hz_ = 0;
    played_.clear();
    pairs_.clear();
    if (devices_.microphone)
        block_ = devices_.microphone->find(doing_.began);
    player_ = std::make_shared<guide::GuidePlayer>(doing_.guide);
    guide::GuideStart start;
    start.count_in_clicks = kCountInClicks;
    if (const auto started = player_->start(start); !started)
        return end(started.error().message);
    beginPictures(); // before the sound: a disk that is slow here would swallow the count-in
    const bool mono = doing_.guide->channels() == 1;
    sound(std::nullopt, [this, mono](std::int64_t, std::span<float> ears) {
        if (!mono)
            return player_->render(ears, played_);
        const auto half = ears.first(ears.size() / 2);
        player_->render(half, played_);
        for (std::size_t i = half.size(); i-- > 0;)
            ears[2 * i] = ears[2 * i + 1] = half[i];
    });
}

/// Those from the key on go to disk by a recorder of their own, as a take's do.
void PracticeDesk::beginPictures()
{
    const std::shared_ptr<const capture::Ring>& ring = doing_.pictures.ring;
    if (!ring)
        return;
    capture::RecordingOrder order = doing_.pictures.order;
    takes::Disk& disk = order.disk ? *order.disk : takes::kernelDisk();
    (void)disk.makeFolder(folder_); // why it cannot be made the recorder says
    order.shoot = folder_;
    order.slate.scene = "attempt";
    order.slate.take = std::min(nextAttempt(folder_), kHighestPictures);
    order.first = order.roll = ring->firstCapturedFrom(doing_.began);
    order.patience = kPicturesLate;
    recorder_ = std::make_unique<capture::Recorder>(ring, nullptr, std::move(order));
}

/// Waits until they are on a disk that answers, however slowly.
/// @param trouble set when they are not kept as they were seen.
/// @return nullopt: there is none.
std::optional<PracticePictures> PracticeDesk::closePictures(std::string& trouble)
{
    using Status = capture::RecorderStatus;
    auto recorder = std::exchange(recorder_, nullptr);
    if (!recorder)
        return std::nullopt;
    recorder->giveUp(); // of a disk that has refused already
    (void)recorder->waitUntilDone(base::monotonicNow() + kPicturesLate);
    const Status status = recorder->status();
    recorder.reset();
    bool whole = status.state == Status::State::Closed;
    const bool over = whole || status.state == Status::State::Failed;
    if (!over && !status.folder.empty()) {
        const auto kept = takes::Recording::open(status.folder);
        whole = kept && (*kept)->facts().closed && (*kept)->frameCount() >= status.frames + status.unwritten;
    }
    if (!whole)
        trouble = "The picture of this attempt is not kept whole"
            + (status.trouble.empty() ? std::string() : ": " + status.trouble);
    if (status.folder.empty() || !status.first_captured_at)
        return std::nullopt;
    if (over && status.frames == 0) { // a disk that still hangs may have them later
        std::error_code none;
        std::filesystem::remove_all(status.folder, none);
        return std::nullopt;
    }
    return PracticePictures { status.folder.filename().string(), *status.first_captured_at - doing_.began };
}

/// Of an attempt that is not kept.
void PracticeDesk::dropPictures()
{
    if (!recorder_)
        return;
    recorder_->cut(doing_.pictures.ring->announcedEnd());
    std::string unsaid;
    const auto pictures = closePictures(unsaid);
    std::error_code none;
    if (pictures)
        std::filesystem::remove_all(picturesFolder(folder_, *pictures), none);
}

/// All that has come of the microphone since the key.
void PracticeDesk::listen()
{
    if (!devices_.microphone)
        return;
    while (const capture::SoundBlockPtr block = devices_.microphone->at(block_)) {
        if (doing_.ended && block->captured_at >= *doing_.ended)
            return;
        ++block_;
        if (block->frames() == 0 || (rate_hz_ != 0 && block->rate_hz != rate_hz_))
            continue; // another rate: silence stands in its place
        rate_hz_ = block->rate_hz;
        const auto place = static_cast<std::ptrdiff_t>(block->samplesIn(block->captured_at - doing_.began));
        const auto slack = static_cast<std::ptrdiff_t>(block->samplesIn(capture::SoundRing::kSlack));
        const auto size = static_cast<std::ptrdiff_t>(recorded_.size());
        std::ptrdiff_t skipped = 0; // before the key, or there already
        if (recorded_.empty() || std::abs(place - size) > slack) {
            skipped = std::max<std::ptrdiff_t>(0, size - place);
            recorded_.resize(static_cast<std::size_t>(std::max(size, place)), 0.0F);
        }
        const auto channels = static_cast<std::size_t>(block->channels);
        for (std::ptrdiff_t i = skipped; i < block->frames(); ++i) {
            double sum = 0;
            int counted = 0;
            for (std::size_t c = 0; c < channels; ++c) {
                if (static_cast<int>(c) + 1 == devices_.leave_out && channels > 1)
                    continue;
                sum += block->samples[static_cast<std::size_t>(i) * channels + c];
                ++counted;
            }
            recorded_.push_back(static_cast<float>(sum / counted / 2147483648.0));
        }
    }
}

void PracticeDesk::finish(Nanos ended)
{
    if (recorded_.empty())
        return end(ended - doing_.began < kShortest
                ? "Too short: nothing is kept. Enter records, Enter again ends it"
                : "No sound came from the microphone: nothing is kept. Look at its cable and its name (F10)");
    if (ended - doing_.began < kShortest)
        return end("Too short: nothing is kept. Enter records, Enter again ends it");
    const Nanos length = ended - doing_.began;
    const auto samples = static_cast<std::size_t>(base::seconds(length) * rate_hz_);
    recorded_.resize(std::min(recorded_.size(), samples)); // the last block goes on behind the key
    PracticeFacts facts;
    facts.record = guide::fitGuideRecord(played_, pairs_, guide::kGuideRate_hz, doing_.began);
    facts.guide = identityOf(*doing_.guide);
    std::string picture_trouble;
    facts.pictures = closePictures(picture_trouble);
    const base::SoundTrackPtr heard = guide::placed(doing_.guide, facts.record);
    const auto wanted = guide::onsetsIn(guide::onsetsOf(*heard, Nanos(0), length, guide::Reading::Forward));
    const auto made = guide::onsetsIn(guide::onsetsOf(recorded_, rate_hz_));
    facts.whole = markOf(guide::scoreOf(wanted, made));
    std::vector<guide::PracticeRange> ranges;
    for (const guide::Phrase& phrase : guide::phrasesIn(*heard))
        if (phrase.from < length)
            ranges.push_back({ phrase.from, phrase.to });
    for (const guide::PracticeScore& score : guide::scoresOf(wanted, made, ranges))
        facts.phrases.push_back(markOf(score));

    const auto number = writeAttempt(folder_, recorded_, rate_hz_, facts);
    const bool silent = std::all_of(
        recorded_.begin(), recorded_.end(), [](float sample) { return std::abs(sample) < 1e-4F; });
    player_.reset();
    if (!number) {
        std::error_code none;
        if (facts.pictures)
            std::filesystem::remove_all(picturesFolder(folder_, *facts.pictures), none);
        return end(number.error().message);
    }
    Lock lock(mutex_);
    view_.attempts.push_back({ *number, length, facts.whole, facts.phrases });
    view_.chosen = view_.attempts.size() - 1;
    if (wish_.number != doing_.number)
        return;
    Wish next;
    if (wish_.heard_after) {
        next.kind = Wish::Kind::Hear;
        next.heard = Heard::Flipped;
        next.attempt = *number;
    }
    view_.state = wish_.heard_after ? State::Hearing : State::Ready;
    wish(std::move(next));
    view_.trouble = std::move(picture_trouble);
    if (silent)
        view_.trouble = "The microphone gave silence: is it on, and is it the right one (F10)?";
}

void PracticeDesk::beginToHear()
{
    if (doing_.heard == Heard::Guide)
        return sound(doing_.guide->sampleCount(),
            [guide = doing_.guide](std::int64_t at, std::span<float> ears) { readEars(*guide, at, ears); });
    const std::filesystem::path file = practiceFile(folder_, doing_.attempt);
    const auto stored = readAttempt(file);
    if (!stored)
        return end(stored.error().message);
    const auto attempt = guide::SoundClip::load(file, std::nullopt, {}, {});
    if (!attempt)
        return end(attempt.error().message);
    base::SoundTrackPtr beside; // in the right ear
    if (doing_.heard == Heard::Both) {
        if (identityOf(*doing_.guide) != stored->facts.guide)
            return end(fmt::format(
                "Attempt {} was made with another guide: load that one to compare", doing_.attempt));
        beside = guide::placed(doing_.guide, stored->facts.record);
    }
    const std::int64_t count = (*attempt)->sampleCount();
    openPictures(*stored);
    sound(count, [attempt = *attempt, beside, count](std::int64_t at, std::span<float> ears) {
        const auto block = static_cast<std::int64_t>(ears.size() / base::kEars);
        // Reversed: sample s of the sound is S-1-s of the attempt.
        const std::int64_t from = count - at - block;
        std::vector<float> left(static_cast<std::size_t>(block));
        attempt->read(from, left);
        std::vector<float> right;
        const auto channels = beside ? static_cast<std::size_t>(beside->channels()) : 1;
        if (beside) {
            right.resize(static_cast<std::size_t>(block) * channels);
            const double starts = base::seconds(beside->startsAt()) * guide::kGuideRate_hz;
            beside->read(from - std::llround(starts), right);
        }
        for (std::size_t i = 0; i < left.size(); ++i) {
            const std::size_t mirrored = left.size() - 1 - i;
            ears[2 * i] = left[mirrored];
            ears[2 * i + 1] = beside ? monoOf(right, mirrored, channels) : left[mirrored];
        }
    });
}

/// What cannot be seen is heard all the same.
void PracticeDesk::openPictures(const StoredAttempt& stored)
{
    if (!stored.facts.pictures)
        return;
    const auto recording = takes::Recording::open(picturesFolder(folder_, *stored.facts.pictures));
    if (!recording) {
        Lock lock(mutex_);
        view_.trouble = fmt::format(
            "The picture of attempt {} cannot be shown: {}", doing_.attempt, recording.error().message);
        return;
    }
    shown_ = { doing_.attempt, *recording, (*recording)->facts().orientation,
        stored.length - stored.facts.pictures->starts };
}

/// Between two turns it goes on by the window's clock.
void PracticeDesk::tellSeen(Nanos now)
{
    if (!shown_)
        return;
    Seen seen { *shown_, doing_.number, now };
    seen.attempt.position -= Nanos(std::llround(heard(now) / guide::kGuideRate_hz * 1e9));
    Lock lock(mutex_);
    seen_ = std::move(seen);
}

} // namespace backtake::app
