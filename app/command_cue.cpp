// `backtake cue`: how to say a line backwards.
#include "app/cue_files.hpp"
#include "app/progress.hpp"
#include "base/text.hpp"
#include "takes/files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace backtake::app {

using base::fail;
using base::Fault;

namespace {

nlohmann::ordered_json describe(const guide::CueLine& line)
{
    nlohmann::ordered_json phones = nlohmann::ordered_json::array();
    for (const guide::CueWord& word : line.words)
        for (const guide::Phone& phone : word.phones)
            phones.push_back({ { "ipa", phone.ipa }, { "begins_s", base::seconds(phone.begins) },
                { "ends_s", base::seconds(phone.ends) } });
    return { { "text", line.text }, { "ipa", guide::ipaOf(line) },
        { "respelling", guide::respellingOf(line) }, { "begins_s", base::seconds(line.begins()) },
        { "ends_s", base::seconds(line.ends()) }, { "phones", phones } };
}

base::Result<guide::CueSheet> sheetFor(const CueArguments& arguments)
{
    const int sources =
        (arguments.text ? 1 : 0) + (arguments.file.empty() ? 0 : 1) + (arguments.sheet.empty() ? 0 : 1);
    if (sources != 1)
        return fail(Fault::Usage, "give one of TEXT, --file FILE and --sheet FILE");
    if (!arguments.sheet.empty())
        return readCueSheet(arguments.sheet);
    std::string text = arguments.text.value_or("");
    if (!arguments.file.empty()) {
        // One byte more than makeCueSheet() takes, so that it is the one to say how much that is.
        auto read = takes::readWholeFile(arguments.file, 64 << 20);
        if (!read)
            return fail(read.error());
        text = std::move(*read);
        if (text.starts_with("\xEF\xBB\xBF")) // a byte order mark, as some editors write
            text.erase(0, 3);
    }
    const auto language = guide::findLanguage(arguments.language);
    if (!language) {
        const bool unknown = language.error().fault == Fault::NotFound;
        return fail(unknown ? Fault::Usage : language.error().fault, "--lang: " + language.error().message);
    }
    return guide::makeCueSheet(text, *language, Progress("listening to the voice"));
}

} // namespace

int runCue(const Speech& speech, const CueArguments& arguments)
{
    if (arguments.shoot.empty() != arguments.name.empty())
        return speech.fail({ Fault::Usage,
            "--shoot DIR and --name NAME go together: the sheet is kept as DIR/cues/NAME.json", {} });
    auto sheet = sheetFor(arguments);
    if (!sheet)
        return speech.fail(sheet.error());
    if (!arguments.title.empty())
        sheet->title = arguments.title;

    nlohmann::ordered_json files = nlohmann::ordered_json::object();
    if (!arguments.shoot.empty()) {
        const auto path = cueSheetPath(arguments.shoot, arguments.name);
        if (!path)
            return speech.fail(path.error());
        if (auto written = writeCueSheet(*path, *sheet); !written)
            return speech.fail(written.error());
        files["sheet"] = path->string();
    }
    if (!arguments.pdf.empty()) {
        const auto pages =
            writeCuePdf(arguments.pdf, *sheet, arguments.paper == "letter" ? Paper::Letter : Paper::A4);
        if (!pages)
            return speech.fail(pages.error());
        files["pdf"] = arguments.pdf;
        files["pages"] = *pages;
    }
    if (!arguments.wav.empty()) {
        const auto length = writeCueSound(arguments.wav, *sheet, [] { return !stopAsked(); });
        if (!length)
            return speech.fail(length.error());
        files["wav"] = arguments.wav;
        files["wav_s"] = base::seconds(*length);
    }
    nlohmann::ordered_json lines = nlohmann::ordered_json::array();
    for (const guide::CueLine& line : sheet->lines) {
        speech.note(fmt::format("{:7.2f} – {:.2f} s  {}\n    {}\n    {}", base::seconds(line.begins()),
            base::seconds(line.ends()), base::oneLine(line.text), guide::respellingOf(line),
            guide::ipaOf(line)));
        if (speech.json)
            lines.push_back(describe(line));
    }
    speech.result({ { "language", sheet->language }, { "title", sheet->title },
        { "duration_s", base::seconds(sheet->duration) }, { "lines", lines }, { "files", files } });
    return 0;
}

} // namespace backtake::app
