/// rtsp_sender: a network camera on the loopback address, for tests that unplug it. Its pictures carry their
/// number as frame cells (capture/frame_cells.hpp), counted from 0 for every viewer that comes.
///
///     rtsp_sender [--port N] [--codec mjpeg|h264|raw] [--size WxH] [--rate N] [--user NAME --password WORD]
///                 [--freeze-after N] [--sound l16|alaw|aac|unknown|broken|refused] [--sound-from N]
///                 [--sound-until N]
///
/// Prints one line on stdout, "port N", once it can be connected to; without --port the system chooses. The
/// stream is rtsp://127.0.0.1:N/live. Runs until it is killed, and ends with the program that started it.
/// --freeze-after N: N pictures come, then none, and the connection stays.
/// --sound: a tone of 1 kHz beside the picture, in packets of 20 ms (aac: 21.3 ms). The last three cannot be
/// had: an encoding nobody knows, AAC of which every byte is wrong, a stream that may be seen and not be set
/// up.
/// --sound-from N, --sound-until N: which of its packets are sent. Number 0 always is: the server
/// answers nobody before there is one. It ends with a good-bye.
#include "capture/frame_cells.hpp"

#include <fmt/format.h>
#include <gst/rtsp-server/rtsp-server.h>
#include <gst/video/video.h>
#include <signal.h>
#include <sys/prctl.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using namespace backtake;

struct Options {
    std::string port = "0";
    std::string codec = "mjpeg";
    int width = 640;
    int height = 480;
    int rate = 25;
    std::string user;
    std::string password;
    std::uint32_t freeze_after = capture::kFrameNumberLimit;
    std::string sound;
    std::uint32_t sound_from = 0;
    std::uint32_t sound_until = capture::kFrameNumberLimit;
};

struct Counter {
    std::uint32_t next = 0;
    std::uint32_t limit = 0;
};

/// Paints the number of the picture that passes. Room: the stream's thread.
GstPadProbeReturn number(GstPad* pad, GstPadProbeInfo* info, gpointer user)
{
    auto* counter = static_cast<Counter*>(user);
    if (counter->next >= counter->limit)
        return GST_PAD_PROBE_DROP;
    GstCaps* caps = gst_pad_get_current_caps(pad);
    GstVideoInfo format;
    gst_video_info_from_caps(&format, caps);
    gst_caps_unref(caps);
    GstBuffer* buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    GstVideoFrame frame;
    if (gst_video_frame_map(&frame, &format, buffer, GST_MAP_READWRITE)) {
        base::Picture picture;
        picture.format = { GST_VIDEO_FRAME_WIDTH(&frame), GST_VIDEO_FRAME_HEIGHT(&frame),
            base::Subsampling::S420, { base::Matrix::Bt601, base::Range::Limited } };
        for (unsigned plane = 0; plane < 3; ++plane) {
            picture.planes[plane] = static_cast<std::uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
            picture.strides[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane);
        }
        capture::drawFrameNumber(picture, counter->next++);
        gst_video_frame_unmap(&frame);
    }
    return GST_PAD_PROBE_OK;
}

struct Sound {
    const Options& options;
    std::uint32_t next = 0;
};

/// What becomes of a packet of sound. Room: the stream's thread.
GstPadProbeReturn gate(GstPad* pad, GstPadProbeInfo* info, gpointer user)
{
    auto* sound = static_cast<Sound*>(user);
    const std::uint32_t number = sound->next++;
    if (number == sound->options.sound_until)
        gst_pad_push_event(pad, gst_event_new_eos());
    if ((number > 0 && number < sound->options.sound_from) || number >= sound->options.sound_until)
        return GST_PAD_PROBE_DROP;
    if (sound->options.sound == "broken") {
        GstBuffer* buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
        GST_PAD_PROBE_INFO_DATA(info) = buffer;
        gst_buffer_memset(buffer, 0, 0x5A, gst_buffer_get_size(buffer));
    }
    return GST_PAD_PROBE_OK;
}

