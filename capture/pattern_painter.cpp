#include "capture/pattern_painter.hpp"

#include "capture/frame_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>
#include <numbers>

namespace backtake::capture {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr int kColon = 10; ///< Place of the colon among the digits.

// Grain: six backgrounds in turn look alive and cost 12 MB at 1920x1080; fewer visibly repeat.
constexpr int kNoisyBackgrounds = 6;
constexpr int kNoiseAmplitude =
    10; ///< Uniform, either way: what makes a 1080p JPEG of quality 90 about 500 kB.

constexpr int kTickHz = 1000;
constexpr std::int64_t kTickSamples = kPatternSoundHz / 200; ///< 5 ms.
constexpr double kTickLevel = 16000; ///< -6 dB: heard over a set's noise, far from clipping.

constexpr Rgb kStageTop { 0.075, 0.08, 0.09 };
constexpr Rgb kStageBottom { 0.12, 0.125, 0.135 };
constexpr Rgb kSky { 0.23, 0.29, 0.38 };
constexpr Rgb kHorizon { 0.60, 0.63, 0.64 };
constexpr Rgb kGround { 0.24, 0.22, 0.21 };
constexpr Rgb kGroundEdge { 0.34, 0.31, 0.29 };
constexpr Rgb kFrameLine { 0.30, 0.31, 0.33 };
constexpr Rgb kBright { 0.93, 0.93, 0.91 };
constexpr Rgb kDim { 0.56, 0.57, 0.59 };
constexpr Rgb kAccent { 0.98, 0.62, 0.20 };
constexpr Rgb kFace { 0.045, 0.048, 0.055 };
constexpr Rgb kRing { 0.17, 0.175, 0.185 };

Rgb mixed(const Rgb& a, const Rgb& b, double share)
{
    return { a.red + (b.red - a.red) * share, a.green + (b.green - a.green) * share,
        a.blue + (b.blue - a.blue) * share };
}

int rounded(double value) { return static_cast<int>(std::lround(value)); }
int roundedEven(double value) { return 2 * static_cast<int>(std::lround(value / 2)); }

/// Deterministic noise, the same on every machine: a xorshift generator (Marsaglia, 2003).
class Grain {
public:
    explicit Grain(std::uint64_t seed)
        : state_(seed)
    {
    }
    std::uint64_t next()
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }

private:
    std::uint64_t state_;
};

/// A vertical run of colour. Code values between two steps are dithered by the pixel's place, so that no
/// bands show.
void gradient(base::Picture& picture, const Box& box, const Rgb& top, const Rgb& bottom)
{
    constexpr std::array<int, 16> kOrder { 0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5 };
    const double height = std::max(1, box.bottom - box.top);
    for (int y = box.top; y < box.bottom; ++y) {
        const double share = (y - box.top + 0.5) / height;
        const Rgb here = mixed(top, bottom, share);
        const Ycc code = codeValues(here, picture.format.colour);
        // The fraction that rounding hid, from the value a little further on.
        const Rgb brighter { here.red + 1 / 255.0, here.green + 1 / 255.0, here.blue + 1 / 255.0 };
        const int step = codeValues(brighter, picture.format.colour).luma - code.luma;
        const double exact = 255 * (0.2126 * here.red + 0.7152 * here.green + 0.0722 * here.blue);
        const double fraction = exact - std::floor(exact);
        auto* luma = picture.planes[0] + static_cast<std::ptrdiff_t>(y) * picture.strides[0];
        for (int x = box.left; x < box.right; ++x) {
            const double threshold = (kOrder[static_cast<std::size_t>((y & 3) * 4 + (x & 3))] + 0.5) / 16;
            luma[x] = static_cast<std::uint8_t>(code.luma + (fraction > threshold ? std::min(step, 1) : 0));
        }
        for (std::size_t plane = 1; plane < 3; ++plane) {
            auto* chroma = picture.planes[plane] + static_cast<std::ptrdiff_t>(y) * picture.strides[plane];
            std::fill(chroma + box.left / 2, chroma + (box.right + 1) / 2, plane == 1 ? code.cb : code.cr);
        }
    }
}

