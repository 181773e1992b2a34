#include "takes/handover/decode_ahead.hpp"

#include "base/jpeg.hpp"

#include <algorithm>

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

namespace backtake::handover {
using base::FrameIndex;

namespace {

/// Frames that the disk is asked for in one go.
constexpr std::size_t kFetchedAtOnce = 32;

/// From JPEG's colours (BT.601, full range: JFIF) to video's (BT.709, limited range), without a way over RGB:
/// luma differs by a share of each chroma only, chroma not by luma at all. Fixed point of 16 bits.
class VideoColour {
public:
    /// @param depth bits of the result, 8 or 10.
    explicit VideoColour(int depth)
    {
        // Shares of red and blue in luma, ITU-R BT.601-7 and BT.709-6.
        constexpr double red = 0.299, blue = 0.114, red_709 = 0.2126, blue_709 = 0.0722;
        constexpr double green = 1 - red - blue, green_709 = 1 - red_709 - blue_709;
        // R = y + r_cr * cr, B = y + b_cb * cb, G = y - (blue * b_cb * cb + red * r_cr * cr) / green
        constexpr double r_cr = 2 * (1 - red), b_cb = 2 * (1 - blue);
        constexpr double luma_cb = blue_709 * b_cb - green_709 * blue * b_cb / green;
        constexpr double luma_cr = red_709 * r_cr - green_709 * red * r_cr / green;
        const double one = (1 << kShift) * (1 << (depth - 8)) / 255.0;
        const double chroma_cb = one * 224 / (2 * (1 - blue_709));
        const double chroma_cr = one * 224 / (2 * (1 - red_709));
        luma_ = { whole(one * 219), whole(one * 219 * luma_cb), whole(one * 219 * luma_cr) };
        blue_ = { whole(chroma_cb * (b_cb - luma_cb)), whole(chroma_cb * -luma_cr) };
        red_ = { whole(chroma_cr * -luma_cb), whole(chroma_cr * (r_cr - luma_cr)) };
        black_ = (16 << (kShift + depth - 8)) + kHalf;
        grey_ = (128 << (kShift + depth - 8)) + kHalf;
        most_ = (1 << depth) - 1;
    }
    /// @param source planes of the size and subsampling of @p to.
    template <typename Sample>
    void convert(const std::array<const std::uint8_t*, 3>& source, const std::array<int, 3>& strides,
        AVFrame& to, int chroma_rows) const
    {
        const auto sample = [&](int value) {
            return static_cast<Sample>(std::clamp(value >> kShift, 0, most_));
        };
        for (int y = 0; y < to.height; ++y) {
            const int c = y / chroma_rows;
            const std::uint8_t* luma = source[0] + y * strides[0];
            const std::uint8_t* cb = source[1] + c * strides[1];
            const std::uint8_t* cr = source[2] + c * strides[2];
            auto* into = reinterpret_cast<Sample*>(to.data[0] + y * to.linesize[0]);
            for (int x = 0; x < to.width / 2; ++x) {
                const int share = black_ + luma_[1] * (cb[x] - 128) + luma_[2] * (cr[x] - 128);
                into[2 * x] = sample(luma_[0] * luma[2 * x] + share);
                into[2 * x + 1] = sample(luma_[0] * luma[2 * x + 1] + share);
            }
        }
        for (int y = 0; y < to.height / chroma_rows; ++y) {
            const std::uint8_t* cb = source[1] + y * strides[1];
            const std::uint8_t* cr = source[2] + y * strides[2];
            auto* into_cb = reinterpret_cast<Sample*>(to.data[1] + y * to.linesize[1]);
            auto* into_cr = reinterpret_cast<Sample*>(to.data[2] + y * to.linesize[2]);
            for (int x = 0; x < to.width / 2; ++x) {
                into_cb[x] = sample(grey_ + blue_[0] * (cb[x] - 128) + blue_[1] * (cr[x] - 128));
                into_cr[x] = sample(grey_ + red_[0] * (cb[x] - 128) + red_[1] * (cr[x] - 128));
            }
        }
    }

private:
    static constexpr int kShift = 16;
    static constexpr int kHalf = 1 << (kShift - 1);
    static constexpr int whole(double value) { return static_cast<int>(value + (value < 0 ? -0.5 : 0.5)); }