/// Gives the stream of sound an encoding that is none.
GstPadProbeReturn rename(GstPad*, GstPadProbeInfo* info, gpointer)
{
    GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
    if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS)
        return GST_PAD_PROBE_OK;
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    caps = gst_caps_copy(caps);
    gst_caps_set_simple(caps, "encoding-name", G_TYPE_STRING, "X-NOBODY-KNOWS", nullptr);
    gst_event_unref(event);
    GST_PAD_PROBE_INFO_DATA(info) = gst_event_new_caps(caps);
    gst_caps_unref(caps);
    return GST_PAD_PROBE_OK;
}

GstRTSPStatusCode refuseSound(GstRTSPClient*, GstRTSPContext* context, gpointer)
{
    const std::string path = context->uri ? context->uri->abspath : "";
    return path.ends_with("stream=1") ? GST_RTSP_STS_NOT_ACCEPTABLE : GST_RTSP_STS_OK;
}

void refuseSoundOf(GstRTSPServer*, GstRTSPClient* client, gpointer)
{
    g_signal_connect(client, "pre-setup-request", G_CALLBACK(refuseSound), nullptr);
}

void configureSound(GstElement* bin, const Options& options)
{
    GstElement* coded = gst_bin_get_by_name(GST_BIN(bin), "coded");
    GstPad* pad = gst_element_get_static_pad(coded, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, gate, new Sound { options },
        [](gpointer sound) { delete static_cast<Sound*>(sound); });
    gst_object_unref(pad);
    gst_object_unref(coded);
    if (options.sound == "unknown") {
        GstElement* payer = gst_bin_get_by_name(GST_BIN(bin), "pay1");
        pad = gst_element_get_static_pad(payer, "src");
        gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, rename, nullptr, nullptr);
        gst_object_unref(pad);
        gst_object_unref(payer);
    }
}

void configure(GstRTSPMediaFactory*, GstRTSPMedia* media, gpointer user)
{
    GstElement* bin = gst_rtsp_media_get_element(media);
    GstElement* numberer = gst_bin_get_by_name(GST_BIN(bin), "numberer");
    GstPad* pad = gst_element_get_static_pad(numberer, "src");
    const auto& options = *static_cast<const Options*>(user);
    auto* counter = new Counter { 0, options.freeze_after };
    gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_BUFFER, number, counter, [](gpointer c) { delete static_cast<Counter*>(c); });
    gst_object_unref(pad);
    gst_object_unref(numberer);
    if (!options.sound.empty())
        configureSound(bin, options);
    gst_object_unref(bin);
}

bool read(int argc, char** argv, Options& options)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string key = argv[i];
        const std::string value = argv[i + 1];
        if (key == "--port")
            options.port = value;
        else if (key == "--codec" && (value == "mjpeg" || value == "h264" || value == "raw"))
            options.codec = value;
        else if (key == "--size" && std::sscanf(value.c_str(), "%dx%d", &options.width, &options.height) == 2)
            continue;
        else if (key == "--rate")
            options.rate = std::atoi(value.c_str());
        else if (key == "--user")
            options.user = value;
        else if (key == "--password")
            options.password = value;
        else if (key == "--freeze-after")
            options.freeze_after = static_cast<std::uint32_t>(std::atoi(value.c_str()));
        else if (key == "--sound")
            options.sound = value;
        else if (key == "--sound-from")
            options.sound_from = static_cast<std::uint32_t>(std::atoi(value.c_str()));
        else if (key == "--sound-until")
            options.sound_until = static_cast<std::uint32_t>(std::atoi(value.c_str()));
        else
            return false;
    }
    return argc % 2 == 1;
}

