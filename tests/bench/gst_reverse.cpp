/// A peer for tests/bench/compare: a clip through GStreamer, backwards (rate -1.0) or forwards, as fast as it
/// goes.
///
///   gst_reverse CLIP [backward|forward] [PARSER-AND-DECODER]
///
/// filesrc ! qtdemux ! DECODER ! fakesink sync=false, one flushing, accurate seek over the whole clip. No
/// frame may be skipped: neither trick mode flags nor quality of service are on. The clock runs from the seek
/// to the last picture, prerolling and opening are not in it. Prints one JSON object; exit code 1 when the
/// pipeline failed.
#include <fmt/format.h>
#include <gst/gst.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

struct Count {
    std::atomic<int> frames = 0;
    std::atomic<Clock::rep> first = 0;
    std::atomic<Clock::rep> last = 0;
    std::atomic<GstClockTime> first_time = GST_CLOCK_TIME_NONE;
    std::atomic<GstClockTime> last_time = GST_CLOCK_TIME_NONE;
};

/// Streaming thread: one picture has come out of the decoder.
GstPadProbeReturn countPicture(GstPad*, GstPadProbeInfo* info, gpointer data)
{
    auto& count = *static_cast<Count*>(data);
    const auto now = Clock::now().time_since_epoch().count();
    const GstClockTime time = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
    if (count.frames++ == 0) {
        count.first = now;
        count.first_time = time;
    }
    count.last = now;
    count.last_time = time;
    return GST_PAD_PROBE_OK;
}

/// @return whether the message came; false for an error or nothing within a minute.
bool waitFor(GstElement* pipeline, GstMessageType wanted)
{
    GstBus* bus = gst_element_get_bus(pipeline);
    GstMessage* message = gst_bus_timed_pop_filtered(
        bus, 120 * GST_SECOND, static_cast<GstMessageType>(wanted | GST_MESSAGE_ERROR));
    const bool came = message != nullptr && GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR;
    if (message != nullptr && !came) {
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        fmt::print(stderr, "gst_reverse: {}\n", error != nullptr ? error->message : "failed");
        g_clear_error(&error);
    }
    if (message != nullptr)
        gst_message_unref(message);
    gst_object_unref(bus);
    return came;
}

double seconds(Clock::rep ticks) { return std::chrono::duration<double>(Clock::duration(ticks)).count(); }

} // namespace

int main(int argc, char** argv)
{
    if (argc < 2 || argc > 4) {
        fmt::print(stderr, "usage: gst_reverse CLIP [backward|forward] [DECODER]\n");
        return 2;
    }
    const bool backward = argc < 3 || std::strcmp(argv[2], "forward") != 0;
    const std::string decoder = argc > 3 ? argv[3] : "jpegdec";
    gst_init(nullptr, nullptr);
    GError* error = nullptr;
    GstElement* pipeline = gst_parse_launch(
        fmt::format(
            "filesrc name=file ! qtdemux ! queue ! {} qos=false ! fakesink name=sink sync=false qos=false",
            decoder)
            .c_str(),
        &error);
    if (error != nullptr) { // jpegdec has no qos property in some versions
        g_clear_error(&error);
        if (pipeline != nullptr)
            gst_object_unref(pipeline);
        pipeline = gst_parse_launch(
            fmt::format(
                "filesrc name=file ! qtdemux ! queue ! {} ! fakesink name=sink sync=false qos=false", decoder)
                .c_str(),
            &error);
    }
    if (error != nullptr) {
        fmt::print(stderr, "gst_reverse: {}\n", error->message);
        g_clear_error(&error);
        return 1;
    }
    GstElement* file = gst_bin_get_by_name(GST_BIN(pipeline), "file");
    g_object_set(file, "location", argv[1], nullptr);
    gst_object_unref(file);

    gst_element_set_state(pipeline, GST_STATE_PAUSED);
    if (!waitFor(pipeline, GST_MESSAGE_ASYNC_DONE))
        return 1;
    Count count;
    GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
    GstPad* pad = gst_element_get_static_pad(sink, "sink");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, countPicture, &count, nullptr);
    gst_object_unref(pad);
    gst_object_unref(sink);

    const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
    const auto start = Clock::now().time_since_epoch().count();
    const gboolean sought = gst_element_seek(pipeline, backward ? -1.0 : 1.0, GST_FORMAT_TIME, flags,
        GST_SEEK_TYPE_SET, 0, backward ? GST_SEEK_TYPE_END : GST_SEEK_TYPE_NONE, 0);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    const bool ended = sought != 0 && waitFor(pipeline, GST_MESSAGE_EOS);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
    if (!ended || count.frames == 0) {
        fmt::print(stderr, "gst_reverse: the clip did not play to its end\n");
        return 1;
    }
    const double whole_s = seconds(count.last - start);
    fmt::print("{{\"frames\": {}, \"seconds\": {:.6f}, \"fps\": {:.2f}, \"first_frame_ms\": {:.3f}, "
               "\"first_time_ns\": {}, "
               "\"last_time_ns\": {}}}\n",
        count.frames.load(), whole_s, count.frames / whole_s, seconds(count.first - start) * 1e3,
        count.first_time.load(), count.last_time.load());
    return 0;
}
