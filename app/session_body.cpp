// The cameras' bodies: their own recordings beside ours, their dials, their clips.
#include "app/session.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace backtake::app {

using base::Nanos;
using capture::BodyEvent;
using capture::BodyStatus;
using capture::ClipFetch;
using namespace std::chrono_literals;

namespace {

/// A boundary told by a body waits this long for the frames around it: five at 30 per second. After that the
/// camera has none, and the take starts or ends with what there is.
constexpr Nanos kFramesLate = 150ms;
/// A camera announces its clip 0.3 s after it stops; a split recording's last part may take longer.
constexpr Nanos kClipLate = 10s;
constexpr Nanos kLookAgain = 5ms;
/// Shorter clips say little about how many bytes a second takes.
constexpr Nanos kShortestForRate = 2s;
/// Fetches of all units in one number, for the window.
constexpr unsigned kUnitShift = 48;
/// Of a colour temperature that comes without a list.
constexpr int kKelvinStep = 100;

bool isMovie(std::string_view name)
{
    constexpr std::array<std::string_view, 6> kMovies { ".mov", ".mp4", ".m4v", ".avi", ".mxf", ".crm" };
    const auto dot = name.rfind('.');
    if (dot == std::string_view::npos)
        return false;
    std::string ending(name.substr(dot));
    std::transform(ending.begin(), ending.end(), ending.begin(),
        [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter; });
    return std::find(kMovies.begin(), kMovies.end(), ending) != kMovies.end();
}

template <typename List, typename Condition> auto* findIn(List& list, Condition condition)
{
    const auto found = std::find_if(list.begin(), list.end(), condition);
    return found == list.end() ? nullptr : &*found;
}

const capture::BodySetting* settingOf(const BodyStatus& body, const std::string& name)
{
    return findIn(body.settings, [&](const capture::BodySetting& one) { return one.name == name; });
}

const ClipFetch* fetchOf(const BodyStatus& body, std::uint64_t id)
{
    return findIn(body.fetches, [id](const ClipFetch& one) { return one.id == id; });
}

/// The first clip of a take that is not here yet.
const takes::CameraClip* nextToFetch(const takes::TakeFacts& facts)
{
    if (facts.camera_clip && facts.camera_clip->fetched.empty())
        return &*facts.camera_clip;
    return findIn(facts.further_clips, [](const takes::CameraClip& clip) { return clip.fetched.empty(); });
}

} // namespace

std::string Session::named(const Unit& unit, const std::string& text) const
{
    return units_.size() > 1 ? fmt::format("Camera {}: {}", unit.letter, text) : text;
}

// ---------------------------------------------------------------------------------------------- news

void Session::readBodies(Nanos now)
{
    for (Unit& unit : units_) {
        const capture::Body& body = unit.camera->body();
        // The events first: the status read after them is as new as they are.
        const std::vector<BodyEvent> events = unit.camera->body().takeEvents();
        if (const std::uint64_t version = body.version(); unit.body_version != version) {
            unit.body_version = version;
            unit.body = body.status();
            if (!unit.body.attached)
                unit.stop_asked = false;
            std::erase_if(unit.wanted, [&](const auto& wish) {
                const auto* setting = settingOf(unit.body, wish.first);
                return setting == nullptr || !setting->pending;
            });
            tellTroubles(unit, now);
            body_changed_ = true;
        }
        for (const BodyEvent& event : events)
            hear(unit, event, now);
    }
    if (!ending_)
        followBoundaries(now);
}

void Session::hear(Unit& unit, const BodyEvent& event, Nanos now)
{
    switch (event.kind) {
    case BodyEvent::Kind::RecordingStarted:
        return bodyStarted(unit, event, now);
    case BodyEvent::Kind::RecordingStopped:
        return bodyStopped(unit, event, now);
    case BodyEvent::Kind::ClipAdded:
        return clipAdded(unit, event, now);
    case BodyEvent::Kind::FetchEnded:
        return fetchEnded(unit, event.request, now);
    case BodyEvent::Kind::SettingRefused:
        return say(ui::Message::Kind::Warning, named(unit, event.text), now);
    case BodyEvent::Kind::RecordRefused: {
        const auto asked =
            findIn(unit.body_takes, [](const auto& take) { return take->state == BodyTake::State::Asked; });
        if (asked != nullptr)
            (*asked)->state = BodyTake::State::Silent;
        else
            unit.stop_asked = false;
        return say(ui::Message::Kind::Warning,
            named(unit,
                rolling() ? fmt::format("{}. Take {}/{} goes on here", event.text, scene_, next_take_)
                          : event.text),
            now);
    }
    case BodyEvent::Kind::Note:
        return say(ui::Message::Kind::Note, named(unit, event.text), now);
    }
}

