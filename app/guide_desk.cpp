#include "app/guide_desk.hpp"

#include "app/second_folder.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace backtake::app {

using base::kEars;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

/// Put ahead of the device: a thread that sleeps, and the largest chunk of a device, 21 ms, fit in. It is
/// also how long after a key the guide is heard.
constexpr Nanos kAhead = 64ms;
constexpr Nanos kStep = 15ms;
/// From the next sample the device can take to the first that is rendered: time to do it.
constexpr Nanos kGuard = 6ms;
constexpr Nanos kOpenAgain = 1s;
constexpr Nanos kNothingToDo = 3600s;
/// Looks at the device's clock while the guide sounds.
constexpr Nanos kLooks = 50ms;
/// Between the samples of one device and those of the next: further than a fit looks to each side.
constexpr std::int64_t kBetweenDevices = 10 * guide::kGuideRate_hz;
/// More than the fade with which the guide stops.
constexpr std::int64_t kQuietAfter = guide::kGuideRate_hz / 50;

std::int64_t samples(Nanos length) { return std::llround(base::seconds(length) * guide::kGuideRate_hz); }

} // namespace

bool GuideHeard::soundedSince(Nanos from) const
{
    const auto since = std::partition_point(
        pairs.begin(), pairs.end(), [from](const guide::ClockPair& pair) { return pair.heard_at < from; });
    if (since == pairs.end() || pairs.size() < 2)
        return false;
    for (std::size_t i = 0; i < runs.size() && runs[i].first_rendered < pairs.back().sample; ++i)
        if (runs[i].speed != 0 && (i + 1 == runs.size() || runs[i + 1].first_rendered > since->sample))
            return true;
    return false;
}

guide::GuideRecord GuideHeard::recordFrom(Nanos frame_zero) const
{
    if (!soundedSince(frame_zero))
        return {};
    // What was rendered and not heard any more did not happen.
    const auto unheard = std::partition_point(runs.begin(), runs.end(),
        [this](const guide::PlayedRun& run) { return run.first_rendered < pairs.back().sample; });
    guide::GuideRecord record =
        guide::fitGuideRecord({ runs.begin(), unheard }, pairs, guide::kGuideRate_hz, frame_zero);
    std::erase_if(record.runs, [](const guide::GuideRun& run) { return run.end() <= Nanos(0); });
    return record;
}

GuideDesk::GuideDesk(Open open, Clock clock)
    : open_(std::move(open))
{
    if (open_ && clock == Clock::Own)
        thread_ = std::jthread([this](const std::stop_token& stop) {
            base::nameThisThread("bt-guide");
            run(stop);
        });
}

GuideDesk::~GuideDesk() { loading_stop_.request_stop(); }

void GuideDesk::finish()
{
    loading_stop_.request_stop();
    files_.finish();
}

// ---------------------------------------------------------------------------------------------- loading

void GuideDesk::load(const std::string& file, std::optional<Nanos> from, std::optional<Nanos> to)
{
    cancel();
    trouble_.clear();
    asked_file_ = file;
    if (file.empty()) {
        loaded_.reset();
        base::Lock lock(mutex_);
        wish_.player.reset();
        ++wish_.number;
        asked_.notifyOne();
        return;
    }
    loading_stop_ = {};
    progress_ = std::make_shared<std::atomic<double>>(0.0);
    loading_ = files_.ask([this, question = question_, path = folderFromText(file), from, to,
                              before = loaded_, progress = progress_,
                              stop = loading_stop_.get_token()]() -> Worker::Answer {
        auto loaded = loadGuide(
            path, from, to, before, [&progress](double part) { progress->store(part); }, stop);
        std::shared_ptr<guide::GuidePlayer> player;
        if (loaded)
            player = std::make_shared<guide::GuidePlayer>((*loaded)->clip);
        return [this, question, loaded = std::move(loaded), player = std::move(player)]() {
            if (question != question_)
                return;
            loading_ = false;
            if (!loaded) {
                trouble_ = loaded.error().message;
                news_ = "The guide is not loaded: " + trouble_;
                return;
            }
            loaded_ = *loaded;
            trouble_ = loaded_->clip->damage();
            if (!trouble_.empty())
                news_ = "The guide is damaged: " + trouble_;
            spdlog::info("guide: {}, {:.1f} s", loaded_->path.string(),
                base::seconds(base::Rate { guide::kGuideRate_hz, 1 }.timeOf(loaded_->clip->sampleCount())));
            player->setLevel(std::pow(10, choice_.level_db / 20.0));
            base::Lock lock(mutex_);
            wish_.player = player;
            wish_.start.reset();
            ++wish_.number;
            asked_.notifyOne();
        };
    });
    if (!loading_)
        trouble_ = "The disk is slow: load the guide again";
}

void GuideDesk::cancel()
{
    loading_stop_.request_stop();
    ++question_;
    if (std::exchange(loading_, false))
        asked_file_ = loaded_ ? loaded_->path.string() : std::string();
}

