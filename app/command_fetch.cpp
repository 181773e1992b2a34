// `backtake fetch`: brings the clips that the camera recorded of a take from its card into the take's folder.
#include "app/command_line.hpp"
#include "base/text.hpp"
#include "capture/camera.hpp"
#include "takes/shoot.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>

namespace backtake::app {

using base::Fault;
using base::Nanos;
using capture::ClipFetch;
using takes::CameraClip;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

/// A body that warms up, or one whose helper was replaced, is there by then.
constexpr Nanos kAttachedWithin = 15s;
/// The helper stops at the end of a range.
constexpr Nanos kCancelWithin = 5s;
/// A cable that is pulled again and again: after this many times somebody should look at it.
constexpr int kMostReturns = 20;
constexpr Nanos kTellEvery = 1s;
constexpr Nanos kLookEvery = 20ms;
/// Live view goes on beside a fetch, and nobody plays from its ring here.
constexpr std::uint64_t kRingBytes = 32U << 20;

struct Target {
    fs::path folder; ///< Of the recording.
    takes::TakeFacts facts;
};

base::Result<Target> openTarget(const std::string& text)
{
    auto folder = takes::findTake(text);
    if (!folder)
        return base::fail(folder.error());
    if (!fs::is_directory(*folder))
        return base::fail(Fault::Usage,
            fmt::format(
                "{} is a clip, not a take: name a recording's folder or SHOOT#12A/3", folder->string()));
    auto facts = takes::readTakeFacts(*folder / "take.json");
    if (!facts)
        return base::fail(facts.error());
    if (!facts->closed)
        return base::fail(Fault::Busy,
            fmt::format(
                "{} is still being recorded: cut first; if it was cut off, run backtake verify --repair",
                folder->string()));
    // Absolute: the helper that writes the clip has a working folder of its own.
    return Target { fs::absolute(*folder).lexically_normal(), std::move(*facts) };
}

std::vector<CameraClip> clipsOf(const takes::TakeFacts& facts)
{
    std::vector<CameraClip> clips;
    if (facts.camera_clip)
        clips.push_back(*facts.camera_clip);
    clips.insert(clips.end(), facts.further_clips.begin(), facts.further_clips.end());
    return clips;
}

/// @param name empty: all the take names. A path on the card: also one that it does not name.
base::Result<std::vector<CameraClip>> clipsToFetch(const Target& target, const std::string& name)
{
    std::vector<CameraClip> clips = clipsOf(target.facts);
    if (name.empty()) {
        if (clips.empty())
            return base::fail(Fault::NotFound,
                fmt::format("the camera has named no clip for {}: name it with --clip /FOLDER/ON/CARD/NAME",
                    target.folder.string()));
        return clips;
    }
    const std::size_t slash = name.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : name.substr(0, slash);
    const std::string file = slash == std::string::npos ? name : name.substr(slash + 1);
    std::erase_if(clips, [&](const CameraClip& clip) {
        return clip.name != file || (slash != std::string::npos && clip.folder != folder);
    });
    if (!clips.empty())
        return clips;
    if (slash == std::string::npos)
        return base::fail(Fault::NotFound,
            fmt::format("{} names no clip {}: give its whole path on the card, --clip /FOLDER/ON/CARD/{}",
                target.folder.string(), file, file));
    if (!takes::isClipName(file) || folder.empty() || folder.front() != '/')
        return base::fail(Fault::Usage,
            fmt::format("--clip {}: give the path of a file on the card, as "
                        "/store_00010001/DCIM/100EOS1D/MVI_0042.MOV",
                name));
    return std::vector { CameraClip { folder, file, 0, {} } };
}

bool isHere(const Target& target, const CameraClip& clip)
{
    std::error_code refused;
    const fs::path file = target.folder / clip.fetched;
    return !clip.fetched.empty() && fs::is_regular_file(file, refused)
        && (clip.bytes == 0 || fs::file_size(file, refused) == clip.bytes);
}

/// The facts may have changed since (the window writes them too): they are read again.
base::Outcome store(const Target& target, const CameraClip& clip)
{
    auto facts = takes::readTakeFacts(target.folder / "take.json");
    if (!facts)
        return base::fail(facts.error());
    takes::putClip(*facts, clip);
    return takes::writeTakeFacts(target.folder / "take.json", *facts);
}

class Fetcher {
public:
    explicit Fetcher(const capture::CameraSpec& spec)
        : camera_(spec, { .ring_bytes = kRingBytes, .encoders = 1 })
    {
    }