void Session::tellTroubles(Unit& unit, Nanos now)
{
    std::map<std::string, std::string> troubles;
    for (const capture::BodyTrouble& trouble : capture::troublesOf(unit.body)) {
        troubles[trouble.key] = trouble.text;
        // Once: what the operator has dismissed stays away until it says something else.
        const auto said = unit.troubles.find(trouble.key);
        if (said == unit.troubles.end() || said->second != trouble.text)
            standing(fmt::format("body {} {}", unit.letter, trouble.key),
                trouble.grave ? ui::Message::Kind::Trouble : ui::Message::Kind::Warning,
                named(unit, trouble.text), now);
    }
    for (const auto& [key, text] : unit.troubles)
        if (!troubles.contains(key))
            standing(fmt::format("body {} {}", unit.letter, key), ui::Message::Kind::Note, {}, now);
    unit.troubles = std::move(troubles);
}

// ---------------------------------------------------------------------------------------------- recording

void Session::recordOnBody(Unit& unit, Nanos now)
{
    if (unit.body_take) // it was the body that started
        return;
    unit.body_take = std::make_shared<BodyTake>();
    BodyTake& take = *unit.body_take;
    const BodyStatus body = unit.camera->body().status();
    if (body.recording && !unit.stop_asked) {
        take.state = BodyTake::State::Recording;
        take.started_at = now;
    } else if (options_.record_on_body && body.attached && body.can_record) {
        if (const auto asked = unit.camera->body().ask(capture::RecordOnBody { true })) {
            take.state = BodyTake::State::Asked;
            take.ours = true;
        } else {
            say(ui::Message::Kind::Warning,
                named(unit, "The camera does not record: " + asked.error().message), now);
        }
    }
    if (take.state != BodyTake::State::Silent)
        expectClip(unit);
}

void Session::stopOnBody(Unit& unit, Nanos now)
{
    if (!unit.body_take)
        return;
    const BodyTake& take = *unit.body_take;
    const bool runs = take.state == BodyTake::State::Asked || take.state == BodyTake::State::Recording;
    if (!runs || !(take.ours || options_.record_on_body))
        return;
    if (const auto asked = unit.camera->body().ask(capture::RecordOnBody { false }))
        unit.stop_asked = true;
    else
        say(ui::Message::Kind::Warning,
            named(unit, "The camera may still be recording, stop it on the body: " + asked.error().message),
            now);
}

void Session::expectClip(Unit& unit)
{
    using State = BodyTake::State;
    std::erase_if(unit.body_takes, [](const auto& take) { return take->state == State::Silent; });
    // The newest that is done may still get the last part of a split recording.
    while (unit.body_takes.size() > 1 && unit.body_takes.front()->state == State::Done)
        unit.body_takes.erase(unit.body_takes.begin());
    unit.body_takes.push_back(unit.body_take);
}

void Session::bodyStarted(Unit& unit, const BodyEvent& event, Nanos now)
{
    using State = BodyTake::State;
    const auto asked = findIn(unit.body_takes, [](const auto& take) { return take->state == State::Asked; });
    if (asked != nullptr) {
        (*asked)->state = State::Recording;
        (*asked)->started_at = event.at;
        return;
    }
    if (event.asked_here || ending_)
        return;
    if (!unit.body_take) {
        unit.body_take = std::make_shared<BodyTake>();
    } else if (unit.body_take->state != State::Silent) {
        if (unit.body_take->state == State::Recording)
            return; // told again after a reconnect
        // It stopped and started again within the take: its clips all belong to it.
        unit.body_take->state = State::Recording;
        unit.body_take->started_at = event.at;
        return;
    }
    unit.body_take->state = State::Recording;
    unit.body_take->started_at = event.at;
    expectClip(unit);
    if (!rolling() && !start_told_) {
        spdlog::info("camera {} was started on its body: the take rolls", unit.letter);
        start_told_ = Boundary { event.at, now };
    }
}

