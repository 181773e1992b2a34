#include "app/practice_files.hpp"

#include "takes/files.hpp"
#include "takes/new_file.hpp"
#include "takes/recovery.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>

namespace backtake::app {

using base::Fault;
using base::Nanos;
using Json = nlohmann::json;

namespace {

constexpr std::string_view kName = "attempt_";
constexpr std::string_view kEnding = ".wav";
constexpr const char* kFormat = "backtake practice";
constexpr std::uint32_t kLargestComment = 4U << 20U; ///< Far more than the phrases of the longest attempt.
constexpr std::size_t kMostPhrases = 10'000;
constexpr int kMostNumber = 9'999'999;
constexpr int kBytesPerSample = 2;
constexpr std::string_view kPicturesName = "attempt-";
constexpr double kFurthestStart_ns = 3.6e12; ///< An hour, to both sides: longer than any attempt.

void put(std::string& text, std::uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i)
        text += static_cast<char>(value >> (8 * i) & 0xFF);
}

void putChunk(std::string& text, std::string_view name, std::string_view content)
{
    text += name;
    put(text, static_cast<std::uint32_t>(content.size()), 4);
    text += content;
    if (content.size() % 2 != 0) // chunks begin at even bytes
        text += '\0';
}

Json jsonOf(const ui::PracticeMark& mark)
{
    return { { "expected", mark.expected }, { "made", mark.made }, { "matched", mark.matched },
        { "mean_ns", mark.mean.count() }, { "worst_ns", mark.worst.count() }, { "points", mark.points } };
}

/// Numbers out of a file that anybody may have written; what is odd is told by @p whole.
class Reader {
public:
    explicit Reader(const Json& from)
        : from_(from)
    {
    }
    template <typename T> T number(const char* name, double least, double most)
    {
        const auto found = from_.find(name);
        const double value = found != from_.end() && found->is_number() ? found->get<double>() : NAN;
        whole &= value >= least && value <= most; // not of NaN
        return whole ? static_cast<T>(value) : T {};
    }
    bool whole = true;

private:
    const Json& from_;
};

std::optional<ui::PracticeMark> markOf(const Json& json)
{
    constexpr double kMostOnsets = 1e6;
    constexpr double kFurthest_ns = 1e9;
    if (!json.is_object())
        return std::nullopt;
    Reader read(json);
    ui::PracticeMark mark;
    mark.expected = read.number<int>("expected", 0, kMostOnsets);
    mark.made = read.number<int>("made", 0, kMostOnsets);
    mark.matched = read.number<int>("matched", 0, kMostOnsets);
    mark.mean = Nanos(read.number<std::int64_t>("mean_ns", -kFurthest_ns, kFurthest_ns));
    mark.worst = Nanos(read.number<std::int64_t>("worst_ns", -kFurthest_ns, kFurthest_ns));
    mark.points = read.number<double>("points", 0, 100);
    return read.whole ? std::optional(mark) : std::nullopt;
}

/// A folder of ours, never one elsewhere: what it names is read, and removed with its attempt.
bool isPicturesName(std::string_view name)
{
    return name.starts_with(kPicturesName) && name.size() <= 100
        && std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
           });
}

std::optional<PracticePictures> picturesOf(const Json& json)
{
    if (!json.is_object() || !json.contains("folder") || !json.at("folder").is_string())
        return std::nullopt;
    Reader read(json);
    PracticePictures pictures { json.at("folder").get<std::string>(),
        Nanos(read.number<std::int64_t>("starts_ns", -kFurthestStart_ns, kFurthestStart_ns)) };
    return read.whole && isPicturesName(pictures.folder) ? std::optional(pictures) : std::nullopt;
}

std::optional<PracticeFacts> factsOf(std::string_view comment)
{
    const Json root = Json::parse(comment, nullptr, /*allow_exceptions=*/false);
    if (!root.is_object() || root.value("format", Json()) != kFormat || !root.contains("whole")
        || !root.contains("phrases") || !root.at("phrases").is_array()
        || root.at("phrases").size() > kMostPhrases || !root.contains("guide")
        || !root.at("guide").is_string() || !root.contains("record"))
        return std::nullopt;
    PracticeFacts facts;
    const auto whole = markOf(root.at("whole"));
    auto record = guide::parseGuideRecord(root.at("record").dump());
    const auto& guide = root.at("guide").get_ref<const std::string&>();
    const auto read = std::from_chars(guide.data(), guide.data() + guide.size(), facts.guide, 16);
    if (!whole || !record || read.ec != std::errc {})
        return std::nullopt;
    facts.whole = *whole;
    facts.record = std::move(*record);
    if (root.contains("pictures") && !(facts.pictures = picturesOf(root.at("pictures"))))
        return std::nullopt;
    for (const Json& item : root.at("phrases")) {
        const auto phrase = markOf(item);
        if (!phrase)
            return std::nullopt;
        facts.phrases.push_back(*phrase);
    }
    return facts;
}

