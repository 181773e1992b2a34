/// Feeds text to the reader of a guide's record. Promise under test: whatever the text, no crash; what is
/// accepted is written back as it was read, and laying a master there reads nothing it should not.
#include "guide/placement.hpp"
#include "guide/sound_clip.hpp"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace backtake::guide;
    const auto record = parseGuideRecord({ reinterpret_cast<const char*>(data), size });
    if (!record)
        return 0;
    const auto again = parseGuideRecord(guideRecordText(*record));
    if (!again || *again != *record)
        std::abort();
    static const auto master = std::make_shared<SoundClip>(std::vector<float>(4800, 0.5F), 1);
    const auto track = placed(master, *record);
    std::vector<float> samples(512);
    for (const auto& run : record->runs)
        track->read(
            static_cast<std::int64_t>(backtake::base::seconds(run.begin - track->startsAt()) * 48000) - 100,
            samples);
    track->read(track->sampleCount() - 256, samples);
    return 0;
}
