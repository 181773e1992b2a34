#include "guide/placement.hpp"

#include "base/field_reader.hpp"
#include "base/resample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace backtake::guide {

using base::fail;
using base::Fault;
using base::Nanos;

namespace {

using base::Json;

constexpr std::string_view kFormat = "backtake guide";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kLargestText = 4 << 20;
constexpr double kWorstClock = 1.01; ///< A device is not further off than this: what says so is jitter.
constexpr double kSlowest = 0.49;    ///< What a player may be told by such a clock, and room for rounding.
constexpr double kFastest = 1.02;

/// A line that leaves the middle of its pairs further away than this, anywhere along it, is no line.
constexpr double kMostBend_s = 0.0025;
/// Pairs whose middle counts as one look at the clock: jitter is gone, a stall is not.
constexpr std::size_t kWindow = 64;
/// A speed is exactly the one asked for where the difference would not move the guide by more than this.
constexpr double kSameSpeed_s = 0.0002;

Nanos nanosOf(double time_s) { return Nanos(std::llround(time_s * 1e9)); }

/// heard_at = at + slope * (sample - origin), in seconds after the first pair.
struct Line {
    double at = 0;
    double slope = 0;
    double origin = 0;

    [[nodiscard]] double timeOf(double sample) const { return at + slope * (sample - origin); }
};

double secondsAt(std::span<const ClockPair> pairs, std::size_t i)
{
    return base::seconds(pairs[i].heard_at - pairs.front().heard_at);
}

/// The line of least absolute distance, by weights that fall with the distance (iteratively reweighted least
/// squares).
Line fitLine(std::span<const ClockPair> pairs, double expected_slope)
{
    constexpr int kRounds = 20;
    constexpr double kNear_s = 2e-5; // nearer than this is as good as on it
    Line line;
    line.origin = static_cast<double>(pairs.front().sample);
    line.slope = expected_slope;
    std::vector<double> weights(pairs.size(), 1.0);
    for (int round = 0; round < kRounds; ++round) {
        double all = 0;
        double sample_mean = 0;
        double time_mean = 0;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            all += weights[i];
            sample_mean += weights[i] * (static_cast<double>(pairs[i].sample) - line.origin);
            time_mean += weights[i] * secondsAt(pairs, i);
        }
        sample_mean /= all;
        time_mean /= all;
        double both = 0;
        double squares = 0;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const double sample = static_cast<double>(pairs[i].sample) - line.origin - sample_mean;
            both += weights[i] * sample * (secondsAt(pairs, i) - time_mean);
            squares += weights[i] * sample * sample;
        }
        // So short a run says nothing of the clock's rate.
        const double fitted = squares > 0 ? both / squares : expected_slope;
        line.slope = std::clamp(fitted, expected_slope / kWorstClock, expected_slope * kWorstClock);
        line.at = time_mean - line.slope * sample_mean;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const double off =
                std::abs(secondsAt(pairs, i) - line.timeOf(static_cast<double>(pairs[i].sample)));
            weights[i] = 1 / std::max(off, kNear_s);
        }
    }
    return line;
}

bool bends(std::span<const ClockPair> pairs, const Line& line)
{
    std::vector<double> off;
    for (std::size_t first = 0; first + kWindow <= pairs.size(); first += kWindow) {
        off.clear();
        for (std::size_t i = first; i < first + kWindow; ++i)
            off.push_back(secondsAt(pairs, i) - line.timeOf(static_cast<double>(pairs[i].sample)));
        std::nth_element(off.begin(), off.begin() + kWindow / 2, off.end());
        if (std::abs(off[kWindow / 2]) > kMostBend_s)
            return true;
    }
    return false;
}

struct Fitting {
    int rate_hz;
    Nanos frame_zero;
    PlayedRun played;
    std::vector<GuideRun>& runs;
};

