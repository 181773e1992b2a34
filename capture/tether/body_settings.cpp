#include "capture/tether/body_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace backtake::capture::tether {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

struct Kind {
    std::string_view name;  ///< Ours, and an EOS's.
    std::string_view label; ///< What people call it.
    std::array<std::string_view, 3> driver_names;
};
/// In the order to show them.
constexpr std::array kKinds = {
    Kind { "iso", "ISO", { "iso", "movieiso" } },
    Kind { "shutterspeed", "Shutter", { "shutterspeed", "shutterspeed2", "movieshutterspeed" } },
    Kind { "aperture", "Aperture", { "aperture", "f-number", "movief-number" } },
    Kind { "whitebalance", "White balance", { "whitebalance" } },
    Kind { "colortemperature", "Colour temp.", { "colortemperature" } },
    Kind { "picturestyle", "Picture style", { "picturestyle", "imagestyle" } },
    Kind { "autoexposuremode", "Mode", { "autoexposuremode", "expprogram" } },
    Kind { "output", "Output", { "output" } },
};

/// Facts that are read as settings are.
constexpr std::array<std::string_view, 4> kFacts = { "lensname", "batterylevel", "availableshots",
    "eosmovieswitch" };
constexpr std::string_view kCard = "*card";
constexpr std::string_view kEosRecord = "movierecordtarget";
constexpr std::uint32_t kEosRecordProperty = 0xD1B8;

constexpr Nanos kAgainAfter = 30ms;
constexpr int kMostTries = 3;
/// A changed list of choices alone gives no event: each dial is looked at in turn, one in this time.
constexpr Nanos kLookEvery = 500ms;
constexpr std::size_t kMostWaiting = 64;

const Kind* kindOf(std::string_view name)
{
    const auto kind =
        std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& one) { return one.name == name; });
    return kind == kKinds.end() ? nullptr : &*kind;
}

/// The library's words for where live view goes, in ours.
std::string outputText(const std::string& value)
{
    if (value == "TFT + PC")
        return "screen + PC";
    if (value == "PC")
        return "PC only";
    if (value == "TFT")
        return "screen only";
    return value;
}

} // namespace

BodySettings::BodySettings(GphotoCamera& camera, Line& line)
    : camera_(camera)
    , line_(line)
{
    for (const Kind& kind : kKinds) {
        for (const std::string_view name : kind.driver_names) {
            if (!name.empty() && camera.has(name)) {
                driver_[std::string(kind.name)] = name;
                break;
            }
        }
    }
    for (const std::string_view name : { kEosRecord, std::string_view("movie") }) {
        if (record_name_.empty() && camera.has(name))
            record_name_ = name;
    }
    // What an operator looks at first comes first; a recording that runs already decides about a take.
    if (record_name_ == kEosRecord)
        readAgain(record_name_);
    readDials();
    for (const std::string_view name : kFacts)
        readAgain(std::string(name));
    readAgain(std::string(kCard));
}

void BodySettings::readAgain(const std::string& name)
{
    if (name != kCard && !camera_.has(name))
        return;
    if (std::find(to_read_.begin(), to_read_.end(), name) == to_read_.end())
        to_read_.push_back(name);
}

void BodySettings::readDials()
{
    for (const Kind& kind : kKinds) {
        if (const auto name = driver_.find(std::string(kind.name)); name != driver_.end())
            readAgain(name->second);
    }
}

Code BodySettings::askForScreenAndPc()
{
    if (!driver_.contains("output"))
        return Code::Ok;
    GphotoCamera::Dial dial;
    Code code = camera_.get("output", dial);
    if (code != Code::Ok || dial.value == "TFT + PC")
        return code;
    code = camera_.set("output", "TFT + PC");
    if (code == Code::Busy || code == Code::General)
        code = camera_.set("output", "TFT + PC");
    if (code != Code::Ok && !isLost(code)) {
        line_.say(
            Note { "The camera shows its live picture here only: its own display and HDMI stay dark. It "
                   "refuses \"screen + PC\"; try its Output setting, or another mode on the camera." });
        return Code::Ok;
    }
    return code;
}

// ------------------------------------------------------------------------------------------ news

