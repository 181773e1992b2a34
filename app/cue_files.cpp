#include "app/cue_files.hpp"

#include "base/text.hpp"
#include "takes/handover/pdf_pages.hpp"
#include "takes/new_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace backtake::app {

using base::fail;
using base::Fault;

namespace {

constexpr std::uint64_t kLargestSheet = 64 << 20;
constexpr std::size_t kLongestName = 100;

/// "1:02.35" from the beginning of the reversed guide.
std::string clock(base::Nanos time)
{
    const auto hundredths = time.count() / 10'000'000;
    return fmt::format("{}:{:02}.{:02}", hundredths / 6000, hundredths / 100 % 60, hundredths % 100);
}

/// Moves it into @p folder, under the first name of "NAME", "NAME 2", … that is free.
base::Result<std::filesystem::path> moveInto(
    const std::filesystem::path& folder, const std::filesystem::path& from, const std::string& name)
{
    std::error_code trouble;
    std::filesystem::create_directories(folder, trouble);
    if (trouble)
        return fail(takes::errorOf(trouble.value(), "make the folder", folder));
    for (int number = 1;; ++number) {
        const auto to = folder / ((number == 1 ? name : fmt::format("{} {}", name, number)) + ".json");
        const auto moved = takes::renameWithoutReplacing(from, to);
        if (moved)
            return to;
        if (moved.error().fault != Fault::Exists)
            return fail(moved.error());
    }
}

/// RIFF WAVE, PCM (Microsoft and IBM, Multimedia Programming Interface and Data Specifications 1.0, 1991).
std::array<std::byte, 44> waveHeader(std::uint32_t data_bytes)
{
    std::array<std::byte, 44> header {};
    std::size_t at = 0;
    const auto tag = [&](const char* four) {
        std::memcpy(&header[at], four, 4);
        at += 4;
    };
    const auto number = [&](std::uint32_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i)
            header[at++] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
    };
    constexpr std::uint32_t kRate = guide::kVoiceRateHz;
    tag("RIFF");
    number(36 + data_bytes, 4);
    tag("WAVE");
    tag("fmt ");
    number(16, 4);
    number(1, 2); // PCM
    number(1, 2); // channels
    number(kRate, 4);
    number(kRate * 2, 4); // bytes a second
    number(2, 2);         // bytes a sample of all channels
    number(16, 2);        // bits a sample
    tag("data");
    number(data_bytes, 4);
    return header;
}

} // namespace

base::Result<std::filesystem::path> cueSheetPath(const std::filesystem::path& shoot, const std::string& name)
{
    const bool odd = name.empty() || name.size() > kLongestName || name.front() == '.'
        || name.find('/') != std::string::npos || base::oneLine(name) != name;
    if (odd)
        return fail(Fault::Usage,
            fmt::format("\"{}\" is no name for a cue sheet: up to {} letters, no \"/\", no \".\" in front",
                base::oneLine(name.substr(0, kLongestName)), kLongestName));
    return shoot / "cues" / (name + ".json");
}

base::Result<guide::CueSheet> readCueSheet(const std::filesystem::path& path)
{
    const auto text = takes::readWholeFile(path, kLargestSheet);
    if (!text)
        return fail(text.error());
    auto sheet = guide::parseCueSheet(*text);
    if (!sheet)
        return fail(sheet.error().fault, fmt::format("{}: {}", path.string(), sheet.error().message));
    return sheet;
}

base::Outcome writeCueSheet(
    const std::filesystem::path& path, const guide::CueSheet& sheet, takes::NewFile::Existing existing)
{
    std::error_code trouble;
    std::filesystem::create_directories(path.parent_path(), trouble);
    if (trouble)
        return fail(base::faultOfErrno(trouble.value()),
            fmt::format("cannot make the folder {}: {}", path.parent_path().string(), trouble.message()));
    auto file = takes::NewFile::create(path, existing);
    if (!file)
        return fail(file.error());
    file->write(guide::cueSheetText(sheet));
    return file->publish();
}

base::Result<std::filesystem::path> setCueSheetAside(
    const std::filesystem::path& shoot, const std::string& name)
{
    const auto path = cueSheetPath(shoot, name);
    if (!path)
        return fail(path.error());
    return moveInto(path->parent_path() / "removed", *path, name);
}

