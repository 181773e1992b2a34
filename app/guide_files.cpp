#include "app/guide_files.hpp"

#include "base/field_reader.hpp"
#include "guide/waveform.hpp"
#include "takes/new_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>

namespace backtake::app {

using base::fail;
using base::Fault;
using base::Nanos;

namespace {

using base::Json;

constexpr std::uint64_t kLargestRecord = 4 << 20;
constexpr std::size_t kLongestName = 80;
constexpr std::size_t kChecksumDigits = 32;
/// As many columns as a wide popup has pixels.
constexpr std::size_t kWaveColumns = 1000;
/// Of loading, what the file's checksum takes.
constexpr double kChecksumPart = 0.15;

bool isChecksum(std::string_view text)
{
    return text.size() == kChecksumDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// Letters, digits, "-", "_" and dots inside: what every disk takes, on any system.
bool isPlain(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')
        || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
}

bool isKeptName(std::string_view name)
{
    return !name.empty() && name.size() <= 2 * kLongestName && name.front() != '.'
        && std::all_of(name.begin(), name.end(), [](char c) { return isPlain(c) || c == '.'; });
}

std::string plain(std::string_view text, std::size_t longest)
{
    std::string out;
    for (const char letter : text.substr(0, longest))
        out += isPlain(letter) ? letter : '_';
    return out;
}

/// "Song_A-0123456789abcdef.wav": who sees it knows the song, and no two files have one name.
std::string keptName(const std::filesystem::path& path, const std::string& checksum)
{
    const std::string extension = path.extension().string();
    std::string name = plain(path.stem().string(), kLongestName);
    if (name.empty())
        name = "guide";
    name += "-" + checksum.substr(0, 16);
    if (extension.size() > 1)
        name += "." + plain(extension.substr(1), 8);
    return name;
}

/// Reads a file from its beginning to its end. @param bytes takes each piece; false: stop.
base::Outcome readThrough(
    const std::filesystem::path& path, const std::function<bool(std::span<const std::byte>, double)>& bytes)
{
    auto file = takes::File::open(path, O_RDONLY, "read");
    if (!file)
        return fail(file.error());
    const std::uint64_t size = file->size();
    std::vector<std::byte> buffer(1 << 20);
    for (std::uint64_t at = 0;;) {
        const std::int64_t got = file->readAt(buffer, at);
        if (got < 0)
            return fail(takes::errorOf(static_cast<int>(-got), "read", path));
        if (got == 0)
            return {};
        at += static_cast<std::uint64_t>(got);
        const double part = size > 0 ? std::min(1.0, static_cast<double>(at) / static_cast<double>(size)) : 1;
        if (!bytes(std::span(buffer).first(static_cast<std::size_t>(got)), part))
            return fail(Fault::Cancelled, "stopped");
    }
}

class Checksum {
public:
    Checksum()
        : state_(XXH3_createState(), XXH3_freeState)
    {
        XXH3_128bits_reset(state_.get());
    }
    void add(std::span<const std::byte> bytes)
    {
        XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
    }
    [[nodiscard]] std::string text() const
    {
        const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
        return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
    }

private:
    std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

Nanos endOf(const guide::SoundClip& clip)
{
    return clip.startsAt() + base::Rate { clip.rateHz(), 1 }.timeOf(clip.sampleCount());
}

/// The samples of @p whole in [from, to).
guide::SoundClipPtr cutOut(const guide::SoundClip& whole, const guide::ClipPart& part)
{
    const auto sampleAt = [&](Nanos time) {
        return std::clamp<std::int64_t>(
            std::llround(base::seconds(time - whole.startsAt()) * whole.rateHz()), 0, whole.sampleCount());
    };
    const std::int64_t first = sampleAt(part.from);
    const std::int64_t count = std::max<std::int64_t>(0, sampleAt(part.to) - first);
    std::vector<float> samples(static_cast<std::size_t>(count) * static_cast<std::size_t>(whole.channels()));
    whole.read(first, samples);
    return std::make_shared<const guide::SoundClip>(std::move(samples), whole.channels(),
        whole.startsAt() + base::Rate { whole.rateHz(), 1 }.timeOf(first));
}

std::shared_ptr<const std::vector<ui::WaveColumn>> waveOf(
    const guide::SoundClip& clip, const std::stop_token& stop)
{
    const auto waveform = guide::Waveform::make(clip, {}, stop);
    if (!waveform)
        return nullptr;
    std::vector<guide::WaveColumn> columns(kWaveColumns);
    waveform->columns(clip.startsAt(), endOf(clip), columns);
    std::vector<ui::WaveColumn> wave;
    for (const guide::WaveColumn& column : columns)
        wave.push_back({ column.low, column.high });
    return std::make_shared<const std::vector<ui::WaveColumn>>(std::move(wave));
}

} // namespace

bool operator==(const GuideSource& one, const GuideSource& other)
{
    const bool same_part = one.part.has_value() == other.part.has_value()
        && (!one.part || (one.part->from == other.part->from && one.part->to == other.part->to));
    return one.checksum == other.checksum && same_part;
}

std::string takeGuideText(const TakeGuide& guide)
{
    Json root = Json::parse(guide::guideRecordText(guide.record));
    Json& source = root["source"];
    source["file"] = guide.source.file;
    source["xxh3"] = guide.source.checksum;
    if (guide.source.part) {
        source["from_ns"] = guide.source.part->from.count();
        source["to_ns"] = guide.source.part->to.count();
    }
    return root.dump(2) + "\n";
}

base::Result<TakeGuide> parseTakeGuide(std::string_view json)
{
    auto record = guide::parseGuideRecord(json);
    if (!record)
        return fail(record.error());
    const Json root = Json::parse(json); // parseGuideRecord() has read it: an object
    TakeGuide guide { {}, std::move(*record) };
    std::string trouble;
    if (const Json* source = base::FieldReader(root, trouble).object("source")) {
        base::FieldReader fields(*source, trouble);
        fields.text("file", guide.source.file);
        fields.text("xxh3", guide.source.checksum);
        if (!isKeptName(guide.source.file) || !isChecksum(guide.source.checksum))
            fields.say("the guide's file or checksum is no name or no checksum");
        if (fields.has("from_ns") || fields.has("to_ns")) {
            guide::ClipPart& part = guide.source.part.emplace();
            fields.nanos("from_ns", Nanos(0), guide::kLongestGuideTime, part.from);
            fields.nanos("to_ns", part.from + Nanos(1), guide::kLongestGuideTime, part.to);
        }
    }
    if (!trouble.empty())
        return fail(Fault::Corrupt, trouble);
    return guide;
}

base::Result<std::optional<TakeGuide>> readTakeGuide(const std::filesystem::path& recording)
{
    const std::filesystem::path path = recording / "guide.json";
    const auto text = takes::readWholeFile(path, kLargestRecord);
    if (!text && text.error().fault == Fault::NotFound)
        return std::nullopt;
    if (!text)
        return fail(text.error());
    auto guide = parseTakeGuide(*text);
    if (!guide)
        return fail(guide.error().fault, fmt::format("{}: {}", path.string(), guide.error().message));
    return std::move(*guide);
}

base::Outcome writeTakeGuide(
    const std::filesystem::path& recording, const TakeGuide& guide, takes::Disk& disk)
{
    return takes::replaceFile(recording / "guide.json", takeGuideText(guide), disk);
}

base::Result<std::shared_ptr<const LoadedGuide>> loadGuide(const std::filesystem::path& path,
    std::optional<Nanos> from, std::optional<Nanos> to, const std::shared_ptr<const LoadedGuide>& before,
    const std::function<void(double)>& progress, const std::stop_token& stop)
{
    auto loaded = std::make_shared<LoadedGuide>();
    loaded->path = path;
    Checksum checksum;
    const auto read = readThrough(path, [&](std::span<const std::byte> bytes, double part) {
        checksum.add(bytes);
        progress(kChecksumPart * part);
        return !stop.stop_requested();
    });
    if (!read)
        return fail(read.error());
    loaded->source.checksum = checksum.text();
    loaded->source.file = keptName(path, loaded->source.checksum);

    const auto decoding = [&](double part) { progress(kChecksumPart + (1 - kChecksumPart) * part); };
    const auto tooShort = [](Nanos length) {
        return fail(Fault::Usage,
            fmt::format("The guide is too short: {:.2f} s, {:.1f} s is the least", base::seconds(length),
                base::seconds(kShortestGuide)));
    };
    if (before && before->whole && before->source.checksum == loaded->source.checksum) {
        loaded->whole = before->whole;
        loaded->wave = before->wave;
    } else {
        const auto length = guide::soundLength(path, stop);
        if (!length)
            return fail(length.error());
        const bool held = !*length || **length <= guide::kLongestPart;
        const bool has_part = from || to;
        if (held || !has_part) {
            auto whole = guide::SoundClip::load(path, std::nullopt, decoding, stop);
            if (!whole)
                return fail(whole.error());
            loaded->whole = *whole;
        } else {
            const guide::ClipPart part { from.value_or(Nanos(0)), to.value_or(**length) };
            if (part.to - part.from < kShortestGuide)
                return tooShort(part.to - part.from);
            auto clip = guide::SoundClip::load(path, part, decoding, stop);
            if (!clip)
                return fail(clip.error());
            loaded->clip = *clip;
            loaded->source.part = part;
        }
    }
    if (loaded->whole) {
        const guide::ClipPart all { loaded->whole->startsAt(), endOf(*loaded->whole) };
        const guide::ClipPart part { std::max(all.from, from.value_or(all.from)),
            std::min(all.to, to.value_or(all.to)) };
        if (part.to - part.from < kShortestGuide)
            return tooShort(part.to - part.from);
        if (part.from > all.from || part.to < all.to) {
            loaded->source.part = part;
            loaded->clip = cutOut(*loaded->whole, part);
        } else {
            loaded->clip = loaded->whole;
        }
    }
    const guide::SoundClip& seen = loaded->whole ? *loaded->whole : *loaded->clip;
    loaded->wave_from = seen.startsAt();
    loaded->wave_to = endOf(seen);
    if (!loaded->wave)
        loaded->wave = waveOf(seen, stop);
    if (stop.stop_requested())
        return fail(Fault::Cancelled, "stopped");
    return loaded;
}

base::Result<guide::SoundClipPtr> loadKeptGuide(
    const std::filesystem::path& shoot, const GuideSource& source, const std::stop_token& stop)
{
    return guide::SoundClip::load(shoot / "guides" / source.file, source.part, {}, stop);
}

base::Outcome checkKeptGuide(const std::filesystem::path& shoot, const GuideSource& source)
{
    const std::filesystem::path kept = shoot / "guides" / source.file;
    Checksum checksum;
    const auto read = readThrough(kept, [&](std::span<const std::byte> bytes, double) {
        checksum.add(bytes);
        return true;
    });
    if (!read)
        return fail(read.error());
    if (checksum.text() != source.checksum)
        return fail(Fault::Corrupt,
            kept.string() + " is not the sound that was played as guide: it is damaged or was replaced");
    return {};
}

base::Outcome keepGuide(
    const std::filesystem::path& shoot, const GuideSource& source, const std::filesystem::path& path)
{
    const std::filesystem::path kept = shoot / "guides" / source.file;
    std::error_code trouble;
    if (std::filesystem::exists(kept, trouble))
        return {};
    std::filesystem::create_directories(kept.parent_path(), trouble);
    if (trouble)
        return fail(base::faultOfErrno(trouble.value()),
            fmt::format("cannot make the folder {}: {}", kept.parent_path().string(), trouble.message()));
    auto file = takes::NewFile::create(kept);
    if (!file)
        return fail(file.error());
    Checksum checksum;
    const auto read = readThrough(path, [&](std::span<const std::byte> bytes, double) {
        checksum.add(bytes);
        file->write(bytes);
        return file->good();
    });
    if (file->good() && !read)
        return fail(read.error());
    if (file->good() && checksum.text() != source.checksum)
        return fail(
            Fault::Corrupt, path.string() + " has changed since it was loaded as guide: load it again");
    return file->publish();
}

} // namespace backtake::app
