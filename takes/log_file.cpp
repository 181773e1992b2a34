#include "takes/log_file.hpp"

#include "takes/field_reader.hpp"
#include "takes/files.hpp"
#include "takes/picture_index.hpp"

#include <charconv>

namespace backtake::takes {
using base::fail;
using base::Fault;

namespace {

constexpr std::string_view kFormat = "backtake log";
/// Mark ids stay far from the end of SQLite's numbers, whatever a file says.
constexpr std::int64_t kLargestId = std::int64_t { 1 } << 48;
/// Frames of a day at the highest rate there is: a timecode beyond it belongs to no format.
constexpr std::int64_t kMostTimecode = 24LL * 3600 * 1000;

std::string_view nameOf(Mark::Kind kind)
{
    switch (kind) {
    case Mark::Kind::Mark:
        return "mark";
    case Mark::Kind::Note:
        return "note";
    case Mark::Kind::Tell:
        return "tell";
    }
    return "mark";
}

Json toJson(const TakeSheet& sheet)
{
    return { { "slate", toJson(sheet.slate) }, { "circled", sheet.circled },
        { "verdict", takes::nameOf(sheet.verdict) }, { "pickup", sheet.pickup }, { "series", sheet.series },
        { "mos", sheet.mos }, { "rating", sheet.rating }, { "board", takes::nameOf(sheet.board) },
        { "lens", sheet.lens }, { "stop", sheet.stop }, { "filter", sheet.filter }, { "rate", sheet.rate },
        { "camera", sheet.camera }, { "note", sheet.note } };
}

Json toJson(const Setup& setup)
{
    return { { "name", setup.name }, { "description", setup.description },
        { "direction", takes::nameOf(setup.direction) }, { "orientation", takes::nameOf(setup.orientation) },
        { "lens", setup.lens }, { "stop", setup.stop }, { "filter", setup.filter }, { "rate", setup.rate },
        { "camera", setup.camera } };
}

Json toJson(const Showing& showing)
{
    return { { "direction", takes::nameOf(showing.direction) },
        { "orientation", takes::nameOf(showing.orientation) } };
}

Json toJson(const Mark& mark)
{
    Json json { { "id", mark.id }, { "take", mark.take }, { "captured_frame", mark.captured_frame } };
    if (mark.timecode)
        json["timecode"] = *mark.timecode;
    json["kind"] = nameOf(mark.kind);
    if (mark.kind == Mark::Kind::Tell)
        json["tell"] = takes::nameOf(mark.tell);
    json["text"] = mark.text;
    json["made_at_utc_ns"] = mark.made_at_utc.count();
    return json;
}

/// They came later than the rest: older files have none.
template <typename T> void readRateAndCamera(FieldReader& fields, T& into)
{
    if (fields.has("rate"))
        fields.text("rate", into.rate);
    if (fields.has("camera"))
        fields.text("camera", into.camera);
}

void read(FieldReader fields, TakeSheet& sheet)
{
    std::string trouble;
    if (const Json* slate = fields.object("slate")) {
        readSlate(FieldReader(*slate, trouble), sheet.slate);
        if (!trouble.empty())
            fields.say("{}", trouble);
    }
    fields.flag("circled", sheet.circled);
    fields.choice(
        "verdict", { Verdict::Open, Verdict::NoGood, Verdict::Hold, Verdict::FalseStart }, sheet.verdict);
    fields.flag("pickup", sheet.pickup);
    fields.flag("series", sheet.series);
    fields.flag("mos", sheet.mos);
    fields.integer("rating", 0, 5, sheet.rating);
    fields.choice("board",
        { Board::NotSaid, Board::Head, Board::Tail, Board::UpsideDownHead, Board::UpsideDownTail,
            Board::None },
        sheet.board);
    fields.text("lens", sheet.lens);
    fields.text("stop", sheet.stop);
    fields.text("filter", sheet.filter);
    readRateAndCamera(fields, sheet);
    fields.text("note", sheet.note, kLongestNote);
}

template <typename T> void readShowing(FieldReader& fields, T& into)
{
    fields.choice("direction", { Direction::Backward, Direction::Forward }, into.direction);
    fields.choice("orientation",
        { Orientation::Upright, Orientation::UpsideDown, Orientation::Mirrored, Orientation::Flipped },
        into.orientation);
}

void read(FieldReader fields, Showing& showing) { readShowing(fields, showing); }

void read(FieldReader fields, Setup& setup)
{
    fields.text("name", setup.name);
    if (setup.name.empty())
        fields.say("\"name\" of the setup is empty");
    fields.text("description", setup.description, kLongestNote);
    readShowing(fields, setup);
    fields.text("lens", setup.lens);
    fields.text("stop", setup.stop);
    fields.text("filter", setup.filter);
    readRateAndCamera(fields, setup);
}

void read(FieldReader fields, Mark& mark)
{
    fields.integer("id", 0, kLargestId, mark.id);
    fields.text("take", mark.take);
    if (!isTakeId(mark.take))
        fields.say("\"take\" is no take's id");
    fields.integer("captured_frame", 0, kMostFrames - 1, mark.captured_frame);
    if (fields.has("timecode"))
        fields.integer("timecode", 0, kMostTimecode - 1, mark.timecode.emplace());
    std::string kind;
    fields.text("kind", kind);
    for (const Mark::Kind one : { Mark::Kind::Mark, Mark::Kind::Note, Mark::Kind::Tell })
        if (nameOf(one) == kind)
            mark.kind = one;
    if (nameOf(mark.kind) != kind)
        fields.say("\"kind\" is \"{}\", which means nothing here", kind);
    if (mark.kind == Mark::Kind::Tell) {
        std::string tell;
        fields.text("tell", tell);
        if (const auto known = tellNamed(tell))
            mark.tell = *known;
        else
            fields.say("\"tell\" is \"{}\", which means nothing here", tell);
    }
    fields.text("text", mark.text, kLongestNote);
    fields.integer("made_at_utc_ns", 0, kMost, mark.made_at_utc);
}

template <typename T> base::Result<T> readOne(const Json& json)
{
    if (!json.is_object())
        return fail(Fault::Corrupt, "it is no object (cut off or altered)");
    std::string trouble;
    T one;
    read(FieldReader(json, trouble), one);
    if (!trouble.empty())
        return fail(Fault::Corrupt, trouble);
    return one;
}

template <typename T> base::Result<T> parseOne(std::string_view json)
{
    return readOne<T>(Json::parse(json, nullptr, /*allow_exceptions=*/false));
}

/// As typed, but for what is no UTF-8: those bytes become U+FFFD, in files and database alike.
std::string dump(const Json& json, int indent = -1)
{
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

} // namespace

std::string textOf(const TakeSheet& sheet) { return dump(toJson(sheet)); }
std::string textOf(const Setup& setup) { return dump(toJson(setup)); }
std::string textOf(const Mark& mark) { return dump(toJson(mark)); }
base::Result<TakeSheet> parseSheet(std::string_view json) { return parseOne<TakeSheet>(json); }

std::string textOf(const Showing& showing) { return dump(toJson(showing)); }
base::Result<Showing> parseShowing(std::string_view json) { return parseOne<Showing>(json); }

std::string textOf(const Showings& showings)
{
    Json json = Json::object();
    for (const auto& [recording, showing] : showings)
        json[recording] = toJson(showing);
    return dump(json);
}

base::Result<Showings> parseShowings(std::string_view text)
{
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object())
        return fail(Fault::Corrupt, "it is no object (cut off or altered)");
    Showings showings;
    for (const auto& [recording, value] : json.items()) {
        const auto showing = readOne<Showing>(value);
        if (!showing)
            return fail(showing.error());
        showings.emplace(recording, *showing);
    }
    return showings;
}

std::string textOf(const SheetsByTake& sheets)
{
    Json json = Json::object();
    for (const auto& [take, sheet] : sheets)
        json[std::to_string(take)] = sheet ? toJson(*sheet) : Json();
    return dump(json);
}

base::Result<SheetsByTake> parseSheets(std::string_view text)
{
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object())
        return fail(Fault::Corrupt, "it is no object (cut off or altered)");
    SheetsByTake sheets;
    for (const auto& [key, value] : json.items()) {
        std::int64_t take = 0;
        const char* const end = key.data() + key.size();
        if (const auto [stopped, error] = std::from_chars(key.data(), end, take);
            error != std::errc() || stopped != end)
            return fail(Fault::Corrupt, fmt::format("\"{}\" is no take", key));
        auto& into = sheets[take];
        if (value.is_null())
            continue;
        auto sheet = readOne<TakeSheet>(value);
        if (!sheet)
            return fail(sheet.error());
        into = std::move(*sheet);
    }
    return sheets;
}

