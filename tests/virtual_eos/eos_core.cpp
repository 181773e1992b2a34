#include "tests/virtual_eos/eos_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace backtake::testing {
namespace {

/// 4K Motion JPEG at 24 fps: 500 Mbit/s.
constexpr std::uint64_t kRecordedBytesPerSecond = 62'500'000;
constexpr std::uint64_t kShortestClip = 1 << 20;

constexpr base::Nanos kSecond = std::chrono::seconds(1);

} // namespace

EosCore::EosCore(const VirtualEosOptions& options)
    : options_(options)
    , properties_(options)
    , grid_(options.fps, base::monotonicNow())
    , painter_(options.width, options.height, options.jpeg_bytes)
    , pacing_(options.pacing)
{
}

// ------------------------------------------------------------ the body

void EosCore::note(std::string what, base::Nanos at) { changes_.push_back({ at, std::move(what) }); }

void EosCore::queue(std::vector<std::byte> record)
{
    if (event_mode_)
        events_.push_back(std::move(record));
}

void EosCore::queueNumber(Event event, std::uint32_t value)
{
    queue(eventRecord(event, PtpWriter().u32(value).take()));
}

void EosCore::change(Property& property, std::uint32_t value, base::Nanos now)
{
    if (property.value == value)
        return;
    property.value = value;
    queue(valueRecord(property));
    if (!property.name.empty() && property.code != property::kEvfRecord)
        note(property.name + " " + wordOf(property), now);
    followLiveView(now);
}

void EosCore::followLiveView(base::Nanos now)
{
    const bool on = session_ && options_.live_view && properties_.value(property::kEvfMode) == 1
        && (properties_.value(property::kEvfOutput) & kOutputPc) != 0;
    if (on == grid_.running())
        return;
    if (on)
        grid_.start(now);
    else
        grid_.stop(now);
    note(on ? "live view on" : "live view off", now);
    changed_.notifyAll();
}

void EosCore::settle(base::Nanos now)
{
    while (!finishing_.empty() && finishing_.front().due <= now) {
        const FinishingClip done = finishing_.front();
        finishing_.erase(finishing_.begin());
        if (!card_.present)
            continue;
        const Clip& clip = card_.add(done.bytes);
        queue(Card::addedRecord(clip));
        queueNumber(Event::StorageInfoChanged, kStorage);
        note("clip " + clip.name, done.due);
    }
    while (record_started_ && now - *record_started_ >= (recorded_seconds_ + 1) * kSecond)
        queueNumber(Event::RecordingTime, ++recorded_seconds_);
}

Code EosCore::startRecording(base::Nanos now)
{
    if (isRecording())
        return Code::Ok;
    const Code why_not = properties_.value(property::kMovieSwitch) == 0 ? Code::InvalidPropertyValue
        : !card_.present                                                ? Code::StoreNotAvailable
        : card_.full                                                    ? Code::StoreFull
                                                                        : Code::Ok;
    if (why_not != Code::Ok) {
        note("record refused", now);
        return why_not;
    }
    record_started_ = now;
    recorded_seconds_ = 0;
    change(*properties_.find(property::kEvfRecord), kRecordToCard, now);
    note("record on", now);
    return Code::Ok;
}

void EosCore::stopRecording(base::Nanos now)
{
    if (!isRecording())
        return;
    const auto seconds = std::chrono::duration<double>(now - *record_started_).count();
    record_started_.reset();
    change(*properties_.find(property::kEvfRecord), 0, now);
    note("record off", now);
    if (!card_.present)
        return;
    const auto bytes = static_cast<std::uint64_t>(seconds * static_cast<double>(kRecordedBytesPerSecond));
    finishing_.push_back({ now + options_.clip_finish, std::max(bytes, kShortestClip) });
}

void EosCore::turnMovieSwitch(bool on, base::Nanos now)
{
    if (!on)
        stopRecording(now);
    change(*properties_.find(property::kMovieSwitch), on ? 1 : 0, now);
    change(*properties_.find(property::kAutoExposureMode), on ? 0x14 : 3, now);
}

bool EosCore::saysBusy(BusyWith what)
{
    if (busy_ && what != BusyWith::OpenSession)
        return true;
    int& left = busy_answers_[what];
    return left > 0 && left-- > 0;
}

void EosCore::endSession(base::Nanos now)
{
    session_ = false;
    event_mode_ = false;
    events_.clear();
    // The body goes back to its own screen; what it records goes on.
    Property& output = *properties_.find(property::kEvfOutput);
    change(output, (output.value & ~kOutputPc) | kOutputScreen, now);
    followLiveView(now);
}

// ------------------------------------------------------------ the line's side

void EosCore::connected()
{
    const base::Lock lock(mutex_);
    connected_ = true;
    note("connected", base::monotonicNow());
}

void EosCore::closed()
{
    const base::Lock lock(mutex_);
    const base::Nanos now = base::monotonicNow();
    settle(now);
    if (!connected_)
        return;
    connected_ = false;
    endSession(now);
    note("closed", now);
}

void EosCore::undelivered(const Answer& answer)
{
    const base::Lock lock(mutex_);
    if (answer.frame)
        grid_.lose(*answer.frame);
}

// ------------------------------------------------------------ the steering side

void EosCore::damage(Damage damage, int answers)
{
    const base::Lock lock(mutex_);
    damages_.insert(damages_.end(), static_cast<std::size_t>(std::max(answers, 0)), damage);
}