// ---------------------------------------------------------------------------------------------- playing

void GuideDesk::choose(const ui::GuideChoice& choice)
{
    choice_ = choice;
    choice_.level_db = std::clamp(choice.level_db, ui::kSoftestGuide_db, 0);
    choice_.count_in_clicks = std::clamp(choice.count_in_clicks, 0, ui::kMostGuideClicks);
    choice_.beats_per_minute = std::clamp(choice.beats_per_minute, ui::kSlowestTempo, ui::kFastestTempo);
    choice_.speed_percent = std::clamp(choice.speed_percent, ui::kSlowestGuide_percent, 100);
    base::Lock lock(mutex_);
    if (wish_.player)
        wish_.player->setLevel(std::pow(10, choice_.level_db / 20.0));
    if (wish_.device == choice_.device)
        return;
    wish_.device = choice_.device;
    ++wish_.number;
    asked_.notifyOne();
}

void GuideDesk::start()
{
    guide::GuideStart start;
    start.speed = choice_.speed_percent / 100.0;
    start.count_in_clicks = choice_.count_in_clicks;
    start.beats_per_minute = choice_.beats_per_minute;
    start.repeat = choice_.loop ? guide::Repeat::Loop : guide::Repeat::Once;
    base::Lock lock(mutex_);
    if (!wish_.player)
        return;
    wish_.start = start;
    ++wish_.number;
    asked_.notifyOne();
}

void GuideDesk::stop()
{
    base::Lock lock(mutex_);
    wish_.start.reset();
    ++wish_.number; // one that is being begun stops, too
    if (wish_.player)
        wish_.player->stop();
}

bool GuideDesk::playing() const
{
    base::Lock lock(mutex_);
    return wish_.player && (wish_.start || wish_.player->status().playing);
}

// ---------------------------------------------------------------------------------------------- the device

void GuideDesk::run(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        const Nanos until = step(base::monotonicNow());
        base::Lock lock(mutex_);
        (void)asked_.waitUntil(
            mutex_, stop, until, [this]() REQUIRES(mutex_) { return wish_.number != met_; });
    }
}

void GuideDesk::tell(std::string trouble)
{
    base::Lock lock(mutex_);
    if (trouble == device_trouble_)
        return;
    if (!trouble.empty())
        spdlog::warn("guide: {}", trouble);
    device_trouble_ = std::move(trouble);
}

void GuideDesk::letGo()
{
    if (!sink_)
        return;
    {
        base::Lock lock(mutex_);
        clock_.reset();
        const std::int64_t taken = offset_ + sink_->taken(); // the rest of what was put is not heard
        while (!heard_.runs.empty() && heard_.runs.back().first_rendered >= taken)
            heard_.runs.pop_back();
        heard_.runs.push_back({ taken, 0, 0 });
        offset_ = taken + kBetweenDevices;
    }
    end_ = 0;
    sink_.reset(); // waits for the device: outside the lock
}

bool GuideDesk::openSink(Nanos now, const std::string& device)
{
    const bool other = sink_name_ != device;
    if (sink_ && (other || sink_->gone())) {
        if (!other)
            player_->stop(); // not by itself again, when it returns in the middle of a take
        letGo();             // before the next one is opened: it may be the same device
        open_at_ = now;
    }
    if (other)
        open_at_ = std::min(open_at_, now);
    if (!sink_ && now >= open_at_) {
        sink_name_ = device;
        open_at_ = now + kOpenAgain;
        auto opened = open_(device);
        if (!opened) {
            tell(opened.error().message);
            return false;
        }
        sink_ = std::move(*opened);
        tell({});
        base::Lock lock(mutex_);
        clock_ = sink_;
    }
    return sink_ != nullptr;
}

Nanos GuideDesk::step(Nanos now)
{
    Wish wish;
    {
        base::Lock lock(mutex_);
        wish = wish_;
        met_ = wish_.number;
        if (heard_of_ != wish_.player) {
            heard_of_ = wish_.player;
            heard_ = {};
        }
    }
    if (player_ != wish.player) {
        player_ = wish.player;
        quiet_ = kQuietAfter;
        rendered_ = 0;
        going_ = {};
        if (sink_ && sink_->taken() < end_) { // what the one before put is not heard any more
            sink_->put(sink_->taken() + samples(kGuard), {});
            end_ = sink_->taken();
        }
    }
    if (!player_) {
        letGo();
        tell({});
        return now + kNothingToDo;
    }
    const bool open = openSink(now, wish.device);
    if (wish.start) {
        if (open) {
            if (const auto started = player_->start(*wish.start); !started)
                tell(started.error().message);
        }
        base::Lock lock(mutex_);
        if (wish_.number == wish.number && wish_.player == wish.player)
            wish_.start.reset();
        else if (!wish_.start)
            player_->stop(); // meanwhile
    }
    if (!open)
        return open_at_;
    const std::int64_t taken = sink_->taken();
    if (player_->status().playing || quiet_ < kQuietAfter) {
        if (end_ < taken + samples(kGuard)) // the first, or too late
            begin(taken + samples(kGuard));
        render(taken + samples(kAhead));
    }
    base::Lock lock(mutex_);
    look(now, kLooks);
    return taken < end_ || quiet_ < kQuietAfter ? now + kStep : now + kNothingToDo;
}

