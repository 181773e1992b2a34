#include "takes/take_facts.hpp"

#include "base/picture.hpp"
#include "takes/field_reader.hpp"
#include "takes/files.hpp"
#include "takes/picture_index.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <numeric>

namespace backtake::takes {
using base::fail;
using base::Fault;
using base::Loss;

void readSlate(FieldReader fields, Slate& slate)
{
    fields.text("scene", slate.scene);
    fields.integer("take", 1, 99999, slate.take);
    std::string camera;
    fields.text("camera", camera);
    if (camera.size() == 1 && camera[0] >= 'A' && camera[0] <= 'Z')
        slate.camera = camera[0];
    else
        fields.say("\"camera\" of the slate is no letter from A to Z");
    if (slate.scene.empty())
        fields.say("\"scene\" is empty");
}

Json toJson(const Slate& slate)
{
    return { { "scene", slate.scene }, { "take", slate.take }, { "camera", std::string(1, slate.camera) } };
}

namespace {

constexpr std::string_view kFormat = "backtake take";
constexpr std::uint64_t kLargestFacts = 4
    << 20; // room for kMostSegments; a hostile file costs no more than this
constexpr std::size_t kMostSegments = 20000;
/// A camera that splits at 4 GB, at 500 Mbit/s, all day long.
constexpr std::size_t kMostClips = 2000;
/// No clock of sound that works is this far off; more would make nonsense of the times of a long take.
constexpr double kLargestRateError_ppm = 10'000;
/// Disks that one take was spread over.
constexpr std::size_t kMostParts = 1000;
constexpr std::size_t kIdLetters = 32;

void readTimecode(FieldReader fields, TakeFacts& facts)
{
    std::string rate;
    fields.text("rate", rate);
    // Six digits are plenty for a rate, and keep products of rates inside 32 bits.
    const auto parsed = rate.size() <= 13 ? base::parseRate(rate) : std::nullopt;
    if (parsed && parsed->numerator < 1'000'000 && parsed->denominator < 1'000'000)
        facts.timecode.rate = *parsed;
    else
        fields.say("\"rate\" is \"{}\", which is no rate", rate);
    fields.flag("drop_frame", facts.timecode.drop_frame);
    if (facts.timecode.drop_frame && !base::TimecodeFormat::customary(facts.timecode.rate).drop_frame)
        fields.say("there is no drop frame at a rate of {}", rate);
    fields.integer("start", 0, facts.timecode.framesPerDay() - 1, facts.start_timecode);
}

void readSound(FieldReader fields, SoundFacts& sound)
{
    fields.integer("rate_hz", 1000, 768000, sound.rate_hz);
    fields.integer("channels", 1, 64, sound.channels);
    fields.integer("samples", 0, kMost >> 16, sound.samples);
    fields.nanos("starts_after_picture_ns", -kLongestTake, kLongestTake, sound.starts_after_picture);
    if (fields.has("bits")) // else of a version that had 16 only
        fields.integer("bits", 16, 24, sound.bits);
    if (sound.bits != 16 && sound.bits != 24)
        fields.say("\"bits\" of the sound is {}, neither 16 nor 24", sound.bits);
    if (fields.has("rate_error_ppm"))
        fields.number("rate_error_ppm", -kLargestRateError_ppm, kLargestRateError_ppm, sound.rate_error_ppm);
}

void readClip(FieldReader fields, CameraClip& clip)
{
    fields.text("folder", clip.folder);
    fields.text("name", clip.name);
    fields.integer("bytes", 0, kMost, clip.bytes);
    if (!isClipName(clip.name))
        fields.say("the camera's clip has the name \"{}\", which cannot stand beside a recording", clip.name);
    if (!fields.has("fetched"))
        return;
    fields.text("fetched", clip.fetched);
    const std::filesystem::path path(clip.fetched);
    if (path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end())
        fields.say("the fetched clip is said to be outside the recording: \"{}\"", clip.fetched);
}

void readFurtherClips(const Json& list, std::string& trouble, TakeFacts& facts)
{
    FieldReader whole(list, trouble);
    if (list.size() > kMostClips)
        return whole.say("more than {} clips", kMostClips);
    for (const Json& item : list) {
        if (!item.is_object())
            return whole.say("a clip is no object");
        readClip(FieldReader(item, trouble), facts.further_clips.emplace_back());
    }
}

void readSegments(const Json& list, std::string& trouble, TakeFacts& facts)
{
    FieldReader whole(list, trouble);
    if (list.size() > kMostSegments)
        return whole.say("more than {} segments", kMostSegments);
    base::FrameIndex least = 0;
    for (const Json& item : list) {
        if (!item.is_object())
            return whole.say("a segment is no object");
        FieldReader fields(item, trouble);
        Segment segment;
        fields.integer("first_frame", least, kMostFrames, segment.first_frame);
        fields.integer("width", 1, base::kLargestSide, segment.width);
        fields.integer("height", 1, base::kLargestSide, segment.height);
        if (!trouble.empty())
            return;
        least = segment.first_frame + 1;
        facts.segments.push_back(segment);
    }
}

void readGaps(const Json& list, std::string& trouble, TakeFacts& facts)
{
    FieldReader whole(list, trouble);
    if (list.size() > kMostGaps)
        return whole.say("more than {} gaps", kMostGaps);
    base::FrameIndex least = 1;
    for (const Json& item : list) {
        if (!item.is_object())
            return whole.say("a gap is no object");
        FieldReader fields(item, trouble);
        Gap gap;
        fields.integer("before_frame", least, kMostFrames, gap.before_frame);
        fields.nanos("length_ns", base::Nanos(0), kLongestTake, gap.length);
        if (!trouble.empty())
            return;
        least = gap.before_frame + 1;
        facts.gaps.push_back(gap);
    }
}

void readLost(const Json& causes, std::string& trouble, TakeFacts& facts)
{
    FieldReader fields(causes, trouble);
    for (const Loss loss : { Loss::EncoderBusy, Loss::RingOverrun, Loss::CameraDamaged }) {
        const std::string name(nameOf(loss));
        if (causes.contains(name))
            fields.integer(name.c_str(), 0, kMostFrames, facts.lost[name]);
    }
}

/// A part is found by its path: one that is not absolute would mean another folder with every program.
void readPartFolder(FieldReader& fields, std::string& folder)
{
    fields.text("folder", folder);
    if (folder.empty() || folder.front() != '/' || folder.find('\0') != std::string::npos)
        fields.say("the folder of a part is no absolute path: \"{}\"", folder);
}

void readParts(const Json& list, std::string& trouble, TakeFacts& facts)
{
    FieldReader whole(list, trouble);
    if (list.size() > kMostParts)
        return whole.say("more than {} parts", kMostParts);
    base::FrameIndex least = 0;
    for (const Json& item : list) {
        if (!item.is_object())
            return whole.say("a part is no object");
        FieldReader fields(item, trouble);
        Part part;
        fields.integer("first_frame", least, kMostFrames, part.first_frame);
        readPartFolder(fields, part.folder);
        if (fields.has("frames"))
            fields.integer("frames", 0, kMostFrames - part.first_frame, part.frames);
        if (!trouble.empty())
            return;
        least = part.first_frame + 1;
        facts.parts.push_back(std::move(part));
    }
}

void readContinues(FieldReader fields, Continues& continues)
{
    readPartFolder(fields, continues.folder);
    fields.integer("number", 2, static_cast<std::int64_t>(kMostParts) + 1, continues.number);
    fields.integer("first_frame", 0, kMostFrames, continues.first_frame);
}

void readFields(const Json& root, std::string& trouble, TakeFacts& facts)
{
    FieldReader fields(root, trouble);
    if (fields.has("id")) {
        fields.text("id", facts.id);
        if (!isTakeId(facts.id))
            fields.say("\"id\" is not made of {} of 0-9 a-f", kIdLetters);
    }
    if (const Json* slate = fields.object("slate"))
        readSlate(FieldReader(*slate, trouble), facts.slate);
    fields.choice("direction", { Direction::Backward, Direction::Forward }, facts.direction);
    fields.choice("orientation",
        { Orientation::Upright, Orientation::UpsideDown, Orientation::Mirrored, Orientation::Flipped },
        facts.orientation);
    if (const Json* timecode = fields.object("timecode"))
        readTimecode(FieldReader(*timecode, trouble), facts);
    fields.integer("started_at_utc_ns", 0, kMost, facts.started_at_utc);
    fields.nanos("duration_ns", base::Nanos(0), 2 * kLongestTake, facts.duration);
    fields.integer("frames", 0, kMostFrames, facts.frames);
    fields.integer("preroll_frames", 0, kMostFrames, facts.preroll_frames);
    fields.integer("picture_bytes", 0, kMost, facts.picture_bytes);
    fields.text("camera", facts.camera);
    if (const Json* causes = fields.object("lost"))
        readLost(*causes, trouble, facts);
    if (const Json* list = fields.array("segments"))
        readSegments(*list, trouble, facts);
    if (fields.has("gaps")) {
        if (const Json* list = fields.array("gaps"))
            readGaps(*list, trouble, facts);
    }
    if (fields.has("sound")) {
        if (const Json* sound = fields.object("sound"))
            readSound(FieldReader(*sound, trouble), facts.sound.emplace());
    }
    if (fields.has("camera_clip")) {
        if (const Json* clip = fields.object("camera_clip"))
            readClip(FieldReader(*clip, trouble), facts.camera_clip.emplace());
    }
    if (fields.has("further_camera_clips")) {
        if (const Json* list = fields.array("further_camera_clips"))
            readFurtherClips(*list, trouble, facts);
    }
    if (fields.has("parts")) {
        if (const Json* list = fields.array("parts"))
            readParts(*list, trouble, facts);
    }
    if (fields.has("continues")) {
        if (const Json* continues = fields.object("continues"))
            readContinues(FieldReader(*continues, trouble), facts.continues.emplace());
    }
    fields.flag("closed", facts.closed);
    fields.flag("recovered", facts.recovered);
    if (facts.closed && facts.preroll_frames > facts.frames)
        fields.say("the pre-roll is longer than the take");
}

Json toJson(const CameraClip& clip)
{
    Json object { { "folder", clip.folder }, { "name", clip.name }, { "bytes", clip.bytes } };
    if (!clip.fetched.empty())
        object["fetched"] = clip.fetched;
    return object;
}

Json toJson(const TakeFacts& facts)
{
    Json segments = Json::array();
    for (const Segment& segment : facts.segments)
        segments.push_back({ { "first_frame", segment.first_frame }, { "width", segment.width },
            { "height", segment.height } });
    Json lost = Json::object();
    for (const auto& [cause, count] : facts.lost)
        lost[cause] = count;
    const auto& rate = facts.timecode.rate;
    Json root {
        { "format", kFormat },
        { "version", kRecordingVersion },
    };
    if (!facts.id.empty())
        root["id"] = facts.id;
    root.update(Json {
        { "slate", toJson(facts.slate) },
        { "direction", nameOf(facts.direction) },
        { "orientation", nameOf(facts.orientation) },
        { "timecode",
            { { "rate", fmt::format("{}/{}", rate.numerator, rate.denominator) },
                { "drop_frame", facts.timecode.drop_frame }, { "start", facts.start_timecode } } },
        { "started_at_utc_ns", facts.started_at_utc.count() },
        { "duration_ns", facts.duration.count() },
        { "frames", facts.frames },
        { "preroll_frames", facts.preroll_frames },
        { "lost", std::move(lost) },
        { "segments", std::move(segments) },
        { "picture_bytes", facts.picture_bytes },
        { "camera", facts.camera },
    });
    if (!facts.gaps.empty()) {
        Json gaps = Json::array();
        for (const Gap& gap : facts.gaps)
            gaps.push_back({ { "before_frame", gap.before_frame }, { "length_ns", gap.length.count() } });
        root["gaps"] = std::move(gaps);
    }
    if (facts.sound) {
        Json sound = { { "rate_hz", facts.sound->rate_hz }, { "bits", facts.sound->bits },
            { "channels", facts.sound->channels }, { "samples", facts.sound->samples },
            { "starts_after_picture_ns", facts.sound->starts_after_picture.count() } };
        if (facts.sound->rate_error_ppm != 0)
            sound["rate_error_ppm"] = facts.sound->rate_error_ppm;
        root["sound"] = std::move(sound);
    }
    if (facts.camera_clip)
        root["camera_clip"] = toJson(*facts.camera_clip);
    if (!facts.further_clips.empty()) {
        Json clips = Json::array();
        for (const CameraClip& clip : facts.further_clips)
            clips.push_back(toJson(clip));
        root["further_camera_clips"] = std::move(clips);
    }
    if (!facts.parts.empty()) {
        Json parts = Json::array();
        for (const Part& part : facts.parts) {
            Json object { { "first_frame", part.first_frame }, { "folder", part.folder } };
            if (part.frames > 0)
                object["frames"] = part.frames;
            parts.push_back(std::move(object));
        }
        root["parts"] = std::move(parts);
    }
    if (facts.continues)
        root["continues"] = { { "folder", facts.continues->folder }, { "number", facts.continues->number },
            { "first_frame", facts.continues->first_frame } };
    root["closed"] = facts.closed;
    root["recovered"] = facts.recovered;
    return root;
}

} // namespace

std::int64_t lostFrames(const std::map<std::string, std::int64_t>& lost)
{
    return std::accumulate(lost.begin(), lost.end(), std::int64_t { 0 },
        [](std::int64_t sum, const auto& cause) { return sum + cause.second; });
}

std::string_view nameOf(Loss loss)
{
    switch (loss) {
    case Loss::None:
        return "none";
    case Loss::EncoderBusy:
        return "encoder_busy";
    case Loss::RingOverrun:
        return "ring_overrun";
    case Loss::CameraDamaged:
        return "camera_damaged";
    }
    return "none";
}

std::string_view nameOf(Direction direction)
{
    return direction == Direction::Forward ? "forward" : "backward";
}

std::string_view nameOf(Orientation orientation)
{
    switch (orientation) {
    case Orientation::Upright:
        return "0";
    case Orientation::UpsideDown:
        return "180";
    case Orientation::Mirrored:
        return "mirrored";
    case Orientation::Flipped:
        return "flipped";
    }
    return "0";
}

bool isTakeId(std::string_view text)
{
    return text.size() == kIdLetters && std::all_of(text.begin(), text.end(), [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
    });
}

std::string recordingId(const std::filesystem::path& folder, const TakeFacts& facts)
{
    if (!facts.id.empty())
        return facts.id;
    const std::string name = folder.filename().string();
    return fmt::format(
        "{:016x}{:016x}", facts.started_at_utc.count(), hashOf(std::as_bytes(std::span(name))));
}

bool isClipName(std::string_view name)
{
    constexpr std::size_t kLongestName = 200; // a file system takes 255 bytes, ".part" included
    constexpr std::array kOurs { "picture.mjpeg", "picture.index", "sound.wav", "take.json", "take.json.new",
        "log.json", "log.json.new", "guide.json", "guide.json.new", "check.json", "check.json.new" };
    return !name.empty() && name.size() <= kLongestName && name.front() != '.'
        && std::none_of(name.begin(), name.end(),
            [](char letter) {
                const auto code = static_cast<unsigned char>(letter);
                return letter == '/' || letter == '\\' || code < 0x20 || code >= 0x7F;
            })
        && std::find(kOurs.begin(), kOurs.end(), name) == kOurs.end();
}

void putClip(TakeFacts& facts, const CameraClip& clip)
{
    const auto same = [&](const CameraClip& one) {
        return one.folder == clip.folder && one.name == clip.name;
    };
    if (!facts.camera_clip || same(*facts.camera_clip)) {
        facts.camera_clip = clip;
        return;
    }
    const auto known = std::find_if(facts.further_clips.begin(), facts.further_clips.end(), same);
    if (known != facts.further_clips.end())
        *known = clip;
    else
        facts.further_clips.push_back(clip);
}

base::Result<TakeFacts> parseTakeFacts(std::string_view json)
{
    const auto root = base::parseFile(json, { kFormat, "a Backtake take", kRecordingVersion, kLargestFacts });
    if (!root)
        return fail(root.error());
    std::string trouble;
    TakeFacts facts;
    readFields(*root, trouble, facts);
    if (!trouble.empty())
        return fail(Fault::Corrupt, trouble);
    return facts;
}

std::string takeFactsText(const TakeFacts& facts)
{
    // A scene typed in another encoding than UTF-8 must not stop a take: its odd bytes become U+FFFD.
    return toJson(facts).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

base::Result<TakeFacts> readTakeFacts(const std::filesystem::path& take_json)
{
    const auto text = readWholeFile(take_json, kLargestFacts);
    if (!text)
        return fail(text.error());
    auto facts = parseTakeFacts(*text);
    if (!facts)
        return fail(facts.error().fault, fmt::format("{}: {}", take_json.string(), facts.error().message));
    return facts;
}

base::Outcome writeTakeFacts(
    const std::filesystem::path& take_json, const TakeFacts& facts, Disk& disk, File* reserved)
{
    const std::string text = takeFactsText(facts);
    if (const auto readable = parseTakeFacts(text); !readable) // what we write, we must be able to read
        return fail(Fault::Usage,
            fmt::format("the facts of the take do not make sense and were not written to {}: {}",
                take_json.string(), readable.error().message));
    return replaceFile(take_json, text, disk, reserved);
}

} // namespace backtake::takes