std::string commentOf(const PracticeFacts& facts)
{
    Json phrases = Json::array();
    for (const ui::PracticeMark& phrase : facts.phrases)
        phrases.push_back(jsonOf(phrase));
    Json root { { "format", kFormat }, { "version", 1 }, { "whole", jsonOf(facts.whole) },
        { "phrases", std::move(phrases) }, { "guide", fmt::format("{:016x}", facts.guide) },
        { "record", Json::parse(guide::guideRecordText(facts.record)) } };
    if (facts.pictures)
        root["pictures"] = { { "folder", facts.pictures->folder },
            { "starts_ns", facts.pictures->starts.count() } };
    return root.dump();
}

/// The number in a file's name; nullopt: it is no attempt's.
std::optional<int> numberOf(const std::filesystem::path& file)
{
    const std::string name = file.filename().string();
    if (!name.starts_with(kName) || !name.ends_with(kEnding) || name.size() <= kName.size() + kEnding.size())
        return std::nullopt;
    int number = 0;
    const char* const end = name.data() + name.size() - kEnding.size();
    const auto read = std::from_chars(name.data() + kName.size(), end, number);
    return read.ec == std::errc {} && read.ptr == end && number > 0 && number <= kMostNumber
        ? std::optional(number)
        : std::nullopt;
}

std::vector<int> numbersIn(const std::filesystem::path& folder)
{
    std::vector<int> numbers;
    std::error_code none;
    for (std::filesystem::directory_iterator file(folder, none), end; !none && file != end;
         file.increment(none))
        if (const auto number = numberOf(file->path()))
            numbers.push_back(*number);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

} // namespace

std::filesystem::path practiceFile(const std::filesystem::path& folder, int number)
{
    return folder / fmt::format("{}{:04}{}", kName, number, kEnding);
}

std::filesystem::path picturesFolder(const std::filesystem::path& folder, const PracticePictures& pictures)
{
    return folder / "media" / pictures.folder;
}

int nextAttempt(const std::filesystem::path& folder)
{
    const std::vector<int> taken = numbersIn(folder);
    return taken.empty() ? 1 : taken.back() + 1;
}

void removeAttempt(const std::filesystem::path& folder, int number)
{
    const auto file = practiceFile(folder, number);
    std::error_code none;
    if (const auto stored = readAttempt(file); stored && stored->facts.pictures)
        std::filesystem::remove_all(picturesFolder(folder, *stored->facts.pictures), none);
    std::filesystem::remove(file, none);
}

base::Result<int> writeAttempt(const std::filesystem::path& folder, std::span<const float> samples,
    int rate_hz, const PracticeFacts& facts)
{
    std::error_code trouble;
    std::filesystem::create_directories(folder, trouble);
    if (trouble)
        return fail(base::faultOfErrno(trouble.value()),
            fmt::format("The attempt is not kept: cannot make the folder {}: {}", folder.string(),
                trouble.message()));

    std::string format;
    put(format, 1, 2); // PCM
    put(format, 1, 2); // channels
    put(format, static_cast<std::uint32_t>(rate_hz), 4);
    put(format, static_cast<std::uint32_t>(rate_hz * kBytesPerSample), 4); // bytes a second
    put(format, kBytesPerSample, 2);
    put(format, 8 * kBytesPerSample, 2);
    std::string info = "INFO";
    putChunk(info, "ICMT", commentOf(facts) + '\0');
    const auto data_bytes = static_cast<std::uint32_t>(samples.size() * kBytesPerSample);
    std::string chunks = "WAVE";
    putChunk(chunks, "fmt ", format);
    putChunk(chunks, "LIST", info);
    std::string header = "RIFF";
    put(header, static_cast<std::uint32_t>(chunks.size()) + 8 + data_bytes, 4);
    header += chunks + "data";
    put(header, data_bytes, 4);

    // Little endian, as this machine: Backtake is for x86-64 and arm64.
    std::vector<std::int16_t> words(samples.size());
    std::transform(samples.begin(), samples.end(), words.begin(), [](float sample) {
        return static_cast<std::int16_t>(std::lround(std::clamp(sample, -1.0F, 1.0F) * 32767));
    });
    for (int number = nextAttempt(folder);; ++number) {
        auto file = takes::NewFile::create(practiceFile(folder, number));
        if (file) {
            file->write(header);
            file->write(std::as_bytes(std::span(words)));
            const auto published = file->publish();
            if (published)
                return number;
            if (published.error().fault != Fault::Exists)
                return fail(published.error());
        } else if (file.error().fault != Fault::Exists) {
            return fail(file.error());
        }
    }
}