void Session::bodyStopped(Unit& unit, const BodyEvent& event, Nanos now)
{
    using State = BodyTake::State;
    unit.stop_asked = false;
    if (start_told_) // shorter than a look at the camera takes
        roll(now, std::exchange(start_told_, std::nullopt)->from);
    auto* take = findIn(unit.body_takes, [](const auto& one) { return one->state == State::Recording; });
    if (take == nullptr)
        take = findIn(unit.body_takes, [](const auto& one) { return one->state == State::Asked; });
    if (take != nullptr) {
        (*take)->state = State::Finishing;
        (*take)->stopped_at = event.at;
    }
    if (!event.asked_here && rolling() && event.at >= *rolling_since_ && !stop_told_) {
        spdlog::info("camera {} was stopped on its body: the take is cut", unit.letter);
        stop_told_ = Boundary { event.at + 1ns, now };
    }
}

bool Session::framesArrivedPast(const Boundary& boundary, Nanos now) const
{
    return now - boundary.noticed_at >= kFramesLate
        || std::all_of(units_.begin(), units_.end(), [&](const Unit& unit) {
               const auto& ring = unit.camera->ring();
               return ring->firstCapturedFrom(boundary.from) < ring->announcedEnd()
                   || unit.camera->status().state != capture::CameraState::Live;
           });
}

void Session::followBoundaries(Nanos now)
{
    if (start_told_ && framesArrivedPast(*start_told_, now))
        roll(now, std::exchange(start_told_, std::nullopt)->from);
    if (stop_told_ && rolling() && framesArrivedPast(*stop_told_, now))
        cut(now, std::exchange(stop_told_, std::nullopt)->from);
}

void Session::waitForBodies()
{
    // The one place that looks again and again: at the very end, for a body that is to stop, and for the name
    // of the last clip, which nobody could ask for later.
    const auto owesNews = [](const Unit& unit) {
        return unit.body.attached
            && (unit.stop_asked
                || std::any_of(unit.body_takes.begin(), unit.body_takes.end(), [](const auto& take) {
                       return take->state == BodyTake::State::Finishing
                           && base::monotonicNow() - take->stopped_at < kClipLate;
                   }));
    };
    const Nanos give_up = base::monotonicNow() + options_.last_news;
    readBodies(base::monotonicNow());
    while (std::any_of(units_.begin(), units_.end(), owesNews) && base::monotonicNow() < give_up) {
        std::this_thread::sleep_for(kLookAgain);
        readBodies(base::monotonicNow());
    }
}

// ---------------------------------------------------------------------------------------------- clips

void Session::clipAdded(Unit& unit, const BodyEvent& event, Nanos now)
{
    using State = BodyTake::State;
    if (!isMovie(event.clip.name))
        return; // a still
    if (!takes::isClipName(event.clip.name))
        return say(ui::Message::Kind::Warning,
            named(unit,
                fmt::format(
                    "The camera's clip has a name that cannot be noted: {}", base::oneLine(event.clip.name))),
            now);
    auto* found = findIn(unit.body_takes, [](const auto& one) { return one->state == State::Finishing; });
    if (found == nullptr) // a part of one that goes on
        found = findIn(unit.body_takes, [](const auto& one) { return one->state == State::Recording; });
    if (found == nullptr && !unit.body_takes.empty()
        && event.at - unit.body_takes.back()->stopped_at < kClipLate)
        found = &unit.body_takes.back(); // the last part of a split one
    if (found == nullptr) {
        spdlog::info("camera {} added {}, which belongs to no take", unit.letter, event.clip.name);
        return;
    }
    BodyTake& take = **found;
    const Nanos length = take.stopped_at - take.started_at;
    if (take.state == State::Finishing && take.announced == 0 && event.clip.bytes > 0
        && length >= kShortestForRate) {
        unit.clip_bytes_per_second =
            static_cast<double>(event.clip.bytes) / std::chrono::duration<double>(length).count();
        body_changed_ = true;
    }
    ++take.announced;
    if (take.state == State::Finishing)
        take.state = State::Done;
    const takes::CameraClip clip { event.clip.folder, event.clip.name, event.clip.bytes, {} };
    if (take.folder.empty())
        take.clips.push_back(clip);
    else
        storeClip(take.folder, clip);
}

void Session::storeClip(const std::filesystem::path& folder, const takes::CameraClip& clip)
{
    spdlog::info("{}: the camera's clip is {}", folder.string(), clip.name);
    changeFacts({ folder, [clip](takes::TakeFacts& facts) { takes::putClip(facts, clip); },
        "The camera's clip " + clip.name });
}

// ---------------------------------------------------------------------------------------------- fetching