void EosCore::setPacing(Pacing pacing)
{
    const base::Lock lock(mutex_);
    pacing_ = pacing;
    changed_.notifyAll();
}

void EosCore::setBusy(bool on)
{
    const base::Lock lock(mutex_);
    busy_ = on;
}

void EosCore::answerBusy(BusyWith what, int answers)
{
    const base::Lock lock(mutex_);
    busy_answers_[what] = answers;
}

void EosCore::turnDial(const std::string& name, const std::string& value)
{
    const base::Lock lock(mutex_);
    const base::Nanos now = base::monotonicNow();
    settle(now);
    Property* const property = properties_.find(name);
    if (property == nullptr) {
        note("no dial " + name, now);
        return;
    }
    if (property->is_text) {
        property->text = value;
        queue(valueRecord(*property));
        note(name + " " + value, now);
        return;
    }
    const auto number = valueOf(*property, value);
    if (!number)
        note("no value " + name + " " + value, now);
    else if (property->code == property::kMovieSwitch)
        turnMovieSwitch(*number != 0, now);
    else if (property->code != property::kEvfRecord)
        change(*property, *number, now);
}

std::string EosCore::dial(const std::string& name) const
{
    const base::Lock lock(mutex_);
    const Property* const property = const_cast<Properties&>(properties_).find(name);
    return property == nullptr ? std::string() : wordOf(*property);
}

void EosCore::setChoices(const std::string& name, const std::vector<std::string>& values)
{
    const base::Lock lock(mutex_);
    Property* const property = properties_.find(name);
    if (property == nullptr)
        return;
    property->choices.clear();
    for (const std::string& value : values) {
        if (const auto number = valueOf(*property, value))
            property->choices.push_back(*number);
    }
    queue(choicesRecord(*property));
}

void EosCore::refuseSetting(const std::string& name, bool on)
{
    const base::Lock lock(mutex_);
    if (on)
        properties_.refused.insert(name);
    else
        properties_.refused.erase(name);
}

void EosCore::setNumber(std::uint16_t code, std::uint32_t value)
{
    const base::Lock lock(mutex_);
    change(*properties_.find(code), value, base::monotonicNow());
}

void EosCore::setShotsLeft(int shots)
{
    const base::Lock lock(mutex_);
    const base::Nanos now = base::monotonicNow();
    shots_ = static_cast<std::uint32_t>(std::max(shots, 0));
    card_.full = shots_ == 0;
    if (!card_.present)
        return;
    if (card_.full)
        stopRecording(now);
    change(*properties_.find(property::kShotsLeft), shots_, now);
    queueNumber(Event::StorageInfoChanged, kStorage);
}

void EosCore::removeCard()
{
    const base::Lock lock(mutex_);
    const base::Nanos now = base::monotonicNow();
    settle(now);
    if (!card_.present)
        return;
    card_.present = false;
    stopRecording(now);
    finishing_.clear();
    queueNumber(Event::StoreRemoved, kStorage);
    change(*properties_.find(property::kShotsLeft), 0, now);
    note("card out", now);
}

void EosCore::insertCard()
{
    const base::Lock lock(mutex_);
    const base::Nanos now = base::monotonicNow();
    if (card_.present)
        return;
    card_.present = true;
    queueNumber(Event::StoreAdded, kStorage);
    queueNumber(Event::StorageInfoChanged, kStorage);
    change(*properties_.find(property::kShotsLeft), shots_, now);
    note("card in", now);
}

void EosCore::setMovieSwitch(bool on)
{
    const base::Lock lock(mutex_);
    turnMovieSwitch(on, base::monotonicNow());
}

void EosCore::pressRecord()
{
    const base::Lock lock(mutex_);
    const base::Nanos now = base::monotonicNow();
    settle(now);
    if (isRecording())
        stopRecording(now);
    else
        startRecording(now);
}

bool EosCore::recording() const
{
    const base::Lock lock(mutex_);
    return isRecording();
}

std::string EosCore::addClip(std::uint64_t bytes)
{
    const base::Lock lock(mutex_);
    const base::Nanos now = base::monotonicNow();
    settle(now);
    const Clip& clip = card_.add(bytes);
    queue(Card::addedRecord(clip));
    note("clip " + clip.name, now);
    return clip.name;
}

void EosCore::removeClip(const std::string& name)
{
    const base::Lock lock(mutex_);
    const Clip* const clip = card_.find(name);
    if (clip == nullptr)
        return;
    const std::uint32_t handle = clip->handle;
    card_.remove(handle);
    queueNumber(Event::ObjectRemoved, handle);
}

std::vector<std::string> EosCore::clips()
{
    const base::Lock lock(mutex_);
    settle(base::monotonicNow());
    std::vector<std::string> names;
    for (const Clip& clip : card_.clips())
        names.push_back(clip.name);
    return names;
}

std::vector<EosBody::Made> EosCore::made()
{
    const base::Lock lock(mutex_);
    return grid_.made(base::monotonicNow());
}

void EosCore::clearMade()
{
    const base::Lock lock(mutex_);
    grid_.clear(base::monotonicNow());
}

std::vector<EosBody::Change> EosCore::changes()
{
    const base::Lock lock(mutex_);
    settle(base::monotonicNow());
    return changes_;
}

bool EosCore::inSession() const
{
    const base::Lock lock(mutex_);
    return session_;
}

void EosCore::log(std::string what)
{
    const base::Lock lock(mutex_);
    note(std::move(what), base::monotonicNow());
}

} // namespace backtake::testing