/// Value at @p at of a curve through points of a cycle 0 … 1, smooth at each.
struct Knot {
    double at, value;
};
template <std::size_t count> double curve(const std::array<Knot, count>& knots, double at)
{
    for (std::size_t i = 0; i + 1 < count; ++i) {
        if (at <= knots[i + 1].at) {
            const double share = (at - knots[i].at) / (knots[i + 1].at - knots[i].at);
            return knots[i].value
                + (knots[i + 1].value - knots[i].value) * (0.5 - 0.5 * std::cos(kPi * share));
        }
    }
    return knots.back().value;
}

double fractionOf(double value) { return value - std::floor(value); }

// --- gait: lengths in body heights, x in the direction of walking, y up
// -------------------------------------------

constexpr double kThigh = 0.245;
constexpr double kShin = 0.235;
constexpr double kUpperArm = 0.16;
constexpr double kForearm = 0.15;
constexpr double kAnkleHeight = 0.042;
constexpr double kHeelBehind = 0.028; ///< Of the ankle.
constexpr double kBallBefore = 0.075;
constexpr double kToeBefore = 0.105;
constexpr double kStance = 0.6;             ///< Share of the cycle that a foot is on the ground.
constexpr double kStep = 0.36;              ///< How far a standing foot moves back under the hip.
constexpr double kStride = kStep / kStance; ///< Way of one cycle.
constexpr double kCycleSeconds = 1.1;

struct Leg {
    Point hip, knee, ankle, heel, ball, toe;
};

Point turned(Point offset, double degrees)
{
    const double angle = degrees * kPi / 180;
    return { offset.x * std::cos(angle) - offset.y * std::sin(angle),
        offset.x * std::sin(angle) + offset.y * std::cos(angle) };
}

/// One leg at @p phase of its cycle, which begins as the heel strikes. It differs from itself in reverse: the
/// heel comes first and the toe leaves last, and the knee lifts while the foot goes forward.
Leg legAt(double phase, Point hip)
{
    static constexpr std::array<Knot, 8> kPitch { { { 0, 20 }, { 0.09, 0 }, { 0.36, 0 }, { 0.6, -44 },
        { 0.68, -50 }, { 0.84, -6 }, { 0.94, 18 }, { 1, 20 } } };
    double x = 0; // of the ankle, as if the foot were flat
    double lift = 0;
    if (phase < kStance) {
        x = kStep * (0.5 - phase / kStance);
    } else {
        // Cubic from behind to before; it starts and ends at the speed of the ground, so that no foot slips.
        const double s = (phase - kStance) / (1 - kStance);
        const double slope = -kStep / kStance * (1 - kStance) * 0.6;
        const double s2 = s * s;
        const double s3 = s2 * s;
        x = (2 * s3 - 3 * s2 + 1) * (-kStep / 2) + (s3 - 2 * s2 + s) * slope
            + (-2 * s3 + 3 * s2) * (kStep / 2) + (s3 - s2) * slope;
        lift = 0.05 * std::sin(kPi * s) * std::sin(kPi * s);
    }
    const double pitch = curve(kPitch, phase);
    // The heel is what it turns about while the toe is up, the ball of the foot while the heel is.
    const Point pivot { pitch > 0 ? -kHeelBehind : kBallBefore, -kAnkleHeight };
    const Point ground { x + 0.02 + pivot.x, lift };
    Leg leg;
    leg.hip = hip;
    leg.ankle = ground - turned(pivot, pitch);
    // Two bones between hip and ankle; the knee goes forward.
    Point way = leg.ankle - hip;
    double distance = std::hypot(way.x, way.y);
    const double reach = (kThigh + kShin) * 0.999;
    if (distance > reach) {
        way = way * (reach / distance);
        leg.ankle = hip + way;
        distance = reach;
    }
    const double along = (kThigh * kThigh - kShin * kShin + distance * distance) / (2 * distance);
    const double across = std::sqrt(std::max(0.0, kThigh * kThigh - along * along));
    const Point axis = way * (1 / distance);
    leg.knee = hip + axis * along + Point { -axis.y, axis.x } * across;
    const auto onFoot = [&](double before, double below) {
        return leg.ankle + turned({ before, -below }, pitch);
    };
    leg.heel = onFoot(-kHeelBehind, kAnkleHeight - 0.020);
    leg.ball = onFoot(kBallBefore, kAnkleHeight - 0.016);
    // The toes stay down when the heel comes up.
    leg.toe = leg.ball
        + turned(
            { kToeBefore - kBallBefore, 0 }, phase > 0.3 && phase < 0.72 ? std::max(pitch, -12.0) : pitch);
    return leg;
}

