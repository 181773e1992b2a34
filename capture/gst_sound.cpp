#include "capture/gst_sound.hpp"

#include "capture/gst_errors.hpp"

#include <gst/audio/audio.h>

#include <algorithm>
#include <limits>
#include <string_view>

namespace backtake::capture {

GstElement* makeShield(GstBin* bin)
{
    GstElement* shield = gst_element_factory_make("errorignore", nullptr);
    if (!shield)
        return nullptr;
    g_object_set(shield, "convert-to", GST_FLOW_OK, nullptr);
    gst_bin_add(bin, shield);
    return shield;
}

base::Result<SoundEnd> addSoundEnd(GstBin* bin)
{
    GstElement* before = makeShield(bin);
    if (!before)
        return base::fail(missingElement("errorignore"));
    SoundEnd end;
    end.into.reset(gst_element_get_static_pad(before, "sink"));
    for (const char* factory : { "audioconvert", "audioresample", "appsink" }) {
        GstElement* element = gst_element_factory_make(factory, nullptr);
        if (!element)
            return base::fail(missingElement(factory));
        gst_bin_add(bin, element);
        gst_element_link(before, element);
        before = element;
    }
    end.sink.reset(GST_APP_SINK(gst_object_ref(before)));
    const GstOwned<GstCaps> caps(gst_caps_from_string(kTakenSound));
    gst_app_sink_set_caps(end.sink.get(), caps.get());
    return end;
}

std::optional<SoundBlock> soundBlock(GstSample* sample)
{
    GstAudioInfo info;
    GstCaps* caps = gst_sample_get_caps(sample);
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    if (!caps || !buffer || !gst_audio_info_from_caps(&info, caps))
        return std::nullopt;
    const GstAudioFormat format = GST_AUDIO_INFO_FORMAT(&info);
    if (format != GST_AUDIO_FORMAT_S16LE && format != GST_AUDIO_FORMAT_S32LE)
        return std::nullopt;
    SoundBlock block;
    block.rate_hz = GST_AUDIO_INFO_RATE(&info);
    block.channels = GST_AUDIO_INFO_CHANNELS(&info);
    block.bits = format == GST_AUDIO_FORMAT_S16LE ? 16 : 24;
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return std::nullopt;
    const std::size_t frames = map.size / static_cast<std::size_t>(GST_AUDIO_INFO_BPF(&info));
    block.samples.resize(frames * static_cast<std::size_t>(block.channels));
    if (block.bits == 16) {
        const auto* in = reinterpret_cast<const std::int16_t*>(map.data);
        std::transform(in, in + block.samples.size(), block.samples.begin(),
            [](std::int16_t value) { return std::int32_t { value } * 65536; });
    } else {
        // Rounded to 24 bits; those that have no more stay as they are.
        const auto* in = reinterpret_cast<const std::int32_t*>(map.data);
        static constexpr std::int32_t kHighest = std::numeric_limits<std::int32_t>::max() - 0x80;
        std::transform(in, in + block.samples.size(), block.samples.begin(),
            [](std::int32_t value) { return (std::min(value, kHighest) + 0x80) & ~0xFF; });
    }
    gst_buffer_unmap(buffer, &map);
    if (block.frames() == 0)
        return std::nullopt;
    return block;
}

} // namespace backtake::capture
