#include "capture/gst_pipeline.hpp"

#include "base/text.hpp"
#include "capture/gst_sound.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <string_view>

namespace backtake::capture {
namespace {

using base::Lock;
using base::Nanos;
using namespace std::chrono_literals;

/// Sound that nobody fetched: 5 s of 8 channels. A clip's waits then; its demuxer's own queues hold more than
/// any clip is interleaved by.
constexpr std::size_t kMostSoundBytes = 8 << 20;
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

/// "video" or "audio" of a stream that came by RTP; empty for what did not.
std::string_view rtpMediaOf(const GstCaps* caps)
{
    const char* media = caps && gst_caps_get_size(caps) > 0
        ? gst_structure_get_string(gst_caps_get_structure(caps, 0), "media")
        : nullptr;
    return media ? media : "";
}

/// A decodebin that stops at pictures, JPEG among them, and at decoded sound. @return nullptr when it is not
/// installed.
GstElement* makeDecoder(GstElement* bin)
{
    GstElement* decoder = gst_element_factory_make("decodebin", nullptr);
    if (!decoder)
        return nullptr;
    gst_bin_add(GST_BIN(bin), decoder);
    // JPEG is handed on byte for byte.
    const GstOwned<GstCaps> stop_at(gst_caps_from_string("video/x-raw; image/jpeg; audio/x-raw"));
    g_object_set(decoder, "caps", stop_at.get(), nullptr);
    // Text is left as it is: nothing to decode, no decoder to miss.
    using Continue = gboolean (*)(GstElement*, GstPad*, GstCaps*, gpointer);
    const Continue goes_on = [](GstElement*, GstPad*, GstCaps* caps, gpointer) -> gboolean {
        const std::string_view type = mediaTypeOf(caps);
        static constexpr std::array<std::string_view, 4> kEnds { "text/", "subtitle/",
            "application/x-subtitle", "closedcaption/" };
        for (const std::string_view end : kEnds)
            if (type.starts_with(end))
                return FALSE;
        return TRUE;
    };
    g_signal_connect(decoder, "autoplug-continue", G_CALLBACK(goes_on), nullptr);
    return decoder;
}

void (*passMessageOn)(GstBin* bin, GstMessage* message) = nullptr;

void holdBackErrors(GstBin* bin, GstMessage* message)
{
    if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR)
        return passMessageOn(bin, message);
    GError* raw_error = nullptr;
    gst_message_parse_error(message, &raw_error, nullptr);
    const GstOwned<GError> error(raw_error);
    spdlog::warn("sound of a camera: {}: {}", factoryOf(GST_MESSAGE_SRC(message)),
        base::oneLine(base::withoutSecrets(error->message)));
    gst_message_unref(message);
}

/// A bin that keeps its errors: one that reaches a pipeline on its way to a state ends that way.
GstElement* makeSealedBin()
{
    static const GType type = g_type_register_static_simple(
        GST_TYPE_BIN, "BacktakeSealedBin", sizeof(GstBinClass),
        [](gpointer type_class, gpointer) {
            passMessageOn = GST_BIN_CLASS(type_class)->handle_message;
            GST_BIN_CLASS(type_class)->handle_message = holdBackErrors;
        },
        sizeof(GstBin), nullptr, static_cast<GTypeFlags>(0));
    return GST_ELEMENT(g_object_new(type, "async-handling", TRUE, nullptr));
}

/// What feeds an element's one sink pad; null when nothing does yet.
GstOwned<GstElement> upstreamOf(GstElement* element)
{
    const GstOwned<GstPad> into(gst_element_get_static_pad(element, "sink"));
    const GstOwned<GstPad> from(gst_pad_get_peer(into.get()));
    return GstOwned<GstElement>(from ? gst_pad_get_parent_element(from.get()) : nullptr);
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
    const std::size_t live_depth;
    GstElement* sound_end = nullptr; ///< The pipeline's; null but for an end that was there at the start.
    bool takes_sound = false;        ///< Beside the picture; set before it starts.
    StreamSound stream_sound = StreamSound::Wanted; ///< Set before it starts.
    std::atomic<bool> asked_for_sound { false };
    std::atomic<bool> sound_linked { false };
    GstElement* picture_decoder = nullptr;              ///< The pipeline's; set before it starts.
    std::atomic<GstElement*> sound_decoder { nullptr }; ///< The pipeline's, around all of a stream of sound.
    std::stop_source closing;                           ///< Ends every wait of GStreamer's threads in here.
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
    std::deque<Arrival> sounds GUARDED_BY(mutex);
    std::size_t sound_bytes GUARDED_BY(mutex) = 0;
    std::optional<GstTrouble> sound_trouble GUARDED_BY(mutex);
    int round GUARDED_BY(mutex) = 0;

    std::thread starter; ///< Touched by start() and by the closing thread that comes after it.

    Shared(GstOwned<GstElement> p, GstOwned<GstAppSink> s, std::optional<GstPace> pace_or_none,
        std::size_t depth)
        : pipeline(std::move(p))
        , sink(std::move(s))
        , fixed_pace(pace_or_none)
        , live_depth(depth)
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
            } else if (arrivals.size() >= live_depth) {
                oldest = std::move(arrivals.front());
                arrivals.pop_front();
                ++dropped;
            }
            arrivals.push_back({ std::move(sample), at, round });
        }
        changed.notifyAll();
        return GST_FLOW_OK;
    }

    static std::size_t bytesOf(const Arrival& arrival)
    {
        GstBuffer* buffer = gst_sample_get_buffer(arrival.sample.get());
        return buffer ? gst_buffer_get_size(buffer) : 0;
    }

    GstFlowReturn newSound(GstAppSink* from) EXCLUDES(mutex)
    {
        Arrival arrival { GstOwned<GstSample>(gst_app_sink_pull_sample(from)), base::monotonicNow() };
        if (!arrival.sample)
            return GST_FLOW_EOS;
        Lock lock(mutex);
        const auto isFull = [this]() REQUIRES(mutex) { return sound_bytes > kMostSoundBytes; };
        if (pace == GstPace::Clip
            && !changed.wait(mutex, closing.get_token(), [&isFull]() REQUIRES(mutex) { return !isFull(); }))
            return GST_FLOW_FLUSHING;
        while (isFull()) {
            sound_bytes -= bytesOf(sounds.front());
            sounds.pop_front();
        }
        arrival.round = round;
        sound_bytes += bytesOf(arrival);
        sounds.push_back(std::move(arrival));
        return GST_FLOW_OK;
    }

    void takeSoundFrom(GstAppSink* from)
    {
        // Not asked to be ready before the pipeline plays: sound may begin late, or never.
        g_object_set(from, "sync", FALSE, "async", FALSE, "max-buffers", 1U, "drop", FALSE,
            "enable-last-sample", FALSE, "qos", FALSE, "emit-signals", FALSE, "wait-on-eos", FALSE, nullptr);
        GstAppSinkCallbacks callbacks {};
        callbacks.new_sample = [](GstAppSink* sink_of_sound, gpointer self) {
            return static_cast<Shared*>(self)->newSound(sink_of_sound);
        };
        gst_app_sink_set_callbacks(from, &callbacks, this, nullptr);
    }

    /// Whether a message is about the sound that comes beside the picture.
    bool isOfSound(GstObject* object) const
    {
        if (!object || !GST_IS_ELEMENT(object))
            return false;
        if (GstElement* decoder = sound_decoder.load();
            decoder && gst_object_has_as_ancestor(object, GST_OBJECT(decoder)))
            return true;
        const char* kind = gst_element_get_metadata(GST_ELEMENT(object), GST_ELEMENT_METADATA_KLASS);
        return takes_sound
            && ((kind && std::string_view(kind).find("Audio") != std::string_view::npos)
                || (sound_end && leadsTo(sound_end, GST_ELEMENT(object))
                    && !leadsTo(GST_ELEMENT(sink.get()), GST_ELEMENT(object))));
    }

    /// Whether @p end is downstream of an element, as far as pads are linked now.
    bool leadsTo(GstElement* end, GstElement* element) const
    {
        while (GST_OBJECT_PARENT(element) && GST_OBJECT_PARENT(element) != GST_OBJECT(pipeline.get()))
            element = GST_ELEMENT(GST_OBJECT_PARENT(element));
        std::vector<GstElement*> found { element };
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (found[i] == end)
                return true;
            GST_OBJECT_LOCK(found[i]);
            for (const GList* pad = found[i]->srcpads; pad; pad = pad->next) {
                const GstOwned<GstPad> peer(gst_pad_get_peer(GST_PAD(pad->data)));
                GstObject* next = peer ? GST_OBJECT_PARENT(peer.get()) : nullptr;
                if (next && GST_IS_ELEMENT(next)
                    && std::find(found.begin(), found.end(), GST_ELEMENT(next)) == found.end())
                    found.push_back(GST_ELEMENT(next));
            }
            GST_OBJECT_UNLOCK(found[i]);
        }
        return false;
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
            if (isOfSound(GST_MESSAGE_SRC(message))) {
                spdlog::warn("sound of a camera: {}: {}", what.element,
                    base::oneLine(base::withoutSecrets(what.message)));
                Lock lock(mutex);
                sound_trouble = std::move(what);
                return;
            }
            report(std::move(what));
        } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT
            && gst_message_has_name(message, "missing-plugin")) {
            const char* found = gst_structure_get_string(gst_message_get_structure(message), "name");
            const std::string name = found ? found : "plug-in";
            if (isOfSound(GST_MESSAGE_SRC(message))) {
                spdlog::warn("sound of a camera: {} is not installed", name);
                return;
            }
            Lock lock(mutex);
            missing.push_back(name);
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

    void linkSound(GstPad* pad)
    {
        const GstOwned<GstCaps> caps = capsOf(pad);
        if (mediaTypeOf(caps.get()) != "audio/x-raw" || sound_linked.exchange(true))
            return; // the first sound wins
        const GstOwned<GstElement> decoder(gst_pad_get_parent_element(pad));
        const auto end = addSoundEnd(GST_BIN(GST_OBJECT_PARENT(decoder.get())));
        if (!end) {
            spdlog::warn("{}", end.error().message);
            return;
        }
        takeSoundFrom(end->sink.get());
        // From the end on: data must meet nobody asleep.
        for (GstOwned<GstElement> element(GST_ELEMENT(gst_object_ref(end->sink.get()))); element;
             element = upstreamOf(element.get()))
            gst_element_sync_state_with_parent(element.get());
        gst_pad_link(pad, end->into.get());
    }

    /// A stream of its own beside the picture's. Its elements stand in a bin whose states are none of the
    /// pipeline's, so that the pipeline neither waits for sound nor fails with it; other errors end at the
    /// shield.
    void decodeSound(GstPad* pad)
    {
        if (sound_decoder.load())
            return; // the first sound wins
        GstElement* bin = makeSealedBin();
        gst_element_set_locked_state(bin, TRUE);
        gst_bin_add(GST_BIN(pipeline.get()), bin);
        sound_decoder = bin;
        GstElement* decoder = makeDecoder(bin);
        GstElement* shield = makeShield(GST_BIN(bin));
        if (!decoder || !shield) {
            spdlog::warn("sound of a camera: decodebin or errorignore is not installed");
            return;
        }
        using Added = void (*)(GstElement*, GstPad*, gpointer);
        const Added added = [](GstElement*, GstPad* decoded, gpointer self) {
            static_cast<Shared*>(self)->linkSound(decoded);
        };
        g_signal_connect(decoder, "pad-added", G_CALLBACK(added), this);
        gst_element_link(shield, decoder);
        const GstOwned<GstPad> first(gst_element_get_static_pad(shield, "sink"));
        GstPad* into = gst_ghost_pad_new("sink", first.get());
        gst_element_add_pad(bin, into);
        gst_element_set_state(bin, GST_STATE_PLAYING);
        gst_pad_link(pad, into);
    }

    /// A stream of a source that has a pad for each.
    void linkStream(GstPad* pad)
    {
        const GstOwned<GstCaps> caps = capsOf(pad);
        const std::string_view media = rtpMediaOf(caps.get());
        if (media == "audio")
            return decodeSound(pad);
        const GstOwned<GstPad> into(gst_element_get_static_pad(picture_decoder, "sink"));
        if (media == "video" && !gst_pad_is_linked(into.get()))
            gst_pad_link(pad, into.get());
    }

    /// After all pads were shown: a picture would have been linked with @p end.
    void reportIfWithoutPicture(GstElement* end)
    {
        if (upstreamOf(end))
            return;
        GstTrouble what;
        what.no_picture = true;
        report(std::move(what));
    }
};