/// A second stream, "pay1", of what leaves the element "coded".
std::string soundLine(const std::string& sound)
{
    if (sound.empty())
        return {};
    std::string form = "format=S16BE,channels=2,rate=48000";
    std::string payer = "identity name=coded ! rtpL16pay name=pay1 pt=97";
    int packet = 960;
    if (sound == "alaw") {
        form = "rate=8000";
        payer = "alawenc ! identity name=coded ! rtppcmapay name=pay1 pt=8";
        packet = 160;
    } else if (sound == "aac" || sound == "broken") {
        form = "rate=48000";
        payer = "avenc_aac ! identity name=coded ! rtpmp4gpay name=pay1 pt=97";
        packet = 1024;
    }
    return fmt::format("audiotestsrc is-live=true freq=1000 volume=0.1 samplesperbuffer={} ! audioconvert ! "
                       "audio/x-raw,{} ! {}",
        packet, form, payer);
}

std::string launchLine(const Options& options)
{
    const char* encoder = "jpegenc quality=90 ! rtpjpegpay name=pay0 pt=26";
    if (options.codec == "h264")
        encoder = "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=4000 ! rtph264pay "
                  "name=pay0 "
                  "pt=96 config-interval=1";
    if (options.codec == "raw")
        encoder = "rtpvrawpay name=pay0 pt=96";
    return fmt::format("( videotestsrc is-live=true pattern=smpte ! "
                       "video/x-raw,format=I420,width={},height={},framerate={}/1,colorimetry=bt601 ! "
                       "identity name=numberer ! {} {} )",
        options.width, options.height, options.rate, encoder, soundLine(options.sound));
}

void demandPassword(GstRTSPServer* server, GstRTSPMediaFactory* factory, const Options& options)
{
    GstRTSPAuth* auth = gst_rtsp_auth_new();
    GstRTSPToken* token =
        gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, "viewer", nullptr);
    gst_rtsp_auth_set_supported_methods(auth, GST_RTSP_AUTH_DIGEST);
    gst_rtsp_auth_add_digest(auth, options.user.c_str(), options.password.c_str(), token);
    gst_rtsp_token_unref(token);
    gst_rtsp_server_set_auth(server, auth);
    g_object_unref(auth);
    gst_rtsp_media_factory_add_role(factory, "viewer", GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN,
        TRUE, GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, nullptr);
}

} // namespace

int main(int argc, char** argv)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Options options;
    if (!read(argc, argv, options)) {
        std::fputs("usage: rtsp_sender [--port N] [--codec mjpeg|h264|raw] [--size WxH] [--rate N] "
                   "[--user NAME --password WORD] [--freeze-after N]\n                   "
                   "[--sound l16|alaw|aac|unknown|broken|refused] [--sound-from N] [--sound-until N]\n",
            stderr);
        return 2;
    }
    gst_init(nullptr, nullptr);
    GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
    GstRTSPServer* server = gst_rtsp_server_new();
    gst_rtsp_server_set_address(server, "127.0.0.1");
    gst_rtsp_server_set_service(server, options.port.c_str());
    GstRTSPMediaFactory* factory = gst_rtsp_media_factory_new();
    const std::string line = launchLine(options);
    gst_rtsp_media_factory_set_launch(factory, line.c_str());
    gst_rtsp_media_factory_set_latency(factory, 0);
    g_signal_connect(factory, "media-configure", G_CALLBACK(configure), &options);
    if (options.sound == "refused")
        g_signal_connect(server, "client-connected", G_CALLBACK(refuseSoundOf), nullptr);
    if (!options.user.empty())
        demandPassword(server, factory, options);
    GstRTSPMountPoints* mounts = gst_rtsp_server_get_mount_points(server);
    gst_rtsp_mount_points_add_factory(mounts, "/live", factory);
    g_object_unref(mounts);
    if (gst_rtsp_server_attach(server, nullptr) == 0) {
        std::fprintf(stderr, "rtsp_sender: port %s is taken: choose another\n", options.port.c_str());
        return 1;
    }
    std::printf("port %d\n", gst_rtsp_server_get_bound_port(server));
    std::fflush(stdout);
    g_main_loop_run(loop);
}