struct Arm {
    Point shoulder, elbow, hand;
};
/// @param forward -1 … 1, how far it has swung.
Arm armAt(double forward, Point shoulder)
{
    const double upper = 3 + 27 * forward;
    const double bend = 20 + 16 * forward; // the elbow closes on the way forward, and opens behind
    Arm arm;
    arm.shoulder = shoulder;
    arm.elbow = shoulder + turned({ 0, -kUpperArm }, upper);
    arm.hand = arm.elbow + turned({ 0, -kForearm }, upper + bend);
    return arm;
}

} // namespace

std::int64_t flashFrame(std::int64_t second, const base::Rate& rate)
{
    return (second * rate.numerator + rate.denominator - 1) / rate.denominator;
}

bool flashes(std::int64_t n, const base::Rate& rate)
{
    const std::int64_t second = n * rate.denominator / rate.numerator;
    // With rates that are not whole, n can be the first frame of the second after the one it begins in.
    const std::int64_t length = rate.perSecond() >= 10 ? 2 : 1;
    for (const std::int64_t candidate : { second, second - 1 }) {
        const std::int64_t first = flashFrame(candidate, rate);
        if (candidate >= 0 && n >= first && n < first + length)
            return true;
    }
    return false;
}

std::int64_t soundSampleOf(std::int64_t n, const base::Rate& rate)
{
    const base::Rate samples { kPatternSoundHz, 1 };
    const std::int64_t nanos = rate.timeOf(n).count();
    // Whole seconds apart, so that days of nanoseconds times 48000 fit.
    constexpr std::int64_t kSecond = 1'000'000'000;
    return nanos / kSecond * samples.numerator
        + (nanos % kSecond * samples.numerator + kSecond / 2) / kSecond;
}

void patternSound(std::int64_t first, std::span<std::int16_t> samples, const base::Rate& rate)
{
    std::fill(samples.begin(), samples.end(), std::int16_t { 0 });
    const std::int64_t end = first + static_cast<std::int64_t>(samples.size());
    // One second early: a tick that began before the first sample may reach into it.
    for (std::int64_t second = std::max<std::int64_t>(0, first / kPatternSoundHz - 1);; ++second) {
        const std::int64_t tick = soundSampleOf(flashFrame(second, rate), rate);
        if (tick >= end)
            break;
        for (std::int64_t i = std::max<std::int64_t>(0, first - tick); i < kTickSamples && tick + i < end;
             ++i) {
            const double seconds = static_cast<double>(i) / kPatternSoundHz;
            // A cosine that dies away: loudest with its first sample, so that the tick has an edge to measure
            // at.
            const double level =
                kTickLevel * std::exp(-seconds * 600) * std::cos(2 * kPi * kTickHz * seconds);
            samples[static_cast<std::size_t>(tick + i - first)] =
                static_cast<std::int16_t>(std::lround(level));
        }
    }
}

