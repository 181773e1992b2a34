#include "capture/gst_errors.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace backtake::capture {
namespace {

using base::Fault;
using Kind = CameraSpec::Kind;

struct PackageRow {
    std::string_view prefix; ///< Of the element's name.
    std::string_view package;
};

// Debian 12. The first row whose prefix fits wins.
constexpr std::array kPackages {
    PackageRow { "avdec_", "gstreamer1.0-libav" },
    PackageRow { "avdemux_", "gstreamer1.0-libav" },
    PackageRow { "avenc_", "gstreamer1.0-libav" },
    PackageRow { "appsink", "gstreamer1.0-plugins-base" },
    PackageRow { "appsrc", "gstreamer1.0-plugins-base" },
    PackageRow { "decodebin", "gstreamer1.0-plugins-base" },
    PackageRow { "uridecodebin", "gstreamer1.0-plugins-base" },
    PackageRow { "videoconvert", "gstreamer1.0-plugins-base" },
    PackageRow { "videorate", "gstreamer1.0-plugins-base" },
    PackageRow { "videoscale", "gstreamer1.0-plugins-base" },
    PackageRow { "videotestsrc", "gstreamer1.0-plugins-base" },
    PackageRow { "audio", "gstreamer1.0-plugins-base" },
    PackageRow { "alsa", "gstreamer1.0-alsa" },
    PackageRow { "pulse", "gstreamer1.0-plugins-good" },
    PackageRow { "tcpclientsrc", "gstreamer1.0-plugins-base" },
    PackageRow { "oggdemux", "gstreamer1.0-plugins-base" },
    PackageRow { "ximagesink", "gstreamer1.0-x" },
    PackageRow { "v4l2", "gstreamer1.0-plugins-good" },
    PackageRow { "rtsp", "gstreamer1.0-plugins-good" },
    PackageRow { "rtp", "gstreamer1.0-plugins-good" },
    PackageRow { "udpsrc", "gstreamer1.0-plugins-good" },
    PackageRow { "souphttpsrc", "gstreamer1.0-plugins-good" },
    PackageRow { "multipartdemux", "gstreamer1.0-plugins-good" },
    PackageRow { "multifilesrc", "gstreamer1.0-plugins-good" },
    PackageRow { "imagefreeze", "gstreamer1.0-plugins-good" },
    PackageRow { "jpegdec", "gstreamer1.0-plugins-good" },
    PackageRow { "jpegenc", "gstreamer1.0-plugins-good" },
    PackageRow { "qtdemux", "gstreamer1.0-plugins-good" },
    PackageRow { "matroskademux", "gstreamer1.0-plugins-good" },
    PackageRow { "avidemux", "gstreamer1.0-plugins-good" },
    PackageRow { "dv", "gstreamer1.0-plugins-good" },
    PackageRow { "ximagesrc", "gstreamer1.0-plugins-good" },
    PackageRow { "srt", "gstreamer1.0-plugins-bad" },
    PackageRow { "rist", "gstreamer1.0-plugins-bad" },
    PackageRow { "rtmp", "gstreamer1.0-plugins-bad" },
    PackageRow { "decklink", "gstreamer1.0-plugins-bad" },
    PackageRow { "shmsrc", "gstreamer1.0-plugins-bad" },
    PackageRow { "tsdemux", "gstreamer1.0-plugins-bad" },
    PackageRow { "jpegparse", "gstreamer1.0-plugins-bad" },
    PackageRow { "h264parse", "gstreamer1.0-plugins-bad" },
    PackageRow { "h265parse", "gstreamer1.0-plugins-bad" },
    PackageRow { "openh264", "gstreamer1.0-plugins-bad" },
    PackageRow { "mxfdemux", "gstreamer1.0-plugins-bad" },
    PackageRow { "x264enc", "gstreamer1.0-plugins-ugly" },
    PackageRow { "libcamerasrc", "gstreamer1.0-libcamera" },
    PackageRow { "pipewiresrc", "gstreamer1.0-pipewire" },
};

/// "gstreamer1.0-libav" for decoders: Debian's other decoders come with the packages above.
constexpr std::string_view kDecoders = "gstreamer1.0-libav";

bool holds(std::string_view text, std::string_view part)
{
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

/// "GStreamer's words (rtspsrc: the developer's words)".
std::string detailOf(const GstTrouble& trouble)
{
    if (trouble.no_picture)
        return "no stream of pictures";
    return fmt::format("{}: {} ({}{}{})", trouble.element.empty() ? "pipeline" : trouble.element,
        trouble.message, trouble.debug, trouble.flow ? ", flow " : "",
        trouble.flow ? gst_flow_get_name(*trouble.flow) : "");
}

/// What a camera of this kind is, and what to look at when it is away.
std::string_view whatToCheck(Kind kind)
{
    switch (kind) {
    case Kind::Rtsp:
    case Kind::Srt:
        return "check that the sender is on and on this network, and the address";
    case Kind::V4l2:
        return "check its cable and its power";
    case Kind::File:
        return "check the disk";
    default:
        return "check the devices and addresses it names";
    }
}

base::Error missingDecoder(const std::string& shown, const GstTrouble& trouble)
{
    // The picture's decoder, when the sound's is missing as well: caps and codec names of sound say so.
    const auto& missing = trouble.missing;
    const auto picture = std::find_if(missing.begin(), missing.end(), [](const std::string& name) {
        return !holds(name, "audio") && !holds(name, "AAC") && !holds(name, "PCM") && !holds(name, "MP3");
    });
    const std::string what = picture != missing.end() ? *picture : "plug-in of GStreamer";
    return cameraError(Fault::Unsupported,
        fmt::format("{} needs a {}, which is not installed: sudo apt install {} gstreamer1.0-plugins-bad",
            shown, what, kDecoders),
        detailOf(trouble));
}

} // namespace

std::string_view packageOfElement(std::string_view element)
{
    for (const PackageRow& row : kPackages)
        if (element.starts_with(row.prefix))
            return row.package;
    return {};
}

bool hasElement(const char* element)
{
    startGStreamer();
    return GstOwned<GstElementFactory>(gst_element_factory_find(element)) != nullptr;
}

base::Error cameraError(Fault fault, std::string_view message, std::string_view detail)
{
    return { fault, base::oneLine(base::withoutSecrets(message)),
        base::oneLine(base::withoutSecrets(detail)) };
}

base::Error missingElement(std::string_view element)
{
    const std::string_view package = packageOfElement(element);
    return cameraError(Fault::Unsupported,
        package.empty() ? fmt::format(
            "GStreamer's element '{}' is not installed and in no Debian package we know: check its name",
            element)
                        : fmt::format("GStreamer's element '{}' is not installed: sudo apt install {}",
                            element, package));
}

base::Error errorOf(const CameraSpec& spec, const GstTrouble& trouble)
{
    const std::string shown = spec.kind == Kind::File ? spec.address : spec.shown();
    const bool network = spec.kind == Kind::Rtsp || spec.kind == Kind::Srt;
    const auto error = [&](Fault fault, std::string_view message) {
        return cameraError(fault, message, detailOf(trouble));
    };
    const auto away = [&](std::string_view why) {
        return error(Fault::Unplugged, fmt::format("{} {}: {}", shown, why, whatToCheck(spec.kind)));
    };

    const bool plugin_missing =
        (trouble.domain == GST_CORE_ERROR && trouble.code == GST_CORE_ERROR_MISSING_PLUGIN)
        || (trouble.domain == GST_STREAM_ERROR && trouble.code == GST_STREAM_ERROR_CODEC_NOT_FOUND);
    if (plugin_missing || (trouble.no_picture && !trouble.missing.empty()))
        return missingDecoder(shown, trouble);
    if (trouble.no_picture)
        return error(Fault::Unsupported, fmt::format("{} has no picture in it: choose a video", shown));
    if (trouble.flow == GST_FLOW_NOT_NEGOTIATED
        || (trouble.domain == GST_CORE_ERROR && trouble.code == GST_CORE_ERROR_NEGOTIATION)
        || (trouble.domain == GST_STREAM_ERROR && trouble.code == GST_STREAM_ERROR_FORMAT))
        return error(Fault::Unsupported,
            spec.kind == Kind::Gst ? fmt::format(
                "{} ends in pictures of a kind that cannot be taken: add '! videoconvert' at its end", shown)
                                   : fmt::format("{} sends pictures of a kind that cannot be taken: choose 8 "
                                                 "or 10 bit 4:2:0 or 4:2:2, RGB or Motion JPEG",
                                       shown));

    if (trouble.domain == GST_RESOURCE_ERROR) {
        switch (trouble.code) {
        case GST_RESOURCE_ERROR_NOT_FOUND:
            if (spec.kind == Kind::Rtsp)
                return error(Fault::NotFound,
                    fmt::format(
                        "{} answers, but has no such stream: check what follows the host's name", shown));
            if (spec.kind == Kind::Gst)
                return error(Fault::NotFound,
                    fmt::format(
                        "{} names something that is not there ({}): check it", shown, trouble.message));
            return error(Fault::NotFound, fmt::format("there is no {}: {}", shown, whatToCheck(spec.kind)));
        case GST_RESOURCE_ERROR_NOT_AUTHORIZED:
            return network || spec.kind == Kind::Gst
                ? error(Fault::Denied,
                    fmt::format(
                        "{} does not accept this user name and password; put the right ones into the address",
                        shown))
                : error(Fault::Denied, fmt::format("no right to open {}: run backtake doctor", shown));
        case GST_RESOURCE_ERROR_BUSY:
            return error(Fault::Busy, fmt::format("{} is in use by another program: close that one", shown));
        case GST_RESOURCE_ERROR_OPEN_READ:
        case GST_RESOURCE_ERROR_OPEN_READ_WRITE:
        case GST_RESOURCE_ERROR_OPEN_WRITE:
            if (holds(trouble.debug, "authori") || holds(trouble.message, "authori"))
                return error(Fault::Denied,
                    fmt::format(
                        "{} does not accept this user name and password; put the right ones into the address",
                        shown));
            if (holds(trouble.debug, "Permission denied"))
                return error(Fault::Denied, fmt::format("no right to open {}: run backtake doctor", shown));
            return away(network ? "cannot be reached" : "cannot be opened");
        default:
            break;
        }
        // SRT's words for a wrong passphrase: libsrt's srt_rejectreason_str().
        if (spec.kind == Kind::Srt
            && (holds(trouble.debug, "passphrase") || holds(trouble.debug, "password")
                || holds(trouble.debug, "crypt") || holds(trouble.debug, "badsecret")))
            return error(Fault::Denied,
                fmt::format("{} does not accept this passphrase; put the right one into the address", shown));
        if (holds(trouble.debug, "Connection timeout"))
            return away("cannot be reached");
        return away(spec.kind == Kind::Gst ? fmt::format("broke off ({})", trouble.message) : "broke off");
    }

    if (spec.kind == Kind::File)
        return trouble.domain == GST_STREAM_ERROR && trouble.code == GST_STREAM_ERROR_DECODE
            ? error(Fault::Corrupt, fmt::format("{} is damaged: copy it again", shown))
            : error(Fault::Unsupported,
                fmt::format("{} is no video that can be played, or is damaged: choose another clip", shown));
    if (trouble.domain == GST_STREAM_ERROR
        && (trouble.code == GST_STREAM_ERROR_TYPE_NOT_FOUND || trouble.code == GST_STREAM_ERROR_WRONG_TYPE))
        return error(
            Fault::Unsupported, fmt::format("{} sends something that is no video: check the address", shown));
    return away(fmt::format("broke off ({})", trouble.message));
}

base::Error errorOfText(const std::string& pipeline, const GError* error, GstParseContext* context)
{
    const std::string reason = error && error->message ? error->message : "it is no pipeline";
    if (error && g_error_matches(error, GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT)) {
        std::string element;
        if (char** missing = gst_parse_context_get_missing_elements(context)) {
            element = missing[0] ? missing[0] : "";
            g_strfreev(missing);
        }
        if (!element.empty()) {
            base::Error nothing = missingElement(element);
            nothing.detail = cameraError(Fault::Unsupported, {}, pipeline).detail;
            return nothing;
        }
    }
    if (error && g_error_matches(error, GST_PARSE_ERROR, GST_PARSE_ERROR_LINK) && holds(reason, "appsink"))
        return cameraError(Fault::Usage,
            fmt::format(
                "gst: '{}' does not end in pictures: leave out its sink, or add '! videoconvert' or '! "
                "decodebin' at its end",
                pipeline),
            reason);
    return cameraError(Fault::Usage,
        fmt::format("gst: cannot use '{}': {}; try it with gst-launch-1.0 first", pipeline, reason), reason);
}

} // namespace backtake::capture
