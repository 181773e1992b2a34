/// Reads one recording, closed or still growing, without reading its pictures before they are asked for.
#pragma once

#include "takes/take_facts.hpp"

#include <functional>
#include <span>

namespace backtake::takes {

/// A take, in one part or in several on several disks, as one run of frames.
///
/// Room: any thread; const calls may run at the same time. Time: open() reads take.json and both ends of the
/// index, whatever the length of the take; frame() and capturedTime() read one page of the index unless it
/// was met lately, and frame() one picture. Memory does not depend on the length.
/// Every index record is checked before it is used; one that does not fit its picture file is a damaged
/// frame, not an error of the take. So is every frame of a part whose disk is not attached.
class Recording final : public base::Footage {
public:
    /// Opens a recording's folder and the parts that its take.json names. Of one still being written (or cut
    /// off) it sees the records there now.
    /// @param further folders of parts that take.json does not name yet, because the take is still rolling.
    /// @return Fault::NotFound (no such take), Corrupt (no frame in it, or an index that is none),
    /// Unsupported (newer version), Denied.
    static base::Result<std::shared_ptr<const Recording>> open(
        const std::filesystem::path& folder, std::span<const std::filesystem::path> further = {});
    /// The one part in this folder: for who writes its take.json.
    static base::Result<std::shared_ptr<const Recording>> openPart(const std::filesystem::path& folder);
    ~Recording() override;

    [[nodiscard]] base::FrameIndex frameCount() const override;
    [[nodiscard]] base::Nanos capturedTime(base::FrameIndex n) const override;
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex n) const override;
    void expect(std::span<const base::FrameIndex> frames) const override;
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override;
    [[nodiscard]] base::Rate nominalRate() const override;
    [[nodiscard]] base::TimecodeFormat timecodeFormat() const override;
    [[nodiscard]] base::SoundTrackPtr sound() const override;

    /// The facts of the whole take. What the index knows (frames, duration, segments, lost, gaps,
    /// picture_bytes) is take.json's word for a take that was closed and whose index is as long as it says,
    /// else the sum of the index; the sound is the first part's. Time: the first call reads the index once
    /// where it must be summed (62 MB for nine hours at 30 per second); of a closed take it does not.
    [[nodiscard]] const TakeFacts& facts() const;
    [[nodiscard]] const std::filesystem::path& folder() const;
    /// One sentence for each part whose frames cannot be had now, with what to do.
    [[nodiscard]] const std::vector<std::string>& missing() const;

    /// Frames recorded as lost, one after the other, for one cause.
    struct LostRun {
        base::FrameIndex first = 0; ///< Captured frames, both included.
        base::FrameIndex last = 0;
        base::Loss cause = base::Loss::None;
    };
    /// Where the frames are that facts().lost counts: the first @p most runs, rising. Time: reads the index
    /// once; of a take that lost none, nothing.
    [[nodiscard]] std::vector<LostRun> lostRuns(std::size_t most) const;

    /// Checks every record, checksum and JPEG header, and what take.json claims, in all parts. Time: reads
    /// the whole recording once, in order, by large reads.
    /// @p progress (may be empty) gets 0 … 1 and says false to cancel. @return Fault::Cancelled, nothing
    /// else: what is wrong is in the report.
    struct Report {
        base::FrameIndex frames = 0;
        base::FrameIndex lost = 0; ///< Recorded as lost, by design.
        std::vector<base::FrameIndex>
            damaged;                    ///< Records that point outside, overlap, or whose checksum is wrong.
        base::FrameIndex backwards = 0; ///< Said to be captured before the frame before them.
        std::vector<std::string> troubles; ///< One line each, the first thousand.
    };
    [[nodiscard]] base::Result<Report> verify(const std::function<bool(double)>& progress) const;

    /// Pages of the index read so far, in all parts: what tests and benches count.
    [[nodiscard]] std::int64_t indexPagesRead() const;

private:
    Recording();
    struct State;
    std::unique_ptr<State> state_;
};

/// All that lies in the folders of a take: pictures, sound, index, the camera's own clips; in those of its
/// parts, too, that are there. Time: looks at every file, opens none.
std::uint64_t bytesOnDisk(const std::filesystem::path& folder, const TakeFacts& facts);

} // namespace backtake::takes