PatternPainter::PatternPainter(const PatternLook& look)
    : look_(look)
    , pool_(std::make_unique<base::PicturePool>(base::pictureBytes(format())))
    , background_(pool_->tryAcquire(format()))
{
    layOut();
    drawBackground();
}
PatternPainter::~PatternPainter() = default;

base::PictureFormat PatternPainter::format() const
{
    return { look_.width, look_.height, base::Subsampling::S422, look_.colour };
}

Box PatternPainter::flashArea() const
{
    const double half = clock_radius_ * 0.3;
    return { rounded(clock_.x - half), rounded(clock_.y - half),
        std::max(rounded(clock_.x + half), rounded(clock_.x - half) + 1),
        std::max(rounded(clock_.y + half), rounded(clock_.y - half) + 1) };
}

void PatternPainter::layOut()
{
    const double width = look_.width;
    const double above_cells = FrameCells(look_.width, look_.height).borderTop();
    unit_ = std::min(width / 1920, above_cells / 885);
    stage_ = { 0, rounded(above_cells * 0.40), look_.width, rounded(above_cells) };
    const double stage_height = stage_.bottom - stage_.top;
    const double middle = (stage_.top + stage_.bottom) / 2.0;

    const double margin = 44 * unit_;
    const double walk_width = width * 0.41;
    const double walk_height =
        std::min(stage_height - 1.6 * margin, walk_width * 1.1); // no tower in an upright picture
    walk_ = { roundedEven(width * 0.345), rounded(middle - walk_height / 2),
        roundedEven(width * 0.345 + walk_width), rounded(middle + walk_height / 2) };
    ground_ = walk_.bottom - (walk_.bottom - walk_.top) * 0.13;
    clock_radius_ = std::min(width * 0.105, stage_height * 0.5 - margin * 0.8);
    clock_ = { width * 0.877, middle };

    large_height_ = 84 * unit_;
    small_height_ = 56 * unit_;
    text_ = { width * 0.04, middle - 178 * unit_ };
    for (int digit = 0; digit <= kColon; ++digit) {
        const char letter = digit == kColon ? ':' : static_cast<char>('0' + digit);
        large_digits_[static_cast<std::size_t>(digit)] =
            lettering(std::string_view(&letter, 1), large_height_);
        small_digits_[static_cast<std::size_t>(digit)] =
            lettering(std::string_view(&letter, 1), small_height_);
    }
}

