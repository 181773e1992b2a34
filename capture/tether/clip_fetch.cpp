#include "capture/tether/clip_fetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <new>
#include <vector>

namespace backtake::capture::tether {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

/// A range takes about as long as live view can spare.
constexpr Nanos kRangeTime = 8ms;
constexpr std::size_t kSmallestRange = 64 << 10;
/// What must be the same at the end of a piece for it to be gone on with.
constexpr std::size_t kCompared = 64 << 10;
/// PTP's sizes have 32 bits; a larger clip is announced with this.
constexpr std::uint64_t kTooLarge = 0xFFFFFFFF;
constexpr Nanos kTellEvery = 100ms;
constexpr Nanos kBusyPause = 30ms;
constexpr Nanos kBusyLimit = 3s;
constexpr Nanos kAnnounced = 150ms;
constexpr int kMostFailures = 3;
constexpr std::size_t kMostWaiting = 64;

} // namespace

void ClipFetch::handle(const Fetch& request)
{
    const std::filesystem::path target = request.target;
    if (request.name.empty() || request.name.find('/') != std::string::npos
        || !request.folder.starts_with('/') || !target.is_absolute() || !target.has_filename()) {
        line_.say(
            Answer { request.id, false, fmt::format("\"{}\" names no clip on the card", request.name), {} });
        return;
    }
    if (waiting_.size() >= kMostWaiting) {
        line_.say(
            Answer { request.id, false, "too many clips wait to be fetched: wait for the first ones", {} });
        return;
    }
    waiting_.push_back(request);
}

void ClipFetch::handle(const CancelFetch& request)
{
    if (running_ && running_->request.id == request.id) {
        if (running_->stage == Stage::Finishing)
            return; // All of it is here: it gets its name, and look() says so.
        return end(Progress::State::Cancelled, {});
    }
    const auto one = std::find_if(
        waiting_.begin(), waiting_.end(), [&](const Fetch& fetch) { return fetch.id == request.id; });
    if (one == waiting_.end())
        return;
    waiting_.erase(one);
    Progress gone;
    gone.id = request.id;
    gone.state = Progress::State::Cancelled;
    line_.say(gone);
}

bool ClipFetch::hasWork(Nanos now) const
{
    if (!running_)
        return !waiting_.empty();
    return running_->stage != Stage::Finishing && now >= running_->not_before;
}

std::size_t ClipFetch::rangeBytes(Nanos room) const
{
    // The last piece before a picture fills what is left: a rest that is too short for a whole one is lost.
    const Nanos time = room < kRangeTime * 3 / 2 ? room : kRangeTime;
    const double wanted = bytes_per_ns_ * static_cast<double>(time.count());
    const auto steps = static_cast<std::size_t>(std::clamp(wanted, 0.0, 1e9)) / kSmallestRange;
    return std::clamp(steps * kSmallestRange, kSmallestRange, kLargestRange);
}

Code ClipFetch::step(Nanos now, Nanos room)
{
    lost_ = Code::Ok;
    if (!running_) {
        if (waiting_.empty())
            return Code::Ok;
        running_ = Running {};
        running_->request = std::move(waiting_.front());
        waiting_.pop_front();
    }
    switch (running_->stage) {
    case Stage::Sizing:
        size(now);
        break;
    case Stage::Comparing:
        compare(now);
        break;
    case Stage::Reading:
        readRange(now, room);
        break;
    case Stage::Finishing:
        break;
    }
    return lost_;
}

void ClipFetch::size(Nanos now)
{
    const Fetch& request = running_->request;
    const Code code = camera_.fileSize(request.folder, request.name, running_->total);
    if (code != Code::Ok) {
        if (!again(code, now))
            refuse(fmt::format("the camera does not find {} on its card: is it still in?", request.name),
                camera_.lastWords(code));
        return;
    }
    running_->failures = 0;
    if (running_->total >= kTooLarge)
        return refuse(
            fmt::format("{} is larger than 4 GiB: libgphoto2 cannot read it over this connection; take it "
                        "from the card reader",
                request.name));
    if (running_->total == 0)
        return refuse(fmt::format("{} is empty on the card", request.name));
    try {
        auto writer = ClipWriter::open(request.target);
        if (!writer)
            return refuse(writer.error().message, writer.error().detail);
        running_->writer = std::move(*writer);
    } catch (const std::exception& trouble) { // No memory, no thread.
        return refuse("the clip cannot be fetched now: close other programs", trouble.what());
    }
    running_->stage = running_->writer->partBytes() > 0 ? Stage::Comparing : Stage::Reading;
    running_->begun_at = now;
    line_.say(progress(now));
}

