#include "capture/gst_pipeline.hpp"

#include "base/text.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <string_view>

namespace backtake::capture {
namespace {

using base::Lock;
using base::Nanos;
using namespace std::chrono_literals;

/// The destructor's promise.
constexpr Nanos kClosePatience = 1900ms;

void logGlib(const gchar* domain, GLogLevelFlags, const gchar* message, gpointer)
{
    spdlog::debug(
        "{}: {}", domain ? domain : "glib", base::oneLine(base::withoutSecrets(message ? message : "")));
}

std::string factoryOf(GstObject* object)
{
    if (!object || !GST_IS_ELEMENT(object))
        return {};
    GstElementFactory* factory = gst_element_get_factory(GST_ELEMENT(object));
    return factory ? GST_OBJECT_NAME(factory) : std::string();
}

std::string_view mediaTypeOf(const GstCaps* caps)
{
    if (!caps || gst_caps_is_any(caps) || gst_caps_get_size(caps) == 0)
        return {};
    return gst_structure_get_name(gst_caps_get_structure(caps, 0));
}

/// The caps of a pad, negotiated or, before that, possible.
GstOwned<GstCaps> capsOf(GstPad* pad)
{
    if (GstCaps* current = gst_pad_get_current_caps(pad))
        return GstOwned<GstCaps>(current);
    return GstOwned<GstCaps>(gst_pad_query_caps(pad, nullptr));
}

} // namespace

void startGStreamer()
{
    static std::once_flag once;
    std::call_once(once, []() {
        if (!std::getenv("GST_DEBUG"))
            gst_debug_remove_log_function(nullptr); // the default one, which writes to stderr
        gst_init(nullptr, nullptr);
        g_log_set_default_handler(logGlib, nullptr);
    });
}

struct GstPipeline::Shared {
    // Members are freed from the last to the first: the sink's reference before the pipeline's.
    GstOwned<GstElement> pipeline;
    GstOwned<GstAppSink> sink;
    const std::optional<GstPace> fixed_pace;
    std::stop_source closing; ///< Ends every wait of GStreamer's threads in here.
    std::atomic<std::int64_t> last_sign_ns { 0 };

    mutable base::Mutex mutex;
    base::Condition changed;
    std::deque<Arrival> arrivals GUARDED_BY(mutex);
    std::optional<GstTrouble> trouble GUARDED_BY(mutex);
    std::vector<std::string> missing GUARDED_BY(mutex);
    GstPace pace GUARDED_BY(mutex) = GstPace::Live;
    bool ended GUARDED_BY(mutex) = false;
    bool closed GUARDED_BY(mutex) = false;
    std::uint64_t dropped GUARDED_BY(mutex) = 0;

    std::thread starter; ///< Touched by start() and by the closing thread that comes after it.

    Shared(GstOwned<GstElement> p, GstOwned<GstAppSink> s, std::optional<GstPace> pace_or_none)
        : pipeline(std::move(p))
        , sink(std::move(s))
        , fixed_pace(pace_or_none)
    {
    }

    void sign() { last_sign_ns.store(base::monotonicNow().count(), std::memory_order_relaxed); }

    /// The first trouble is the cause, what follows are its consequences.
    void report(GstTrouble what) EXCLUDES(mutex)
    {
        {
            Lock lock(mutex);
            if (trouble)
                return;
            what.missing = missing;
            trouble = std::move(what);
        }
        changed.notifyAll();
    }

    // The following run on GStreamer's threads.

    GstFlowReturn newSample() EXCLUDES(mutex)
    {
        GstOwned<GstSample> sample(gst_app_sink_pull_sample(sink.get()));
        if (!sample)
            return GST_FLOW_EOS;
        const Nanos at = base::monotonicNow();
        last_sign_ns.store(at.count(), std::memory_order_relaxed);
        Arrival oldest; // freed outside the lock
        {
            Lock lock(mutex);
            if (pace == GstPace::Clip) {
                if (!changed.wait(mutex, closing.get_token(),
                        [this]() REQUIRES(mutex) { return arrivals.size() < kClipDepth; }))
                    return GST_FLOW_FLUSHING;
            } else if (arrivals.size() >= kLiveDepth) {
                oldest = std::move(arrivals.front());
                arrivals.pop_front();
                ++dropped;
            }
            arrivals.push_back({ std::move(sample), at });
        }
        changed.notifyAll();
        return GST_FLOW_OK;
    }

    void endOfStream() EXCLUDES(mutex)
    {
        {
            Lock lock(mutex);
            ended = true;
        }
        changed.notifyAll();
    }

