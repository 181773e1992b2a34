#include "capture/tether_body.hpp"

#include "base/text.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace backtake::capture {

using base::Nanos;

namespace {

BodyEvent event(BodyEvent::Kind kind, Nanos at, std::string text = {})
{
    BodyEvent news;
    news.kind = kind;
    news.at = std::min(at, base::monotonicNow()); // the helper's word: never a time to come
    news.text = base::oneLine(text);
    return news;
}

ClipFetch::State stateOf(tether::Progress::State state)
{
    switch (state) {
    case tether::Progress::State::Running:
        return ClipFetch::State::Running;
    case tether::Progress::State::Done:
        return ClipFetch::State::Done;
    case tether::Progress::State::Cancelled:
        return ClipFetch::State::Cancelled;
    case tether::Progress::State::Failed:
        return ClipFetch::State::Failed;
    }
    return ClipFetch::State::Failed;
}

} // namespace

std::optional<int> batteryPercent(std::string_view words)
{
    if (words == "Low")
        return 5;
    int percent = 0;
    const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), percent);
    if (error != std::errc() || percent < 0 || percent > 100)
        return std::nullopt;
    return percent;
}

TetherBody::~TetherBody()
{
    if (attached_)
        body_.detach(ending_);
}

void TetherBody::take(const tether::Opened& opened, Nanos took)
{
    attached_ = true;
    body_.attach(base::oneLine(opened.model),
        [line = line_](std::uint64_t id, const BodyRequest& request) { return line->ask(id, request); });
    body_.change([&](BodyStatus& status) {
        status.can_record = opened.can_record;
        status.opening_time = took;
    });
}

void TetherBody::take(tether::Setting setting)
{
    body_.change([&](BodyStatus& status) {
        auto known = std::find_if(status.settings.begin(), status.settings.end(),
            [&](const BodySetting& one) { return one.name == setting.name; });
        if (known == status.settings.end())
            known = status.settings.insert(known, BodySetting {});
        known->name = std::move(setting.name);
        known->label = base::oneLine(setting.label);
        known->value = std::move(setting.value);
        known->choices = std::move(setting.choices);
        known->read_only = setting.read_only;
    });
}

void TetherBody::take(const tether::Answer& answer)
{
    const auto request = line_->answered(answer.id);
    if (!request)
        return; // an answer to nothing we asked
    if (!answer.done)
        spdlog::warn("camera body: {} ({})", base::oneLine(answer.message), base::oneLine(answer.detail));
    if (const auto* set = std::get_if<SetBodySetting>(&*request)) {
        body_.change([&](BodyStatus& status) {
            for (BodySetting& setting : status.settings)
                if (setting.name == set->name)
                    setting.pending = false;
        });
        if (!answer.done)
            body_.tell(event(BodyEvent::Kind::SettingRefused, base::monotonicNow(), answer.message));
    } else if (std::holds_alternative<RecordOnBody>(*request)) {
        if (!answer.done)
            body_.tell(event(BodyEvent::Kind::RecordRefused, base::monotonicNow(), answer.message));
    } else if (std::holds_alternative<FetchBodyClip>(*request) && !answer.done) {
        tether::Progress failed;
        failed.id = answer.id;
        failed.state = tether::Progress::State::Failed;
        failed.message = answer.message;
        take(failed);
    }
}

void TetherBody::take(const tether::Facts& facts)
{
    body_.change([&](BodyStatus& status) {
        if (facts.lens)
            status.lens = base::oneLine(*facts.lens);
        if (facts.battery) {
            status.battery = base::oneLine(*facts.battery);
            status.battery_percent = batteryPercent(status.battery);
        }
        if (facts.shots_left)
            status.shots_left = facts.shots_left;
        if (facts.card_present)
            status.card_present = facts.card_present;
        if (facts.card_free_bytes)
            status.card_free_bytes = facts.card_free_bytes;
        if (facts.movie_mode)
            status.movie_mode = facts.movie_mode;
        if (facts.output)
            status.output = base::oneLine(*facts.output);
    });
}

void TetherBody::take(const tether::Recording& recording)
{
    const bool found_so = !std::exchange(recording_told_, true); // how it is when the helper opens it
    if (body_.status().recording == recording.on)
        return;
    body_.change([&](BodyStatus& status) { status.recording = recording.on; });
    BodyEvent news = event(
        recording.on ? BodyEvent::Kind::RecordingStarted : BodyEvent::Kind::RecordingStopped, recording.at);
    // One that ended while the body was away has not been ended by anybody now: the take goes on.
    const bool ended_away = found_so && !recording.on;
    news.asked_here = ended_away || line_->recordAsked(recording.on, news.at);
    body_.tell(std::move(news));
    if (ended_away)
        body_.tell(event(BodyEvent::Kind::Note, recording.at,
            "The camera stopped its own recording while the connection was lost: Backtake goes on "
            "recording"));
}

void TetherBody::take(const tether::ClipAdded& clip)
{
    BodyEvent news = event(BodyEvent::Kind::ClipAdded, clip.at);
    news.clip = { clip.folder, clip.name, clip.bytes };
    body_.tell(std::move(news));
}

void TetherBody::take(const tether::Progress& progress)
{
    bool ended = false;
    body_.change([&](BodyStatus& status) {
        for (ClipFetch& fetch : status.fetches) {
            if (fetch.id != progress.id || fetch.state != ClipFetch::State::Running)
                continue;
            fetch.state = stateOf(progress.state);
            fetch.bytes = progress.bytes;
            fetch.total_bytes = progress.total_bytes != 0 ? progress.total_bytes : fetch.total_bytes;
            fetch.bytes_per_second = progress.bytes_per_second;
            fetch.trouble = base::oneLine(progress.message);
            ended = fetch.state != ClipFetch::State::Running;
        }
    });
    if (!ended)
        return;
    BodyEvent news = event(BodyEvent::Kind::FetchEnded, base::monotonicNow(), progress.message);
    news.request = progress.id;
    body_.tell(std::move(news));
}

void TetherBody::take(const tether::Note& note)
{
    body_.tell(event(BodyEvent::Kind::Note, base::monotonicNow(), note.text));
}

} // namespace backtake::capture