base::Result<Setup> parseSetup(std::string_view json) { return parseOne<Setup>(json); }
base::Result<Mark> parseMark(std::string_view json) { return parseOne<Mark>(json); }

base::Result<LogFile> parseLogFile(std::string_view json)
{
    const auto root = base::parseFile(json, { kFormat, "a Backtake log", kLogFileVersion, kLargestLogFile });
    if (!root)
        return fail(root.error());
    std::string trouble;
    FieldReader fields(*root, trouble);
    LogFile file;
    fields.integer("changes", 0, kLargestId, file.changes);
    const auto put = [&trouble](const auto& one, auto& into) {
        if (one)
            into = *one;
        else if (trouble.empty())
            trouble = one.error().message;
    };
    if (fields.has("sheet"))
        put(readOne<TakeSheet>(root->at("sheet")), file.sheet);
    if (fields.has("setup"))
        put(readOne<Setup>(root->at("setup")), file.setup);
    if (fields.has("showing"))
        put(readOne<Showing>(root->at("showing")), file.showing);
    if (const Json* marks = fields.array("marks")) {
        if (marks->size() > kMostMarks)
            fields.say("more than {} marks", kMostMarks);
        for (const Json& mark : *marks) {
            if (!trouble.empty())
                break;
            put(readOne<Mark>(mark), file.marks.emplace_back());
        }
    }
    if (!trouble.empty())
        return fail(Fault::Corrupt, trouble);
    return file;
}