    std::array<int, 3> luma_ {}; ///< Of y, cb, cr.
    std::array<int, 2> blue_ {}; ///< Of cb, cr.
    std::array<int, 2> red_ {};
    int black_ = 0;
    int grey_ = 0;
    int most_ = 0;
};

AVPixelFormat formatOf(base::Subsampling subsampling)
{
    switch (subsampling) {
    case base::Subsampling::Grey:
        return AV_PIX_FMT_GRAY8;
    case base::Subsampling::S420:
        return AV_PIX_FMT_YUV420P;
    case base::Subsampling::S422:
        return AV_PIX_FMT_YUV422P;
    case base::Subsampling::S444:
        return AV_PIX_FMT_YUV444P;
    }
    return AV_PIX_FMT_NONE;
}

template <typename Sample> void mirror(AVFrame& frame, int chroma_rows)
{
    for (int plane = 0; plane < 3; ++plane) {
        for (int y = 0; y < (plane == 0 ? frame.height : frame.height / chroma_rows); ++y) {
            auto* row = reinterpret_cast<Sample*>(frame.data[plane] + y * frame.linesize[plane]);
            std::reverse(row, row + (plane == 0 ? frame.width : frame.width / 2));
        }
    }
}

VideoFrame newFrame(const VideoForm& form)
{
    VideoFrame frame(av_frame_alloc());
    if (!frame)
        return nullptr;
    frame->width = form.width;
    frame->height = form.height;
    frame->format = form.format;
    frame->color_range = AVCOL_RANGE_MPEG;
    frame->colorspace = AVCOL_SPC_BT709;
    frame->color_primaries = AVCOL_PRI_BT709;
    frame->color_trc = AVCOL_TRC_BT709;
    frame->chroma_location = AVCHROMA_LOC_CENTER; // as in the JPEG
    frame->sample_aspect_ratio = { 1, 1 };
    return av_frame_get_buffer(frame.get(), 0) < 0 ? nullptr : std::move(frame);
}

/// What one thread makes frames with.
class VideoFrames {
public:
    explicit VideoFrames(const VideoForm& form)
        : form_(form)
        , depth_(av_pix_fmt_desc_get(form.format)->comp[0].depth)
        , chroma_rows_(1 << av_pix_fmt_desc_get(form.format)->log2_chroma_h)
        , colour_(depth_)
        , pool_(base::pictureBytes({ form.source_width, form.source_height, base::Subsampling::S444 }))
        , grey_(static_cast<std::size_t>(form.width), 128)
    {
        scaled_.format = { form.width, form.height,
            chroma_rows_ == 2 ? base::Subsampling::S420 : base::Subsampling::S422 };
        scaled_.storage.resize(static_cast<std::size_t>(form.width) * form.height * 2);
        scaled_.strides = { form.width, form.width / 2, form.width / 2 };
        scaled_.planes[0] = scaled_.storage.data();
        scaled_.planes[1] = scaled_.planes[0] + form.width * form.height;
        scaled_.planes[2] = scaled_.planes[1] + form.width / 2 * form.height / chroma_rows_;
    }
    VideoFrames(const VideoFrames&) = delete;
    VideoFrames& operator=(const VideoFrames&) = delete;
    ~VideoFrames() { sws_freeContext(scaler_); }

    /// Null when the JPEG is damaged.
    VideoFrame make(std::span<const std::byte> jpeg);

private:
    /// The picture itself when it has the size and subsampling already.
    const base::Picture* scaled(const base::Picture& picture);