GstPipeline::GstPipeline(GstOwned<GstElement> pipeline, GstOwned<GstAppSink> sink,
    std::optional<GstPace> pace, std::size_t live_depth)
    : shared_(std::make_shared<Shared>(std::move(pipeline), std::move(sink), pace, live_depth))
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
        if (GstElement* decoder = shared->sound_decoder.load())
            gst_element_set_state(decoder, GST_STATE_NULL);
        {
            Lock lock(shared->mutex);
            shared->arrivals.clear();
            shared->sounds.clear();
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
            {
                Lock lock(shared->mutex);
                if (shared->sound_trouble)
                    what = *shared->sound_trouble;
            }
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

void GstPipeline::takeSoundFrom(GstAppSink* sink)
{
    shared_->takes_sound = true;
    shared_->sound_end = GST_ELEMENT(sink);
    shared_->takeSoundFrom(sink);
}

std::vector<GstPipeline::Arrival> GstPipeline::takeSounds()
{
    std::vector<Arrival> sounds;
    {
        Lock lock(shared_->mutex);
        sounds.assign(
            std::make_move_iterator(shared_->sounds.begin()), std::make_move_iterator(shared_->sounds.end()));
        shared_->sounds.clear();
        shared_->sound_bytes = 0;
    }
    if (!sounds.empty())
        shared_->changed.notifyAll();
    return sounds;
}

bool GstPipeline::restart()
{
    {
        Lock lock(shared_->mutex);
        if (shared_->trouble || !shared_->arrivals.empty())
            return false;
        shared_->ended = false;
        ++shared_->round;
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
    GstElement* decoder = makeDecoder(element());
    if (!decoder)
        return nullptr;
    shared_->takes_sound = true;
    shared_->picture_decoder = decoder;
    using Added = void (*)(GstElement*, GstPad*, gpointer);
    const Added added = [](GstElement*, GstPad* pad, gpointer self) {
        static_cast<Shared*>(self)->linkPicture(pad);
        static_cast<Shared*>(self)->linkSound(pad);
    };
    using AllShown = void (*)(GstElement*, gpointer);
    const AllShown all_shown = [](GstElement*, gpointer self) {
        static_cast<Shared*>(self)->reportIfWithoutPicture(
            GST_ELEMENT(static_cast<Shared*>(self)->sink.get()));
    };
    g_signal_connect(decoder, "pad-added", G_CALLBACK(added), shared_.get());
    g_signal_connect(decoder, "no-more-pads", G_CALLBACK(all_shown), shared_.get());
    return decoder;
}

bool GstPipeline::addStreamDecoders(GstElement* source, StreamSound sound)
{
    GstElement* decoder = addDecoder();
    if (!decoder)
        return false;
    using Wanted = gboolean (*)(GstElement*, unsigned, GstCaps*, gpointer);
    const Wanted wanted = [](GstElement*, unsigned, GstCaps* caps, gpointer self) -> gboolean {
        auto& shared = *static_cast<Shared*>(self);
        const std::string_view media = rtpMediaOf(caps);
        const bool is_sound = media == "audio" && shared.stream_sound == StreamSound::Wanted;
        if (is_sound)
            shared.asked_for_sound = true;
        return is_sound || media == "video";
    };
    shared_->stream_sound = sound;
    using Added = void (*)(GstElement*, GstPad*, gpointer);
    const Added added = [](GstElement*, GstPad* pad, gpointer self) {
        static_cast<Shared*>(self)->linkStream(pad);
    };
    using AllShown = void (*)(GstElement*, gpointer);
    const AllShown all_shown = [](GstElement*, gpointer self) {
        static_cast<Shared*>(self)->reportIfWithoutPicture(static_cast<Shared*>(self)->picture_decoder);
    };
    g_signal_connect(source, "select-stream", G_CALLBACK(wanted), shared_.get());
    g_signal_connect(source, "pad-added", G_CALLBACK(added), shared_.get());
    g_signal_connect(source, "no-more-pads", G_CALLBACK(all_shown), shared_.get());
    const GstOwned<GstPad> into(gst_element_get_static_pad(decoder, "sink"));
    watch(into.get());
    return true;
}

bool GstPipeline::askedForSound() const { return shared_->asked_for_sound; }

} // namespace backtake::capture