base::Result<std::string> bringCueSheetBack(
    const std::filesystem::path& shoot, const std::filesystem::path& aside, const std::string& name)
{
    const auto path = moveInto(shoot / "cues", aside, name);
    if (!path)
        return fail(path.error());
    return path->stem().string();
}

std::vector<std::string> cueSheetNames(const std::filesystem::path& shoot)
{
    std::vector<std::string> names;
    std::error_code none;
    for (std::filesystem::directory_iterator one(shoot / "cues", none), end; !none && one != end;
         one.increment(none))
        if (const auto& path = one->path();
            path.extension() == ".json" && cueSheetPath(shoot, path.stem().string()))
            names.push_back(path.stem().string());
    std::ranges::sort(names);
    return names;
}

base::Result<int> writeCuePdf(const std::filesystem::path& path, const guide::CueSheet& sheet, Paper paper,
    const std::function<bool(double)>& progress)
{
    const std::string title = sheet.title.empty() ? sheet.lines.back().text : sheet.title;
    auto file = takes::NewFile::create(path, takes::NewFile::Existing::Replace);
    if (!file)
        return fail(file.error());
    constexpr double kMargin = 51; // 18 mm: what every printer leaves, and room for a clip
    const handover::PageSize size = paper == Paper::A4
        ? handover::PageSize { handover::kA4Short, handover::kA4Long, kMargin }
        : handover::PageSize { handover::kLetterShort, handover::kLetterLong, kMargin };
    handover::PdfPages pages(size, title, [&file](std::span<const std::byte> more) {
        file->write(more);
        return file->good();
    });
    const handover::Lettering heading { "Inter", 18, true, 0 };
    const handover::Lettering small { "Inter", 9, false, 0.35 };
    const handover::Lettering times { "JetBrains Mono", 9, false, 0.35 };
    const handover::Lettering written { "Inter", 11, false, 0 };
    const handover::Lettering phonetic { "Inter", 12, false, 0.25 };
    const handover::Lettering large { "Inter", 22, true, 0 };
    pages.write(title, heading);
    pages.space(4);
    pages.write(fmt::format("Backwards, from the last line to the first. {}. {} lines, {} in all. CAPITALS "
                            "are stressed, (h) is a breath.",
                    sheet.language, sheet.lines.size(), clock(sheet.duration)),
        small);
    pages.space(14);
    for (std::size_t i = 0; i < sheet.lines.size(); ++i) {
        if (progress && !progress(static_cast<double>(i) / static_cast<double>(sheet.lines.size())))
            return fail(Fault::Cancelled, "it was stopped");
        const guide::CueLine& line = sheet.lines[i];
        const std::string respelling = guide::respellingOf(line);
        const std::string ipa = guide::ipaOf(line);
        pages.keepTogether(pages.heightOf(line.text, written) + pages.heightOf(respelling, large)
            + pages.heightOf(ipa, phonetic) + 8);
        pages.writeBoth(fmt::format("{}. {}", i + 1, line.text), written,
            fmt::format("{} – {}", clock(line.begins()), clock(line.ends())), times);
        pages.space(2);
        pages.write(respelling, large);
        pages.space(2);
        pages.write(ipa, phonetic);
        pages.space(16);
    }
    const auto count = pages.finish();
    if (!count && file->good())
        return fail(count.error());
    if (const auto published = file->publish(); !published)
        return fail(published.error());
    return count;
}

base::Result<base::Nanos> writeCueSound(
    const std::filesystem::path& path, const guide::CueSheet& sheet, const std::function<bool()>& go_on)
{
    auto file = takes::NewFile::create(path, takes::NewFile::Existing::Replace);
    if (!file)
        return fail(file.error());
    file->write(waveHeader(0));
    std::uint32_t bytes = 0; // a sheet's longest text is far from 4 GiB of sound
    const auto length = guide::speakCueSheet(sheet, [&](std::span<const std::int16_t> samples) {
        // Little endian, as this machine: Backtake is for x86-64 and arm64.
        file->write(std::as_bytes(samples));
        bytes += static_cast<std::uint32_t>(samples.size_bytes());
        return file->good() && go_on();
    });
    if (!length && file->good())
        return fail(length.error());
    file->writeAgain(waveHeader(bytes));
    if (auto written = file->publish(); !written)
        return fail(written.error());
    return length;
}

} // namespace backtake::app