    VideoForm form_;
    int depth_;
    int chroma_rows_; ///< Rows of luma for one of chroma.
    VideoColour colour_;
    base::JpegDecoder decoder_;
    base::PicturePool pool_;
    std::vector<std::uint8_t> grey_; ///< A row of chroma for pictures that have none.
    base::Picture scaled_;           ///< In JPEG's colours still.
    SwsContext* scaler_ = nullptr;
};

const base::Picture* VideoFrames::scaled(const base::Picture& picture)
{
    const bool grey = picture.format.subsampling == base::Subsampling::Grey;
    if (picture.format.width == form_.width && picture.format.height == form_.height
        && (grey || picture.format.subsampling == scaled_.format.subsampling))
        return &picture;
    scaler_ = sws_getCachedContext(scaler_, picture.format.width, picture.format.height,
        formatOf(picture.format.subsampling), form_.width, form_.height,
        grey ? AV_PIX_FMT_GRAY8 : formatOf(scaled_.format.subsampling), SWS_BICUBIC | SWS_ACCURATE_RND,
        nullptr, nullptr, nullptr);
    if (!scaler_)
        return nullptr;
    sws_scale(scaler_, picture.planes.data(), picture.strides.data(), 0, picture.format.height,
        scaled_.planes.data(), scaled_.strides.data());
    return &scaled_;
}

VideoFrame VideoFrames::make(std::span<const std::byte> jpeg)
{
    const auto header = base::readJpegHeader(jpeg);
    if (!header || header->width != form_.source_width || header->height != form_.source_height)
        return nullptr;
    const auto decoded = decoder_.decode(jpeg, pool_);
    if (!decoded || (*decoded)->damaged)
        return nullptr;
    const base::Picture* picture = scaled(**decoded);
    VideoFrame frame = newFrame(form_);
    if (!picture || !frame)
        return nullptr;
    std::array<const std::uint8_t*, 3> planes { picture->planes[0], picture->planes[1], picture->planes[2] };
    std::array<int, 3> strides = picture->strides;
    if (header->subsampling == base::Subsampling::Grey) {
        planes[1] = planes[2] = grey_.data();
        strides[1] = strides[2] = 0;
    }
    const bool upside_down =
        form_.orientation == base::Orientation::UpsideDown || form_.orientation == base::Orientation::Flipped;
    const bool right_to_left = form_.orientation == base::Orientation::UpsideDown
        || form_.orientation == base::Orientation::Mirrored;
    if (upside_down) {
        for (std::size_t plane = 0; plane < 3; ++plane) {
            planes[plane] += strides[plane] * ((plane == 0 ? form_.height : form_.height / chroma_rows_) - 1);
            strides[plane] = -strides[plane];
        }
    }
    if (depth_ == 8)
        colour_.convert<std::uint8_t>(planes, strides, *frame, chroma_rows_);
    else
        colour_.convert<std::uint16_t>(planes, strides, *frame, chroma_rows_);
    if (right_to_left)
        depth_ == 8 ? mirror<std::uint8_t>(*frame, chroma_rows_)
                    : mirror<std::uint16_t>(*frame, chroma_rows_);
    return frame;
}

} // namespace

VideoFrame blackFrame(const VideoForm& form)
{
    VideoFrame frame = newFrame(form);
    if (!frame)
        return nullptr;
    const std::array<std::ptrdiff_t, 4> strides { frame->linesize[0], frame->linesize[1], frame->linesize[2],
        0 };
    av_image_fill_black(frame->data, strides.data(), form.format, AVCOL_RANGE_MPEG, form.width, form.height);
    return frame;
}

DecodeAhead::DecodeAhead(const takes::Recording& take, std::vector<FrameIndex> frames, const VideoForm& form)
    : take_(take)
    , frames_(std::move(frames))
    , form_(form)
{
    for (std::size_t i = 0; i < lanes_.size(); ++i)
        threads_[i] = std::jthread([this, &lane = lanes_[i]](std::stop_token stop) { run(lane, stop); });
}

VideoFrame DecodeAhead::next()
{
    for (; asked_ < frames_.size() && asked_ - taken_ < lanes_.size() * kAhead; ++asked_) {
        if (asked_ % kFetchedAtOnce == 0)
            take_.expect(
                std::span(frames_).subspan(asked_, std::min(kFetchedAtOnce, frames_.size() - asked_)));
        [[maybe_unused]] const bool put = lanes_[asked_ % lanes_.size()].wanted.tryPut(frames_[asked_]);
    }
    if (taken_ == asked_)
        return nullptr;
    auto made = lanes_[taken_++ % lanes_.size()].made.take({});
    return made ? std::move(*made) : nullptr;
}

void DecodeAhead::run(Lane& lane, std::stop_token stop) const
{
    base::nameThisThread("hand-over");
    VideoFrames frames(form_);
    while (const auto wanted = lane.wanted.take(stop)) {
        if (stop.stop_requested())
            return;
        const auto frame = take_.frame(*wanted);
        [[maybe_unused]] const bool put = lane.made.tryPut(frame ? frames.make((*frame)->jpeg) : nullptr);
    }
}

} // namespace backtake::handover
