/// One recording's folder as it lies on disk: a whole take, or a part of one. For takes/ alone; what others
/// open is Recording.
#pragma once

#include "takes/index_pages.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace backtake::takes {

/// Asks the kernel to fetch a range of a file. Does not wait for the bytes; where the disk's queue is full it
/// waits for room in it.
void askAhead(const File& file, std::uint64_t offset, std::uint64_t bytes);

/// Room: any thread; const calls may run at the same time. Frames are counted from this part's own first.
class RecordingPart {
public:
    /// Reads sizes and both ends of the index. @p claimed is what its take.json says.
    /// @return as Recording::open(); a part without a frame is none of its faults.
    static base::Result<std::unique_ptr<RecordingPart>> open(
        const std::filesystem::path& folder, TakeFacts claimed);

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    [[nodiscard]] const TakeFacts& claimed() const { return claimed_; }
    /// Records that count (docs/recording.md, rule 3) when it was opened.
    [[nodiscard]] base::FrameIndex frames() const { return frames_; }
    [[nodiscard]] const IndexPages& index() const { return *index_; }
    [[nodiscard]] std::uint64_t pictureBytes() const { return picture_bytes_; }

    /// @return nullopt when the record is damaged or its picture is not in the picture file.
    [[nodiscard]] std::optional<IndexRecord> record(base::FrameIndex n) const;
    /// The picture of an intact record, its check sum checked. @p name is what messages call the frame.
    [[nodiscard]] base::Result<base::FramePtr> read(
        const IndexRecord& record, base::FrameIndex name, base::Nanos captured_at) const;
    /// Asks the kernel for the pictures of these frames, and reads the pages of the index they stand in.
    void expect(std::span<const base::FrameIndex> frames) const;

    /// All records that count, in order, by large reads: for a pass over a whole take.
    /// @p each says false to stop. @return false when it was stopped.
    bool pass(const std::function<bool(base::FrameIndex, const std::optional<IndexRecord>&)>& each) const;
    /// What the files and take.json do not agree on, given what the records add up to.
    [[nodiscard]] std::vector<std::string> disagreements(const TakeSum& sum) const;

private:
    RecordingPart() = default;
    base::Outcome openFiles();
    [[nodiscard]] std::optional<IndexRecord> within(std::optional<IndexRecord> record) const;
    [[nodiscard]] base::FrameIndex withoutDamagedEnd(base::FrameIndex records) const;

    std::filesystem::path folder_;
    TakeFacts claimed_;
    std::unique_ptr<IndexPages> index_;
    File pictures_;
    std::uint64_t picture_bytes_ = 0;
    base::FrameIndex frames_ = 0;
    base::FrameIndex records_ = 0; ///< Whole ones in the file.
    std::uint64_t stray_bytes_ = 0;
};

} // namespace backtake::takes