void PatternPainter::drawBackground()
{
    base::Picture& picture = *background_;
    Canvas canvas(picture);
    // The clock's tail: bright at the hand, gone after three quarters of a turn behind it.
    const int dark = canvas.code(kRing).luma;
    const int bright = canvas.code(kBright).luma;
    for (int behind = 0; behind < kAngles; ++behind) {
        const double rest = std::max(0.0, 1 - behind / (0.75 * kAngles));
        tail_[static_cast<std::size_t>(behind)] =
            static_cast<std::uint8_t>(dark + (bright - dark) * 0.8 * rest * rest);
    }
    const int width = look_.width;

    // 75 % bars, brightest first. Their edges are even, so that no chroma sample lies under two of them.
    const int bars_bottom = rounded(stage_.top * 0.82);
    constexpr int kBars = 8;
    for (int bar = 0; bar < kBars; ++bar) {
        const int code = kBars - 1 - bar; // green, red, blue as bits
        const Rgb colour { (code & 2) != 0 ? 0.75 : 0.0, (code & 4) != 0 ? 0.75 : 0.0,
            (code & 1) != 0 ? 0.75 : 0.0 };
        const int right = bar + 1 == kBars ? width : roundedEven(width * (bar + 1.0) / kBars);
        canvas.rectangle(
            { roundedEven(width * (bar + 0.0) / kBars), 0, right, bars_bottom }, canvas.code(colour));
    }
    constexpr int kGreys = 11;
    for (int step = 0; step < kGreys; ++step) {
        const double grey = step / (kGreys - 1.0);
        const int right = step + 1 == kGreys ? width : roundedEven(width * (step + 1.0) / kGreys);
        canvas.rectangle({ roundedEven(width * (step + 0.0) / kGreys), bars_bottom, right, stage_.top },
            canvas.code({ grey, grey, grey }));
    }

    gradient(picture, { 0, stage_.top, width, look_.height }, kStageTop, kStageBottom);

    // Where somebody walks.
    const int line = std::max(1, rounded(2 * unit_));
    canvas.rectangle({ walk_.left - 2 * line, walk_.top - line, walk_.right + 2 * line, walk_.bottom + line },
        canvas.code(kFrameLine));
    gradient(picture, { walk_.left, walk_.top, walk_.right, rounded(ground_) }, kSky, kHorizon);
    gradient(picture, { walk_.left, rounded(ground_), walk_.right, walk_.bottom }, kGround,
        mixed(kGround, kFace, 0.45));
    canvas.rectangle(
        { walk_.left, rounded(ground_), walk_.right, rounded(ground_) + line }, canvas.code(kGroundEdge));

    // The clock: face, ring, ten ticks.
    const double radius = clock_radius_;
    const auto around = [&](double reach) {
        return Box { std::max(0, static_cast<int>(clock_.x - reach - 2)),
            std::max(0, static_cast<int>(clock_.y - reach - 2)),
            std::min(width, static_cast<int>(clock_.x + reach + 3)),
            std::min(look_.height, static_cast<int>(clock_.y + reach + 3)) };
    };
    const auto fromCentre = [&](Point p) { return std::hypot(p.x - clock_.x, p.y - clock_.y); };
    canvas.shape(
        around(radius), [&](Point p) { return fromCentre(p) - radius; }, canvas.code(kFace));
    canvas.shape(
        around(radius), [&](Point p) { return std::abs(fromCentre(p) - radius * 0.86) - radius * 0.10; },
        canvas.code(kRing));
    for (int tick = 0; tick < 10; ++tick) {
        const double angle = 2 * kPi * tick / 10;
        const Point out { std::sin(angle), -std::cos(angle) };
        const double thickness = std::max(0.5, radius * (tick == 0 ? 0.022 : 0.012));
        canvas.limb(clock_ + out * (radius * 0.66), clock_ + out * (radius * (tick == 0 ? 0.72 : 0.70)),
            thickness, thickness, canvas.code(tick == 0 ? kAccent : kDim));
    }
    const Box ring_box = around(radius);
    for (int y = ring_box.top; y < ring_box.bottom; ++y) {
        for (int x = ring_box.left; x < ring_box.right; ++x) {
            const Point p { x + 0.5, y + 0.5 };
            const auto covered =
                Canvas::coverage(std::abs(fromCentre(p) - radius * 0.86) - radius * 0.10, 256);
            if (covered == 0)
                continue;
            const double angle = std::atan2(p.x - clock_.x, clock_.y - p.y) / (2 * kPi) + 1;
            ring_.push_back(
                { x, y, static_cast<std::uint16_t>(rounded(angle * kAngles) % kAngles), covered });
        }
    }

    // Words that never change.
    const auto write = [&](std::string_view text, double down, double cap_height, const Rgb& colour) {
        canvas.stamp(lettering(text, cap_height * unit_), rounded(text_.x), rounded(text_.y + down * unit_),
            canvas.code(colour));
    };
    write("BACKTAKE PATTERN", 0, 34, kAccent);
    write(fmt::format("{}x{}", look_.width, look_.height), 322, 26, kDim);
    canvas.stamp(lettering(fmt::format("{} FPS", base::text(look_.rate)), 26 * unit_),
        rounded(text_.x + 300 * unit_), rounded(text_.y + 322 * unit_), canvas.code(kDim));

    drawFrameNumber(picture, 0); // the border; the cells change

    if (!look_.noise)
        return;
    const auto stride = static_cast<std::size_t>(picture.strides[0]);
    const std::size_t size = stride * static_cast<std::size_t>(look_.height);
    for (int i = 0; i < kNoisyBackgrounds; ++i) {
        Grain grain(0x9e3779b97f4a7c15ULL * static_cast<std::uint64_t>(i + 1));
        std::vector<std::uint8_t> luma(size);
        for (std::size_t at = 0; at < size; at += 8) { // strides are multiples of 64
            std::uint64_t random = grain.next();
            for (std::size_t byte = at; byte < at + 8; ++byte, random >>= 8) {
                const int offset =
                    static_cast<int>((random & 255) * (2 * kNoiseAmplitude + 1) >> 8) - kNoiseAmplitude;
                luma[byte] = static_cast<std::uint8_t>(std::clamp(picture.planes[0][byte] + offset, 1, 254));
            }
        }
        noisy_luma_.push_back(std::move(luma));
    }
}

