/// A film file on its way to disk through libavformat, with the faults of the disk in the operator's words.
#pragma once

#include "takes/files.hpp"

#include <filesystem>
#include <memory>

struct AVFormatContext;
struct AVIOContext;

namespace backtake::takes {

/// Written under a temporary name, which goes away with this object unless publish() succeeded. Never over a
/// file that is there.
///
/// Room: one thread. Owns: the file, the muxer's context and all that libavformat hangs on it (streams).
class AvFile {
public:
    /// @param muxer libavformat's name of one: "mov", "mp4".
    /// @return Fault::Exists, NotFound (no such folder), Denied, OutOfSpace, Failed.
    static base::Result<std::unique_ptr<AvFile>> create(const std::filesystem::path& path, const char* muxer);
    ~AvFile();
    AvFile(const AvFile&) = delete;
    AvFile& operator=(const AvFile&) = delete;

    /// For streams, metadata, header and packets. What its calls return goes through checked().
    [[nodiscard]] AVFormatContext* context() const { return context_; }
    /// Success when @p av_result is none of libav's errors and the disk took every byte so far; else the
    /// disk's fault (libavformat would lose its errno) or libav's words.
    [[nodiscard]] base::Outcome checked(int av_result) const;
    /// Writes the tables and syncs the file: it is whole after this.
    base::Outcome finish();
    /// Gives it its name, unless something took that meanwhile.
    base::Outcome publish();
    /// Takes publish() back.
    void withdraw();
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::uint64_t bytes() const;

private:
    struct Sink;
    AvFile();

    std::filesystem::path path_;
    std::filesystem::path part_; ///< Empty once there is no file of that name to remove.
    std::unique_ptr<Sink> sink_;
    AVFormatContext* context_ = nullptr;
};

} // namespace backtake::takes