    /// @return the whole clip's fetch; Cancelled after Ctrl-C, else why it cannot be had.
    base::Result<ClipFetch> fetch(const CameraClip& clip, const fs::path& target)
    {
        for (int returns = 0;; ++returns) {
            if (const auto attached = waitForBody(); !attached)
                return base::fail(attached.error());
            const auto id =
                camera_.body().ask(capture::FetchBodyClip { { clip.folder, clip.name, clip.bytes }, target });
            if (!id) {
                if (id.error().fault == Fault::Unplugged && returns < kMostReturns)
                    continue;
                return base::fail(id.error());
            }
            const ClipFetch ended = follow(*id);
            switch (ended.state) {
            case ClipFetch::State::Done:
                return ended;
            case ClipFetch::State::Running: // did not even stop; the helper goes with us, the part stays
            case ClipFetch::State::Cancelled:
                return base::fail(Fault::Cancelled,
                    fmt::format("stopped: {} of {} are in {}.part; run this again to go on there",
                        base::bytesText(ended.bytes), clip.name, target.string()));
            case ClipFetch::State::Failed:
                break;
            }
            // Lost on the way: what is there stays, and the next try goes on behind it.
            if (stopAsked() || camera_.body().status().attached || returns >= kMostReturns)
                return base::fail(Fault::Failed,
                    ended.trouble.empty() ? fmt::format("{} could not be fetched: try again", clip.name)
                                          : ended.trouble);
            progress(fmt::format("{}; waiting for the camera", ended.trouble));
        }
    }

private:
    base::Outcome waitForBody()
    {
        const Nanos give_up = base::monotonicNow() + kAttachedWithin;
        while (!camera_.body().status().attached) {
            const capture::CameraStatus camera = camera_.status();
            if (stopAsked())
                return base::fail(
                    Fault::Cancelled, "stopped before the camera answered; nothing was fetched");
            if (camera.state == capture::CameraState::Refused)
                return base::fail(camera.fault, camera.why);
            if (base::monotonicNow() > give_up)
                return base::fail(Fault::TimedOut,
                    camera.why.empty()
                        ? fmt::format("{} does not answer: check its cable and its power, then run "
                                      "backtake doctor",
                            camera_.spec().shown())
                        : camera.why);
            std::this_thread::sleep_for(kLookEvery);
        }
        return {};
    }

    /// Until it has ended, or Ctrl-C and kCancelWithin have passed.
    ClipFetch follow(std::uint64_t id)
    {
        ClipFetch fetch;
        std::optional<Nanos> cancelled_at;
        Nanos told_at {};
        for (;;) {
            const capture::BodyStatus body = camera_.body().status();
            const auto found = std::find_if(body.fetches.begin(), body.fetches.end(),
                [id](const ClipFetch& one) { return one.id == id; });
            if (found != body.fetches.end())
                fetch = *found;
            if (fetch.state != ClipFetch::State::Running)
                return fetch;
            const Nanos now = base::monotonicNow();
            if (stopAsked() && !cancelled_at) {
                cancelled_at = now;
                (void)camera_.body().ask(capture::CancelBodyFetch { id });
            }
            if (cancelled_at && now - *cancelled_at > kCancelWithin)
                return fetch;
            if (fetch.total_bytes > 0 && now - told_at >= kTellEvery) {
                told_at = now;
                progress(fmt::format("{}: {} of {}, {}/s", fetch.clip, base::bytesText(fetch.bytes),
                    base::bytesText(fetch.total_bytes),
                    base::bytesText(static_cast<std::uint64_t>(std::max(0.0, fetch.bytes_per_second)))));
            }
            std::this_thread::sleep_for(kLookEvery);
        }
    }

    /// Always to stderr: stdout is for what came of it.
    static void progress(const std::string& line) { fmt::print(stderr, "{}\n", base::oneLine(line)); }

    capture::Camera camera_;
};

} // namespace

int runFetch(
    const Speech& speech, const std::string& take, const std::string& camera, const std::string& clip_name)
{
    const auto target = openTarget(take);
    if (!target)
        return speech.fail(target.error());
    auto clips = clipsToFetch(*target, clip_name);
    if (!clips)
        return speech.fail(clips.error());
    const auto spec = capture::parseCameraSpec(camera);
    if (!spec)
        return speech.fail(spec.error());
    if (spec->kind != capture::CameraSpec::Kind::Gphoto)
        return speech.fail({ Fault::Usage,
            fmt::format("{} sends pictures only: clips are fetched from gphoto:usb or gphoto:ptpip:HOST",
                spec->shown()),
            {} });

    std::optional<Fetcher> fetcher; // the camera is opened when there is something to fetch
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (CameraClip& clip : *clips) {
        const fs::path file = target->folder / clip.name;
        nlohmann::ordered_json one { { "clip", clip.name }, { "folder", clip.folder },
            { "path", file.string() } };
        if (isHere(*target, clip)) {
            one["path"] = (target->folder / clip.fetched).string();
            one["bytes"] = fs::file_size(target->folder / clip.fetched);
            one["fetched"] = false;
            speech.note(fmt::format("{} is here already: {}", clip.name, one["path"].get<std::string>()));
            list.push_back(std::move(one));
            continue;
        }
        if (!fetcher)
            fetcher.emplace(*spec);
        const Nanos began = base::monotonicNow();
        const auto fetched = fetcher->fetch(clip, file);
        if (!fetched)
            return speech.fail(fetched.error());
        clip.fetched = clip.name;
        clip.bytes = fetched->total_bytes > 0 ? fetched->total_bytes : clip.bytes;
        if (const auto stored = store(*target, clip); !stored)
            return speech.fail(stored.error());
        one["bytes"] = clip.bytes;
        one["fetched"] = true;
        one["seconds"] = base::seconds(base::monotonicNow() - began);
        one["bytes_per_second"] = fetched->bytes_per_second;
        speech.note(fmt::format("{} is here, {}: {}", clip.name, base::bytesText(clip.bytes), file.string()));
        list.push_back(std::move(one));
    }
    speech.result({ { "take", target->folder.string() }, { "clips", list } });
    return 0;
}

} // namespace backtake::app
