#include "capture/gst_frame.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <memory>
#include <string_view>

namespace backtake::capture {
namespace {

using base::Fault;

struct LayoutRow {
    GstVideoFormat format;
    PixelLayout layout;
    std::string_view words;
};

// YV12 is I420 with its chroma planes swapped: read by component, they come out right.
constexpr std::array<LayoutRow, 18> kLayouts { {
    { GST_VIDEO_FORMAT_I420, PixelLayout::I420, "4:2:0" },
    { GST_VIDEO_FORMAT_YV12, PixelLayout::I420, "4:2:0" },
    { GST_VIDEO_FORMAT_NV12, PixelLayout::NV12, "4:2:0" },
    { GST_VIDEO_FORMAT_Y42B, PixelLayout::Y42B, "4:2:2" },
    { GST_VIDEO_FORMAT_YUY2, PixelLayout::YUY2, "4:2:2" },
    { GST_VIDEO_FORMAT_UYVY, PixelLayout::UYVY, "4:2:2" },
    { GST_VIDEO_FORMAT_Y444, PixelLayout::Y444, "4:4:4" },
    { GST_VIDEO_FORMAT_I420_10LE, PixelLayout::I420_10, "4:2:0 10 bit" },
    { GST_VIDEO_FORMAT_I422_10LE, PixelLayout::I422_10, "4:2:2 10 bit" },
    { GST_VIDEO_FORMAT_P010_10LE, PixelLayout::P010, "4:2:0 10 bit" },
    { GST_VIDEO_FORMAT_v210, PixelLayout::V210, "4:2:2 10 bit" },
    { GST_VIDEO_FORMAT_RGB, PixelLayout::RGB, "RGB" },
    { GST_VIDEO_FORMAT_BGR, PixelLayout::BGR, "RGB" },
    { GST_VIDEO_FORMAT_RGBx, PixelLayout::RGBX, "RGB" },
    { GST_VIDEO_FORMAT_BGRx, PixelLayout::BGRX, "RGB" },
    { GST_VIDEO_FORMAT_RGBA, PixelLayout::RGBX, "RGB" },
    { GST_VIDEO_FORMAT_BGRA, PixelLayout::BGRX, "RGB" },
    { GST_VIDEO_FORMAT_GRAY8, PixelLayout::Grey8, "grey" },
} };

const LayoutRow* rowOf(GstVideoFormat format)
{
    for (const LayoutRow& row : kLayouts)
        if (row.format == format)
            return &row;
    return nullptr;
}

base::Colour colourOf(const GstVideoColorimetry& colorimetry)
{
    base::Colour colour;
    colour.range =
        colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255 ? base::Range::Full : base::Range::Limited;
    switch (colorimetry.matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT709:
    // Known hole: two matrices that base::Matrix lacks are taken for their neighbour. BT.2020 read as BT.709
    // moves saturated colours by up to 5 %; a camera that sends it sends a log or HDR picture that needs a
    // LUT anyway.
    case GST_VIDEO_COLOR_MATRIX_BT2020:
    case GST_VIDEO_COLOR_MATRIX_SMPTE240M:
        colour.matrix = base::Matrix::Bt709;
        break;
    default:
        colour.matrix = base::Matrix::Bt601;
        break;
    }
    return colour;
}

std::optional<base::Rate> rateOf(int numerator, int denominator)
{
    if (numerator <= 0 || denominator <= 0)
        return std::nullopt; // 0/1 stands for "it varies"
    return base::Rate { numerator, denominator };
}

/// A buffer mapped for reading, for as long as it lives.
class MappedBuffer {
public:
    explicit MappedBuffer(GstBuffer* buffer)
        : buffer_(gst_buffer_ref(buffer))
        , mapped_(gst_buffer_map(buffer_, &map_, GST_MAP_READ) != FALSE)
    {
    }
    ~MappedBuffer()
    {
        if (mapped_)
            gst_buffer_unmap(buffer_, &map_);
        gst_buffer_unref(buffer_);
    }
    MappedBuffer(const MappedBuffer&) = delete;
    MappedBuffer& operator=(const MappedBuffer&) = delete;