void PatternPainter::paint(std::int64_t n, base::Picture& picture) const
{
    assert(picture.format == format());
    for (std::size_t plane = 0; plane < 3; ++plane) {
        const auto size =
            static_cast<std::size_t>(background_->strides[plane]) * static_cast<std::size_t>(look_.height);
        const std::uint8_t* from = background_->planes[plane];
        if (plane == 0 && !noisy_luma_.empty())
            from = noisy_luma_[static_cast<std::size_t>(n % kNoisyBackgrounds)].data();
        std::memcpy(picture.planes[plane], from, size); // same format, hence same strides
    }
    const double seconds = static_cast<double>(n) * look_.rate.denominator / look_.rate.numerator;
    Canvas canvas(picture);
    drawClock(canvas, picture, seconds, flashes(n, look_.rate));
    drawTexts(canvas, n);
    drawFrameNumber(picture, static_cast<std::uint32_t>(n % kFrameNumberLimit));
    canvas.clipTo(walk_);
    drawBall(canvas, seconds);
    drawWalker(canvas, seconds);
}

void PatternPainter::drawTexts(Canvas& canvas, std::int64_t n) const
{
    const auto write = [&](std::string_view text, const std::array<Mask, 11>& digits, double height,
                           double down, const Rgb& colour) {
        double x = text_.x;
        for (const char letter : text) {
            const auto digit = static_cast<std::size_t>(letter == ':' ? kColon : letter - '0');
            const double advance = height * kLetterAdvance;
            if (letter == ':') // narrower than its box
                x -= advance * 0.2;
            canvas.stamp(digits[digit], rounded(x), rounded(text_.y + down * unit_), canvas.code(colour));
            x += advance * (letter == ':' ? 0.8 : 1.0);
        }
    };
    const std::string number = fmt::format("{:06}", n);
    const bool fits = number.size() <= 7; // beyond it would run into what is beside it
    write(number, fits ? large_digits_ : small_digits_, fits ? large_height_ : small_height_, 80, kBright);
    // Position, frames counted to the nominal rate, as positions are shown elsewhere.
    const std::int64_t nominal = look_.rate.nominal();
    const std::int64_t whole = n / nominal;
    write(fmt::format("{:02}:{:02}:{:02}", whole / 60 % 100, whole % 60, n % nominal), small_digits_,
        small_height_, 218, kDim);
}

void PatternPainter::drawClock(Canvas& canvas, base::Picture& picture, double seconds, bool flash) const
{
    constexpr double kTurnSeconds = 10;
    const double turn = fractionOf(seconds / kTurnSeconds);
    const int hand = static_cast<int>(turn * kAngles);
    for (const RingPixel& pixel : ring_) {
        auto& luma = picture.planes[0][static_cast<std::ptrdiff_t>(pixel.y) * picture.strides[0] + pixel.x];
        const int value = tail_[static_cast<std::size_t>((hand - pixel.angle) & (kAngles - 1))];
        luma = static_cast<std::uint8_t>(luma + (((value - luma) * pixel.coverage) >> 8));
    }
    const Point out { std::sin(2 * kPi * turn), -std::cos(2 * kPi * turn) };
    const double thickness = std::max(0.7, clock_radius_ * 0.03);
    canvas.limb(clock_ + out * (clock_radius_ * 0.74), clock_ + out * (clock_radius_ * 0.98), thickness,
        thickness, canvas.code(kAccent));
    if (flash)
        canvas.disc(clock_, clock_radius_ * 0.58, canvas.code({ 1, 1, 1 }));
}