void ClipFetch::compare(Nanos now)
{
    Running& fetch = *running_;
    const std::uint64_t part = fetch.writer->partBytes();
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(part, kCompared));
    bool same = part <= fetch.total;
    if (same) {
        RangeBuffer* const room = fetch.writer->room();
        if (room == nullptr)
            return;
        const auto theirs = room->last(length);
        std::size_t got = 0;
        const Code code = camera_.read(fetch.request.folder, fetch.request.name, part - length, theirs, got);
        fetch.writer->write(room, {});
        if (code != Code::Ok) {
            if (!again(code, now))
                refuse(
                    fmt::format("the camera does not hand out {}: is its card still in?", fetch.request.name),
                    camera_.lastWords(code));
            return;
        }
        std::vector<std::byte> ours(length);
        same = got == length && fetch.writer->readTail(ours)
            && std::equal(ours.begin(), ours.end(), theirs.begin());
    }
    if (!same) {
        const auto aside = fetch.writer->putAside();
        if (!aside)
            return end(Progress::State::Failed, aside.error().message);
        line_.say(Note { fmt::format(
            "{} begins anew: what was there of another clip is kept as {}", fetch.request.name, *aside) });
    }
    fetch.failures = 0;
    fetch.asked = fetch.writer->partBytes();
    fetch.begun_with = fetch.asked;
    fetch.stage = Stage::Reading;
}

void ClipFetch::readRange(Nanos now, Nanos room_left)
{
    Running& fetch = *running_;
    if (fetch.asked == fetch.total) {
        fetch.writer->finish(fetch.total);
        fetch.stage = Stage::Finishing;
        return;
    }
    RangeBuffer* const room = fetch.writer->room();
    if (room == nullptr) { // The disk is behind, or gave up: look() tells.
        fetch.not_before = now + 1ms;
        return;
    }
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(fetch.total - fetch.asked, rangeBytes(room_left)));
    const auto into = room->last(length);
    std::size_t got = 0;
    const Nanos before = base::monotonicNow();
    const Code code = camera_.read(fetch.request.folder, fetch.request.name, fetch.asked, into, got);
    const Nanos took = std::max(base::monotonicNow() - before, Nanos(1));
    if (code != Code::Ok || got == 0 || got > length) {
        fetch.writer->write(room, {});
        const Code meant = code == Code::Ok ? Code::General : code;
        if (!again(meant, now))
            end(Progress::State::Failed,
                fmt::format(
                    "the camera hands out no more of {}: is the clip still on its card? What came is kept; "
                    "fetch again to go on",
                    fetch.request.name));
        return;
    }
    fetch.writer->write(room, into.first(got));
    fetch.asked += got;
    fetch.failures = 0;
    fetch.busy_since.reset();
    const double speed = static_cast<double>(got) / static_cast<double>(took.count());
    bytes_per_ns_ += (speed - bytes_per_ns_) / 4;
    if (fetch.asked == fetch.total) {
        fetch.writer->finish(fetch.total);
        fetch.stage = Stage::Finishing;
    }
}

bool ClipFetch::again(Code code, Nanos now)
{
    Running& fetch = *running_;
    if (isLost(code)) {
        lost_ = code; // This process ends; the piece stays.
        return true;
    }
    if (code == Code::Busy) {
        fetch.busy_since = fetch.busy_since.value_or(now);
        fetch.not_before = now + kBusyPause;
        return now - *fetch.busy_since < kBusyLimit;
    }
    fetch.not_before = now + kBusyPause;
    // A clip that the camera has just announced is known to the library a moment later.
    const bool passing = code == Code::General || fetch.stage == Stage::Sizing;
    if (fetch.stage == Stage::Sizing)
        fetch.not_before = now + kAnnounced;
    return passing && ++fetch.failures < kMostFailures;
}

void ClipFetch::look(Nanos now)
{
    if (!running_ || !running_->writer)
        return;
    const ClipWriter::State state = running_->writer->state();
    if (state.trouble)
        return end(Progress::State::Failed, state.trouble->message);
    if (state.done)
        return end(Progress::State::Done, {});
    if (now - running_->told_at >= kTellEvery) {
        running_->told_at = now;
        line_.say(progress(now));
    }
}

Progress ClipFetch::progress(Nanos now) const
{
    Progress progress;
    progress.id = running_->request.id;
    progress.total_bytes = running_->total;
    if (running_->writer)
        progress.bytes = running_->writer->state().bytes;
    const double seconds = base::seconds(now - running_->begun_at);
    if (seconds > 0 && running_->asked > running_->begun_with)
        progress.bytes_per_second = static_cast<double>(running_->asked - running_->begun_with) / seconds;
    return progress;
}

void ClipFetch::refuse(const std::string& message, const std::string& detail)
{
    line_.say(Answer { running_->request.id, false, message, detail });
    running_.reset();
}

void ClipFetch::end(Progress::State state, const std::string& message)
{
    Progress last = progress(base::monotonicNow());
    last.state = state;
    last.message = message;
    running_.reset(); // What waits for the disk is written first.
    line_.say(last);
}

} // namespace backtake::capture::tether