void Session::fetchClip(std::size_t row, Nanos now)
{
    if (row >= log_.size())
        return;
    if (read_only_)
        return say(ui::Message::Kind::Warning, read_only_->message, now);
    const takes::TakeEntry& entry = log_[row];
    const std::string slate = takes::text(entry.facts.slate);
    if (!entry.facts.camera_clip)
        return say(
            ui::Message::Kind::Note, fmt::format("The camera has named no clip for take {}", slate), now);
    if (nextToFetch(entry.facts) == nullptr)
        return say(ui::Message::Kind::Note,
            fmt::format("The clip of take {} is here already: {}", slate,
                (entry.folder / entry.facts.camera_clip->fetched).string()),
            now);
    auto* unit = findIn(units_, [&](const Unit& one) { return one.letter == entry.facts.slate.camera; });
    if (unit == nullptr || !unit->camera->body().status().attached)
        return say(ui::Message::Kind::Warning,
            fmt::format("Camera {} is not connected: attach it, then fetch the clip of take {} again",
                entry.facts.slate.camera, slate),
            now);
    if (findIn(unit->fetches, [&](const Fetch& one) { return one.folder == entry.folder; }) != nullptr)
        return; // it comes
    fetchNext(*unit, entry, now);
}

void Session::fetchNext(Unit& unit, const takes::TakeEntry& entry, Nanos now)
{
    const takes::CameraClip* clip = nextToFetch(entry.facts);
    if (clip == nullptr)
        return;
    // Absolute: the helper that writes it has a working folder of its own.
    const auto target = std::filesystem::absolute(entry.folder / clip->name).lexically_normal();
    const auto asked =
        unit.camera->body().ask(capture::FetchBodyClip { { clip->folder, clip->name, clip->bytes }, target });
    if (!asked)
        return say(ui::Message::Kind::Warning, named(unit, asked.error().message), now);
    unit.fetches.push_back({ *asked, entry.folder, *clip });
}

void Session::cancelFetch(std::uint64_t id, Nanos now)
{
    const std::size_t index = id >> kUnitShift;
    if (index >= units_.size())
        return;
    Unit& unit = units_[index];
    const auto asked =
        unit.camera->body().ask(capture::CancelBodyFetch { id & ((std::uint64_t { 1 } << kUnitShift) - 1) });
    if (!asked)
        say(ui::Message::Kind::Warning, named(unit, asked.error().message), now);
}

void Session::fetchEnded(Unit& unit, std::uint64_t id, Nanos now)
{
    const auto ours = std::find_if(
        unit.fetches.begin(), unit.fetches.end(), [id](const Fetch& one) { return one.id == id; });
    const ClipFetch* fetch = fetchOf(unit.body, id);
    if (ours == unit.fetches.end() || fetch == nullptr)
        return;
    Fetch ended = std::move(*ours);
    unit.fetches.erase(ours);
    switch (fetch->state) {
    case ClipFetch::State::Done: {
        ended.clip.fetched = ended.clip.name;
        ended.clip.bytes = fetch->total_bytes > 0 ? fetch->total_bytes : ended.clip.bytes;
        say(ui::Message::Kind::Note,
            fmt::format("{} is here, {}: {}", ended.clip.name, base::bytesText(ended.clip.bytes),
                (ended.folder / ended.clip.name).string()),
            now);
        storeClip(ended.folder, ended.clip);
        const auto* entry =
            findIn(log_, [&](const takes::TakeEntry& one) { return one.folder == ended.folder; });
        if (entry != nullptr && !ending_)
            fetchNext(unit, *entry, now); // the parts of a split recording, one by one
        return;
    }
    case ClipFetch::State::Cancelled:
        return say(ui::Message::Kind::Note,
            fmt::format("{} is not fetched; fetch it again to go on where it stopped", ended.clip.name), now);
    case ClipFetch::State::Failed:
        return say(ui::Message::Kind::Trouble, named(unit, fetch->trouble), now);
    case ClipFetch::State::Running:
        return;
    }
}

