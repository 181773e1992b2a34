/// make_seeds FOLDER: writes the fuzzers' first inputs, one folder for each: small whole ones, and ones with
/// the damage that disks and crashes do.
#include "base/jpeg.hpp"
#include "capture/test_ltc.hpp"
#include "capture/tether/protocol.hpp"
#include "guide/cue_sheet.hpp"
#include "guide/placement.hpp"
#include "takes/log_file.hpp"
#include "takes/picture_index.hpp"
#include "tests/fuzz/folder.hpp"

#include <cstdio>

namespace {
using namespace backtake;
using fuzz::Bytes;

Bytes makeJpeg(int n, base::Subsampling subsampling = base::Subsampling::S420)
{
    base::PicturePool pool(16 << 20);
    base::JpegEncoder encoder;
    const auto picture = pool.tryAcquire({ 16 + 8 * (n % 2), 16, subsampling, base::kJpegColour });
    for (int plane = 0; plane < (subsampling == base::Subsampling::Grey ? 1 : 3); ++plane) {
        const auto p = static_cast<std::size_t>(plane);
        for (int y = 0; y < picture->format.planeHeight(plane); ++y)
            for (int x = 0; x < picture->format.planeWidth(plane); ++x)
                picture->planes[p][y * picture->strides[p] + x] =
                    static_cast<std::uint8_t>(x * 9 + y * 5 + n * 31);
    }
    const auto bytes = encoder.encode(*picture, 60);
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes->data());
    return Bytes(data, data + bytes->size());
}

void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

/// Pictures and their index without its header.
struct Take {
    Bytes pictures;
    Bytes index;
};
Take makeTake(int frames)
{
    Take take;
    for (int n = 0; n < frames; ++n) {
        const Bytes jpeg = makeJpeg(n);
        takes::IndexRecord record;
        record.offset = take.pictures.size();
        record.captured_at = std::chrono::seconds(1000) + n * std::chrono::milliseconds(40);
        record.timecode = n;
        if (n == 3) {
            record.loss = base::Loss::EncoderBusy;
        } else {
            record.size = static_cast<std::uint32_t>(jpeg.size());
            record.width = static_cast<std::uint16_t>(16 + 8 * (n % 2));
            record.height = 16;
            record.jpeg_hash = takes::hashOf(std::as_bytes(std::span(jpeg)));
            append(take.pictures, jpeg);
        }
        const auto bytes = takes::encodeRecord(record);
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        take.index.insert(take.index.end(), data, data + bytes.size());
    }
    return take;
}

/// An input of recovery_fuzz: parts as whole 64ths, filled up with zeros.
Bytes recoveryInput(std::uint8_t flags, Bytes index, const Bytes& pictures)
{
    std::uint8_t parts = 1;
    const auto total = [&] { return (index.size() + pictures.size()); };
    while (parts < 63 && total() * parts / 64 < index.size())
        ++parts;
    // The fuzzer's split is at a multiple of 1/64 of all: zeros behind the last record are damage that is
    // met.
    Bytes input { flags, parts, 0, 0 };
    const std::size_t all = total() + 256;
    index.resize(all * parts / 64);
    append(input, index);
    append(input, pictures);
    input.resize(4 + all);
    return input;
}

} // namespace

