// `backtake record` and `backtake demo`: a session without a window.
#include "app/command_line.hpp"
#include "app/second_folder.hpp"
#include "app/session.hpp"
#include "base/text.hpp"
#include "takes/export_mov.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <set>

namespace backtake::app {

using base::Fault;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

constexpr double kRefreshHz = 60;
/// A camera that has shown nothing by then is not going to.
constexpr Nanos kFirstPictureWithin = 15s;
/// How long a take that no disk takes waits for somebody to make room.
constexpr Nanos kWaitForRoom = 10s;
/// How long the disk may take to close a take before we stop waiting for it.
constexpr Nanos kCloseWithin = 120s;

/// Rolls, cuts, and reviews until @p review_for has passed and all is on disk.
class OneTake {
public:
    OneTake(Session& session, Nanos preroll, Nanos length, Nanos review_for)
        : session_(session)
        , preroll_(preroll)
        , length_(length)
        , review_for_(review_for)
        , began_(base::monotonicNow())
    {
    }

    Next look(Nanos now, const ui::Model& model)
    {
        if (session_.shootTrouble())
            return end(*session_.shootTrouble());
        if (session_.readOnly())
            return end(*session_.readOnly());
        tellDisks();
        const ui::CameraModel& camera = model.camera;
        switch (stage_) {
        case Stage::Waiting: {
            if (camera.state == ui::CameraState::Refused)
                return end({ session_.camera().status().fault, camera.why, {} });
            if (stopAsked())
                return end({ Fault::Cancelled, "stopped before the take began; nothing was recorded", {} });
            const bool has_picture = session_.camera().ring()->announcedEnd() > 0;
            if (!has_picture && camera.state == ui::CameraState::Ended)
                return end({ Fault::Failed, camera.why, {} });
            if (!has_picture && now - began_ > kFirstPictureWithin)
                return end({ Fault::TimedOut,
                    camera.why.empty()
                        ? "the camera delivers no picture: check its cable, its power and its output"
                        : camera.why,
                    {} });
            // The log must be there, or a take number might be taken twice.
            const double wanted = base::seconds(preroll_);
            const double frame = has_picture ? 1 / std::max(1.0, camera.nominal_rate.perSecond()) : 0;
            const bool ring_full = model.ring_bytes + model.ring_bytes / 8 >= model.ring_cap_bytes;
            if (!has_picture || !session_.settled()
                || (model.ring_seconds + frame < wanted && !ring_full
                    && camera.state != ui::CameraState::Ended))
                return Next::Refresh;
            session_.handle(ui::ToggleRoll {}, now);
            rolled_at_ = now;
            stage_ = Stage::Rolling;
            return Next::UpdateNow;
        }
        case Stage::Rolling:
            if (now - rolled_at_ < length_ && camera.state != ui::CameraState::Ended && !stopAsked())
                return Next::Refresh;
            session_.handle(ui::ToggleRoll {}, now);
            cut_at_ = now;
            stage_ = Stage::Review;
            return Next::UpdateNow;
        case Stage::Review:
            if (stopAsked())
                review_for_ = 0s;
            // No disk takes the rest: what is kept is told, and the work has failed.
            if (const auto since = session_.waitingSince();
                since && (now - *since > kWaitForRoom || stopAsked()))
                session_.giveUpWaiting();
            if (!session_.settled() && now - cut_at_ > kCloseWithin)
                return end(
                    { Fault::TimedOut, "the disk does not finish the take: what it has written stays", {} });
            if (now - cut_at_ < review_for_ || !session_.settled()
                || (!session_.cutToReview() && model.review && now - cut_at_ < 2s))
                return Next::Refresh;
            return Next::Stop;
        }
        return Next::Stop;
    }
    [[nodiscard]] const std::optional<base::Error>& trouble() const { return trouble_; }

private:
    enum class Stage { Waiting = 1, Rolling, Review };
    /// At once, on stderr, each once: somebody may still make room.
    void tellDisks()
    {
        for (const auto& [about, message] : session_.diskNews())
            if (told_.insert(about).second)
                fmt::print(stderr, "backtake: {}\n", message.text);
    }
    Next end(base::Error error)
    {
        trouble_ = std::move(error);
        return Next::Stop;
    }
    Session& session_;
    const Nanos preroll_;
    const Nanos length_;
    Nanos review_for_;
    const Nanos began_;
    Stage stage_ = Stage::Waiting;
    Nanos rolled_at_ {};
    Nanos cut_at_ {};
    std::set<std::string> told_;
    std::optional<base::Error> trouble_;
};

nlohmann::ordered_json dropsOf(const capture::RecorderStatus& take, const capture::CameraStatus& camera)
{
    nlohmann::ordered_json dropped = nlohmann::ordered_json::object();
    std::uint64_t total = 0;
    for (const auto& [cause, frames] : take.lost) {
        dropped[cause] = frames;
        total += static_cast<std::uint64_t>(frames);
    }
    // What the camera itself could not deliver has no place in the take; it is told all the same.
    for (const auto& [cause, frames] : camera.drops) {
        if (!dropped.contains(cause) && cause != takes::nameOf(base::Loss::EncoderBusy)) {
            dropped[cause] = frames;
            total += frames;
        }
    }
    dropped["total"] = total;
    return dropped;
}

} // namespace