    [[nodiscard]] std::span<const std::byte> bytes() const
    {
        return mapped_ ? std::as_bytes(std::span(map_.data, map_.size)) : std::span<const std::byte>();
    }

private:
    GstBuffer* buffer_;
    GstMapInfo map_ {};
    bool mapped_;
};

} // namespace

bool StreamFormat::sameAs(const StreamFormat& other) const
{
    return jpeg == other.jpeg && width == other.width && height == other.height && rate == other.rate
        && (jpeg
            || (GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_INFO_FORMAT(&other.info)
                && colour == other.colour));
}

std::string StreamFormat::text() const
{
    const std::string size = width > 0 ? fmt::format("{}x{} ", width, height) : std::string();
    if (jpeg)
        return size + "JPEG";
    const LayoutRow* row = rowOf(GST_VIDEO_INFO_FORMAT(&info));
    std::string text = size + std::string(row ? row->words : "raw");
    if (GST_VIDEO_INFO_IS_YUV(&info))
        text += colour.matrix == base::Matrix::Bt709 ? " BT.709" : " BT.601";
    // The usual range is not worth a word: limited for YCbCr, full for the rest.
    if (GST_VIDEO_INFO_IS_YUV(&info) == (colour.range == base::Range::Full))
        text += colour.range == base::Range::Full ? " full range" : " limited range";
    return text;
}

base::Result<StreamFormat> readCaps(const GstCaps* caps)
{
    StreamFormat format;
    if (!caps || gst_caps_get_size(caps) == 0)
        return base::fail(Fault::Unsupported, "the camera does not say what its pictures are");
    const GstStructure* structure = gst_caps_get_structure(caps, 0);
    if (gst_structure_has_name(structure, "image/jpeg")) {
        format.jpeg = true;
        gst_structure_get_int(structure, "width", &format.width);
        gst_structure_get_int(structure, "height", &format.height);
        int numerator = 0;
        int denominator = 0;
        if (gst_structure_get_fraction(structure, "framerate", &numerator, &denominator))
            format.rate = rateOf(numerator, denominator);
        return format;
    }
    const LayoutRow* row = nullptr;
    if (gst_video_info_from_caps(&format.info, caps))
        row = rowOf(GST_VIDEO_INFO_FORMAT(&format.info));
    format.width = GST_VIDEO_INFO_WIDTH(&format.info);
    format.height = GST_VIDEO_INFO_HEIGHT(&format.info);
    if (!row || format.width > base::kLargestSide || format.height > base::kLargestSide) {
        char* words = gst_caps_to_string(caps);
        auto refusal = base::fail(Fault::Unsupported,
            "the camera's picture format is not supported: choose 8 or 10 bit 4:2:0 or 4:2:2, RGB or Motion "
            "JPEG",
            words);
        g_free(words);
        return refusal;
    }
    format.layout = row->layout;
    format.colour = colourOf(format.info.colorimetry);
    format.rate = rateOf(GST_VIDEO_INFO_FPS_N(&format.info), GST_VIDEO_INFO_FPS_D(&format.info));
    return format;
}

base::Result<SourceFrame> jpegFrame(GstBuffer* buffer)
{
    auto mapped = std::make_shared<const MappedBuffer>(buffer);
    SourceFrame frame;
    frame.jpeg = mapped->bytes();
    if (frame.jpeg.empty())
        return base::fail(Fault::Corrupt, "a picture of no bytes came: skipped");
    frame.jpeg_owner = std::move(mapped);
    return frame;
}

base::Result<SourceFrame> rawFrame(GstBuffer* buffer, const StreamFormat& format, base::PicturePool& pool)
{
    RawImage from { format.layout, format.width, format.height, format.colour, {}, {} };
    auto picture = pool.tryAcquire(convertedFormat(from));
    if (!picture)
        return base::fail(Fault::Busy, "no room for another picture: dropped");
    GstVideoFrame mapped;
    if (!gst_video_frame_map(&mapped, &format.info, buffer, GST_MAP_READ))
        return base::fail(
            Fault::Corrupt, "a damaged picture came: skipped", "buffer does not hold its format");
    const GstVideoFormatInfo* layout = format.info.finfo;
    const bool by_component =
        GST_VIDEO_FORMAT_INFO_N_PLANES(layout) == GST_VIDEO_FORMAT_INFO_N_COMPONENTS(layout);
    for (unsigned i = 0; i < GST_VIDEO_FORMAT_INFO_N_PLANES(layout); ++i) {
        const int plane = by_component ? GST_VIDEO_FORMAT_INFO_PLANE(layout, i) : static_cast<int>(i);
        from.planes[i] = static_cast<const std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&mapped, plane));
        from.strides[i] = GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, plane);
    }
    convert(from, *picture);
    gst_video_frame_unmap(&mapped);
    SourceFrame frame;
    frame.picture = std::move(picture);
    return frame;
}

bool isFieldOfTwo(std::span<const std::byte> jpeg)
{
    const auto at = [jpeg](std::size_t i) { return std::to_integer<unsigned>(jpeg[i]); };
    std::size_t i = 2; // after SOI: marker segments of FF, code, length (big endian, with itself)
    while (i + 4 <= jpeg.size() && at(i) == 0xFF) {
        const unsigned code = at(i + 1);
        const std::size_t length = (at(i + 2) << 8) | at(i + 3);
        // APP1: 4 bytes of nothing, "mjpg", field size, padded field size, offset to the next field.
        if (code == 0xE1 && length >= 2 + 20 && i + 4 + 20 <= jpeg.size()
            && std::memcmp(&jpeg[i + 8], "mjpg", 4) == 0)
            return (at(i + 20) | at(i + 21) | at(i + 22) | at(i + 23)) != 0;
        if (code == 0xDA || code == 0xD9 || length < 2)
            return false;
        i += 2 + length;
    }
    return false;
}

} // namespace backtake::capture