void PatternPainter::drawBall(Canvas& canvas, double seconds) const
{
    // Let go every two seconds; each bounce is 0.62 as high as the one before.
    constexpr double kPeriod = 2;
    constexpr double kBounce = 0.62;
    const double radius = 17 * unit_;
    const double floor = ground_ + 8 * unit_;
    const double drop = (floor - walk_.top) * 0.82;
    double since = fractionOf(seconds / kPeriod) * kPeriod;
    double half = 0.42; // seconds from the top of this arc to the ground
    double height = drop;
    double up = 0;
    double bounces = 0;
    if (since < half) {
        up = height * (1 - since / half * (since / half));
    } else {
        since -= half;
        for (bounces = 1; bounces < 8; ++bounces) {
            height *= kBounce;
            half *= std::sqrt(kBounce);
            if (since < 2 * half) {
                const double from_top = since / half - 1;
                up = height * (1 - from_top * from_top);
                break;
            }
            since -= 2 * half;
        }
    }
    const Point centre { walk_.left + (walk_.right - walk_.left) * 0.84, floor - radius - up };
    const double near = 1 - up / (drop + 1);
    canvas.limb({ centre.x - radius * 0.7, floor }, { centre.x + radius * 0.7, floor }, 5 * unit_, 5 * unit_,
        canvas.code(kFace), 0.15 + 0.35 * near);
    canvas.disc(centre, radius, canvas.code({ 0.10, 0.47, 0.52 }));
    canvas.disc(
        centre + Point { -radius * 0.22, -radius * 0.25 }, radius * 0.62, canvas.code({ 0.22, 0.66, 0.70 }));
    canvas.disc(
        centre + Point { -radius * 0.34, -radius * 0.40 }, radius * 0.22, canvas.code({ 0.80, 0.93, 0.93 }));
}

