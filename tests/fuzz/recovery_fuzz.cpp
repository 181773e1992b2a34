/// Puts a whole recording's folder of the fuzzer's making before recoverTake(), as a broken disk or a hostile
/// person would. Promise under test: whatever the bytes, no crash, the pictures stay as they are, what is
/// recovered opens as a closed take of so many frames, and a second recovery changes nothing.
#include "takes/recording.hpp"
#include "takes/recovery.hpp"
#include "takes/sound_file.hpp"
#include "tests/fuzz/folder.hpp"

#include <string_view>

namespace {
using namespace backtake::takes;
using namespace backtake::fuzz;

/// Nobody waits for the fuzzer's disk.
class HurriedDisk : public Disk {
public:
    int sync(int) override { return 0; }
    int syncFolder(const std::filesystem::path&) override { return 0; }
};

} // namespace

/// Byte 0: bit 0 mends the records' check sums, bit 1 gives the index a good header, bit 2: there is no
/// index, bit 3: no take.json, bit 4: take.json is closed, bit 5: take.json is made of the bytes, bit 6: the
/// sound has a good header, with bit 0 of 24 bit, bit 7 mends the pictures' check sums. Bytes 1, 2 and 3: how
/// many 64ths of what is left are the index, the sound and take.json; the rest is the picture file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const std::filesystem::path folder = makeFolder("recovery_fuzz");
    if (size < 4)
        return 0;
    const int flags = data[0];
    std::span<const std::uint8_t> rest(data + 4, size - 4);
    const auto take = [&](std::uint8_t part) {
        const auto piece = rest.first(rest.size() * (part % 65) / 64);
        rest = rest.subspan(piece.size());
        return Bytes(piece.begin(), piece.end());
    };
    Bytes index = take(data[1]);
    Bytes sound = take(data[2]);
    const Bytes json = take(data[3]);
    if ((flags & 2) != 0)
        putHeader(index);
    if ((flags & 128) != 0)
        mendPictures(index, rest);
    if ((flags & 1) != 0)
        mendRecords(index);
    if ((flags & 64) != 0) {
        const auto header = soundHeader({ 8000, 1, 0, {}, (flags & 1) != 0 ? 24 : 16 }, kUnknownSoundBytes);
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(header.data());
        sound.insert(sound.begin(), bytes, bytes + header.size());
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        std::filesystem::remove(entry.path());
    writeFile(folder / "picture.mjpeg", rest);
    if ((flags & 4) == 0)
        writeFile(folder / "picture.index", index);
    if (!sound.empty())
        writeFile(folder / "sound.wav", sound);
    if ((flags & 8) == 0 && (flags & 32) != 0) {
        writeFile(folder / "take.json", json);
    } else if ((flags & 8) == 0) {
        TakeFacts facts;
        facts.slate.scene = "1";
        facts.closed = (flags & 16) != 0;
        facts.frames = facts.closed ? static_cast<backtake::base::FrameIndex>(json.size()) : 0;
        facts.sound = SoundFacts { 8000, 1, 0, {} };
        writeFile(folder / "take.json", takeFactsText(facts));
    }

    HurriedDisk disk;
    const auto recovered = recoverTake(folder, {}, disk);
    require(readFile(folder / "picture.mjpeg") == Bytes(rest.begin(), rest.end()));
    if (!recovered)
        return 0;
    require(recovered->facts.closed && recovered->facts.frames > 0);
    const auto recording = Recording::open(folder);
    require(recording.has_value());
    const auto frames = (*recording)->frameCount();
    const bool known = recovered->changed && recovered->facts.parts.empty();
    require(known ? frames == recovered->facts.frames : frames > 0);
    for (backtake::base::FrameIndex n = 0; n < std::min<backtake::base::FrameIndex>(frames, 200); ++n)
        (void)(*recording)->frame(n);
    const Bytes index_then = readFile(folder / "picture.index");
    const Bytes facts_then = readFile(folder / "take.json");
    const auto again = recoverTake(folder, {}, disk);
    require(again.has_value() && !again->changed);
    require(readFile(folder / "picture.index") == index_then && readFile(folder / "take.json") == facts_then);
    return 0;
}