void BodySettings::happened(const GphotoCamera::Event& event, Nanos at)
{
    using Kind = GphotoCamera::Event::Kind;
    switch (event.kind) {
    case Kind::Property:
        if (event.property == kEosRecordProperty && !event.value)
            readAgain(record_name_);
        if (event.value)
            learnt(event.name, *event.value, at);
        // Its choices may have changed with it, and so may those of others.
        for (const auto& [ours, driver] : driver_) {
            if (driver == event.name)
                readAgain(driver);
        }
        if (event.name == "lensname" || event.name == driver_["aperture"]
            || event.name == driver_["autoexposuremode"])
            readDials();
        break;
    case Kind::FileAdded:
        if (clips_.size() < kMostWaiting)
            clips_.push_back({ event.folder, event.name, 0, at });
        else
            line_.say(ClipAdded { event.folder, event.name, 0, at });
        readAgain(std::string(kCard));
        break;
    case Kind::Other:
        if (event.text.find("StoreRemoved") != std::string::npos) {
            Facts facts;
            facts.card_present = false;
            tellFacts(facts);
        } else if (event.text.find("StoreAdded") != std::string::npos
            || event.text.find("StorageInfoChanged") != std::string::npos) {
            readAgain(std::string(kCard));
        }
        break;
    case Kind::FileChanged:
    case Kind::None:
        break;
    }
}

void BodySettings::learnt(const std::string& name, const std::string& value, Nanos at)
{
    if (name == record_name_) {
        if (name == kEosRecord)
            recordingIs(value == "Card", at);
        return;
    }
    Facts facts;
    if (name == "lensname")
        facts.lens = value;
    else if (name == "batterylevel")
        facts.battery = value;
    else if (name == "eosmovieswitch")
        facts.movie_mode = value != "0";
    else if (name == "output")
        facts.output = outputText(value);
    else if (name == "availableshots") {
        std::int64_t shots = 0;
        if (std::from_chars(value.data(), value.data() + value.size(), shots).ec == std::errc {})
            facts.shots_left = shots;
    }
    tellFacts(facts);
    // The value at once; the list of choices follows when it has been read.
    for (const auto& [ours, driver] : driver_) {
        if (driver != name)
            continue;
        const auto known = told_.find(ours);
        if (known != told_.end() && known->second.value != value) {
            known->second.value = value;
            line_.say(known->second);
        }
    }
}

void BodySettings::recordingIs(bool on, Nanos at)
{
    if (recording_ == on)
        return;
    recording_ = on;
    line_.say(Recording { on, at });
    if (!on)
        readAgain(std::string(kCard));
}

void BodySettings::tellFacts(Facts facts)
{
    bool news = false;
    const auto keep = [&](auto& fresh, auto& known) {
        if (fresh && fresh == known)
            fresh.reset();
        if (fresh) {
            known = fresh;
            news = true;
        }
    };
    keep(facts.lens, facts_.lens);
    keep(facts.battery, facts_.battery);
    keep(facts.shots_left, facts_.shots_left);
    keep(facts.card_present, facts_.card_present);
    keep(facts.card_free_bytes, facts_.card_free_bytes);
    keep(facts.movie_mode, facts_.movie_mode);
    keep(facts.output, facts_.output);
    if (news)
        line_.say(facts);
}

void BodySettings::tell(const std::string& name, const GphotoCamera::Dial& dial)
{
    for (const auto& [ours, driver] : driver_) {
        if (driver != name)
            continue;
        const Kind* const kind = kindOf(ours);
        Setting setting { ours, std::string(kind->label), dial.value, dial.choices, dial.read_only };
        const auto known = told_.find(ours);
        if (known != told_.end() && known->second.value == setting.value
            && known->second.choices == setting.choices && known->second.read_only == setting.read_only)
            continue;
        line_.say(setting);
        told_[ours] = std::move(setting);
    }
}

// ------------------------------------------------------------------------------------------ steps

bool BodySettings::hasWork(Nanos now) const
{
    return !to_read_.empty() || !clips_.empty() || now >= next_look_
        || std::any_of(again_.begin(), again_.end(), [&](const Again& one) { return one.at <= now; });
}

Code BodySettings::step(Nanos now)
{
    const auto due =
        std::find_if(again_.begin(), again_.end(), [&](const Again& one) { return one.at <= now; });
    if (due != again_.end()) {
        const Again again = *due;
        again_.erase(due);
        if (const auto* set = std::get_if<SetSetting>(&again.request))
            return trySet(*set, again.tries, now);
        return tryRecord(std::get<Record>(again.request), again.tries, now);
    }
    if (!clips_.empty()) {
        ClipAdded clip = clips_.front();
        clips_.pop_front();
        const Code code = camera_.fileSize(clip.folder, clip.name, clip.bytes);
        if (code != Code::Ok)
            clip.bytes = 0; // It has a name all the same.
        line_.say(clip);
        return code;
    }
    if (!to_read_.empty()) {
        const std::string name = to_read_.front();
        to_read_.pop_front();
        return name == kCard ? readCard() : readNow(name);
    }
    next_look_ = now + kLookEvery;
    if (driver_.empty())
        return Code::Ok;
    const auto next = std::next(driver_.begin(), static_cast<std::ptrdiff_t>(turn_++ % driver_.size()));
    return readNow(next->second);
}