std::optional<ui::TakeClip> Session::clipOf(const takes::TakeEntry& entry) const
{
    if (!entry.facts.camera_clip)
        return std::nullopt;
    ui::TakeClip view;
    view.name = entry.facts.camera_clip->name;
    view.total_bytes = entry.facts.camera_clip->bytes;
    view.parts = 1 + entry.facts.further_clips.size();
    if (nextToFetch(entry.facts) == nullptr)
        view.state = ui::TakeClip::State::Fetched;
    for (std::size_t i = 0; i < units_.size(); ++i) {
        for (const Fetch& fetch : units_[i].fetches) {
            if (fetch.folder != entry.folder)
                continue;
            view.state = ui::TakeClip::State::Fetching;
            view.name = fetch.clip.name;
            view.fetch = std::uint64_t { i } << kUnitShift | fetch.id;
            if (const ClipFetch* running = fetchOf(units_[i].body, fetch.id)) {
                view.bytes = running->bytes;
                view.total_bytes = running->total_bytes;
                view.bytes_per_second = running->bytes_per_second;
            }
        }
    }
    return view;
}

// ---------------------------------------------------------------------------------------------- dials

void Session::setOnBody(const std::string& name, const std::string& value, Nanos now)
{
    Unit& unit = units_[viewed_];
    if (const auto asked = unit.camera->body().ask(capture::SetBodySetting { name, value }); !asked)
        return say(ui::Message::Kind::Warning, named(unit, asked.error().message), now);
    unit.wanted[name] = value;
    body_changed_ = true;
}

void Session::stepOnBody(const std::string& name, int steps, Nanos now)
{
    Unit& unit = units_[viewed_];
    const BodyStatus body = unit.camera->body().status();
    const capture::BodySetting* setting = settingOf(body, name);
    if (setting == nullptr)
        return;
    // From what was asked for last: three quick presses are three steps.
    const auto wish = unit.wanted.find(name);
    const std::string& from = wish != unit.wanted.end() && setting->pending ? wish->second : setting->value;
    const std::vector<std::string>& choices = setting->choices;
    if (!choices.empty()) {
        const auto at = std::find(choices.begin(), choices.end(), from) - choices.begin();
        const auto last = static_cast<std::ptrdiff_t>(choices.size()) - 1;
        const auto to = at > last ? 0 : std::clamp<std::ptrdiff_t>(at + steps, 0, last);
        const std::string& value = choices[static_cast<std::size_t>(to)];
        return value == from ? void() : setOnBody(name, value, now);
    }
    int kelvin = 0;
    const auto [end, trouble] = std::from_chars(from.data(), from.data() + from.size(), kelvin);
    if (name == "colortemperature" && trouble == std::errc() && end == from.data() + from.size())
        return setOnBody(name, std::to_string(kelvin + steps * kKelvinStep), now);
    say(ui::Message::Kind::Note,
        named(unit,
            setting->read_only
                ? fmt::format("{} can only be changed on the camera, in its present mode", setting->label)
                : fmt::format(
                    "The camera gives no list for {}: click its value to type one", setting->label)),
        now);
}

void Session::fillBody(Nanos now)
{
    const Unit& unit = units_[viewed_];
    const BodyStatus& body = unit.body;
    if (body_changed_) {
        body_changed_ = false;
        if (!body.attached && body.model.empty()) {
            model_.body.reset();
            return;
        }
        ui::BodyModel& view = model_.body ? *model_.body : model_.body.emplace();
        view.attached = body.attached;
        view.model = body.model;
        view.lens = body.lens;
        view.battery = body.battery;
        view.battery_percent = body.battery_percent;
        view.shots_left = body.shots_left;
        view.card_present = body.card_present;
        view.card_free_bytes = body.card_free_bytes;
        view.time_left.reset();
        if (body.card_free_bytes && unit.clip_bytes_per_second)
            view.time_left = std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(
                std::min(static_cast<double>(*body.card_free_bytes) / *unit.clip_bytes_per_second, 3.6e6)));
        view.movie_mode = body.movie_mode;
        view.output = body.output;
        view.can_record = body.can_record;
        view.records_with_takes = options_.record_on_body;
        view.settings.resize(body.settings.size());
        for (std::size_t i = 0; i < body.settings.size(); ++i) {
            const capture::BodySetting& from = body.settings[i];
            ui::CameraSetting& to = view.settings[i];
            const auto wish = unit.wanted.find(from.name);
            to = { from.name, from.label, from.value, from.choices, from.read_only,
                from.pending && wish != unit.wanted.end() ? wish->second : std::string() };
        }
    }
    if (!model_.body)
        return;
    const auto* runs =
        findIn(unit.body_takes, [](const auto& take) { return take->state == BodyTake::State::Recording; });
    model_.body->recording = body.recording || runs != nullptr;
    model_.body->recording_for = runs != nullptr ? now - (*runs)->started_at : Nanos(0);
}

} // namespace backtake::app
