/// Reads one recording, closed or still growing, without reading its pictures before they are asked for.
#pragma once

#include "takes/take_facts.hpp"

#include <functional>

namespace backtake::takes {

/// Room: any thread; const calls may run at the same time. Time: open() reads take.json and the index once
/// (64 bytes per frame: an hour at 60 per second is 14 MB, 30 ms from cache); after that only frame() touches
/// the disk, with one pread. Every index record is checked before it is used; one that does not fit its
/// picture file is a damaged frame, not an error of the take. The index is read, not mapped: a map of a file
/// that another program cuts short, or of a disk that is pulled out, ends the process by SIGBUS, and times
/// that never fall need one pass over all records anyway.
class Recording final : public base::Footage {
public:
    /// Opens a recording's folder. Of one still being written (or cut off) it sees the records there now.
    /// @return Fault::NotFound (no such take), Corrupt (no frame in it, or an index that is none),
    /// Unsupported (newer version), Denied.
    static base::Result<std::shared_ptr<const Recording>> open(const std::filesystem::path& folder);
    ~Recording() override;

    [[nodiscard]] base::FrameIndex frameCount() const override;
    [[nodiscard]] base::Nanos capturedTime(base::FrameIndex n) const override;
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex n) const override;
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override;
    [[nodiscard]] base::Rate nominalRate() const override;

    /// take.json's, but what the index knows (frames, duration, segments, lost, picture_bytes) comes from the
    /// index, and so does the length of the sound of a take that is not closed.
    [[nodiscard]] const TakeFacts& facts() const;
    [[nodiscard]] const std::filesystem::path& folder() const;

    /// Checks every record, checksum and JPEG header, and what take.json claims. Time: reads the whole
    /// recording.
    /// @p progress (may be empty) gets 0 … 1 and says false to cancel. @return Fault::Cancelled, nothing
    /// else: what is wrong is in the report.
    struct Report {
        base::FrameIndex frames = 0;
        base::FrameIndex lost = 0; ///< Recorded as lost, by design.
        std::vector<base::FrameIndex>
            damaged; ///< Records that point outside, overlap, or whose checksum is wrong.
        std::vector<std::string> troubles; ///< One line each, the first thousand.
    };
    [[nodiscard]] base::Result<Report> verify(const std::function<bool(double)>& progress) const;

private:
    Recording();
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace backtake::takes
