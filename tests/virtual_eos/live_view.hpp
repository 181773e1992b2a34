/// The camera's live picture: when each frame is made, and its JPEG. Room: whoever holds the core's lock.
#pragma once

#include "base/jpeg.hpp"
#include "base/picture.hpp"
#include "base/time.hpp"
#include "tests/virtual_eos/virtual_eos.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace backtake::testing {

/// The grid of nominal times, and what became of each frame. Nothing runs: frames come into being when
/// somebody looks.
class FrameGrid {
public:
    FrameGrid(double fps, base::Nanos epoch);

    [[nodiscard]] base::Nanos timeOf(std::uint64_t number) const;
    void start(base::Nanos now);
    void stop(base::Nanos now);
    [[nodiscard]] bool running() const { return running_; }

    /// Makes the frames that are due. @return the newest; nullopt before the first.
    std::optional<std::uint64_t> newest(base::Nanos now);
    /// The first that is made after @p now.
    [[nodiscard]] std::uint64_t next(base::Nanos now) const;
    /// Whether the newest frame was handed over already, in whatever state.
    [[nodiscard]] bool collected() const { return newest_ && collected_; }
    void collect(bool damaged);
    /// It never reached the client.
    void lose(std::uint64_t number);

    std::vector<EosBody::Made> made(base::Nanos now);
    void clear(base::Nanos now);

private:
    double frame_nanos_;
    base::Nanos epoch_;
    bool running_ = false;
    std::uint64_t next_ = 0; ///< The next to be made, while running.
    std::vector<EosBody::Made> made_;
    std::optional<EosBody::Made> newest_; ///< Also when made_ was cleared since.
    bool collected_ = false;              ///< The newest.
};

/// A JPEG with its number, and a place for the time at which it is sent.
struct NumberedJpeg {
    std::uint64_t number = 0;
    std::vector<std::byte> bytes;
    std::size_t time_at = 0; ///< Where the digits of the time are to be.
    bool stamped = false;
};
void stamp(NumberedJpeg& jpeg, base::Nanos sent);

/// Makes the JPEGs. A picture is a few bands, compressed apart and joined as restart intervals: only the
/// bands with the number's cells are compressed for each frame, 0.5 ms instead of 3.
class FramePainter {
public:
    FramePainter(int width, int height, std::size_t jpeg_bytes);
    NumberedJpeg paint(std::uint64_t number);

private:
    /// The moving bar has this many places.
    static constexpr std::size_t kBackgrounds = 8;

    std::vector<std::byte> compress(const base::Picture& picture, std::size_t band);

    int band_height_ = 0;
    std::size_t bands_ = 0;
    std::size_t first_numbered_ = 0; ///< Bands from here to the one before `end_numbered_` have cells.
    std::size_t end_numbered_ = 0;
    std::size_t jpeg_bytes_;
    base::JpegEncoder encoder_;
    std::vector<base::PicturePtr> backgrounds_;
    std::shared_ptr<base::Picture> canvas_;
    std::vector<std::vector<std::vector<std::byte>>> scans_; ///< Of each background, of each band.
    std::vector<std::byte> head_; ///< From the quantisation tables to the start of scan.
};

} // namespace backtake::testing