/// Samples [first, end) of the run that was played, by the pairs in and beside them.
void fitPart(const Fitting& fitting, std::span<const ClockPair> pairs, std::int64_t first, std::int64_t end)
{
    if (end <= first || pairs.size() < 2)
        return;
    const Line line = fitLine(pairs, 1.0 / fitting.rate_hz);
    if (pairs.size() >= 2 * kWindow && bends(pairs, line)) {
        const std::size_t half = pairs.size() / 2;
        const std::int64_t middle = std::clamp(pairs[half].sample, first, end);
        fitPart(fitting, pairs.first(half), first, middle);
        fitPart(fitting, pairs.subspan(half), middle, end);
        return;
    }
    if (fitting.runs.size() >= kMostGuideRuns)
        return;
    const double begin_s = line.timeOf(static_cast<double>(first));
    const double length_s = line.timeOf(static_cast<double>(end)) - begin_s;
    const double gone_s = static_cast<double>(end - first) / fitting.rate_hz; // by the device's own clock
    GuideRun run;
    run.begin = pairs.front().heard_at - fitting.frame_zero + nanosOf(begin_s);
    run.length = nanosOf(length_s);
    const double played_s = static_cast<double>(first - fitting.played.first_rendered) / fitting.rate_hz;
    run.guide_s = std::max(fitting.played.guide_s + fitting.played.speed * played_s, 0.0); // rounding
    const bool same = std::abs(length_s - gone_s) < kSameSpeed_s;
    run.speed = fitting.played.speed * (same ? 1 : gone_s / length_s);
    // Pieces of a broken clock may meet a little early or late; the earlier one gives way.
    if (!fitting.runs.empty() && fitting.runs.back().end() > run.begin)
        fitting.runs.back().length = run.begin - fitting.runs.back().begin;
    if (!fitting.runs.empty() && fitting.runs.back().length <= Nanos(0))
        fitting.runs.pop_back();
    if (run.length > Nanos(0))
        fitting.runs.push_back(run);
}

GuideRun readRun(const Json& item, std::string& trouble)
{
    GuideRun run;
    base::FieldReader fields(item, trouble);
    fields.nanos("begin_ns", -kLongestGuideTime, kLongestGuideTime, run.begin);
    fields.nanos("length_ns", Nanos(1), kLongestGuideTime, run.length);
    fields.number("guide_s", 0, base::seconds(kLongestGuideTime), run.guide_s);
    fields.number("speed", -kFastest, -kSlowest, run.speed);
    return run;
}

/// See placed().
class PlacedMaster final : public base::SoundTrack {
public:
    PlacedMaster(base::SoundTrackPtr master, const GuideRecord& record)
        : master_(std::move(master))
        , channels_(static_cast<std::size_t>(master_->channels()))
        , fade_(static_cast<std::int64_t>(kFade_s * master_->rateHz()))
    {
        if (record.runs.empty())
            return;
        starts_at_ = record.runs.front().begin + record.nudge;
        for (const GuideRun& run : record.runs)
            add(run, record.nudge);
        samples_ = pieces_.back().end;
    }
    [[nodiscard]] int rateHz() const override { return master_->rateHz(); }
    [[nodiscard]] int channels() const override { return master_->channels(); }
    [[nodiscard]] std::int64_t sampleCount() const override { return samples_; }
    [[nodiscard]] Nanos startsAt() const override { return starts_at_; }
    void read(std::int64_t first, std::span<float> into) const override
    {
        std::fill(into.begin(), into.end(), 0.0F);
        const auto end = first + static_cast<std::int64_t>(into.size() / channels_);
        const auto later = std::partition_point(
            pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.end <= first; });
        std::vector<float> window;
        for (auto piece = later; piece != pieces_.end() && piece->begin < end; ++piece) {
            const std::int64_t from = std::max(first, piece->begin);
            const std::int64_t to = std::min({ end, piece->end, samples_ });
            if (from < to)
                addPiece(*piece, from, to,
                    into.subspan(static_cast<std::size_t>(from - first) * channels_,
                        static_cast<std::size_t>(to - from) * channels_),
                    window);
        }
    }