    void handle(GstMessage* message) EXCLUDES(mutex)
    {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
            GError* raw_error = nullptr;
            char* raw_debug = nullptr;
            gst_message_parse_error(message, &raw_error, &raw_debug);
            const GstOwned<GError> error(raw_error);
            const GstOwned<char> debug(raw_debug);
            GstTrouble what;
            what.domain = error->domain;
            what.code = error->code;
            what.element = factoryOf(GST_MESSAGE_SRC(message));
            what.message = error->message ? error->message : "";
            what.debug = debug ? debug.get() : "";
            const GstStructure* details = nullptr;
            gst_message_parse_error_details(message, &details);
            int flow = 0;
            if (details && gst_structure_get_int(details, "flow-return", &flow))
                what.flow = static_cast<GstFlowReturn>(flow);
            report(std::move(what));
        } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT
            && gst_message_has_name(message, "missing-plugin")) {
            const char* name = gst_structure_get_string(gst_message_get_structure(message), "name");
            Lock lock(mutex);
            missing.emplace_back(name ? name : "plug-in");
        }
    }

    void linkPicture(GstPad* pad)
    {
        const GstOwned<GstCaps> caps = capsOf(pad);
        const std::string_view type = mediaTypeOf(caps.get());
        const GstOwned<GstPad> into(gst_element_get_static_pad(GST_ELEMENT(sink.get()), "sink"));
        if (gst_pad_is_linked(into.get()))
            return; // the first picture wins
        if (type == "image/jpeg") {
            gst_pad_link(pad, into.get());
        } else if (type == "video/x-raw") {
            GstElement* converter = gst_element_factory_make("videoconvert", nullptr);
            if (!converter) {
                gst_pad_link(pad, into.get());
                return;
            }
            gst_bin_add(GST_BIN(pipeline.get()), converter);
            const GstOwned<GstPad> first(gst_element_get_static_pad(converter, "sink"));
            gst_element_link(converter, GST_ELEMENT(sink.get()));
            gst_element_sync_state_with_parent(converter);
            gst_pad_link(pad, first.get());
        }
    }

    void allPadsShown()
    {
        const GstOwned<GstPad> into(gst_element_get_static_pad(GST_ELEMENT(sink.get()), "sink"));
        if (gst_pad_is_linked(into.get()))
            return;
        GstTrouble what;
        what.no_picture = true;
        report(std::move(what));
    }
};

GstPipeline::GstPipeline(
    GstOwned<GstElement> pipeline, GstOwned<GstAppSink> sink, std::optional<GstPace> pace)
    : shared_(std::make_shared<Shared>(std::move(pipeline), std::move(sink), pace))
{
    GstAppSink* out = shared_->sink.get();
    // As it comes, not by the clock: the camera thread stamps live frames and paces clips itself. The queue
    // is the box's.
    g_object_set(out, "sync", FALSE, "max-buffers", 1U, "drop", FALSE, "enable-last-sample", FALSE, "qos",
        FALSE, "emit-signals", FALSE, "wait-on-eos", FALSE, nullptr);
    // A plain pointer: the callbacks end with the streaming threads, and those before the last owner of
    // Shared.
    GstAppSinkCallbacks callbacks {};
    callbacks.new_sample = [](GstAppSink*, gpointer self) { return static_cast<Shared*>(self)->newSample(); };
    callbacks.eos = [](GstAppSink*, gpointer self) { static_cast<Shared*>(self)->endOfStream(); };
    gst_app_sink_set_callbacks(out, &callbacks, shared_.get(), nullptr);

    // All messages end in the thread that posts them: no bus queue to fill, nothing to poll.
    const GstOwned<GstBus> bus(gst_element_get_bus(shared_->pipeline.get()));
    gst_bus_set_sync_handler(
        bus.get(),
        [](GstBus*, GstMessage* message, gpointer self) {
            static_cast<Shared*>(self)->handle(message);
            gst_message_unref(message);
            return GST_BUS_DROP;
        },
        shared_.get(), nullptr);
}

GstPipeline::~GstPipeline()
{
    shared_->closing.request_stop();
    std::thread closer([shared = shared_]() {
        base::nameThisThread("bt-gst-close");
        if (shared->starter.joinable())
            shared->starter.join();
        gst_element_set_state(shared->pipeline.get(), GST_STATE_NULL);
        {
            Lock lock(shared->mutex);
            shared->arrivals.clear();
            shared->closed = true;
        }
        shared->changed.notifyAll();
    });
    bool closed = false;
    {
        Lock lock(shared_->mutex);
        closed = shared_->changed.waitUntil(shared_->mutex, {}, base::monotonicNow() + kClosePatience,
            [this]() REQUIRES(shared_->mutex) { return shared_->closed; });
    }
    if (closed) {
        closer.join();
    } else {
        spdlog::warn("a GStreamer pipeline does not close: left to itself");
        closer.detach();
    }
}

GstElement* GstPipeline::element() const { return shared_->pipeline.get(); }

GstAppSink* GstPipeline::sink() const { return shared_->sink.get(); }