/// What is rendered next goes to the device at @p sample: after silence.
void GuideDesk::begin(std::int64_t sample)
{
    base::Lock lock(mutex_);
    if (going_.speed != 0) {
        const double gone_s = static_cast<double>(rendered_ - going_.first_rendered) / guide::kGuideRate_hz;
        if (end_ > 0)
            heard_.runs.push_back({ offset_ + end_, 0, 0 });
        heard_.runs.push_back({ offset_ + sample, going_.guide_s + going_.speed * gone_s, going_.speed });
    }
    end_ = sample;
}

void GuideDesk::render(std::int64_t until)
{
    const auto channels = static_cast<std::size_t>(player_->master().channels());
    const std::int64_t count = until - end_;
    if (count <= 0)
        return;
    block_.resize(static_cast<std::size_t>(count) * channels);
    ears_.resize(static_cast<std::size_t>(count) * kEars);
    runs_.clear();
    player_->render(block_, runs_);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
        for (std::size_t ear = 0; ear < kEars; ++ear)
            ears_[i * kEars + ear] = block_[i * channels + std::min(ear, channels - 1)];
    sink_->put(end_, ears_);
    quiet_ = player_->status().playing ? 0 : quiet_ + count;
    base::Lock lock(mutex_);
    for (const guide::PlayedRun& run : runs_) {
        going_ = run;
        heard_.runs.push_back({ offset_ + end_ + run.first_rendered - rendered_, run.guide_s, run.speed });
    }
    end_ = until;
    rendered_ += count;
}

void GuideDesk::look(Nanos now, Nanos least)
{
    if (!clock_)
        return;
    const double heard = clock_->heardAt(now);
    const auto whole = static_cast<std::int64_t>(std::floor(heard));
    const Nanos at =
        now - Nanos(std::llround((heard - static_cast<double>(whole)) * 1e9 / guide::kGuideRate_hz));
    const std::int64_t sample = offset_ + whole;
    auto& pairs = heard_.pairs;
    if (!pairs.empty() && (sample <= pairs.back().sample || at < pairs.back().heard_at + least))
        return;
    pairs.push_back({ sample, at });
}

// ---------------------------------------------------------------------------------------------- what came of
// it

GuideHeard GuideDesk::heard(Nanos now)
{
    base::Lock lock(mutex_);
    if (heard_of_ != wish_.player)
        return {};
    look(now, Nanos(1));
    return heard_;
}

void GuideDesk::update(Nanos now, Nanos keep_from, Answers answers)
{
    if (answers == Answers::Come)
        files_.deliver();
    if (open_ && !thread_.joinable())
        (void)step(now);
    // Half of it at a time: what is kept is not moved again and again.
    base::Lock lock(mutex_);
    auto& [runs, pairs] = heard_;
    const auto kept = std::partition_point(pairs.begin(), pairs.end(),
        [keep_from](const guide::ClockPair& pair) { return pair.heard_at < keep_from - 2s; });
    if (kept == pairs.end() || kept - pairs.begin() < 100 || kept - pairs.begin() < pairs.end() - kept)
        return;
    pairs.erase(pairs.begin(), kept);
    const std::int64_t first = pairs.front().sample;
    const auto later = std::partition_point(runs.begin(), runs.end(),
        [first](const guide::PlayedRun& run) { return run.first_rendered <= first; });
    if (later - runs.begin() > 1)
        runs.erase(runs.begin(), std::prev(later));
}

void GuideDesk::fill(ui::GuideModel& view) const
{
    view.file = asked_file_;
    view.loading = loading_;
    view.progress = loading_ ? progress_->load() : 0;
    view.loaded = loaded_ != nullptr;
    view.trouble = trouble_;
    view.wave = loaded_ ? loaded_->wave : nullptr;
    if (loaded_) {
        view.from = loaded_->clip->startsAt();
        view.to = view.from + base::Rate { guide::kGuideRate_hz, 1 }.timeOf(loaded_->clip->sampleCount());
        view.wave_from = loaded_->wave_from;
        view.wave_to = loaded_->wave_to;
    }
    base::Lock lock(mutex_);
    view.device_trouble = device_trouble_;
    const guide::GuideStatus status = wish_.player ? wish_.player->status() : guide::GuideStatus {};
    view.playing = wish_.player && (wish_.start || status.playing);
    view.clicks_left = status.clicks_left;
    view.position = status.guide_s ? std::optional(Nanos(std::llround(*status.guide_s * 1e9))) : std::nullopt;
}

} // namespace backtake::app