Code BodySettings::readNow(const std::string& name)
{
    GphotoCamera::Dial dial;
    const Code code = camera_.get(name, dial);
    if (code == Code::Ok) {
        tell(name, dial);
        learnt(name, dial.value, base::monotonicNow());
    } else if (code == Code::Busy) {
        readAgain(name);
    }
    return code;
}

Code BodySettings::readCard()
{
    GphotoCamera::Card card;
    const Code code = camera_.card(card);
    if (code != Code::Ok)
        return code;
    Facts facts;
    facts.card_present = card.present;
    facts.card_free_bytes = card.free_bytes;
    tellFacts(facts);
    return code;
}

// ------------------------------------------------------------------------------------------ requests

void BodySettings::handle(const SetSetting& request, Nanos now)
{
    if (const auto name = driver_.find(request.name); name == driver_.end()) {
        line_.say(
            Answer { request.id, false, fmt::format("this camera has no setting \"{}\"", request.name), {} });
        return;
    }
    trySet(request, 0, now);
}

Code BodySettings::trySet(const SetSetting& request, int tries, Nanos now)
{
    const std::string& name = driver_.at(request.name);
    const std::string label(kindOf(request.name)->label);
    const Code code = camera_.set(name, request.value);
    const std::string words = code == Code::Ok ? std::string() : camera_.lastWords(code);
    if (code == Code::Busy && tries + 1 < kMostTries && again_.size() < kMostWaiting) {
        again_.push_back({ now + kAgainAfter, tries + 1, request });
        return Code::Ok;
    }
    // What it really has, whatever it said.
    const Code read = isLost(code) ? code : readNow(name);
    Answer answer { request.id, code == Code::Ok, {}, words };
    if (code == Code::Busy)
        answer.message = fmt::format("the camera is too busy to set {}: try again in a moment", label);
    else if (code != Code::Ok)
        answer.message = fmt::format(
            "the camera refuses {} {}: choose another value, or change its mode", label, request.value);
    line_.say(answer);
    if (name == "aperture" || name == driver_["autoexposuremode"])
        readDials();
    return isLost(code) ? code : read;
}

std::string BodySettings::whyNoRecording() const
{
    if (record_name_.empty())
        return "this camera's own recording cannot be started from here: press its button";
    if (facts_.card_present == false)
        return "the camera has no card: put one in, then roll again";
    if (facts_.movie_mode == false)
        return "the camera is not in movie mode: set its movie switch, then roll again";
    return {};
}

void BodySettings::handle(const Record& request, Nanos now) { tryRecord(request, 0, now); }

Code BodySettings::tryRecord(const Record& request, int tries, Nanos now)
{
    // The switch may have been turned since it was told.
    if (request.on && tries == 0 && camera_.has("eosmovieswitch")) {
        if (const Code code = readNow("eosmovieswitch"); isLost(code))
            return code;
    }
    const std::string why = request.on || record_name_.empty() ? whyNoRecording() : std::string();
    if (!why.empty()) {
        line_.say(Answer { request.id, false, why, {} });
        return Code::Ok;
    }
    if (request.on == recording_ && tries == 0) {
        line_.say(Answer { request.id, true, {}, {} });
        return Code::Ok;
    }
    const bool eos = record_name_ == kEosRecord;
    const Code code = eos ? camera_.set(record_name_, request.on ? "Card" : "None")
                          : camera_.set(record_name_, request.on ? "1" : "0");
    const std::string words = code == Code::Ok ? std::string() : camera_.lastWords(code);
    if (code == Code::Busy && tries + 1 < kMostTries && again_.size() < kMostWaiting) {
        again_.push_back({ now + kAgainAfter, tries + 1, request });
        return Code::Ok;
    }
    Answer answer { request.id, code == Code::Ok, {}, words };
    const std::string_view what = request.on ? "start" : "stop";
    if (code == Code::Busy)
        answer.message = fmt::format("the camera is too busy to {} its recording: press its button", what);
    else if (code != Code::Ok)
        answer.message = fmt::format(
            "the camera refuses to {} its recording: look at its display, or press its button", what);
    line_.say(answer);
    if (code == Code::Ok && !eos)
        recordingIs(request.on, base::monotonicNow()); // No event tells of it.
    else if (eos && !isLost(code))
        readAgain(record_name_); // In case its event does not come.
    return code;
}

} // namespace backtake::capture::tether
