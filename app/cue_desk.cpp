#include "app/cue_desk.hpp"

#include "app/cue_files.hpp"
#include "base/overloaded.hpp"
#include "takes/files.hpp"
#include "takes/new_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <algorithm>

namespace backtake::app {

using base::fail;
using base::Fault;
using ui::CueDeskModel;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::uint64_t kLargestDrafts = 64 << 20;
constexpr const char* kDraftsFormat = "backtake cue drafts";
constexpr int kDraftsVersion = 1;
/// Of a name made from the text, in bytes.
constexpr std::size_t kMadeName = 40;

/// No sheet can have this name: none begins with a dot.
std::filesystem::path draftsPath(const std::filesystem::path& shoot)
{
    return shoot / "cues" / ".drafts.json";
}

/// @return nothing typed when there is no such file.
base::Result<CueDrafts> readDrafts(const std::filesystem::path& path)
{
    const auto text = takes::readWholeFile(path, kLargestDrafts);
    if (!text && text.error().fault == Fault::NotFound)
        return CueDrafts {};
    if (!text)
        return fail(text.error());
    const Json root = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
    try {
        if (root.at("format") != kDraftsFormat || root.at("version") != kDraftsVersion)
            return fail(Fault::Unsupported, path.string() + " is not of this Backtake's version");
        CueDrafts drafts { root.at("chosen").get<std::string>(), {},
            root.at("made").get<std::map<std::string, std::uint64_t>>() };
        for (const Json& one : root.at("drafts"))
            drafts.drafts[one.at("name").get<std::string>()] = { one.at("text").get<std::string>(),
                one.at("language").get<std::string>() };
        return drafts;
    } catch (const Json::exception& what) {
        return fail(Fault::Corrupt, path.string() + " is damaged", what.what());
    }
}

base::Outcome writeDrafts(const std::filesystem::path& path, const CueDrafts& typed)
{
    Json drafts = Json::array();
    for (const auto& [name, draft] : typed.drafts)
        drafts.push_back({ { "name", name }, { "text", draft.text }, { "language", draft.language } });
    const Json root { { "format", kDraftsFormat }, { "version", kDraftsVersion }, { "chosen", typed.chosen },
        { "made", typed.made }, { "drafts", std::move(drafts) } };
    std::error_code trouble;
    std::filesystem::create_directories(path.parent_path(), trouble);
    if (trouble)
        return fail(takes::errorOf(trouble.value(), "make the folder", path.parent_path()));
    return takes::replaceFile(path, root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

/// For a sheet whose maker gave none: the beginning of its text.
std::string nameFrom(std::string_view text)
{
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n."), text.size()));
    std::string name(text.substr(0, text.find_first_of("\r\n")));
    std::size_t size = std::min(name.size(), kMadeName);
    while (size < name.size() && size > 0 && (static_cast<unsigned char>(name[size]) & 0xC0U) == 0x80U)
        --size; // no letter is cut
    name.resize(size);
    for (char& c : name)
        if (c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            c = '-';
    while (!name.empty() && name.back() == ' ')
        name.pop_back();
    return name.empty() ? "cue" : name;
}

bool isThere(const std::filesystem::path& path)
{
    std::error_code trouble;
    return std::filesystem::exists(std::filesystem::symlink_status(path, trouble));
}

/// "song 2", "song 3", …: the first that is free.
base::Result<std::string> freeName(const std::filesystem::path& shoot, const std::string& name)
{
    for (int number = 2;; ++number) {
        std::string one = fmt::format("{} {}", name, number);
        const auto path = cueSheetPath(shoot, one);
        if (!path)
            return fail(path.error());
        if (!isThere(*path))
            return one;
    }
}

/// What was typed for a sheet that was set aside goes with its file.
void dropLost(CueDrafts& typed, const std::filesystem::path& shoot)
{
    const auto lost = [&](const auto& one) {
        return one.first.starts_with(kAside) && !isThere(shoot / "cues" / one.first);
    };
    std::erase_if(typed.drafts, lost);
    std::erase_if(typed.made, lost);
}

std::uint64_t fingerprintOf(const guide::CueSheet& sheet)
{
    const std::string text = guide::cueSheetText(sheet);
    return XXH3_64bits(text.data(), text.size());
}

} // namespace

CueDesk::CueDesk(Wiring wiring, CueDeskModel& model)
    : wiring_(std::move(wiring))
    , model_(model)
{
}

CueDesk::~CueDesk()
{
    stop();
    drafts_.finish(); // what is being written
    drafts_.deliver();
    drafts_.finish(); // what was typed meanwhile
}

void CueDesk::handle(const ui::CueOrder& order, const base::SoundChoice& sound, const std::string& read_only)
{
    const bool looks = std::holds_alternative<ui::cue::Open>(order)
        || std::holds_alternative<ui::cue::Choose>(order) || std::holds_alternative<ui::cue::Speak>(order)
        || std::holds_alternative<ui::cue::Stop>(order);
    may_write_ = read_only.empty();
    if (!looks && !may_write_) {
        model_.trouble = read_only;
        return;
    }
    if (!std::holds_alternative<ui::cue::Keep>(order))
        model_.trouble.clear();
    std::visit(
        base::Overloaded {
            [&](const ui::cue::Open& one) { open(one.to_show); },
            [&](const ui::cue::Choose& one) { choose(one.name); },
            [&](const ui::cue::Keep& one) { keep(one); },
            [&](const ui::cue::Make& one) { make(one); },
            [&](const ui::cue::Rename& one) { rename(one.to); },
            [&](const ui::cue::Remove&) { remove(); },
            [&](const ui::cue::Restore&) { restore(); },
            [&](const ui::cue::EditWord& one) {
                change([one](guide::CueSheet& sheet) -> base::Outcome {
                    if (one.line >= sheet.lines.size() || one.word >= sheet.lines[one.line].words.size())
                        return {}; // of a sheet that has gone since
                    const guide::CueWord& word = sheet.lines[one.line].words[one.word];
                    if (word.respelling != one.respelling)
                        if (auto set = guide::setRespelling(sheet, { one.line, one.word }, one.respelling);
                            !set)
                            return set;
                    if (guide::ipaOf(word.phones) != one.ipa)
                        return guide::setIpa(sheet, { one.line, one.word }, one.ipa);
                    return {};
                });
            },
            [&](const ui::cue::Fit& one) { fit(one); },
            [&](const ui::cue::Speak& one) { speak(one.reversed, sound); },
            [&](const ui::cue::Print&) { print(); },
            [&](const ui::cue::Stop&) { stop(); },
        },
        order);
}

void CueDesk::update()
{
    drafts_.deliver();
    sheets_.deliver();
    if (model_.work == CueDeskModel::Work::Making || model_.work == CueDeskModel::Work::Printing)
        model_.progress = progress_;
    if (!voice_) {
        if (model_.work == CueDeskModel::Work::Speaking)
            model_.work = CueDeskModel::Work::None;
        return;
    }
    model_.progress = voice_->progress();
    if (const auto outcome = voice_->outcome()) {
        voice_.reset();
        model_.work = CueDeskModel::Work::None;
        if (!*outcome)
            refuse(outcome->error());
    }
}

bool CueDesk::ask(Worker::Job job)
{
    const bool asked = sheets_.ask(std::move(job));
    if (!asked)
        model_.trouble = "Too much is asked at once: try again in a moment";
    return asked;
}

void CueDesk::refuse(const base::Error& error)
{
    if (error.fault != Fault::Cancelled)
        model_.trouble = error.message;
}

// ---------------------------------------------------------------------------------------------- the shoot's

void CueDesk::open(bool to_show)
{
    const bool first = !std::exchange(opened_, true);
    (void)ask([this, first, to_show]() -> Worker::Answer {
        std::vector<std::string> names = cueSheetNames(wiring_.shoot);
        if (!first)
            return [this, to_show, names = std::move(names)]() mutable {
                model_.sheets = std::move(names);
                if (to_show && model_.ready && !model_.lines)
                    wiring_.say(false, "No cue sheet is chosen yet: Ctrl+L opens them");
            };
        const auto path = draftsPath(wiring_.shoot);
        auto typed = readDrafts(path);
        std::string trouble;
        if (!typed) {
            // It stays as it is, under another name.
            const auto aside = path.string() + fmt::format(".{}", base::wallClockNow().count());
            trouble = typed.error().message + ": what was typed for cue sheets is kept as " + aside;
            if (const auto moved = takes::renameWithoutReplacing(path, aside); !moved)
                trouble = moved.error().message;
            typed = CueDrafts {};
        }
        dropLost(*typed, wiring_.shoot);
        return [this, to_show, names = std::move(names), typed = std::move(*typed), trouble]() mutable {
            model_.sheets = std::move(names);
            typed_ = std::move(typed);
            if (!trouble.empty())
                wiring_.say(true, trouble);
            const bool there = std::ranges::find(model_.sheets, typed_.chosen) != model_.sheets.end();
            if (to_show && !there)
                wiring_.say(false, "There is no cue sheet yet: Ctrl+L makes one");
            choose(there ? typed_.chosen : "");
        };
    });
    if (first)
        (void)ask([this]() -> Worker::Answer {
            auto voices = guide::languages();
            return [this, voices = std::move(voices)]() {
                if (!voices)
                    return refuse(voices.error());
                std::vector<ui::CueLanguage> languages;
                for (const guide::Language& voice : *voices)
                    languages.push_back({ voice.code, voice.name });
                model_.languages = std::make_shared<const std::vector<ui::CueLanguage>>(std::move(languages));
            };
        });
}

void CueDesk::choose(const std::string& name)
{
    (void)ask([this, name]() -> Worker::Answer {
        return [this, laid = read(name)]() {
            if (!laid) {
                if (!std::exchange(model_.ready, true))
                    putOnDesk("", typed_.drafts[""].text, model_.language);
                return refuse(laid.error());
            }
            layOnDesk(*laid);
        };
    });
}

base::Result<CueDesk::Laid> CueDesk::read(const std::string& name)
{
    Laid laid;
    if (!name.empty()) {
        const auto path = cueSheetPath(wiring_.shoot, name);
        auto sheet = path ? readCueSheet(*path) : fail(path.error());
        if (!sheet)
            return fail(sheet.error());
        laid = laidOf(name, std::move(*sheet));
    }
    on_thread_ = laid.sheet;
    name_on_thread_ = name;
    return laid;
}

void CueDesk::layOnDesk(const Laid& laid)
{
    lay(laid);
    const auto draft = typed_.drafts.find(laid.name);
    if (draft != typed_.drafts.end())
        putOnDesk(laid.name, draft->second.text, draft->second.language);
    else if (sheet_)
        putOnDesk(laid.name, sheet_->text, sheet_->language);
    else
        putOnDesk("", "", model_.language);
    if (std::exchange(model_.ready, true) && typed_.chosen != laid.name) {
        typed_.chosen = laid.name;
        saveDrafts();
    }
}

CueDesk::Laid CueDesk::laidOf(std::string name, guide::CueSheet sheet)
{
    std::vector<ui::CueLineModel> lines;
    for (const guide::CueLine& line : sheet.lines) {
        ui::CueLineModel& made = lines.emplace_back();
        made.text = line.text;
        for (const guide::CueWord& word : line.words)
            made.words.push_back({ word.respelling, word.phones.front().begins, word.phones.back().ends,
                word.text, guide::ipaOf(word.phones) });
    }
    return { std::move(name), std::make_shared<const guide::CueSheet>(std::move(sheet)),
        std::make_shared<const std::vector<ui::CueLineModel>>(std::move(lines)), 0 };
}

void CueDesk::lay(Laid laid)
{
    sheet_ = std::move(laid.sheet);
    model_.lines = std::move(laid.lines);
    if (laid.name.empty())
        return;
    const auto place = std::ranges::lower_bound(model_.sheets, laid.name);
    if (place == model_.sheets.end() || *place != laid.name)
        model_.sheets.insert(place, laid.name);
}

void CueDesk::putOnDesk(const std::string& name, const std::string& text, const std::string& language)
{
    model_.name = name;
    model_.text = text;
    model_.language = language;
    ++model_.version;
}

// ------------------------------------------------------------------------------------------------- what is
// typed

void CueDesk::keep(const ui::cue::Keep& typed)
{
    model_.text = typed.text;
    model_.language = typed.language;
    const bool made =
        sheet_ ? sheet_->text == typed.text && sheet_->language == typed.language : typed.text.empty();
    if (made)
        typed_.drafts.erase(model_.name);
    else
        typed_.drafts[model_.name] = { typed.text, typed.language };
    saveDrafts();
}

void CueDesk::saveDrafts()
{
    if (!may_write_)
        return;
    drafts_changed_ = true;
    if (saving_drafts_)
        return;
    saving_drafts_ =
        drafts_.ask([this, path = draftsPath(wiring_.shoot), typed = typed_]() -> Worker::Answer {
            const auto written = writeDrafts(path, typed);
            return [this, written]() {
                saving_drafts_ = false;
                if (!written && !std::exchange(drafts_trouble_told_, true))
                    wiring_.say(true, "What is typed for cue sheets is not kept: " + written.error().message);
                if (written)
                    drafts_trouble_told_ = false;
                if (drafts_changed_)
                    saveDrafts();
            };
        });
    drafts_changed_ = !saving_drafts_;
}

// ------------------------------------------------------------------------------------------------- made and
// changed

base::Result<CueDesk::Laid> CueDesk::makeSheet(const ui::cue::Make& wanted, const std::string& chosen,
    const std::map<std::string, std::uint64_t>& made, const std::stop_token& stop)
{
    const auto progress = [&](double done) {
        progress_ = done;
        return !stop.stop_requested();
    };
    std::string name = wanted.name.empty() ? nameFrom(wanted.text) : wanted.name;
    auto path = cueSheetPath(wiring_.shoot, name);
    if (!path)
        return fail(path.error());
    bool taken = isThere(*path);
    if (taken && name != chosen && !wanted.name.empty())
        return fail(Fault::Exists,
            fmt::format("there is a sheet \"{}\" already: choose it, or give this one another name", name));
    const auto language = guide::findLanguage(wanted.language);
    if (!language)
        return fail(language.error());
    auto sheet = guide::makeCueSheet(wanted.text, *language, progress);
    if (!sheet)
        return fail(sheet.error());
    if (taken) {
        // What somebody changed by hand, or what cannot be read, is not written over.
        const auto there = readCueSheet(*path);
        const auto as_made = made.find(name);
        if (!there || name != chosen || as_made == made.end() || as_made->second != fingerprintOf(*there)) {
            const auto free = freeName(wiring_.shoot, name);
            if (!free)
                return fail(free.error());
            name = *free;
            path = cueSheetPath(wiring_.shoot, name);
            taken = false;
        }
    }
    sheet->title = name;
    using Existing = takes::NewFile::Existing;
    if (const auto written = writeCueSheet(*path, *sheet, taken ? Existing::Replace : Existing::Refuse);
        !written)
        return fail(written.error());
    const std::uint64_t fingerprint = fingerprintOf(*sheet);
    Laid laid = laidOf(std::move(name), std::move(*sheet));
    laid.fingerprint = fingerprint;
    return laid;
}

void CueDesk::make(const ui::cue::Make& wanted)
{
    if (model_.work != CueDeskModel::Work::None)
        return;
    keep({ wanted.text, wanted.language });
    work_stop_ = {};
    progress_ = 0;
    const bool asked = ask([this, wanted, chosen = model_.name, made = typed_.made,
                               stop = work_stop_.get_token()]() -> Worker::Answer {
        auto laid = makeSheet(wanted, chosen, made, stop);
        if (laid) {
            on_thread_ = laid->sheet;
            name_on_thread_ = laid->name;
        }
        return [this, laid = std::move(laid), chosen]() {
            model_.work = CueDeskModel::Work::None;
            if (!laid)
                return refuse(laid.error());
            if (!chosen.empty() && laid->name != chosen)
                wiring_.say(
                    false, fmt::format("\"{}\" stays as it is: the new sheet is \"{}\"", chosen, laid->name));
            lay(*laid);
            // What was typed since is of the new sheet.
            typed_.drafts.erase(chosen);
            typed_.chosen = laid->name;
            typed_.made[laid->name] = laid->fingerprint;
            if (model_.name != laid->name)
                putOnDesk(laid->name, model_.text, model_.language);
            keep({ model_.text, model_.language });
        };
    });
    if (asked)
        model_.work = CueDeskModel::Work::Making;
}

void CueDesk::rename(const std::string& to)
{
    (void)ask([this, to]() -> Worker::Answer {
        const auto from_path = cueSheetPath(wiring_.shoot, name_on_thread_);
        const auto to_path = cueSheetPath(wiring_.shoot, to);
        base::Outcome renamed;
        if (!from_path || !to_path)
            renamed = fail(from_path ? to_path.error() : from_path.error());
        else
            renamed = takes::renameWithoutReplacing(*from_path, *to_path);
        if (!renamed)
            return [this, error = renamed.error(), to]() {
                refuse(error.fault == Fault::Exists ? base::Error { Fault::Exists,
                           "there is a sheet \"" + to + "\" already: choose another name", {} }
                                                    : error);
            };
        return [this, from = std::exchange(name_on_thread_, to), to]() {
            std::erase(model_.sheets, from);
            model_.sheets.insert(std::ranges::lower_bound(model_.sheets, to), to);
            renameTyped(from, to);
            typed_.chosen = to;
            putOnDesk(to, model_.text, model_.language);
            saveDrafts();
        };
    });
}

/// What is known of a sheet goes with its name, in place of what was known of one that had that name before.
void CueDesk::renameTyped(const std::string& from, const std::string& to)
{
    typed_.drafts.erase(to);
    typed_.made.erase(to);
    if (auto draft = typed_.drafts.extract(from)) {
        draft.key() = to;
        typed_.drafts.insert(std::move(draft));
    }
    if (auto made = typed_.made.extract(from)) {
        made.key() = to;
        typed_.made.insert(std::move(made));
    }
}

void CueDesk::remove()
{
    if (model_.name.empty())
        return;
    (void)ask([this, name = model_.name]() -> Worker::Answer {
        auto aside = setCueSheetAside(wiring_.shoot, name);
        if (aside && name_on_thread_ == name)
            (void)read("");
        return [this, name, aside = std::move(aside)]() {
            if (!aside)
                return refuse(aside.error());
            std::erase(model_.sheets, name);
            removed_.push_back({ name, *aside });
            tellRemoved();
            renameTyped(name, removed_.back().key());
            saveDrafts();
            if (model_.name == name)
                layOnDesk({});
            wiring_.say(false,
                fmt::format("The cue sheet \"{}\" is set aside: \"Bring back\" (Ctrl+L), or {}", name,
                    aside->string()));
        };
    });
}

void CueDesk::restore()
{
    if (model_.removed.empty())
        return;
    const bool asked = ask([this, last = removed_.back()]() -> Worker::Answer {
        const auto name = bringCueSheetBack(wiring_.shoot, last.file, last.name);
        auto laid = name ? read(*name) : fail(name.error());
        return [this, last, name, laid = std::move(laid)]() {
            if (name || name.error().fault == Fault::NotFound)
                std::erase_if(removed_, [&](const Removed& one) { return one.file == last.file; });
            tellRemoved();
            if (name)
                renameTyped(last.key(), *name);
            laid ? layOnDesk(*laid) : refuse(laid.error());
            saveDrafts();
        };
    });
    if (asked)
        model_.removed.clear(); // until it is back
}

void CueDesk::change(Change change)
{
    (void)ask([this, change = std::move(change)]() -> Worker::Answer {
        if (!on_thread_)
            return nullptr;
        guide::CueSheet sheet = *on_thread_;
        const auto path = cueSheetPath(wiring_.shoot, name_on_thread_);
        base::Outcome done = path ? change(sheet) : fail(path.error());
        if (done)
            done = writeCueSheet(*path, sheet);
        if (!done)
            return [this, error = done.error()]() { refuse(error); };
        Laid laid = laidOf(name_on_thread_, std::move(sheet));
        on_thread_ = laid.sheet;
        return [this, laid = std::move(laid)]() { lay(laid); };
    });
}

void CueDesk::fit(const ui::cue::Fit& wanted)
{
    change([wanted](guide::CueSheet& sheet) -> base::Outcome {
        const auto last_word = [&](std::size_t line) { return sheet.lines[line].words.size() - 1; };
        const std::size_t last = sheet.lines.size() - 1;
        if (wanted.part == ui::CuePart::Sheet)
            return guide::fitTimes(sheet, { 0, 0 }, { last, last_word(last) }, wanted.begins, wanted.ends);
        if (wanted.line > last || wanted.word > last_word(wanted.line))
            return {}; // of a sheet that has gone since
        if (wanted.part == ui::CuePart::Line)
            return guide::fitTimes(sheet, { wanted.line, 0 }, { wanted.line, last_word(wanted.line) },
                wanted.begins, wanted.ends);
        return guide::fitTimes(
            sheet, { wanted.line, wanted.word }, { wanted.line, wanted.word }, wanted.begins, wanted.ends);
    });
}

// ------------------------------------------------------------------------------------------------- used

void CueDesk::print()
{
    if (model_.work != CueDeskModel::Work::None || !sheet_)
        return;
    work_stop_ = {};
    progress_ = 0;
    const bool asked = ask([this, stop = work_stop_.get_token()]() -> Worker::Answer {
        const auto path = wiring_.shoot / "reports" / ("cue " + name_on_thread_ + ".pdf");
        std::error_code trouble;
        std::filesystem::create_directories(path.parent_path(), trouble);
        const auto pages = writeCuePdf(path, *on_thread_, Paper::A4, [&](double done) {
            progress_ = done;
            return !stop.stop_requested();
        });
        return [this, path, pages]() {
            model_.work = CueDeskModel::Work::None;
            if (!pages)
                return refuse(pages.error());
            wiring_.say(false,
                fmt::format(
                    "Cue sheet printed, {} {}: {}", *pages, *pages == 1 ? "page" : "pages", path.string()));
        };
    });
    if (asked)
        model_.work = CueDeskModel::Work::Printing;
}

void CueDesk::speak(bool reversed, const base::SoundChoice& sound)
{
    if (model_.work != CueDeskModel::Work::None || !sheet_)
        return;
    if (!wiring_.open_sound)
        return refuse({ Fault::NotFound, "There is no sound output", {} });
    voice_ = std::make_unique<CueVoice>(sheet_, reversed, wiring_.open_sound, sound);
    model_.work = CueDeskModel::Work::Speaking;
}

void CueDesk::stop()
{
    work_stop_.request_stop();
    voice_.reset();
}

} // namespace backtake::app
