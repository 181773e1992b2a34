#include "playback/filmstrip_maker.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/// The mean of those pixels of @p picture that fall on each pixel of the cell.
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

} // namespace

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
    // Whatever plays or records comes first. Should the kernel refuse, it is only less polite.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), 10);
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
    const auto add = [&](std::size_t cell) {
        tried[cell] = true;
        const auto frame = footage.frame(strip.captured[cell]);
        const auto picture = frame ? decoder.decodeSmall((*frame)->jpeg, kCellHeight)
                                   : base::Result<base::RgbaPicture>(base::fail(frame.error()));
        if (!picture)
            return; // black: review itself says what is wrong with the frame
        if (strip.cell_width == 0) {
            strip.cell_height = kCellHeight;
            strip.cell_width = std::clamp(static_cast<int>(std::lround(static_cast<double>(kCellHeight)
                                              * picture->width / picture->height)),
                kNarrowestCell, kWidestCell);
            strip.rgba.resize(cells * static_cast<std::size_t>(strip.cell_width * strip.cell_height * 4));
        }
        reduce(*picture, strip.cell_width, strip.cell_height,
            strip.rgba.data() + cell * static_cast<std::size_t>(strip.cell_width * strip.cell_height * 4));
        strip.made[cell] = true;
    };
    for (std::size_t step = std::bit_ceil(std::max<std::size_t>(1, cells / kCoarsest)); step > 0; step /= 2) {
        for (std::size_t cell = step / 2; cell < cells; cell += step) {
            if (tried[cell])
                continue;
            if (stop.stop_requested() || !isAsked(question))
                return;
            add(cell);
        }
        if (strip.cell_width > 0)
            publish(question, strip);
    }
}

} // namespace backtake::playback
