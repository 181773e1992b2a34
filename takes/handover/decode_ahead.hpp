/// Pictures of a take as an encoder takes them: decoded, turned, scaled and in video's colours, on two
/// threads ahead of who asks.
#pragma once

#include "base/mailbox.hpp"
#include "base/picture.hpp"
#include "takes/recording.hpp"

#include <array>
#include <memory>
#include <thread>
#include <vector>

extern "C" {
#include <libavutil/frame.h>
}

namespace backtake::handover {

struct FrameFreeing {
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using VideoFrame = std::unique_ptr<AVFrame, FrameFreeing>;

/// What the encoder wants. Sizes are even.
struct VideoForm {
    int width = 0;
    int height = 0;
    AVPixelFormat format = AV_PIX_FMT_YUV420P; ///< Or AV_PIX_FMT_YUV422P10: BT.709, limited range.
    int source_width = 0; ///< A picture of another size is of another run, and taken for damaged.
    int source_height = 0;
    base::Orientation orientation = base::Orientation::Upright; ///< How the take is turned to be seen.
};
/// A black frame of that form; null when memory is short.
VideoFrame blackFrame(const VideoForm& form);

/// Room: one thread asks. Owns: two threads of its own, which end with it, and at most 8 frames. @p take
/// outlives it.
class DecodeAhead {
public:
    /// @param frames captured frames in the order they are asked for.
    DecodeAhead(const takes::Recording& take, std::vector<base::FrameIndex> frames, const VideoForm& form);

    /// The next of the frames; null when it is lost or damaged. Waits for disk and decoder.
    VideoFrame next();

private:
    /// Frames wanted of one thread, made or on their way; two of these are in flight.
    static constexpr std::size_t kAhead = 4;
    struct Lane {
        base::Mailbox<base::FrameIndex> wanted { kAhead };
        base::Mailbox<VideoFrame> made { kAhead };
    };
    void run(Lane& lane, std::stop_token stop) const;

    const takes::Recording& take_;
    const std::vector<base::FrameIndex> frames_;
    const VideoForm form_;
    std::size_t asked_ = 0;
    std::size_t taken_ = 0;
    std::array<Lane, 2> lanes_; ///< Frame i of frames_ is made by lane i % 2, so that they come in order.
    std::array<std::jthread, 2> threads_; ///< Last: they end before what they use.
};

} // namespace backtake::handover
