#include "playback/decode_ahead.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>

namespace backtake::playback {

using base::FrameIndex;
using base::Lock;
using base::Nanos;
using namespace std::chrono_literals;

namespace {

/// On screen, being uploaded, and one in each decoder beside what is wanted.
constexpr std::size_t kHeldElsewhere = 4;
constexpr std::size_t k1080p422Bytes = 1920UL * 1080 * 2 + 64;
static_assert(kPictureBytes >= (kMostAhead + kHeldElsewhere) * k1080p422Bytes);

/// How long a decoder waits for a picture to come back when the pool is at its cap.
constexpr Nanos kPoolPatience = 5ms;

} // namespace

DecodeAhead::DecodeAhead(int threads)
    : pool_(kPictureBytes)
{
    for (int i = 0; i < std::max(1, threads); ++i)
        threads_.emplace_back([this](std::stop_token stop) { work(std::move(stop)); });
    fetcher_ = std::jthread([this](std::stop_token stop) { fetch(std::move(stop)); });
}

void DecodeAhead::load(base::FootagePtr footage, std::map<FrameIndex, base::PicturePtr> seeds)
{
    std::map<FrameIndex, Decoded> old; // given back outside the lock
    base::FootagePtr old_footage;
    Lock lock(mutex_);
    old_footage = std::exchange(footage_, std::move(footage));
    ++footage_id_;
    wishes_.clear();
    course_ = fetched_ = { 0, 0 };
    old.swap(decoded_);
    for (auto& [frame, picture] : seeds)
        decoded_[frame] = { std::move(picture), false };
    changed_.notifyAll();
}

void DecodeAhead::want(const std::vector<Wanted>& frames, Course course)
{
    std::vector<Decoded> unwanted; // given back outside the lock
    Lock lock(mutex_);
    wishes_before_.swap(wishes_);
    wishes_.clear();
    for (const Wanted& wanted : frames) {
        if (wishes_.size() == kMostAhead)
            break;
        const auto before = std::find_if(wishes_before_.begin(), wishes_before_.end(),
            [&wanted](const Wish& wish) { return wish.frame == wanted.frame; });
        wishes_.push_back(
            { wanted.frame, wanted.too_late_to_begin, before != wishes_before_.end() && before->under_way });
    }
    for (auto it = decoded_.begin(); it != decoded_.end();) {
        const bool wanted = std::any_of(
            wishes_.begin(), wishes_.end(), [&](const Wish& wish) { return wish.frame == it->first; });
        if (wanted) {
            ++it;
        } else {
            unwanted.push_back(std::move(it->second));
            it = decoded_.erase(it);
        }
    }
    course_ = course;
    if (nextWish() || !nextToFetch().empty())
        changed_.notifyAll();
}

std::optional<Decoded> DecodeAhead::find(FrameIndex n) const
{
    Lock lock(mutex_);
    const auto found = decoded_.find(n);
    return found == decoded_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Decoded> DecodeAhead::waitFor(FrameIndex n, std::stop_token stop)
{
    Lock lock(mutex_);
    std::optional<Decoded> answer;
    changed_.wait(mutex_, std::move(stop), [&]() REQUIRES(mutex_) {
        if (const auto found = decoded_.find(n); found != decoded_.end()) {
            answer = found->second;
            return true;
        }
        return std::none_of(
            wishes_.begin(), wishes_.end(), [n](const Wish& wish) { return wish.frame == n; });
    });
    return answer;
}

std::size_t DecodeAhead::capacity() const
{
    Lock lock(mutex_);
    if (picture_bytes_ == 0)
        return kMostAhead;
    const std::size_t fits = kPictureBytes / picture_bytes_;
    return std::clamp<std::size_t>(fits > kHeldElsewhere ? fits - kHeldElsewhere : 1, 2, kMostAhead);
}

std::optional<std::size_t> DecodeAhead::nextWish() const
{
    std::optional<std::size_t> too_late;
    for (std::size_t i = 0; i < wishes_.size(); ++i) {
        if (wishes_[i].under_way || decoded_.contains(wishes_[i].frame))
            continue;
        if (!wishes_[i].too_late_to_begin)
            return i;
        if (!too_late)
            too_late = i;
    }
    return too_late;
}

/// Frames of the course that the footage was not told of yet, when there are enough of them for one bite.
std::vector<FrameIndex> DecodeAhead::nextToFetch() const
{
    std::vector<FrameIndex> frames;
    const FrameIndex step = course_.step;
    if (!footage_ || step == 0)
        return frames;
    FrameIndex from = course_.from;
    // What was asked for already, when play still goes the same way at the same pace.
    if (fetched_.step == step && (fetched_.from - from) % step == 0) {
        const FrameIndex known = (fetched_.from - from) / step;
        if (known > kFramesFetched - kFetchedAtOnce && known <= kFramesFetched)
            return frames;
        if (known > 0 && known <= kFramesFetched)
            from = fetched_.from;
    }
    const FrameIndex end = course_.from + step * kFramesFetched;
    const FrameIndex count = footage_->frameCount();
    for (FrameIndex n = from; n != end && n >= 0 && n < count; n += step)
        frames.push_back(n);
    return frames;
}

void DecodeAhead::fetch(std::stop_token stop)
{
    base::nameThisThread("bt-fetcher");
    while (true) {
        std::vector<FrameIndex> frames;
        base::FootagePtr footage;
        {
            Lock lock(mutex_);
            if (!changed_.wait(mutex_, stop, [&]() REQUIRES(mutex_) {
                    frames = nextToFetch();
                    return !frames.empty();
                }))
                return;
            footage = footage_;
            fetched_ = { frames.back() + course_.step, course_.step };
        }
        footage->expect(frames);
    }
}

void DecodeAhead::work(std::stop_token stop)
{
    base::nameThisThread("bt-decoder");
    base::JpegDecoder decoder;
    while (true) {
        FrameIndex n = 0;
        std::uint64_t asked_of = 0;
        base::FootagePtr footage;
        {
            Lock lock(mutex_);
            if (!changed_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return footage_ && nextWish(); }))
                return;
            Wish& wish = wishes_[*nextWish()];
            wish.under_way = true;
            n = wish.frame;
            footage = footage_;
            asked_of = footage_id_;
        }
        Decoded result;
        bool pool_full = false;
        const auto frame = footage->frame(n);
        const Nanos read_at =
            base::monotonicNow(); // a frame still in the encoder is waited for: that is no decoding
        if (frame) {
            auto picture = decoder.decode((*frame)->jpeg, pool_);
            pool_full = !picture && picture.error().fault == base::Fault::Busy;
            if (picture && !(*picture)->damaged)
                result.picture = std::move(*picture);
            else if (!pool_full)
                spdlog::warn(
                    "frame {} is damaged: {}", n, picture ? "its data ends early" : picture.error().detail);
        } else {
            spdlog::warn("frame {}: {} ({})", n, frame.error().message, frame.error().detail);
        }
        if (!result.picture && !pool_full) {
            int width = 0;
            int height = 0;
            {
                Lock lock(mutex_);
                width = last_width_;
                height = last_height_;
            }
            result = { placeholder(width, height), true };
            pool_full = result.picture == nullptr;
        }
        const auto took = (base::monotonicNow() - read_at).count();

        Lock lock(mutex_);
        for (Wish& wish : wishes_)
            if (asked_of == footage_id_ && wish.frame == n)
                wish.under_way = false;
        if (asked_of != footage_id_)
            continue;
        if (pool_full) {
            changed_.waitUntil(mutex_, stop, base::monotonicNow() + kPoolPatience, []() { return false; });
            continue;
        }
        const auto mean = decode_ns_.load(std::memory_order_relaxed);
        decode_ns_.store(mean == 0 ? took : mean + (took - mean) / 16, std::memory_order_relaxed);
        picture_bytes_ = result.picture->bytes();
        if (!result.damaged) {
            last_width_ = result.picture->format.width;
            last_height_ = result.picture->format.height;
        }
        const bool wanted =
            std::any_of(wishes_.begin(), wishes_.end(), [n](const Wish& wish) { return wish.frame == n; });
        if (wanted)
            decoded_.insert_or_assign(n, std::move(result));
        changed_.notifyAll();
    }
}

/// Dark grey with broad diagonal bars: cannot be taken for a picture.
base::PicturePtr DecodeAhead::placeholder(int width, int height)
{
    auto picture = pool_.tryAcquire({ width, height, base::Subsampling::Grey, base::kJpegColour });
    if (!picture)
        return nullptr;
    picture->damaged = true;
    const int bar = std::max(8, width / 24);
    for (int y = 0; y < height; ++y) {
        std::uint8_t* row = picture->planes[0] + static_cast<std::ptrdiff_t>(y) * picture->strides[0];
        for (int x = 0; x < width; ++x)
            row[x] = ((x + y) / bar) % 2 == 0 ? 40 : 72;
    }
    return picture;
}

} // namespace backtake::playback