void GstPipeline::start()
{
    shared_->sign();
    shared_->starter = std::thread([shared = shared_]() {
        base::nameThisThread("bt-gst-start");
        // Frames come only after PLAYING was asked for, so that the pace is known before the first.
        const GstStateChangeReturn paused = gst_element_set_state(shared->pipeline.get(), GST_STATE_PAUSED);
        GstStateChangeReturn playing = GST_STATE_CHANGE_FAILURE;
        if (paused != GST_STATE_CHANGE_FAILURE) {
            {
                Lock lock(shared->mutex);
                shared->pace = shared->fixed_pace.value_or(
                    paused == GST_STATE_CHANGE_NO_PREROLL ? GstPace::Live : GstPace::Clip);
            }
            playing = gst_element_set_state(shared->pipeline.get(), GST_STATE_PLAYING);
        }
        if (playing == GST_STATE_CHANGE_FAILURE) {
            GstTrouble what;
            what.domain = GST_CORE_ERROR;
            what.code = GST_CORE_ERROR_STATE_CHANGE;
            what.message = "the pipeline does not start";
            shared->report(std::move(what));
        }
    });
}

bool GstPipeline::waitOpened(Nanos deadline, std::stop_token stop)
{
    Lock lock(shared_->mutex);
    return shared_->changed.waitUntil(
        shared_->mutex, std::move(stop), deadline, [this]() REQUIRES(shared_->mutex) {
            return !shared_->arrivals.empty() || shared_->trouble || shared_->ended;
        });
}

std::optional<GstPipeline::Arrival> GstPipeline::take(Nanos deadline)
{
    std::optional<Arrival> arrival;
    {
        Lock lock(shared_->mutex);
        shared_->changed.waitUntil(shared_->mutex, {}, deadline, [this]() REQUIRES(shared_->mutex) {
            return !shared_->arrivals.empty() || shared_->trouble || shared_->ended;
        });
        if (shared_->arrivals.empty())
            return std::nullopt;
        arrival = std::move(shared_->arrivals.front());
        shared_->arrivals.pop_front();
    }
    shared_->changed.notifyAll();
    return arrival;
}

bool GstPipeline::restart()
{
    {
        Lock lock(shared_->mutex);
        if (shared_->trouble || !shared_->arrivals.empty())
            return false;
        shared_->ended = false;
    }
    return gst_element_seek_simple(shared_->pipeline.get(), GST_FORMAT_TIME,
        static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT), 0);
}

bool GstPipeline::ended() const
{
    Lock lock(shared_->mutex);
    return shared_->ended;
}

std::optional<GstTrouble> GstPipeline::trouble() const
{
    Lock lock(shared_->mutex);
    return shared_->trouble;
}

GstPace GstPipeline::pace() const
{
    Lock lock(shared_->mutex);
    return shared_->pace;
}

std::uint64_t GstPipeline::dropped() const
{
    Lock lock(shared_->mutex);
    return shared_->dropped;
}

Nanos GstPipeline::lastSign() const { return Nanos(shared_->last_sign_ns.load(std::memory_order_relaxed)); }

void GstPipeline::watch(GstPad* pad)
{
    gst_pad_add_probe(
        pad, static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
        [](GstPad*, GstPadProbeInfo*, gpointer self) {
            static_cast<Shared*>(self)->sign();
            return GST_PAD_PROBE_OK;
        },
        shared_.get(), nullptr);
}

GstElement* GstPipeline::addDecoder()
{
    GstElement* decoder = gst_element_factory_make("decodebin", nullptr);
    if (!decoder)
        return nullptr;
    gst_bin_add(GST_BIN(element()), decoder);
    // JPEG is handed on byte for byte.
    const GstOwned<GstCaps> stop_at(gst_caps_from_string("video/x-raw; image/jpeg"));
    g_object_set(decoder, "caps", stop_at.get(), nullptr);
    // Sound and text are left as they are: nothing to decode, no decoder to miss. JPEG is handed on byte for
    // byte.
    using Continue = gboolean (*)(GstElement*, GstPad*, GstCaps*, gpointer);
    const Continue goes_on = [](GstElement*, GstPad*, GstCaps* caps, gpointer) -> gboolean {
        const std::string_view type = mediaTypeOf(caps);
        static constexpr std::array<std::string_view, 5> kEnds { "audio/", "text/", "subtitle/",
            "application/x-subtitle", "closedcaption/" };
        for (const std::string_view end : kEnds)
            if (type.starts_with(end))
                return FALSE;
        return TRUE;
    };
    using Added = void (*)(GstElement*, GstPad*, gpointer);
    const Added added = [](GstElement*, GstPad* pad, gpointer self) {
        static_cast<Shared*>(self)->linkPicture(pad);
    };
    using AllShown = void (*)(GstElement*, gpointer);
    const AllShown all_shown = [](GstElement*, gpointer self) { static_cast<Shared*>(self)->allPadsShown(); };
    g_signal_connect(decoder, "autoplug-continue", G_CALLBACK(goes_on), nullptr);
    g_signal_connect(decoder, "pad-added", G_CALLBACK(added), shared_.get());
    g_signal_connect(decoder, "no-more-pads", G_CALLBACK(all_shown), shared_.get());
    return decoder;
}

void GstPipeline::reportNoPicture()
{
    GstTrouble what;
    what.no_picture = true;
    shared_->report(std::move(what));
}

} // namespace backtake::capture