int runRecord(const Speech& speech, const SessionArguments& arguments, double record_seconds)
{
    auto options = sessionOptions(arguments);
    if (!options)
        return speech.fail(options.error());
    options->has_window = false;
    const Nanos wait_for_preroll = arguments.preroll_s ? options->preroll : Nanos(0);
    if (!options->second_folder.empty()) {
        const auto room = roomIn(options->second_folder, options->shoot, FolderUse::Make);
        if (!room)
            return speech.fail(room.error());
        if (room->same_disk)
            fmt::print(stderr, "backtake: {} is on the shoot's own disk: it is full when that is\n",
                options->second_folder.string());
    }
    Session session(std::move(*options));
    OneTake one(session, wait_for_preroll, Nanos(static_cast<std::int64_t>(record_seconds * 1e9)), 0s);
    runWithoutWindow(
        session, kRefreshHz, [&](Nanos now, const ui::Model& model) { return one.look(now, model); });
    if (one.trouble())
        return speech.fail(*one.trouble());
    const capture::RecorderStatus* take = nullptr;
    for (const capture::RecorderStatus& finished : session.finished())
        if (take == nullptr || finished.facts.slate.camera == 'A')
            take = &finished;
    if (take == nullptr || take->folder.empty())
        return speech.fail({ Fault::Failed,
            take != nullptr && !take->trouble.empty()
                ? take->trouble
                : "no frame came from the camera during the take: nothing was recorded",
            {} });
    const takes::TakeFacts& facts = take->facts;
    Nanos duration = facts.duration; // of the first part
    if (!facts.parts.empty())
        if (const auto whole = takes::Recording::open(take->folder))
            duration = (*whole)->duration();
    const capture::CameraStatus camera = session.camera().status();
    nlohmann::ordered_json report {
        { "take", takes::fullText(facts.slate) },
        { "folder", take->folder.string() },
        { "camera", facts.camera },
        { "frames", take->frames },
        { "dropped", dropsOf(*take, camera) },
        { "duration_s", base::seconds(duration) },
        { "bytes", take->bytes },
        { "preroll_frames", facts.preroll_frames },
        { "parts", 1 + facts.parts.size() },
        { "segments", facts.segments.size() },
        { "gaps", facts.gaps.size() },
        { "rate", base::text(facts.timecode.rate) },
        { "cut_to_review_ms",
            session.cutToReview() ? nlohmann::ordered_json(base::seconds(*session.cutToReview()) * 1e3)
                                  : nlohmann::ordered_json(nullptr) },
        { "ring_peak_bytes", session.camera().ring()->stats().peak_bytes },
        { "camera_returns", camera.returns },
        { "peak_rss_mb", peakRssMb() },
    };
    if (take->state == capture::RecorderStatus::State::Failed) {
        report["error"] = take->trouble;
        speech.result(report);
        Speech words = speech;
        words.json = false;
        return words.fail({ Fault::Failed, take->trouble, {} });
    }
    for (const takes::Part& part : facts.parts)
        speech.note(fmt::format("from frame {} on in {}", part.first_frame, part.folder));
    speech.note(fmt::format("{}: {} frames, {:.2f} s, {} in {}", takes::text(facts.slate), take->frames,
        base::seconds(duration), base::bytesText(take->bytes), take->folder.string()));
    if (const auto total = report["dropped"]["total"].get<std::uint64_t>(); total > 0)
        speech.note(fmt::format("lost: {}", report["dropped"].dump()));
    speech.result(report);
    return 0;
}