base::Result<StoredAttempt> readAttempt(const std::filesystem::path& path)
{
    const auto corrupt = [&] { return fail(Fault::Corrupt, path.string() + " is no attempt of Backtake's"); };
    const auto file = takes::File::open(path, O_RDONLY, "read");
    if (!file)
        return fail(file.error());
    const std::uint64_t size = file->size();
    std::uint64_t at = 0;
    const auto read = [&](std::size_t bytes) -> std::optional<std::string> {
        std::string text(bytes, '\0');
        if (file->readAt(std::as_writable_bytes(std::span(text)), at) != static_cast<std::int64_t>(bytes))
            return std::nullopt;
        at += bytes;
        return text;
    };
    const auto number = [](std::string_view text, std::size_t from) {
        std::uint32_t value = 0;
        for (std::size_t i = 4; i-- > 0;)
            value = value << 8U | static_cast<unsigned char>(text[from + i]);
        return value;
    };
    const auto riff = read(12);
    if (!riff || !riff->starts_with("RIFF") || !riff->ends_with("WAVE"))
        return corrupt();
    StoredAttempt attempt;
    std::uint32_t rate_hz = 0;
    bool has_facts = false;
    while (const auto head = read(8)) {
        const std::uint32_t bytes = number(*head, 4);
        if (bytes > size - at)
            return corrupt();
        if (head->starts_with("data")) {
            if (!has_facts || rate_hz == 0)
                return corrupt();
            attempt.length = Nanos(static_cast<std::int64_t>(bytes) / kBytesPerSample * 1'000'000'000
                / static_cast<std::int64_t>(rate_hz));
            return attempt;
        }
        if (bytes > kLargestComment)
            return corrupt();
        const auto content = read(bytes + bytes % 2);
        if (!content)
            return corrupt();
        if (head->starts_with("fmt ") && bytes >= 16)
            rate_hz = number(*content, 4);
        constexpr std::size_t kText = 12; // INFO, ICMT and its length
        if (head->starts_with("LIST") && content->starts_with("INFOICMT") && bytes > kText) {
            const std::uint32_t length = number(*content, 8);
            if (length == 0 || length > bytes - kText)
                return corrupt();
            auto facts = factsOf(std::string_view(*content).substr(kText, length - 1)); // less its NUL
            if (!facts)
                return corrupt();
            attempt.facts = std::move(*facts);
            has_facts = true;
        }
    }
    return corrupt();
}

StoredAttempts listAttempts(const std::filesystem::path& folder)
{
    StoredAttempts found;
    std::set<std::string> named;
    bool all_read = true;
    for (const int number : numbersIn(folder)) {
        auto stored = readAttempt(practiceFile(folder, number));
        all_read &= stored.has_value();
        if (!stored)
            continue;
        if (stored->facts.pictures)
            named.insert(stored->facts.pictures->folder);
        found.attempts.push_back(
            { number, stored->length, stored->facts.whole, std::move(stored->facts.phrases) });
    }
    std::error_code none;
    for (std::filesystem::directory_iterator one(folder / "media", none), end;
         all_read && !none && one != end; one.increment(none)) {
        const std::string name = one->path().filename().string();
        if (isPicturesName(name) && !named.contains(name) && !takes::isBeingRecorded(one->path()))
            found.stray_pictures.push_back(name);
    }
    std::sort(found.stray_pictures.begin(), found.stray_pictures.end());
    return found;
}

} // namespace backtake::app
