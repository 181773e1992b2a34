#include "base/picture.hpp"

#include <cstdlib>

namespace backtake::base {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t strideOf(const PictureFormat& format, int plane)
{
    return (static_cast<std::size_t>(format.planeWidth(plane)) + kAlignment - 1) / kAlignment * kAlignment;
}

} // namespace

std::size_t pictureBytes(const PictureFormat& format)
{
    std::size_t total = kAlignment;
    for (int plane = 0; plane < format.planes(); ++plane)
        total += strideOf(format, plane) * static_cast<std::size_t>(format.planeHeight(plane));
    return total;
}

struct PicturePool::State {
    explicit State(std::size_t cap_bytes)
        : cap(cap_bytes)
    {
    }
    const std::size_t cap;
    mutable Mutex mutex;
    std::size_t in_flight GUARDED_BY(mutex) = 0;
    std::size_t spare_bytes GUARDED_BY(mutex) = 0;
    std::vector<std::unique_ptr<Picture>> spare GUARDED_BY(mutex);

    void giveBack(std::unique_ptr<Picture> picture)
    {
        std::vector<std::unique_ptr<Picture>> surplus; // freed outside the lock
        Lock lock(mutex);
        in_flight -= picture->bytes();
        spare_bytes += picture->bytes();
        spare.push_back(std::move(picture));
        // Spares count against the cap, oldest (most likely of an old size) first.
        while (!spare.empty() && in_flight + spare_bytes > cap) {
            spare_bytes -= spare.front()->bytes();
            surplus.push_back(std::move(spare.front()));
            spare.erase(spare.begin());
        }
    }
};

PicturePool::PicturePool(std::size_t cap_bytes)
    : state_(std::make_shared<State>(cap_bytes))
{
}

std::shared_ptr<Picture> PicturePool::tryAcquire(const PictureFormat& format)
{
    const std::size_t bytes = pictureBytes(format);
    std::unique_ptr<Picture> picture;
    std::vector<std::unique_ptr<Picture>> surplus;
    {
        Lock lock(state_->mutex);
        if (state_->in_flight != 0 && state_->in_flight + bytes > state_->cap)
            return nullptr;
        auto& spare = state_->spare;
        for (auto it = spare.rbegin(); it != spare.rend(); ++it) {
            if ((*it)->bytes() == bytes) {
                picture = std::move(*it);
                spare.erase(std::next(it).base());
                state_->spare_bytes -= bytes;
                break;
            }
        }
        while (!picture && !spare.empty() && state_->in_flight + state_->spare_bytes + bytes > state_->cap) {
            state_->spare_bytes -= spare.front()->bytes();
            surplus.push_back(std::move(spare.front()));
            spare.erase(spare.begin());
        }
        state_->in_flight += bytes;
    }
    if (!picture) {
        picture = std::make_unique<Picture>();
        picture->storage.resize(bytes);
    }
    picture->format = format;
    picture->damaged = false;
    picture->planes = {};
    picture->strides = {};
    auto* next = picture->storage.data();
    const auto misaligned = reinterpret_cast<std::uintptr_t>(next) % kAlignment;
    next += misaligned == 0 ? 0 : kAlignment - misaligned;
    for (int plane = 0; plane < format.planes(); ++plane) {
        const std::size_t stride = strideOf(format, plane);
        picture->planes[static_cast<std::size_t>(plane)] = next;
        picture->strides[static_cast<std::size_t>(plane)] = static_cast<int>(stride);
        next += stride * static_cast<std::size_t>(format.planeHeight(plane));
    }
    return { picture.release(),
        [state = state_](Picture* used) { state->giveBack(std::unique_ptr<Picture>(used)); } };
}

std::size_t PicturePool::inFlightBytes() const
{
    Lock lock(state_->mutex);
    return state_->in_flight;
}

} // namespace backtake::base
