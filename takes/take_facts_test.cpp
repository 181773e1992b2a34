#include "takes/take_facts.hpp"
#include "takes/test_takes.hpp"

namespace backtake::takes {
namespace {

TakeFacts fullFacts()
{
    TakeFacts facts = makeFacts({ "12/A \"🎬\"", 7, 'C' });
    facts.direction = Direction::Forward;
    facts.orientation = Orientation::UpsideDown;
    facts.timecode = { { 30000, 1001 }, true };
    facts.start_timecode = 107892;
    facts.duration = 4s + 1ns;
    facts.frames = 120;
    facts.preroll_frames = 20;
    facts.lost = { { "encoder_busy", 2 }, { "ring_overrun", 1 } };
    facts.segments = { { 0, 1920, 1080 }, { 60, 1024, 680 } };
    facts.gaps = { { 12, std::chrono::milliseconds(1300) }, { 60, std::chrono::milliseconds(170) } };
    facts.picture_bytes = 123'456'789'012;
    facts.camera = "Canon EOS-1D C";
    facts.sound = SoundFacts { 44100, 2, 176400, -250ms, 24, -12.5 };
    facts.camera_clip =
        CameraClip { "/store_00010001/DCIM/100EOS1D", "MVI_0042.MOV", 4'294'967'295, "MVI_0042.MOV" };
    facts.further_clips = { { "/store_00010001/DCIM/100EOS1D", "MVI_0043.MOV", 0, {} } };
    facts.id = "00112233445566778899aabbccddeeff";
    facts.parts = { { 90, "/media/second/media/12_A-007-C.part2", 30 },
        { 120, "/media/third/media/12_A-007-C.part3" } };
    facts.continues = Continues { "/media/first/media/12_A-007-C", 2, 90 };
    facts.closed = true;
    facts.recovered = true;
    return facts;
}

std::string replaced(std::string text, std::string_view what, std::string_view by)
{
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what << " is not in " << text;
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

TEST(TakeFactsFile, EveryFactComesBackAsItWasWritten)
{
    const Folder folder;
    const auto path = folder.path() / "take.json";
    const TakeFacts facts = fullFacts();
    ASSERT_OK(writeTakeFacts(path, facts));
    const auto read = readTakeFacts(path);
    ASSERT_OK(read);
    EXPECT_EQ(read->slate, facts.slate);
    EXPECT_EQ(read->direction, facts.direction);
    EXPECT_EQ(read->orientation, facts.orientation);
    EXPECT_EQ(read->timecode.rate, facts.timecode.rate);
    EXPECT_EQ(read->timecode.drop_frame, facts.timecode.drop_frame);
    EXPECT_EQ(read->start_timecode, facts.start_timecode);
    EXPECT_EQ(read->started_at_utc, facts.started_at_utc);
    EXPECT_EQ(read->duration, facts.duration);
    EXPECT_EQ(read->frames, facts.frames);
    EXPECT_EQ(read->preroll_frames, facts.preroll_frames);
    EXPECT_EQ(read->lost, facts.lost);
    EXPECT_EQ(read->segments, facts.segments);
    EXPECT_EQ(read->gaps, facts.gaps);
    EXPECT_EQ(read->picture_bytes, facts.picture_bytes);
    EXPECT_EQ(read->camera, facts.camera);
    EXPECT_EQ(read->id, facts.id);
    EXPECT_EQ(read->parts, facts.parts);
    EXPECT_EQ(read->continues, facts.continues);
    ASSERT_TRUE(read->sound);
    EXPECT_EQ(read->sound->rate_hz, 44100);
    EXPECT_EQ(read->sound->channels, 2);
    EXPECT_EQ(read->sound->samples, 176400);
    EXPECT_EQ(read->sound->starts_after_picture, -250ms);
    EXPECT_EQ(read->sound->bits, 24);
    EXPECT_EQ(read->sound->rate_error_ppm, -12.5);
    EXPECT_EQ(read->camera_clip, facts.camera_clip);
    EXPECT_EQ(read->further_clips, facts.further_clips);
    EXPECT_TRUE(read->closed);
    EXPECT_TRUE(read->recovered);
    EXPECT_EQ(takeFactsText(*read), takeFactsText(facts));
}

TEST(TakeFactsFile, WritingReplacesTheOldOneAndLeavesNothingBeside)
{
    const Folder folder;
    const auto path = folder.path() / "take.json";
    ASSERT_OK(writeTakeFacts(path, makeFacts()));
    ASSERT_OK(writeTakeFacts(path, fullFacts()));
    EXPECT_EQ(readTakeFacts(path)->slate.take, 7);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

/// A take that could not be opened again must not be written in the first place.
TEST(TakeFactsFile, FactsThatMakeNoSenseAreNotWrittenOverGoodOnes)
{
    const Folder folder;
    const auto path = folder.path() / "take.json";
    ASSERT_OK(writeTakeFacts(path, fullFacts()));
    const std::string before = readAll(path);
    TakeFacts nonsense = makeFacts();
    nonsense.slate.take = 0;
    EXPECT_FAULT(writeTakeFacts(path, nonsense), Fault::Usage);
    EXPECT_EQ(readAll(path), before);
}

TEST(TakeFactsFile, ASceneInAnotherEncodingDoesNotStopTheTake)
{
    const auto read = parseTakeFacts(takeFactsText(makeFacts({ "caf\xe9", 1, 'A' })));
    ASSERT_OK(read);
    EXPECT_EQ(read->slate.scene, "caf\xef\xbf\xbd");
}

TEST(TakeFactsFile, ANewerVersionIsRefusedAsNewerNotAsDamaged)
{
    const std::string text = takeFactsText(makeFacts());
    EXPECT_FAULT(parseTakeFacts(replaced(text, "\"version\": 1", "\"version\": 2")), Fault::Unsupported);
    // What a newer version holds is not ours to judge.
    EXPECT_FAULT(parseTakeFacts(R"({"format":"backtake take","version":99})"), Fault::Unsupported);
}

TEST(TakeFactsFile, UnknownFieldsAreLeftAlone)
{
    EXPECT_OK(parseTakeFacts(
        replaced(takeFactsText(makeFacts()), "\"version\": 1", "\"version\": 1, \"lens\": [50]")));
}

TEST(TakeFactsFile, ATakeFromBeforePartsHasNeitherIdNorParts)
{
    const std::string text = takeFactsText(makeFacts());
    for (const char* field : { "\"id\"", "parts", "continues" })
        EXPECT_EQ(text.find(field), std::string::npos) << field;
    const auto read = parseTakeFacts(text);
    ASSERT_OK(read);
    EXPECT_TRUE(read->id.empty());
    EXPECT_TRUE(read->parts.empty());
    EXPECT_FALSE(read->continues);
}

TEST(TakeFactsFile, ATakeFromBeforeCameraClipsHasNone)
{
    const auto read = parseTakeFacts(takeFactsText(makeFacts()));
    ASSERT_OK(read);
    EXPECT_FALSE(read->camera_clip);
    EXPECT_TRUE(read->further_clips.empty());
    EXPECT_EQ(takeFactsText(makeFacts()).find("clip"), std::string::npos)
        << "nor does a take without write any";
}

TEST(TakeFactsFile, AClipIsPutOnceAndTheNextOfASplitRecordingAfterIt)
{
    TakeFacts facts = makeFacts();
    putClip(facts, { "/DCIM", "MVI_1.MOV", 7, {} });
    putClip(facts, { "/DCIM", "MVI_2.MOV", 8, {} });
    putClip(facts, { "/DCIM", "MVI_1.MOV", 7, "MVI_1.MOV" });
    putClip(facts, { "/DCIM", "MVI_2.MOV", 8, "MVI_2.MOV" });
    ASSERT_TRUE(facts.camera_clip);
    EXPECT_EQ(facts.camera_clip->fetched, "MVI_1.MOV");
    ASSERT_EQ(facts.further_clips.size(), 1U);
    EXPECT_EQ(facts.further_clips.front().fetched, "MVI_2.MOV");
}

/// Fails when a camera (or a made-up take.json) could name a file outside the take, or one of the take's own.
TEST(TakeFactsFile, AClipCannotTakeTheNameOfAnotherFile)
{
    for (const char* name : { "", ".", "..", ".hidden", "../MVI.MOV", "/etc/passwd", "a\\b", "a\nb",
             "take.json", "picture.mjpeg", "picture.index", "sound.wav" })
        EXPECT_FALSE(isClipName(name)) << name;
    EXPECT_FALSE(isClipName(std::string(201, 'a')));
    EXPECT_TRUE(isClipName("MVI_0042.MOV"));
    EXPECT_TRUE(isClipName("A001 C002 (1).mp4"));
}

TEST(TakeFactsFile, AMissingFileIsNotFound)
{
    EXPECT_FAULT(readTakeFacts("/nowhere/take.json"), Fault::NotFound);
}

struct Hostile {
    const char* name;
    const char* what;
    const char* by;
};

class HostileFacts : public ::testing::TestWithParam<Hostile> { };

TEST_P(HostileFacts, AreRefusedAsCorrupt)
{
    const auto [name, what, by] = GetParam();
    EXPECT_FAULT(parseTakeFacts(replaced(takeFactsText(fullFacts()), what, by)), Fault::Corrupt);
}

INSTANTIATE_TEST_SUITE_P(All, HostileFacts,
    ::testing::Values(Hostile { "OtherFormat", "backtake take", "backtake cake" },
        Hostile { "VersionZero", "\"version\": 1", "\"version\": 0" },
        Hostile { "VersionAsText", "\"version\": 1", "\"version\": \"1\"" },
        Hostile { "VersionFraction", "\"version\": 1", "\"version\": 1.5" },
        Hostile { "VersionHuge", "\"version\": 1", "\"version\": 18446744073709551615" },
        Hostile { "SlateAsText", "\"slate\": {", "\"slate\": \"12A\", \"was\": {" },
        Hostile { "TakeZero", "\"take\": 7", "\"take\": 0" },
        Hostile { "TakeTooHigh", "\"take\": 7", "\"take\": 100000" },
        Hostile { "CameraNoLetter", "\"camera\": \"C\"", "\"camera\": \"?\"" },
        Hostile { "CameraTwoLetters", "\"camera\": \"C\"", "\"camera\": \"CC\"" },
        Hostile { "Sideways", "\"forward\"", "\"sideways\"" },
        Hostile { "OrientationNumber", "\"180\"", "180" }, Hostile { "RateZero", "30000/1001", "0/1001" },
        Hostile { "RateByZero", "30000/1001", "30000/0" },
        Hostile { "RateOverflow", "30000/1001", "2147483647/2147483646" },
        Hostile { "DropAt25", "30000/1001", "25/1" }, Hostile { "StartBeforeMidnight", "107892", "-1" },
        Hostile { "StartAfterMidnight", "107892", "2589408" },
        Hostile { "FramesNegative", "\"frames\": 120", "\"frames\": -1" },
        Hostile { "FramesAbsurd", "\"frames\": 120", "\"frames\": 9223372036854775807" },
        Hostile { "PrerollLongerThanTake", "\"preroll_frames\": 20", "\"preroll_frames\": 121" },
        Hostile { "DurationNegative", "4000000001", "-4000000001" },
        Hostile { "DurationOverflow", "4000000001", "9223372036854775808" },
        Hostile { "LostNegative", "\"ring_overrun\": 1", "\"ring_overrun\": -1" },
        Hostile { "LostAsList", "\"lost\": {", "\"lost\": [], \"was\": {" },
        Hostile { "SegmentsBackwards", "\"first_frame\": 60", "\"first_frame\": 0" },
        Hostile { "SegmentNoSize", "1024", "0" }, Hostile { "SegmentHugeSize", "1024", "1000000" },
        Hostile { "GapsAsObject", "\"gaps\": [", "\"gaps\": {}, \"was\": [" },
        Hostile { "GapBeforeTheFirstFrame", "\"before_frame\": 12", "\"before_frame\": 0" },
        Hostile { "GapOfNegativeLength", "\"length_ns\": 1300000000", "\"length_ns\": -1" },
        Hostile { "SegmentsAsObject", "\"segments\": [", "\"segments\": {}, \"was\": [" },
        Hostile { "BytesNegative", "123456789012", "-1" },
        Hostile { "SoundNoChannels", "\"channels\": 2", "\"channels\": 0" },
        Hostile { "SoundOddBits", "\"bits\": 24", "\"bits\": 20" },
        Hostile { "SoundHugeError", "-12.5", "1e300" }, Hostile { "SoundHugeRate", "44100", "4294967296" },
        Hostile { "SoundSamplesOverflow", "176400", "9223372036854775807" },
        Hostile { "ClipAsText", "\"camera_clip\": {", "\"camera_clip\": \"MVI\", \"was\": {" },
        Hostile { "ClipWithoutName", "\"name\": \"MVI_0042.MOV\"", "\"title\": \"MVI_0042.MOV\"" },
        Hostile { "ClipNameIsAPath", "\"name\": \"MVI_0042.MOV\"", "\"name\": \"../MVI_0042.MOV\"" },
        Hostile { "ClipNameIsOurs", "\"name\": \"MVI_0042.MOV\"", "\"name\": \"picture.mjpeg\"" },
        Hostile { "ClipBytesNegative", "4294967295", "-1" },
        Hostile { "ClipFetchedOutside", "\"fetched\": \"MVI", "\"fetched\": \"../MVI" },
        Hostile { "ClipFetchedAbsolute", "\"fetched\": \"MVI", "\"fetched\": \"/tmp/MVI" },
        Hostile { "FurtherClipsAsObject", "\"further_camera_clips\": [",
            "\"further_camera_clips\": {}, \"were\": [" },
        Hostile { "IdTooShort", "\"0011", "\"" }, Hostile { "IdNotHexadecimal", "\"0011", "\"00XY" },
        Hostile { "IdAsNumber", "\"00112233445566778899aabbccddeeff\"", "11" },
        Hostile { "PartsAsObject", "\"parts\": [", "\"parts\": {}, \"were\": [" },
        Hostile { "PartsRunBackwards", "\"first_frame\": 120", "\"first_frame\": 90" },
        Hostile { "PartBeforeTheTake", "\"first_frame\": 90,", "\"first_frame\": -1," },
        Hostile { "PartPastAllFrames", "\"first_frame\": 120", "\"first_frame\": 10368001" },
        Hostile { "PartOfTooManyFrames", "\"frames\": 30", "\"frames\": 10368000" },
        Hostile { "PartAtARelativePath", "\"/media/second", "\"../second" },
        Hostile { "PartWithoutFolder", "\"folder\": \"/media/third", "\"path\": \"/media/third" },
        Hostile { "ContinuesNothing", "\"/media/first/media/12_A-007-C\"", "\"\"" },
        Hostile { "ContinuesAsTheFirst", "\"number\": 2", "\"number\": 1" },
        Hostile { "ContinuesAsText", "\"continues\": {", "\"continues\": \"x\", \"was\": {" },
        Hostile { "ClosedAsNumber", "\"closed\": true", "\"closed\": 1" },
        Hostile { "ClosedMissing", "\"closed\"", "\"opened\"" }),
    [](const auto& each) { return each.param.name; });

TEST(TakeFactsFile, WhatIsNoJsonIsRefused)
{
    const std::string text = takeFactsText(fullFacts());
    for (std::size_t length = 0; length + 2 < text.size(); length += 7)
        EXPECT_FALSE(parseTakeFacts(text.substr(0, length))) << length;
    for (const char* bad : { "", "null", "[]", "{}", "\"backtake take\"", "{\"format\":1}", "\xff\xfe",
             "{\"format\":\"backtake take\"}" })
        EXPECT_FAULT(parseTakeFacts(bad), Fault::Corrupt);
    EXPECT_FAULT(parseTakeFacts(std::string(1'000'000, '[')), Fault::Corrupt);
    EXPECT_FAULT(parseTakeFacts(std::string(10'000'000, ' ')), Fault::Corrupt);
}

} // namespace
} // namespace backtake::takes