void PatternPainter::drawWalker(Canvas& canvas, double seconds) const
{
    const double height = (ground_ - walk_.top) * 0.83;
    const double way = (walk_.right - walk_.left) + height; // from out of sight to out of sight
    const double travelled = seconds / kCycleSeconds * kStride * height;
    const double phase = fractionOf(seconds / kCycleSeconds);
    const double sole = ground_ + 14 * unit_;
    const double x = walk_.left - height / 2 + std::fmod(travelled + way * 0.35, way);
    const auto placed = [&](Point body) { return Point { x + body.x * height, sole - body.y * height }; };
    const auto limb = [&](Point from, Point to, double from_radius, double to_radius, const Rgb& colour) {
        canvas.limb(placed(from), placed(to), from_radius * height, to_radius * height, canvas.code(colour));
    };

    constexpr Rgb kNearTrousers { 0.20, 0.23, 0.31 };
    constexpr Rgb kFarTrousers { 0.13, 0.15, 0.20 };
    constexpr Rgb kNearCoat { 0.74, 0.25, 0.16 };
    constexpr Rgb kFarCoat { 0.46, 0.15, 0.11 };
    constexpr Rgb kNearShoe { 0.92, 0.90, 0.85 };
    constexpr Rgb kFarShoe { 0.60, 0.58, 0.55 };
    constexpr Rgb kSkin { 0.90, 0.69, 0.54 };
    constexpr Rgb kFarSkin { 0.66, 0.49, 0.38 };
    constexpr Rgb kScarf { 0.97, 0.80, 0.30 };
    constexpr Rgb kCap { 0.16, 0.17, 0.20 };

    // The body is highest over a straight leg, twice a cycle, and a little ahead of the feet.
    const Point hip { 0, 0.497 + 0.020 * std::cos(4 * kPi * (phase - 0.30)) };
    const Point waist = hip + Point { 0.008, 0.07 };
    const Point chest = hip + Point { 0.026, 0.27 };
    const Point neck = hip + Point { 0.040, 0.345 };
    const Point head = hip + Point { 0.056, 0.430 };
    const double swing = std::cos(2 * kPi * phase);

    const Leg near = legAt(phase, hip);
    const Leg far = legAt(fractionOf(phase + 0.5), hip + Point { 0.012, 0 });
    const Arm near_arm = armAt(-swing, chest + Point { -0.006, 0.01 });
    const Arm far_arm = armAt(swing, chest + Point { 0.018, 0.01 });

    const auto drawLeg = [&](const Leg& leg, const Rgb& trousers, const Rgb& shoe) {
        limb(leg.heel, leg.ball, 0.021, 0.017, shoe);
        limb(leg.ball, leg.toe, 0.017, 0.013, shoe);
        limb(leg.heel, leg.ankle, 0.021, 0.022, shoe);
        limb(leg.hip, leg.knee, 0.058, 0.038, trousers);
        limb(leg.knee, leg.ankle, 0.038, 0.027, trousers);
    };
    const auto drawArm = [&](const Arm& arm, const Rgb& sleeve, const Rgb& skin) {
        limb(arm.hand, arm.hand, 0.023, 0.023, skin);
        limb(arm.shoulder, arm.elbow, 0.036, 0.029, sleeve);
        limb(arm.elbow, arm.hand + (arm.elbow - arm.hand) * 0.12, 0.029, 0.022, sleeve);
    };

    canvas.limb(placed({ -0.13, -0.004 }), placed({ 0.15, -0.004 }), 0.016 * height, 0.016 * height,
        canvas.code(kFace), 0.45);
    drawArm(far_arm, kFarCoat, kFarSkin);
    drawLeg(far, kFarTrousers, kFarShoe);
    drawLeg(near, kNearTrousers, kNearShoe);
    limb(hip + Point { -0.004, -0.01 }, waist, 0.064, 0.062,
        kNearCoat); // the coat, wider below and at the shoulders
    limb(waist, chest, 0.060, 0.074, kNearCoat);
    limb(chest, neck, 0.066, 0.036, kNearCoat);
    limb(neck, neck + Point { 0.008, 0.04 }, 0.028, 0.028, kSkin);
    limb(head, head, 0.062, 0.062, kSkin);
    limb(head + Point { 0.056, -0.006 }, head + Point { 0.072, -0.014 }, 0.010, 0.010, kSkin); // nose
    limb(head + Point { 0.038, 0.012 }, head + Point { 0.038, 0.012 }, 0.007, 0.007, kCap);    // eye
    // A cap with its peak forward.
    limb(head + Point { -0.018, 0.036 }, head + Point { 0.018, 0.042 }, 0.046, 0.036, kCap);
    limb(head + Point { 0.026, 0.036 }, head + Point { 0.090, 0.030 }, 0.013, 0.008, kCap);
    // A scarf that streams behind.
    Point knot = neck + Point { -0.020, 0.012 };
    limb(neck + Point { 0.030, 0.020 }, knot, 0.028, 0.028, kScarf);
    for (int i = 1; i <= 5; ++i) {
        const double wave = std::sin(4 * kPi * phase - i * 0.9) * 0.010 * i;
        const Point next = neck + Point { -0.020 - 0.040 * i, 0.012 - 0.010 * i + wave };
        limb(knot, next, 0.026 - 0.002 * i, 0.024 - 0.002 * i, kScarf);
        knot = next;
    }
    drawArm(near_arm, mixed(kNearCoat, kFarCoat, 0.25), kSkin);
}

} // namespace backtake::capture