int runDemo(const Speech& speech, double demo_seconds, const std::string& out)
{
    namespace fs = std::filesystem;
    std::error_code trouble;
    const fs::path folder = !out.empty() ? fs::path(out)
                                         : fs::temp_directory_path(trouble)
            / fmt::format("backtake-demo-{}", base::wallClockNow().count() / 1'000'000);
    SessionArguments arguments;
    arguments.shoot = folder.string();
    arguments.cameras = { "pattern:1280x720@25" };
    arguments.slate = "1";
    arguments.ring = "256M";
    auto options = sessionOptions(arguments);
    if (!options)
        return speech.fail(options.error());
    Session session(std::move(*options));
    const Nanos length(static_cast<std::int64_t>(demo_seconds * 1e9));
    speech.note(
        fmt::format("Rolling {:.1f} s of the pattern camera, then playing it reversed …", demo_seconds));
    OneTake one(session, 0s, length, length);
    std::vector<base::FrameIndex> shown;
    runWithoutWindow(session, kRefreshHz, [&](Nanos now, const ui::Model& model) {
        if (!model.live_on_screen && model.review
            && (shown.empty() || shown.back() != model.review->captured_frame))
            shown.push_back(model.review->captured_frame);
        return one.look(now, model);
    });
    if (one.trouble())
        return speech.fail(*one.trouble());
    if (session.finished().empty()
        || session.finished().front().state != capture::RecorderStatus::State::Closed
        || session.finished().front().folder.empty())
        return speech.fail({ Fault::Failed,
            session.finished().empty() ? "the take did not end" : session.finished().front().trouble, {} });
    const capture::RecorderStatus& take = session.finished().front();
    const double cut_to_review_ms = session.cutToReview() ? base::seconds(*session.cutToReview()) * 1e3 : -1;
    const playback::PlayCounts counts = session.playCounts();
    speech.note(
        fmt::format("Cut. The take {} has {} frames; {:.1f} ms later it played backwards: frames {} … {}.",
            takes::text(take.facts.slate), take.frames, cut_to_review_ms, shown.empty() ? -1 : shown.front(),
            shown.empty() ? -1 : *std::min_element(shown.begin(), shown.end())));

    auto recording = takes::Recording::open(take.folder);
    if (!recording)
        return speech.fail(recording.error());
    nlohmann::ordered_json files = nlohmann::ordered_json::array();
    for (const takes::Order order : { takes::Order::Captured, takes::Order::Shown }) {
        const std::string stem =
            takes::folderName(take.facts.slate) + (order == takes::Order::Shown ? "_REV.mov" : ".mov");
        const auto exported = takes::exportMov(
            **recording, order, takes::Timing::Nominal, folder / stem, [](double) { return !stopAsked(); });
        if (!exported)
            return speech.fail(exported.error());
        for (const fs::path& file : exported->files) {
            files.push_back(file.string());
            speech.note(fmt::format("{}: {}",
                order == takes::Order::Shown ? "Reversed for editorial" : "As captured for editorial",
                file.string()));
        }
    }
    speech.note(fmt::format("The take: {}", take.folder.string()));
    speech.result({ { "take", takes::fullText(take.facts.slate) }, { "folder", take.folder.string() },
        { "frames", take.frames }, { "cut_to_review_ms", cut_to_review_ms }, { "shown_frames", counts.shown },
        { "late", counts.late }, { "missed", counts.missed }, { "files", files },
        { "peak_rss_mb", peakRssMb() } });
    return 0;
}

} // namespace backtake::app
