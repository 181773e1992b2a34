/// A GStreamer pipeline that ends in one appsink, and the box between GStreamer's threads and the camera
/// thread. Knows no camera: what a spec means is gst_source.cpp, what a failure means to an operator is
/// gst_errors.cpp.
#pragma once

#include "base/thread_marks.hpp"
#include "base/time.hpp"

#include <gst/app/gstappsink.h>
#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace backtake::capture {

/// Starts GStreamer, once for the process, and keeps its and GLib's chatter off stdout and stderr (GST_DEBUG
/// in the environment brings GStreamer's back). Room: any thread.
void startGStreamer();

struct GstFree {
    void operator()(GstElement* element) const { gst_object_unref(element); }
    void operator()(GstPad* pad) const { gst_object_unref(pad); }
    void operator()(GstBus* bus) const { gst_object_unref(bus); }
    void operator()(GstAppSink* sink) const { gst_object_unref(sink); }
    void operator()(GstElementFactory* factory) const { gst_object_unref(factory); }
    void operator()(GstSample* sample) const { gst_sample_unref(sample); }
    void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
    void operator()(GstIterator* iterator) const { gst_iterator_free(iterator); }
    void operator()(GstParseContext* context) const { gst_parse_context_free(context); }
    void operator()(GError* error) const { g_error_free(error); }
    void operator()(char* text) const { g_free(text); }
};
/// Owns one reference, or the thing itself where GStreamer counts none.
template <typename T> using GstOwned = std::unique_ptr<T, GstFree>;

/// Why a pipeline stopped, in GStreamer's own words. May hold secrets: only gst_errors.cpp reads it.
struct GstTrouble {
    GQuark domain = 0;
    int code = 0;
    std::string element;               ///< Factory of the element that failed: "rtspsrc".
    std::string message;               ///< For people, by GStreamer.
    std::string debug;                 ///< For developers, by GStreamer; several lines.
    std::optional<GstFlowReturn> flow; ///< When a stream stopped: the reason.
    std::vector<std::string> missing; ///< Decoders and elements asked for and not installed: "H.265 decoder".
    bool no_picture = false;          ///< It plays, but there is no picture in it.
};

/// What happens when frames come faster than the camera thread takes them.
enum class GstPace {
    Live = 1, ///< The newest win; what gives way is counted.
    Clip,     ///< The pipeline waits; nothing is lost.
};

/// Whether a camera that has a stream of sound beside that of its picture is asked for it.
enum class StreamSound { Wanted = 1, Refused };

/// Room: all calls from the camera thread. GStreamer's threads only fill the box inside.
/// Time: construction and start() return at once, take() when it says; the destructor waits 2 s at most: an
/// element that hangs while closing is left to a thread of its own, which frees everything when it comes
/// back. Owns: the pipeline and all its elements.
class GstPipeline {
public:
    /// One frame on its way. Live: @p at is when it reached the sink, on GStreamer's thread, before any
    /// queueing.
    struct Arrival {
        GstOwned<GstSample> sample;
        base::Nanos at {};
        int round = 0; ///< How often restart() went back before it.
    };
    /// Live frames kept for a camera thread that is late. It costs no delay while that thread keeps up, and a
    /// lost frame less in a recording when it does not: 8 are 320 ms at 25 a second, 140 MB of 4096x2160
    /// 4:2:2 at worst.
    static constexpr std::size_t kLiveDepth = 8;
    /// Frames of a clip decoded ahead. A 4096x2160 4:2:2 10 bit frame is 35 MB.
    static constexpr std::size_t kClipDepth = 2;

    /// @param pipeline a GstPipeline that contains @p sink; takes both references.
    /// @param pace fixed, or nullopt: live when the pipeline says that it is live, else a clip.
    /// @param live_depth what a live pipeline keeps for a reader that is late.
    GstPipeline(GstOwned<GstElement> pipeline, GstOwned<GstAppSink> sink, std::optional<GstPace> pace,
        std::size_t live_depth = kLiveDepth);
    ~GstPipeline();
    GstPipeline(const GstPipeline&) = delete;
    GstPipeline& operator=(const GstPipeline&) = delete;

    [[nodiscard]] GstElement* element() const;
    [[nodiscard]] GstAppSink* sink() const;

    /// Starts it to play on a thread of its own, because opening a device or an address may hang.
    void start();
    /// Waits for the first frame, the end, or trouble. @return whether one of them came before the deadline
    /// and before a stop.
    bool waitOpened(base::Nanos deadline, std::stop_token stop);
    /// Waits for the next frame. @return nullopt at the deadline, at once when there are no more frames
    /// (ended(), trouble()).
    std::optional<Arrival> take(base::Nanos deadline);
    /// Goes back to the start after the end. @return false when this pipeline cannot: make a new one.
    bool restart();

    /// Takes the sound that comes out of @p sink, too; before start(). What goes wrong in it is said in the
    /// log and stops no picture.
    void takeSoundFrom(GstAppSink* sink);
    /// The sound that came since the last call, never waits. Live sound that nobody takes gives way to newer;
    /// that of a clip waits.
    std::vector<Arrival> takeSounds();

    [[nodiscard]] bool ended() const;
    [[nodiscard]] std::optional<GstTrouble> trouble() const;
    /// As fixed, or as found when it started.
    [[nodiscard]] GstPace pace() const;
    /// Live frames that gave way to newer ones.
    [[nodiscard]] std::uint64_t dropped() const;
    /// When data last came from the device or network, be it a whole frame or not; start() counts as the
    /// first.
    [[nodiscard]] base::Nanos lastSign() const;

    /// Counts every buffer that passes @p pad, pushed or pulled, as a sign of life. Room: any thread, before
    /// data flows.
    void watch(GstPad* pad);
    /// Adds an element with pads that come later (`decodebin`) and links its first picture with the sink:
    /// JPEG as it is, raw through `videoconvert`, which passes on what the sink takes; its first sound goes
    /// to takeSounds(). Everything else stays unlinked.
    /// @return the element (owned by the pipeline), or nullptr when decodebin is not installed.
    GstElement* addDecoder();
    /// The same for `rtspsrc`, which gives picture and sound a pad each: one decoder for the picture,
    /// watched; one for the first sound, made when its first packet is there. Sound that never comes, cannot
    /// be decoded or breaks down neither stops nor delays the picture.
    /// @param sound a camera that refuses what it is asked for gives nothing at all.
    /// @return false when decodebin is not installed.
    bool addStreamDecoders(GstElement* source, StreamSound sound);
    /// Whether a camera that has sound was asked for it.
    [[nodiscard]] bool askedForSound() const;

    struct Shared;

private:
    std::shared_ptr<Shared> shared_; ///< Also held by the threads that start and close the pipeline.
};

} // namespace backtake::capture