std::string logFileText(const LogFile& file)
{
    Json root { { "format", kFormat }, { "version", kLogFileVersion }, { "changes", file.changes } };
    if (file.sheet)
        root["sheet"] = toJson(*file.sheet);
    if (file.setup)
        root["setup"] = toJson(*file.setup);
    if (file.showing)
        root["showing"] = toJson(*file.showing);
    Json marks = Json::array();
    for (const Mark& mark : file.marks)
        marks.push_back(toJson(mark));
    root["marks"] = std::move(marks);
    return dump(root, 1) + "\n";
}

base::Result<LogFile> readLogFile(const std::filesystem::path& log_json)
{
    const auto text = readWholeFile(log_json, kLargestLogFile);
    if (!text)
        return fail(text.error());
    auto file = parseLogFile(*text);
    if (!file)
        return fail(file.error().fault, fmt::format("{}: {}", log_json.string(), file.error().message));
    return file;
}

base::Outcome writeLogFile(const std::filesystem::path& log_json, const LogFile& file, Disk& disk)
{
    const std::string text = logFileText(file);
    if (text.size() > kLargestLogFile || file.marks.size() > kMostMarks)
        return fail(Fault::Usage,
            fmt::format("more is said of this take than {} can hold: it stands in shoot.db alone",
                log_json.string()));
    if (const auto old = readLogFile(log_json); !old && old.error().fault == Fault::Unsupported)
        return fail(old.error());
    else if (!old && old.error().fault == Fault::Corrupt)
        if (const int result = disk.rename(log_json, log_json.string() + ".damaged"); result < 0)
            return fail(errorOf(-result, "rename", log_json));
    return replaceFile(log_json, text, disk);
}

} // namespace backtake::takes
