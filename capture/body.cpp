#include "capture/body.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace backtake::capture {

using base::Fault;
using base::Lock;

namespace {

/// Below these the operator wants to know while there is still time to change them.
constexpr int kLowBatteryPercent = 25;
constexpr std::uint64_t kLowCardBytes = 8'000'000'000; // at 4K Motion JPEG's 500 Mbit/s: two minutes

base::Outcome checkSetting(const std::vector<BodySetting>& settings, const SetBodySetting& wish)
{
    const auto setting = std::find_if(
        settings.begin(), settings.end(), [&](const auto& one) { return one.name == wish.name; });
    if (setting == settings.end())
        return base::fail(Fault::Usage, fmt::format("the camera has no setting \"{}\"", wish.name));
    if (setting->read_only)
        return base::fail(Fault::Usage,
            fmt::format("{} can only be changed on the camera, in its present mode", setting->label));
    const auto& choices = setting->choices;
    if (!choices.empty() && std::find(choices.begin(), choices.end(), wish.value) == choices.end())
        return base::fail(Fault::Usage,
            fmt::format("the camera does not offer {} {} now: choose from its list", setting->label,
                base::oneLine(wish.value)));
    return {};
}

} // namespace

BodyStatus Body::status() const
{
    Lock lock(mutex_);
    return status_;
}

std::uint64_t Body::version() const
{
    Lock lock(mutex_);
    return version_;
}

std::vector<BodyEvent> Body::takeEvents()
{
    Lock lock(mutex_);
    return std::exchange(events_, {});
}

base::Result<std::uint64_t> Body::ask(const BodyRequest& request)
{
    Lock lock(mutex_);
    if (!sink_)
        return base::fail(Fault::Unplugged,
            "no camera body is connected: attach it by USB or network as gphoto:usb or gphoto:ptpip:HOST");
    const auto* wish = std::get_if<SetBodySetting>(&request);
    if (wish != nullptr)
        if (const auto allowed = checkSetting(status_.settings, *wish); !allowed)
            return base::fail(allowed.error());
    const std::uint64_t id = next_request_++;
    if (!sink_(id, request))
        return base::fail(Fault::Busy, "the camera does not keep up with what it is asked: try again");
    if (wish != nullptr)
        for (BodySetting& setting : status_.settings)
            if (setting.name == wish->name)
                setting.pending = true;
    if (const auto* fetch = std::get_if<FetchBodyClip>(&request))
        status_.fetches.push_back(
            { id, ClipFetch::State::Running, fetch->clip.name, fetch->target, 0, fetch->clip.bytes, 0, {} });
    ++version_;
    return id;
}

void Body::attach(std::string model, Sink sink)
{
    Lock lock(mutex_);
    status_.attached = true;
    status_.model = std::move(model);
    status_.settings.clear(); // another body may have come
    sink_ = std::move(sink);
    ++version_;
}

void Body::detach(const std::string& why)
{
    Lock lock(mutex_);
    sink_ = nullptr;
    status_.attached = false;
    for (BodySetting& setting : status_.settings)
        setting.pending = false;
    for (ClipFetch& fetch : status_.fetches) {
        if (fetch.state != ClipFetch::State::Running)
            continue;
        fetch.state = ClipFetch::State::Failed;
        fetch.trouble = fmt::format("{}: {}; fetch it again to go on where it stopped", fetch.clip, why);
        events_.push_back({ BodyEvent::Kind::FetchEnded, base::monotonicNow(), false, {}, {}, fetch.id });
    }
    ++version_;
}

void Body::change(const std::function<void(BodyStatus&)>& edit)
{
    Lock lock(mutex_);
    edit(status_);
    ++version_;
}

void Body::tell(BodyEvent event)
{
    Lock lock(mutex_);
    if (events_.size() >= kMostEvents)
        events_.erase(events_.begin());
    events_.push_back(std::move(event));
}

std::vector<BodyTrouble> troublesOf(const BodyStatus& body)
{
    std::vector<BodyTrouble> troubles;
    if (!body.attached)
        return troubles;
    if (body.battery_percent && *body.battery_percent < kLowBatteryPercent)
        troubles.push_back({ "battery", false,
            fmt::format("Camera battery {}: change it before the next take", base::oneLine(body.battery)) });
    if (body.card_present && !*body.card_present)
        troubles.push_back({ "card", true,
            "No card in the camera: it cannot record; Backtake goes on recording the live picture" });
    else if ((body.shots_left && *body.shots_left == 0)
        || (body.card_free_bytes && *body.card_free_bytes == 0))
        troubles.push_back({ "card", true,
            "The camera's card is full: put in another; Backtake goes on recording the live picture" });
    else if (body.card_free_bytes && *body.card_free_bytes < kLowCardBytes)
        troubles.push_back({ "card", false,
            fmt::format(
                "{} left on the camera's card: change it soon", base::bytesText(*body.card_free_bytes)) });
    if (body.movie_mode && !*body.movie_mode)
        troubles.push_back({ "movie_mode", true,
            "The camera's movie mode is off, so it does not record: set its live view to movie on the "
            "body" });
    return troubles;
}

} // namespace backtake::capture