private:
    static constexpr double kFade_s = 0.005;
    /// Runs that follow each other so closely, in captured time and in the guide, are one sound.
    static constexpr double kGoesOn_s = 0.010;

    /// Of this track the samples [begin, end), from the master's place at on in steps. Pieces fade in over
    /// their first and out over their last samples; one that goes on begins so much earlier.
    struct Piece {
        std::int64_t begin = 0;
        std::int64_t end = 0;
        double at = 0; ///< Of sample begin; whole where the step is -1.
        double step = -1;
    };
    void add(const GuideRun& run, Nanos nudge)
    {
        const int rate_hz = master_->rateHz();
        const auto sampleOf = [&](Nanos captured) {
            return std::llround(base::seconds(captured + nudge - starts_at_) * rate_hz);
        };
        Piece piece { sampleOf(run.begin), sampleOf(run.end()), 0, run.speed };
        if (!pieces_.empty() && last_run_.end() + nanosOf(kGoesOn_s) >= run.begin
            && std::abs(last_run_.guideAt(run.begin) - run.guide_s) < kGoesOn_s) {
            piece.begin = std::max(pieces_.back().begin, pieces_.back().end - fade_);
        }
        // The middle of a sample is the middle of a sample.
        const double middle_s = (static_cast<double>(piece.begin) + 0.5) / rate_hz;
        const double guide_s =
            run.guide_s + run.speed * (base::seconds(starts_at_ - nudge - run.begin) + middle_s);
        piece.at = (guide_s - base::seconds(master_->startsAt())) * rate_hz - 0.5;
        if (piece.step == -1)
            piece.at = std::round(piece.at);
        last_run_ = run;
        if (piece.begin < piece.end)
            pieces_.push_back(piece);
    }
    void addPiece(const Piece& piece, std::int64_t from, std::int64_t to, std::span<float> into,
        std::vector<float>& window) const
    {
        const auto count = to - from;
        const bool exact = piece.step == -1;
        const std::int64_t reach = exact ? 0 : base::sincReach(piece.step);
        const double at = piece.at + piece.step * static_cast<double>(from - piece.begin);
        const auto low =
            static_cast<std::int64_t>(std::floor(at + piece.step * static_cast<double>(count - 1))) - reach;
        const auto high = static_cast<std::int64_t>(std::ceil(at)) + reach;
        window.resize(static_cast<std::size_t>(high - low + 1) * channels_);
        master_->read(low, window);
        for (std::int64_t i = 0; i < count; ++i) {
            const double place = at + piece.step * static_cast<double>(i);
            const double gain = gainAt(piece, from + i, place);
            const std::span<float> out = into.subspan(static_cast<std::size_t>(i) * channels_, channels_);
            if (!exact) {
                base::addBetween(window, place - static_cast<double>(low), piece.step, gain, out);
                continue;
            }
            const auto sample = static_cast<std::size_t>(place - static_cast<double>(low));
            for (std::size_t c = 0; c < channels_; ++c)
                out[c] += static_cast<float>(gain) * window[sample * channels_ + c];
        }
    }
    /// Fades at the ends of the piece, and where the master itself ends within it.
    [[nodiscard]] double gainAt(const Piece& piece, std::int64_t sample, double place) const
    {
        const double length = static_cast<double>(fade_);
        const auto rising = [](double part) {
            return part >= 1 ? 1.0 : 0.5 - 0.5 * std::cos(std::numbers::pi * std::max(0.0, part));
        };
        const double in_master =
            std::min(place + 0.5, static_cast<double>(master_->sampleCount()) - 0.5 - place) + 0.5;
        return rising((static_cast<double>(sample - piece.begin) + 0.5) / length)
            * rising((static_cast<double>(piece.end - 1 - sample) + 0.5) / length)
            * rising(in_master / length);
    }

    const base::SoundTrackPtr master_;
    const std::size_t channels_;
    const std::int64_t fade_;
    Nanos starts_at_ {};
    std::int64_t samples_ = 0;
    GuideRun last_run_;
    std::vector<Piece> pieces_; ///< Both ends rise from one to the next.
};

} // namespace

