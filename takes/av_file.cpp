#include "takes/av_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

extern "C" {
#include <libavformat/avformat.h>
}

namespace backtake::takes {
using base::fail;
using base::Fault;

namespace {

/// Handed to the kernel at once; libavformat's own 32 KiB would cost a call for each of a JPEG's pieces.
constexpr int kWriteBufferBytes = 1 << 20;
/// Sent on to the disk in such pieces, one of them under way: gigabytes that only stand in memory would all
/// go there at once later, in the way of what is being recorded.
constexpr std::int64_t kPieceBytes = 8 << 20;

} // namespace

/// Where libavformat's bytes go. Keeps the errno that libavformat would lose.
struct AvFile::Sink {
    File file;
    std::int64_t position = 0;
    std::int64_t end = 0;
    std::int64_t sent = 0; ///< Of the bytes, on to the disk.
    int error_number = 0;

    /// A kernel or file system that knows no such call does it in its own time.
    void send()
    {
        for (; position - sent >= kPieceBytes; sent += kPieceBytes) {
            ::sync_file_range(file.descriptor(), sent, kPieceBytes, SYNC_FILE_RANGE_WRITE);
            if (sent > 0)
                ::sync_file_range(file.descriptor(), sent - kPieceBytes, kPieceBytes,
                    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
        }
    }

#if LIBAVFORMAT_VERSION_MAJOR >= 61
    using Bytes = const std::uint8_t*;
#else
    using Bytes = std::uint8_t*;
#endif
    static int write(void* opaque, Bytes bytes, int size)
    {
        Sink& sink = *static_cast<Sink*>(opaque);
        const std::span whole(reinterpret_cast<const std::byte*>(bytes), static_cast<std::size_t>(size));
        if (const int error_number = sink.file.writeAt(whole, static_cast<std::uint64_t>(sink.position))) {
            sink.error_number = error_number;
            return AVERROR(error_number);
        }
        sink.position += size;
        sink.end = std::max(sink.end, sink.position);
        sink.send();
        return size;
    }
    static std::int64_t seek(void* opaque, std::int64_t offset, int whence)
    {
        Sink& sink = *static_cast<Sink*>(opaque);
        switch (whence & ~AVSEEK_FORCE) {
        case AVSEEK_SIZE:
            return sink.end;
        case SEEK_SET:
            break;
        case SEEK_CUR:
            offset += sink.position;
            break;
        case SEEK_END:
            offset += sink.end;
            break;
        default:
            return AVERROR(EINVAL);
        }
        if (offset < 0)
            return AVERROR(EINVAL);
        return sink.position = offset;
    }
};

AvFile::AvFile()
    : sink_(std::make_unique<Sink>())
{
}

AvFile::~AvFile()
{
    if (context_) {
        if (context_->pb)
            av_freep(&context_->pb->buffer);
        avio_context_free(&context_->pb);
        avformat_free_context(context_);
    }
    if (!part_.empty())
        ::unlink(part_.c_str());
}

base::Result<std::unique_ptr<AvFile>> AvFile::create(const std::filesystem::path& path, const char* muxer)
{
    std::unique_ptr<AvFile> made(new AvFile);
    made->path_ = path;
    auto part = openPart(path);
    if (!part)
        return fail(part.error());
    made->part_ = part->path;
    made->sink_->file = std::move(part->file);
    if (auto ready = made->checked(avformat_alloc_output_context2(&made->context_, nullptr, muxer, nullptr));
        !ready)
        return fail(ready.error());
    auto* buffer = static_cast<std::uint8_t*>(av_malloc(kWriteBufferBytes));
    made->context_->pb = avio_alloc_context(
        buffer, kWriteBufferBytes, 1, made->sink_.get(), nullptr, &Sink::write, &Sink::seek);
    if (!buffer || !made->context_->pb)
        return fail(made->checked(AVERROR(ENOMEM)).error());
    made->context_->flags |= AVFMT_FLAG_CUSTOM_IO;
    return made;
}

base::Outcome AvFile::checked(int av_result) const
{
    if (sink_->error_number != 0)
        return fail(errorOf(sink_->error_number, "write", path_));
    if (av_result >= 0)
        return {};
    std::array<char, AV_ERROR_MAX_STRING_SIZE> words {};
    av_strerror(av_result, words.data(), words.size());
    return fail(
        Fault::Failed, fmt::format("cannot write {}: {}", path_.string(), words.data()), words.data());
}

base::Outcome AvFile::finish()
{
    const int result = av_write_trailer(context_);
    avio_flush(context_->pb);
    if (auto written = checked(result); !written)
        return written;
    if (const int error_number = sink_->file.sync())
        return fail(errorOf(error_number, "write", path_));
    return {};
}

base::Outcome AvFile::publish()
{
    if (auto renamed = renameWithoutReplacing(part_, path_); !renamed)
        return renamed;
    part_.clear();
    return {};
}

void AvFile::withdraw()
{
    if (part_.empty())
        ::unlink(path_.c_str());
}

std::uint64_t AvFile::bytes() const { return static_cast<std::uint64_t>(sink_->end); }

} // namespace backtake::takes