int main(int count, char** words)
{
    if (count != 2) {
        std::fprintf(stderr, "make_seeds FOLDER\n");
        return 2;
    }
    const std::filesystem::path root(words[1]);
    const auto put = [&](const char* fuzzer, const char* name, const auto& bytes) {
        std::filesystem::create_directories(root / fuzzer);
        fuzz::writeFile(root / fuzzer / name, bytes);
    };
    Bytes stream;
    for (int n = 0; n < 3; ++n)
        append(stream, makeJpeg(n));
    put("jpeg_fuzz", "stream", stream);
    put("jpeg_fuzz", "grey", makeJpeg(1, base::Subsampling::Grey));
    put("jpeg_fuzz", "full", makeJpeg(2, base::Subsampling::S444));
    Bytes torn = makeJpeg(4);
    torn.resize(torn.size() / 2);
    append(torn, makeJpeg(5));
    put("jpeg_fuzz", "torn", torn);
    Bytes thumbnail = makeJpeg(6);
    const Bytes inner = makeJpeg(7);
    const std::size_t length = inner.size() + 2;
    Bytes segment { 0xFF, 0xE1, static_cast<std::uint8_t>(length >> 8),
        static_cast<std::uint8_t>(length & 255) };
    append(segment, inner);
    thumbnail.insert(thumbnail.begin() + 2, segment.begin(), segment.end());
    put("jpeg_fuzz", "thumbnail", thumbnail);

    const Take take = makeTake(6);
    for (const int flags : { 3, 7, 11, 19, 131, 67 })
        put("recovery_fuzz", ("whole-" + std::to_string(flags)).c_str(),
            recoveryInput(static_cast<std::uint8_t>(flags), take.index, take.pictures));
    Bytes short_index(take.index.begin(), take.index.begin() + 64 * 3 + 20);
    put("recovery_fuzz", "short-index", recoveryInput(2, short_index, take.pictures));
    Bytes short_pictures(take.pictures.begin(), take.pictures.end() - 700);
    put("recovery_fuzz", "short-pictures", recoveryInput(2, take.index, short_pictures));
    Bytes holed = take.index;
    std::fill_n(holed.begin() + 64, 64, std::uint8_t { 0 });
    put("recovery_fuzz", "holed", recoveryInput(2, holed, take.pictures));
    Bytes empty = take.pictures;
    std::fill(empty.begin() + static_cast<std::ptrdiff_t>(empty.size() / 2), empty.end(), std::uint8_t { 0 });
    put("recovery_fuzz", "zeros", recoveryInput(2, take.index, empty));

    for (const int flags : { 5, 7, 13, 15 }) {
        const Bytes input = recoveryInput(static_cast<std::uint8_t>(flags), take.index, take.pictures);
        Bytes shorter { input[0], input[1] };
        shorter.insert(shorter.end(), input.begin() + 4, input.end());
        put("index_fuzz", ("whole-" + std::to_string(flags)).c_str(), shorter);
    }

    takes::TakeFacts facts;
    facts.id = std::string(32, 'a');
    facts.slate = { "12A", 3, 'B' };
    facts.camera = "Pattern";
    facts.frames = 100;
    facts.closed = true;
    put("take_json_fuzz", "plain", takes::takeFactsText(facts));
    facts.lost["ring_overrun"] = 4;
    facts.segments = { { 0, 1920, 1080 }, { 50, 1280, 720 } };
    facts.gaps = { { 50, std::chrono::seconds(2) } };
    facts.sound = takes::SoundFacts { 48000, 2, 4800, std::chrono::milliseconds(15) };
    facts.camera_clip = takes::CameraClip { "/DCIM", "MVI_0042.MOV", 5, "MVI_0042.MOV" };
    facts.further_clips = { takes::CameraClip { "/DCIM", "MVI_0043.MOV", 6, "" } };
    facts.parts = { { 100, "/spill/media/12A-003-B.part2", 20 } };
    put("take_json_fuzz", "full", takes::takeFactsText(facts));
    facts.parts.clear();
    facts.continues = takes::Continues { "/shoot/media/12A-003-B", 2, 100 };
    put("take_json_fuzz", "part", takes::takeFactsText(facts));

    takes::LogFile log;
    log.changes = 3;
    put("log_json_fuzz", "empty", takes::logFileText(log));
    log.sheet.emplace().slate = { "12A", 3, 'A' };
    log.sheet->note = "a \"note\"\n";
    log.setup.emplace().name = "12A";
    for (const auto kind : { takes::Mark::Kind::Mark, takes::Mark::Kind::Note, takes::Mark::Kind::Tell }) {
        takes::Mark& mark = log.marks.emplace_back();
        mark.id = static_cast<std::int64_t>(log.marks.size());
        mark.take = std::string(32, 'a');
        mark.kind = kind;
        mark.captured_frame = 17;
        mark.timecode = 90'017;
        mark.text = "\xF0\x9F\x99\x82";
    }
    put("log_json_fuzz", "full", takes::logFileText(log));

    const std::string samples = "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1.25 -0.5 1e-3\n";
    put("cube_lut_fuzz", "plain", "LUT_3D_SIZE 2\n" + samples);
    put("cube_lut_fuzz", "full",
        "\xEF\xBB\xBF# comment\r\n\r\nTITLE \"Look\"\r\nLUT_3D_SIZE 2\r\nDOMAIN_MIN -0.5 0 0\r\nDOMAIN_MAX "
        "1.5 1 "
        "2\r\n\t"
            + samples);
    put("cube_lut_fuzz", "resolve", "LUT_3D_SIZE 2\nLUT_3D_INPUT_RANGE 0.0 1.0\n" + samples);
    put("cube_lut_fuzz", "one-dimension", std::string("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n"));
    put("cube_lut_fuzz", "short", "LUT_3D_SIZE 129\n" + samples);
    put("cube_lut_fuzz", "no-numbers", std::string("LUT_3D_SIZE 2\nnan inf -1e999\n"));

    using namespace std::chrono_literals;
    guide::GuideRecord record;
    put("guide_record_fuzz", "empty", guide::guideRecordText(record));
    record.runs = { { -1s, 5s, 12.5, -1 }, { 7s, 90s, 300, -0.75015 } };
    record.nudge = -40ms;
    put("guide_record_fuzz", "full", guide::guideRecordText(record));

    const std::vector<guide::Phone> first { { "ɪ̯", guide::Stress::None, 0ms, 40ms },
        { "a", guide::Stress::Primary, 40ms, 90ms } };
    const std::vector<guide::Phone> second { { "ʰt", guide::Stress::None, 200ms, 200ms } };
    guide::CueSheet sheet { "Scene", "t I", "en-us", 300ms, { { "I", { { "I", "eeAH", first } } } } };
    put("cue_sheet_fuzz", "one", guide::cueSheetText(sheet));
    sheet.lines.push_back({ "t", { { "t", "(h)t", second }, { "t", "(h)t", second } } });
    put("cue_sheet_fuzz", "two", guide::cueSheetText(sheet));
    for (const bool backwards : { false, true }) {
        const auto sound = tests::ltcSound({ 1, 10, 59, 20 }, 12, { { 30000, 1001 }, true }, 8000);
        Bytes heard { 0 };
        for (const float sample : sound)
            heard.push_back(static_cast<std::uint8_t>(128 + 127 * sample));
        if (backwards)
            std::reverse(heard.begin() + 1, heard.end());
        put("ltc_fuzz", backwards ? "backwards" : "forward", heard);
    }
    Bytes frames { 5 };
    for (std::uint8_t n = 0; n < 30; ++n)
        append(frames, Bytes { 1, 2, 3, n, 0, 1, 0, static_cast<std::uint8_t>(n == 9 ? 1 : 0) });
    put("ltc_fuzz", "frames", frames);

    capture::tether::AttachedCamera camera;
    put("tether_fuzz", "attached", capture::tether::encode(std::vector { camera }));
    return 0;
}
