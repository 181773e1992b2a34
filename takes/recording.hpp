/// Reads one recording, closed or still growing, without reading it all: the index is mapped.
#pragma once

#include <functional>

#include "takes/take_facts.hpp"

namespace backtake::takes {

/// Room: any thread; const calls may run at the same time. Time: open() reads take.json and the index header; frame() is one pread.
/// Every index record is checked before it is used; one that does not fit its picture file is a damaged frame, not an error of the take.
class Recording final : public base::Footage {
public:
    /// Opens a recording's folder. Of one still being written (or cut off) it sees the records there now.
    /// @return Fault::NotFound (no such take), Corrupt (no frame in it, or an index that is none), Unsupported (newer version), Denied.
    static base::Result<std::shared_ptr<const Recording>> open(const std::filesystem::path& folder);
    ~Recording() override;

    [[nodiscard]] base::FrameIndex frameCount() const override;
    [[nodiscard]] base::Nanos capturedTime(base::FrameIndex n) const override;
    [[nodiscard]] base::Result<base::FramePtr> frame(base::FrameIndex n) const override;
    [[nodiscard]] std::int64_t timecode(base::FrameIndex n) const override;
    [[nodiscard]] base::Rate nominalRate() const override;

    [[nodiscard]] const TakeFacts& facts() const;
    [[nodiscard]] const std::filesystem::path& folder() const;

    /// Checks every record and checksum. @p progress gets 0 … 1 and says false to cancel.
    struct Report {
        base::FrameIndex frames = 0;
        base::FrameIndex lost = 0; ///< Recorded as lost, by design.
        std::vector<base::FrameIndex> damaged; ///< Records that point outside, overlap, or whose checksum is wrong.
        std::vector<std::string> troubles; ///< One line each.
    };
    [[nodiscard]] base::Result<Report> verify(const std::function<bool(double)>& progress) const;

private:
    Recording();
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace backtake::takes
