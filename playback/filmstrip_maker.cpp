#include "playback/filmstrip_maker.hpp"

#include "base/thread_priority.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace backtake::playback {
namespace {

using base::Filmstrip;
using base::FrameIndex;

/// Thinner or wider pictures are squeezed: a cell is to be recognised, not measured.
constexpr int kNarrowestCell = 24;
constexpr int kWidestCell = 256;
/// Cells of the first look; each further one doubles them.
constexpr std::size_t kCoarsest = 8;

} // namespace

void reduce(const base::RgbaPicture& picture, int width, int height, std::uint8_t* cell)
{
    const auto from = [](int index, int cells, int pixels) { return index * pixels / cells; };
    for (int y = 0; y < height; ++y) {
        const int top = from(y, height, picture.height);
        const int bottom = std::max(top + 1, from(y + 1, height, picture.height));
        for (int x = 0; x < width; ++x) {
            const int left = from(x, width, picture.width);
            const int right = std::max(left + 1, from(x + 1, width, picture.width));
            unsigned sums[4] {};
            for (int row = top; row < bottom; ++row) {
                for (int column = left; column < right; ++column) {
                    const auto at = (static_cast<std::size_t>(row) * static_cast<std::size_t>(picture.width)
                                        + static_cast<std::size_t>(column))
                        * 4;
                    for (std::size_t i = 0; i < 4; ++i)
                        sums[i] += picture.rgba[at + i];
                }
            }
            const auto count = static_cast<unsigned>((bottom - top) * (right - left));
            for (const unsigned sum : sums)
                *cell++ = static_cast<std::uint8_t>((sum + count / 2) / count);
        }
    }
}

namespace {

/// Makes a cell of @p strip, whose `captured` and `made` are there for all of them. It stays black when its
/// frame cannot be read: review itself says what is wrong with that.
void makeCell(Filmstrip& strip, std::size_t cell, const base::Footage& footage, base::JpegDecoder& decoder)
{
    const auto frame = footage.frame(strip.captured[cell]);
    const auto picture = frame ? decoder.decodeSmall((*frame)->jpeg, kCellHeight)
                               : base::Result<base::RgbaPicture>(base::fail(frame.error()));
    if (!picture)
        return;
    if (strip.cell_width == 0) {
        strip.cell_height = kCellHeight;
        strip.cell_width = std::clamp(static_cast<int>(std::lround(static_cast<double>(kCellHeight)
                                          * picture->width / picture->height)),
            kNarrowestCell, kWidestCell);
        strip.rgba.resize(
            strip.captured.size() * static_cast<std::size_t>(strip.cell_width * strip.cell_height * 4));
    }
    reduce(*picture, strip.cell_width, strip.cell_height,
        strip.rgba.data() + cell * static_cast<std::size_t>(strip.cell_width * strip.cell_height * 4));
    strip.made[cell] = true;
}

} // namespace

Filmstrip endsOf(const base::Footage& footage)
{
    Filmstrip strip;
    strip.captured = { 0, std::max<FrameIndex>(0, footage.frameCount() - 1) };
    strip.made.assign(strip.captured.size(), false);
    base::JpegDecoder decoder;
    for (std::size_t cell = 0; cell < strip.captured.size(); ++cell)
        makeCell(strip, cell, footage, decoder);
    return strip;
}

FilmstripMaker::FilmstripMaker()
    : thread_([this](std::stop_token stop) { run(std::move(stop)); })
{
}

FilmstripMaker::~FilmstripMaker() = default;

void FilmstripMaker::show(base::FootagePtr footage)
{
    {
        base::Lock lock(mutex_);
        footage_ = std::move(footage);
        ++question_;
        newest_.reset();
    }
    asked_.notifyAll();
}

base::FilmstripPtr FilmstripMaker::newest() const
{
    base::Lock lock(mutex_);
    return newest_;
}

bool FilmstripMaker::isAsked(std::uint64_t question) const
{
    base::Lock lock(mutex_);
    return question == question_;
}

void FilmstripMaker::publish(std::uint64_t question, const Filmstrip& strip)
{
    auto made = std::make_shared<Filmstrip>(strip);
    base::Lock lock(mutex_);
    if (question != question_)
        return;
    made->version = ++versions_;
    newest_ = std::move(made);
}

void FilmstripMaker::run(std::stop_token stop)
{
    base::nameThisThread("bt-filmstrip");
    base::lowerThisThread(10); // whatever plays or records comes first
    while (true) {
        base::FootagePtr footage;
        std::uint64_t question = 0;
        {
            base::Lock lock(mutex_);
            if (!asked_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return footage_ != nullptr; }))
                return;
            footage = std::exchange(footage_, nullptr);
            question = question_;
        }
        make(*footage, question, stop);
    }
}

void FilmstripMaker::make(const base::Footage& footage, std::uint64_t question, const std::stop_token& stop)
{
    const FrameIndex frames = footage.frameCount();
    const auto cells = static_cast<std::size_t>(std::min(frames, kMostCells));
    Filmstrip strip;
    strip.made.assign(cells, false);
    for (std::size_t i = 0; i < cells; ++i) // the middle of the part of the take that the cell stands for
        strip.captured.push_back(
            (2 * static_cast<FrameIndex>(i) + 1) * frames / (2 * static_cast<FrameIndex>(cells)));
    base::JpegDecoder decoder;
    std::vector<bool> tried(cells, false);
    for (std::size_t step = std::bit_ceil(std::max<std::size_t>(1, cells / kCoarsest)); step > 0; step /= 2) {
        for (std::size_t cell = step / 2; cell < cells; cell += step) {
            if (tried[cell])
                continue;
            if (stop.stop_requested() || !isAsked(question))
                return;
            tried[cell] = true;
            makeCell(strip, cell, footage, decoder);
        }
        if (strip.cell_width > 0)
            publish(question, strip);
    }
}

} // namespace backtake::playback