std::optional<double> GuideRecord::guideAt(Nanos captured) const
{
    const Nanos time = captured - nudge;
    const auto after = std::upper_bound(
        runs.begin(), runs.end(), time, [](Nanos at, const GuideRun& run) { return at < run.begin; });
    if (after == runs.begin() || time >= std::prev(after)->end())
        return std::nullopt;
    return std::prev(after)->guideAt(time);
}

std::optional<double> GuideRecord::nearestTo(Nanos captured) const
{
    if (runs.empty())
        return std::nullopt;
    const Nanos time = captured - nudge;
    const auto after = std::upper_bound(
        runs.begin(), runs.end(), time, [](Nanos at, const GuideRun& run) { return at < run.begin; });
    const GuideRun& run = after == runs.begin() ? runs.front() : *std::prev(after);
    return run.guideAt(std::clamp(time, run.begin, run.end()));
}

GuideRecord fitGuideRecord(
    std::span<const PlayedRun> played, std::span<const ClockPair> pairs, int rate_hz, Nanos frame_zero)
{
    GuideRecord record;
    if (pairs.empty())
        return record;
    const auto pairAt = [&](std::int64_t sample) {
        return static_cast<std::size_t>(std::partition_point(pairs.begin(), pairs.end(),
                                            [&](const ClockPair& pair) { return pair.sample < sample; })
            - pairs.begin());
    };
    for (std::size_t i = 0; i < played.size(); ++i) {
        if (played[i].speed == 0)
            continue;
        const std::int64_t end = i + 1 < played.size() ? played[i + 1].first_rendered : pairs.back().sample;
        // Short runs have few pairs of their own: the second before and behind belong to the same clock.
        const std::size_t first_pair = pairAt(played[i].first_rendered - rate_hz);
        const std::size_t end_pair = pairAt(end + rate_hz + 1);
        fitPart({ rate_hz, frame_zero, played[i], record.runs },
            pairs.subspan(first_pair, end_pair - first_pair), played[i].first_rendered, end);
    }
    return record;
}

std::string guideRecordText(const GuideRecord& record)
{
    Json runs = Json::array();
    for (const GuideRun& run : record.runs)
        runs.push_back({ { "begin_ns", run.begin.count() }, { "length_ns", run.length.count() },
            { "guide_s", run.guide_s }, { "speed", run.speed } });
    const Json root { { "format", kFormat }, { "version", kVersion }, { "nudge_ns", record.nudge.count() },
        { "runs", std::move(runs) } };
    return root.dump(2) + "\n";
}

base::Result<GuideRecord> parseGuideRecord(std::string_view json)
{
    const auto root = base::parseFile(json, { kFormat, "the record of a guide", kVersion, kLargestText });
    if (!root)
        return fail(root.error());
    std::string trouble;
    base::FieldReader fields(*root, trouble);
    GuideRecord record;
    fields.nanos("nudge_ns", -kMostNudge, kMostNudge, record.nudge);
    if (const Json* runs = fields.array("runs")) {
        if (runs->size() > kMostGuideRuns)
            fields.say("more than {} runs", kMostGuideRuns);
        for (const Json& item : *runs) {
            if (!item.is_object())
                fields.say("a run is no object");
            if (!trouble.empty())
                break;
            const GuideRun run = readRun(item, trouble);
            if (!record.runs.empty() && run.begin < record.runs.back().end())
                fields.say("a run begins before the one before it ends");
            record.runs.push_back(run);
        }
    }
    if (!trouble.empty())
        return fail(Fault::Corrupt, trouble);
    return record;
}

base::SoundTrackPtr placed(base::SoundTrackPtr master, GuideRecord record)
{
    return std::make_shared<PlacedMaster>(std::move(master), record);
}

} // namespace backtake::guide
