#include "takes/handover/frame_map.hpp"

#include "base/jpeg.hpp"
#include "takes/handover/formats.hpp"

#include <fmt/format.h>

#include <array>

extern "C" {
#include <libavutil/md5.h>
}

namespace backtake::handover {
using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kWrittenAtOnce = 1 << 20;

std::string md5Of(std::span<const std::byte> bytes)
{
    std::array<std::uint8_t, 16> digest {};
    av_md5_sum(digest.data(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return fmt::format("{:02x}", fmt::join(digest, ""));
}

/// What an exported file shows in place of a captured frame: itself, or for one that is lost the last good
/// one before it in the file, or the file's first good one when there is none.
struct Seen {
    FrameIndex captured = -1;
    std::string md5; ///< Empty: the file has no picture at all.
};

class Pictures {
public:
    explicit Pictures(const Media& media)
        : media_(media)
    {
    }
    const Seen& at(FrameIndex captured)
    {
        if (captured != asked_) {
            asked_ = captured;
            seen_ = find(captured);
        }
        return seen_;
    }

private:
    [[nodiscard]] std::optional<Seen> good(FrameIndex captured) const
    {
        // A frame that shares its place with the one after it is in no file.
        if (media_.grid->placeOf(captured) == media_.grid->placeOf(captured + 1))
            return std::nullopt;
        const auto frame = media_.take->frame(captured);
        const auto header = frame ? base::readJpegHeader((*frame)->jpeg) : fail(frame.error());
        if (!header || header->width != media_.run.width || header->height != media_.run.height)
            return std::nullopt;
        return Seen { captured, md5Of((*frame)->jpeg) };
    }
    [[nodiscard]] Seen find(FrameIndex captured) const
    {
        const FrameIndex step = media_.reversed ? 1 : -1; // to the frame before it in the file
        const auto isOfTheFile = [this](
                                     FrameIndex n) { return n >= media_.run.first && n < media_.run.last; };
        for (FrameIndex n = captured; isOfTheFile(n); n += step)
            if (auto seen = good(n))
                return *seen;
        for (FrameIndex n = captured - step; isOfTheFile(n); n -= step)
            if (auto seen = good(n))
                return *seen;
        return {};
    }

    const Media& media_;
    FrameIndex asked_ = -1;
    Seen seen_;
};

} // namespace

base::Outcome writeFrameMap(const Timeline& timeline, std::span<const Media> media, takes::NewFile& file,
    const std::function<bool(double)>& progress)
{
    std::string rows = "Timeline Frame,Timeline TC,File,File Frame,Source TC,Captured Frame,Held,MD5\r\n";
    const FrameIndex all = timeline.length();
    FrameIndex record = 0;
    for (std::size_t i = 0; i < timeline.clips.size(); ++i) {
        const Clip& clip = timeline.clips[i];
        const std::string name = csvField(relativeName(timeline, clip));
        Pictures pictures(media[i]);
        for (FrameIndex k = 0; k < clip.length(); ++k, ++record) {
            if (progress && !progress(static_cast<double>(record) / static_cast<double>(all)))
                return fail(Fault::Cancelled, "the export was stopped; nothing was left behind");
            const FrameIndex file_frame = clip.frameAt(k);
            const FrameIndex captured = media[i].captured(file_frame);
            const Seen& seen = pictures.at(captured);
            rows += fmt::format("{},{},{},{},{},{},{},{}\r\n", record,
                base::timecodeLabel(timeline.start + record, timeline.timecode), name, file_frame,
                clip.label(file_frame), seen.captured, seen.captured == captured ? "" : "YES", seen.md5);
            if (rows.size() >= kWrittenAtOnce) {
                file.write(rows);
                rows.clear();
                if (!file.good())
                    return {}; // which publish() will tell
            }
        }
    }
    file.write(rows);
    return {};
}

} // namespace backtake::handover
