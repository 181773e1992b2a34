/// Makes the filmstrip of the take under review, beside playback and never in its way.
#pragma once

#include "base/filmstrip.hpp"
#include "base/frame.hpp"
#include "base/jpeg.hpp"
#include "base/thread_marks.hpp"

#include <optional>
#include <thread>

namespace backtake::playback {

/// The mean of those pixels of @p picture that fall on each pixel of the cell. @param cell width * height * 4
/// bytes.
void reduce(const base::RgbaPicture& picture, int width, int height, std::uint8_t* cell);

/// Cells of a strip, at most: one every 60 pixels on the scrub bar of a laptop, every 120 on a 4K screen.
inline constexpr base::FrameIndex kMostCells = 32;
inline constexpr int kCellHeight = 72;

/// The frames captured first and last, as a strip of two cells without a version. Where neither can be read
/// it has no cell_width. Room: any thread. Time: two reads, two small decodes.
base::Filmstrip endsOf(const base::Footage& footage);

/// Room: one owner; its thread "bt-filmstrip" reads and decodes, with less right to the processor than
/// anything that plays or records. Strips come coarse first: eight cells, then sixteen, then all.
class FilmstripMaker {
public:
    FilmstripMaker();
    ~FilmstripMaker();
    FilmstripMaker(const FilmstripMaker&) = delete;
    FilmstripMaker& operator=(const FilmstripMaker&) = delete;

    /// Begins with the strip of @p footage; one under way for another take is dropped. Null: there is none
    /// any more. Never waits.
    void show(base::FootagePtr footage) EXCLUDES(mutex_);
    /// As far as it is made; null before the first cells.
    [[nodiscard]] base::FilmstripPtr newest() const EXCLUDES(mutex_);

private:
    void run(std::stop_token stop);
    [[nodiscard]] bool isAsked(std::uint64_t question) const EXCLUDES(mutex_);
    void publish(std::uint64_t question, const base::Filmstrip& strip) EXCLUDES(mutex_);
    void make(const base::Footage& footage, std::uint64_t question, const std::stop_token& stop);

    mutable base::Mutex mutex_;
    base::Condition asked_;
    base::FootagePtr footage_ GUARDED_BY(mutex_);   ///< To be begun.
    std::uint64_t question_ GUARDED_BY(mutex_) = 0; ///< An answer to an older one is dropped.
    std::uint64_t versions_ GUARDED_BY(mutex_) = 0;
    base::FilmstripPtr newest_ GUARDED_BY(mutex_);
    std::jthread thread_; ///< Last: joined before what it uses goes.
};

} // namespace backtake::playback
