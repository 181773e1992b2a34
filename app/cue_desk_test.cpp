/// Cue sheets by a session, in a real shoot folder, made by the real voice: what was typed and changed is
/// there in the next session, nothing is written over that somebody made.
#include "app/cue_files.hpp"
#include "app/hand_camera.hpp"
#include "app/session.hpp"
#include "takes/files.hpp"
#include "tests/folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>

namespace backtake::app {
namespace {

using base::Nanos;
using namespace std::chrono_literals;

/// An ear that hears at once, at the voice's own rate.
class Ear final : public base::SoundSink {
public:
    [[nodiscard]] int rateHz() const override { return guide::kVoiceRateHz; }
    [[nodiscard]] std::int64_t taken() const override
    {
        base::Lock lock(mutex_);
        return static_cast<std::int64_t>(heard_.size());
    }
    void put(std::int64_t first, std::span<const float> samples) override
    {
        base::Lock lock(mutex_);
        heard_.resize(static_cast<std::size_t>(first));
        for (std::size_t i = 0; i < samples.size(); i += base::kEars)
            heard_.push_back(samples[i]);
    }
    [[nodiscard]] double heardAt(Nanos) const override { return 0; }
    [[nodiscard]] bool gone() const override { return false; }
    [[nodiscard]] std::vector<float> heard() const
    {
        base::Lock lock(mutex_);
        return heard_;
    }

private:
    mutable base::Mutex mutex_;
    std::vector<float> heard_ GUARDED_BY(mutex_);
};

class CueDeskTest : public testing::Test {
protected:
    CueDeskTest() { open(); }
    void open()
    {
        session_.reset();
        SessionOptions options;
        options.shoot = shoot_;
        options.preroll = 0s;
        options.cameras.assign(1, *capture::parseCameraSpec("pattern:"));
        options.camera_options = { 16 << 20, 90, 1 };
        options.decoders = 1;
        options.last_news = 0s;
        options.sound_by_update = true;
        options.open_sound = [this](const std::string&) -> base::Result<base::SoundSinkPtr> { return ear_; };
        camera_ = std::make_shared<HandCamera>();
        options.make_camera = [this](const capture::CameraSpec& spec, const capture::CameraOptions& made) {
            return makeCamera(camera_, spec, made);
        };
        session_ = std::make_unique<Session>(std::move(options));
        waitFor([this] { return session_->settled(); });
    }
    /// A new session on the same shoot, its desk read.
    void openAgain()
    {
        open();
        openDesk();
    }
    void openDesk()
    {
        order(ui::cue::Open {});
        waitFor([this] { return desk().ready && desk().languages; });
    }
    template <typename Condition> void waitFor(Condition condition)
    {
        const Nanos give_up = base::monotonicNow() + 60s;
        while (!condition()) {
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
            session_->update(Nanos(1s), 16ms);
            std::this_thread::yield();
        }
    }
    const ui::CueDeskModel& desk() { return session_->update(Nanos(1s), 16ms).cue; }
    void order(ui::CueOrder one) { session_->handle(ui::OrderCue { std::move(one) }, Nanos(1s)); }
    void make(const std::string& name, const std::string& text, const std::string& language = "en-us")
    {
        order(ui::cue::Make { name, text, language });
        waitFor([this] { return desk().work == ui::CueDeskModel::Work::None; });
    }
    void edit(std::size_t line, std::size_t word, const std::string& respelling, const std::string& ipa)
    {
        const ui::CueLines before = desk().lines;
        order(ui::cue::EditWord { line, word, respelling, ipa });
        waitFor([&] { return desk().lines != before || !desk().trouble.empty(); });
    }
    bool says(const std::string& words)
    {
        const auto& messages = session_->update(Nanos(1s), 16ms).messages;
        return std::ranges::any_of(messages,
            [&](const ui::Message& message) { return message.text.find(words) != std::string::npos; });
    }
    [[nodiscard]] guide::CueSheet onDisk(const std::string& name) const
    {
        auto sheet = readCueSheet(shoot_ / "cues" / (name + ".json"));
        EXPECT_TRUE(sheet) << sheet.error().message;
        return sheet.value_or(guide::CueSheet {});
    }
    static std::vector<std::string> wordsOf(const ui::CueLines& lines)
    {
        std::vector<std::string> words;
        for (const ui::CueLineModel& line : *lines)
            for (const ui::CueWordModel& word : line.words)
                words.push_back(word.text);
        return words;
    }

    const tests::Folder folder_;
    const std::filesystem::path shoot_ = folder_.path() / "shoot";
    std::shared_ptr<HandCamera> camera_;
    std::shared_ptr<Ear> ear_ = std::make_shared<Ear>();
    std::unique_ptr<Session> session_;
};

TEST_F(CueDeskTest, ASheetIsMadeWordByWordBackwardsChangedAndThereInTheNextSession)
{
    openDesk();
    EXPECT_GT(desk().languages->size(), 50U);
    make("opening", "I watched the children play");
    ASSERT_TRUE(desk().lines) << desk().trouble;
    EXPECT_EQ(
        wordsOf(desk().lines), (std::vector<std::string> { "play", "children", "the", "watched", "I" }));
    edit(0, 0, "YALP!", "jalp");
    EXPECT_EQ(desk().trouble, "");
    openAgain();
    EXPECT_EQ(desk().name, "opening") << "the one that was on the desk";
    EXPECT_EQ(desk().text, "I watched the children play");
    EXPECT_EQ(desk().sheets, std::vector<std::string> { "opening" });
    ASSERT_TRUE(desk().lines);
    EXPECT_EQ(desk().lines->front().words.front().respelling, "YALP!");
    EXPECT_EQ(desk().lines->front().words.front().ipa, "jalp");
    EXPECT_EQ(onDisk("opening").lines.front().words.front().phones.size(), 4U);
}

/// Fails when a draft is kept only with a sheet, or mixed up with that of another one.
TEST_F(CueDeskTest, WhatWasTypedIsThereAgainForEachSheet)
{
    openDesk();
    order(ui::cue::Keep { "not made yet", "de" });
    openAgain();
    EXPECT_EQ(desk().name, "");
    EXPECT_EQ(desk().text, "not made yet");
    EXPECT_EQ(desk().language, "de");
    make("a", "go home");
    order(ui::cue::Keep { "go home and", "en-us" });
    const std::uint64_t version = desk().version;
    order(ui::cue::Choose {});
    waitFor([&] { return desk().version != version; });
    order(ui::cue::Keep { "another one", "en-us" });
    openAgain();
    EXPECT_EQ(desk().text, "another one");
    const std::uint64_t new_one = desk().version;
    order(ui::cue::Choose { "a" });
    waitFor([&] { return desk().version != new_one; });
    EXPECT_EQ(desk().text, "go home and");
    EXPECT_EQ(onDisk("a").text, "go home") << "the sheet is of what it was made of";
}

TEST_F(CueDeskTest, WhatCannotBeMadeIsToldAndWhatWasTypedStays)
{
    openDesk();
    std::string words;
    for (int i = 0; i < 30'000; ++i)
        words += "word ";
    struct Bad {
        std::string name;
        std::string text;
        std::string language;
        std::string says;
    };
    for (const Bad& bad : std::vector<Bad> { { "x", "", "en-us", "nothing to say" },
             { "x", "😀 🎬", "en-us", "nothing to say" }, { "x", "hello", "klingon-x", "klingon-x" },
             { "x", words, "en-us", "divide it" }, { "x", "你好", "en-us", "Chinese characters" },
             { "../x", "hello", "en-us", "no name for a cue sheet" },
             { ".x", "hello", "en-us", "no name for a cue sheet" },
             { std::string(101, 'x'), "hello", "en-us", "no name for a cue sheet" } }) {
        make(bad.name, bad.text, bad.language);
        EXPECT_NE(desk().trouble.find(bad.says), std::string::npos) << desk().trouble;
        EXPECT_EQ(desk().text, bad.text);
        EXPECT_FALSE(desk().lines);
    }
    EXPECT_TRUE(desk().sheets.empty());
    order(ui::cue::Keep { words, "en-us" });
    openAgain();
    EXPECT_EQ(desk().text, words) << "also what is too long";
}

/// Fails for a desk whose window waits, that cannot be stopped, or that takes less than the command line
/// does.
TEST_F(CueDeskTest, WhatIsMadeOfTenThousandWordsCanBeStoppedAndIsMadeWhole)
{
    openDesk();
    std::string text;
    for (int i = 0; i < 2'000; ++i)
        text += "one two three four five\n";
    order(ui::cue::Make { "long", text, "en-us" });
    waitFor([this] { return desk().progress > 0; });
    order(ui::cue::Stop {});
    waitFor([this] { return desk().work == ui::CueDeskModel::Work::None; });
    EXPECT_EQ(desk().trouble, "");
    EXPECT_FALSE(desk().lines);
    EXPECT_EQ(desk().text, text);
    make("long", text);
    ASSERT_TRUE(desk().lines) << desk().trouble;
    EXPECT_EQ(wordsOf(desk().lines).size(), 10'000U);
    edit(0, 0, "VEEAF", desk().lines->front().words.front().ipa);
    EXPECT_EQ(desk().lines->front().words.front().respelling, "VEEAF");
    openAgain();
    EXPECT_EQ(wordsOf(desk().lines).size(), 10'000U);
    EXPECT_EQ(desk().lines->front().words.front().respelling, "VEEAF");
}

TEST_F(CueDeskTest, ASheetThatWasChangedByHandIsNotWrittenOver)
{
    openDesk();
    make("song", "go home");
    make("song", "go home now");
    EXPECT_EQ(desk().name, "song") << "nobody had changed it";
    EXPECT_EQ(onDisk("song").text, "go home now");
    const ui::CueWordModel word = desk().lines->front().words.front();
    edit(0, 0, "WAHN", word.ipa);
    make("song", "go home then");
    EXPECT_EQ(desk().name, "song 2");
    EXPECT_TRUE(says("\"song\" stays as it is"));
    EXPECT_EQ(onDisk("song").lines.front().words.front().respelling, "WAHN");
    EXPECT_EQ(onDisk("song").text, "go home now");
    EXPECT_EQ(onDisk("song 2").text, "go home then");
    make("song", "something else");
    EXPECT_NE(desk().trouble.find("there is a sheet \"song\" already"), std::string::npos) << desk().trouble;
    // A file of somebody else's is none that may be replaced.
    std::ofstream(shoot_ / "cues" / "alien.json") << "{}";
    make("alien", "hello");
    EXPECT_NE(desk().trouble.find("already"), std::string::npos) << desk().trouble;
    EXPECT_EQ(*takes::readWholeFile(shoot_ / "cues" / "alien.json", 100), "{}");
}

TEST_F(CueDeskTest, ARenamedSheetKeepsAllAndTakesNobodysName)
{
    openDesk();
    make("one", "go home");
    order(ui::cue::Choose {});
    make("two", "come back");
    order(ui::cue::Rename { "one" });
    waitFor([this] { return !desk().trouble.empty(); });
    EXPECT_EQ(onDisk("one").text, "go home");
    order(ui::cue::Rename { "three" });
    waitFor([this] { return desk().name == "three"; });
    EXPECT_EQ(desk().sheets, (std::vector<std::string> { "one", "three" }));
    EXPECT_EQ(onDisk("three").text, "come back");
    openAgain();
    EXPECT_EQ(desk().name, "three");
}

/// Fails when a deleted sheet is lost, with what was typed for it, or comes back over another one.
TEST_F(CueDeskTest, ADeletedSheetIsSetAsideAndCanBeBroughtBack)
{
    openDesk();
    make("song", "go home");
    make("other", "come back");
    order(ui::cue::Choose { "song" });
    waitFor([this] { return desk().name == "song"; });
    order(ui::cue::Keep { "go home now", "en-us" });
    order(ui::cue::Remove {});
    waitFor([this] { return desk().name.empty(); });
    EXPECT_EQ(desk().sheets, std::vector<std::string> { "other" });
    EXPECT_FALSE(desk().lines) << "it is not over the picture any more";
    EXPECT_EQ(desk().text, "");
    EXPECT_EQ(desk().removed, "song");
    const auto aside = shoot_ / "cues" / "removed" / "song.json";
    EXPECT_TRUE(says(aside.string()));
    EXPECT_TRUE(std::filesystem::exists(aside));
    EXPECT_FALSE(std::filesystem::exists(shoot_ / "cues" / "song.json"));

    make("song", "another one"); // has the name meanwhile
    EXPECT_EQ(desk().name, "song") << desk().trouble;
    EXPECT_EQ(desk().text, "another one") << "nothing of the old one's";
    order(ui::cue::Remove {}); // and is set aside beside it
    waitFor([this] { return desk().name.empty(); });
    EXPECT_TRUE(std::filesystem::exists(shoot_ / "cues" / "removed" / "song 2.json"));
    order(ui::cue::Restore {});
    waitFor([this] { return desk().name == "song"; });
    EXPECT_EQ(onDisk("song").text, "another one");
    order(ui::cue::Restore {});
    waitFor([this] { return desk().name == "song 2"; });
    EXPECT_EQ(onDisk("song 2").text, "go home");
    EXPECT_EQ(desk().text, "go home now") << "what was typed for it and not made yet";
    EXPECT_EQ(desk().removed, "");
    EXPECT_EQ(desk().sheets, (std::vector<std::string> { "other", "song", "song 2" }));
    order(ui::cue::Restore {}); // nothing is left to
    openAgain();
    EXPECT_EQ(desk().name, "song 2");
    EXPECT_EQ(desk().text, "go home now");
}

/// Fails when what was typed for another sheet of that name, long gone, comes back in place of this one's.
TEST_F(CueDeskTest, WhatWasTypedForASheetOfThatNameBeforeIsForgotten)
{
    const auto aside = shoot_ / "cues" / "removed" / "song.json";
    const auto removeTyped = [&](const std::string& typed) {
        make("song", "go home");
        if (!typed.empty())
            order(ui::cue::Keep { typed, "en-us" });
        order(ui::cue::Remove {});
        waitFor([this] { return desk().name.empty(); });
        EXPECT_TRUE(std::filesystem::exists(aside));
    };
    const auto broughtBack = [&] {
        order(ui::cue::Restore {});
        waitFor([this] { return desk().name == "song"; });
        return desk().text;
    };
    openDesk();
    removeTyped("go home first");
    std::filesystem::remove(aside); // somebody tidied up
    removeTyped("go home second");
    EXPECT_EQ(broughtBack(), "go home second");
    order(ui::cue::Remove {});
    waitFor([this] { return desk().name.empty(); });
    std::filesystem::remove(aside);
    removeTyped("");
    EXPECT_EQ(broughtBack(), "go home");

    order(ui::cue::Keep { "go home third", "en-us" });
    order(ui::cue::Remove {});
    waitFor([this] { return desk().name.empty(); });
    openAgain();
    const auto drafts = [this] { return *takes::readWholeFile(shoot_ / "cues" / ".drafts.json", 1 << 20); };
    order(ui::cue::Keep { "x", "en-us" });
    waitFor([&] { return drafts().find("\"x\"") != std::string::npos; });
    EXPECT_NE(drafts().find("go home third"), std::string::npos) << "its file is there";
    std::filesystem::remove(aside);
    openAgain();
    order(ui::cue::Keep { "y", "en-us" });
    waitFor([&] { return drafts().find("\"y\"") != std::string::npos; });
    EXPECT_EQ(drafts().find("removed/"), std::string::npos) << drafts();
}

TEST_F(CueDeskTest, ASheetThatCannotBeSetAsideStays)
{
    openDesk();
    make("song", "go home");
    std::ofstream(shoot_ / "cues" / "removed") << "a file where the folder should be";
    order(ui::cue::Remove {});
    waitFor([this] { return !desk().trouble.empty(); });
    EXPECT_EQ(desk().name, "song");
    EXPECT_TRUE(desk().lines);
    EXPECT_EQ(onDisk("song").text, "go home");
    EXPECT_EQ(desk().removed, "");
}

TEST_F(CueDeskTest, ASheetWithoutANameIsCalledAsItBegins)
{
    openDesk();
    make("", "  ..either/or, said the very long first line of the song\nand so on");
    EXPECT_EQ(desk().name, "either-or, said the very long first line");
}

TEST_F(CueDeskTest, TimesAreFittedToTheGuidesPartAndWhatOverlapsIsRefused)
{
    openDesk();
    make("a", "go home");
    const auto fit = [this](ui::CuePart part, std::size_t word, Nanos begins, Nanos ends) {
        const ui::CueLines before = desk().lines;
        order(ui::cue::Fit { part, 0, word, begins, ends });
        waitFor([&] { return desk().lines != before || !desk().trouble.empty(); });
    };
    fit(ui::CuePart::Sheet, 0, 10s, 14s);
    EXPECT_EQ(desk().lines->front().words.front().begins, Nanos(10s));
    EXPECT_EQ(desk().lines->front().words.back().ends, Nanos(14s));
    fit(ui::CuePart::Word, 1, 13s, 20s);
    EXPECT_EQ(desk().lines->front().words.back().begins, Nanos(13s));
    EXPECT_EQ(desk().lines->front().words.back().ends, Nanos(20s));
    fit(ui::CuePart::Word, 0, 10s, 13500ms);
    EXPECT_NE(desk().trouble.find("begins at 0:13.000"), std::string::npos) << desk().trouble;
    EXPECT_EQ(onDisk("a").duration, Nanos(20s));
}

TEST_F(CueDeskTest, TheSheetFollowsTheGuide)
{
    openDesk();
    EXPECT_EQ(desk().position, std::nullopt);
    std::optional<Nanos> guide = 3s;
    session_->setGuidePosition(
        [&guide](Nanos now) { return guide ? std::optional(*guide + now) : std::nullopt; });
    EXPECT_EQ(desk().position, Nanos(4s)) << "of the reversed guide, now";
    guide.reset();
    EXPECT_EQ(desk().position, std::nullopt);
}

TEST_F(CueDeskTest, ItIsPrintedIntoTheShootsReportsAndThePathIsSaid)
{
    openDesk();
    make("a", "go home");
    order(ui::cue::Print {});
    waitFor([this] { return desk().work == ui::CueDeskModel::Work::None; });
    const auto path = shoot_ / "reports" / "cue a.pdf";
    EXPECT_TRUE(says(path.string()));
    const auto pdf = takes::readWholeFile(path, 1 << 20);
    ASSERT_TRUE(pdf) << pdf.error().message;
    EXPECT_TRUE(pdf->starts_with("%PDF"));
}

TEST(VoiceForEars, ReversedItIsTheMirrorAtTheVoicesOwnRate)
{
    const std::vector<std::int16_t> voice { 0, 16384, -16384, 8192, 32767 };
    EXPECT_EQ(voiceForEars(voice, guide::kVoiceRateHz, false),
        (std::vector<float> {
            0, 0, 0.5F, 0.5F, -0.5F, -0.5F, 0.25F, 0.25F, 32767 / 32768.0F, 32767 / 32768.0F }));
    EXPECT_EQ(voiceForEars(voice, guide::kVoiceRateHz, true),
        (std::vector<float> {
            32767 / 32768.0F, 32767 / 32768.0F, 0.25F, 0.25F, -0.5F, -0.5F, 0.5F, 0.5F, 0, 0 }));
}

TEST(VoiceForEars, AToneIsTheSameToneAtTheDevicesRate)
{
    constexpr double kTone_hz = 440;
    constexpr int kRate_hz = 48000;
    const auto tone = [](double seconds) {
        return 0.5 * std::sin(2 * std::numbers::pi * kTone_hz * seconds);
    };
    std::vector<std::int16_t> voice;
    for (int i = 0; i < guide::kVoiceRateHz; ++i)
        voice.push_back(
            static_cast<std::int16_t>(std::lround(32768 * tone(double(i) / guide::kVoiceRateHz))));
    const std::vector<float> ears = voiceForEars(voice, kRate_hz, false);
    ASSERT_EQ(ears.size(), std::size_t { 2 * kRate_hz });
    for (std::size_t i = 10; i < kRate_hz - 10; ++i)
        ASSERT_NEAR(ears[2 * i], tone(static_cast<double>(i) / kRate_hz), 0.002) << i;
}

/// Fails for lines that are not said, or turned round one by one in the order of the sheet. The voice is
/// never twice the same to the sample, so that its loudness is compared, in pieces of 50 ms.
TEST_F(CueDeskTest, SaidReversedTheLastLinesEndIsHeardFirst)
{
    openDesk();
    make("a", "please, please\nI watched the children play in the church");
    const auto loudness = [this](bool reversed) {
        ear_ = std::make_shared<Ear>();
        order(ui::cue::Speak { reversed });
        waitFor([this] { return desk().work == ui::CueDeskModel::Work::None; });
        EXPECT_EQ(desk().trouble, "");
        const std::vector<float> heard = ear_->heard();
        constexpr std::size_t kPiece = guide::kVoiceRateHz / 20;
        std::vector<double> pieces;
        for (std::size_t i = 0; i + kPiece <= heard.size(); i += kPiece) {
            double sum = 0;
            for (std::size_t k = i; k < i + kPiece; ++k)
                sum += static_cast<double>(heard[k]) * heard[k];
            pieces.push_back(std::sqrt(sum / kPiece));
        }
        return pieces;
    };
    const std::vector<double> forward = loudness(false);
    const std::vector<double> backward = loudness(true);
    const std::vector<double> mirrored(backward.rbegin(), backward.rend());
    ASSERT_GT(forward.size(), 40U) << "two seconds are said at least";
    const auto apart = [&](const std::vector<double>& other) {
        double sum = 0;
        for (std::size_t i = 0; i < std::min(forward.size(), other.size()); ++i)
            sum += std::abs(forward[i] - other[i]);
        return sum;
    };
    EXPECT_LT(apart(mirrored), apart(backward) * 0.6);
}

TEST_F(CueDeskTest, WhileATakeRollsNothingIsSaid)
{
    openDesk();
    make("a", "go home");
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(camera_->frames.tryPut(Nanos(1s) + i * 40ms));
    waitFor([this] { return session_->camera().ring()->span().end == 3; });
    session_->handle(ui::ToggleRoll {}, Nanos(2s));
    ASSERT_TRUE(session_->rolling());
    order(ui::cue::Speak { false });
    EXPECT_EQ(desk().work, ui::CueDeskModel::Work::None);
    EXPECT_TRUE(says("While a take rolls"));
}

TEST_F(CueDeskTest, DraftsThatCannotBeReadAreSetAsideAndTold)
{
    openDesk();
    order(ui::cue::Keep { "typed", "en-us" });
    session_.reset();
    const auto path = shoot_ / "cues" / ".drafts.json";
    ASSERT_TRUE(std::filesystem::exists(path));
    std::ofstream(path) << "{ cut off";
    openAgain();
    EXPECT_TRUE(says("is damaged"));
    std::size_t aside = 0;
    for (const auto& one : std::filesystem::directory_iterator(shoot_ / "cues"))
        aside += one.path().filename().string().starts_with(".drafts.json.") ? 1 : 0;
    EXPECT_EQ(aside, 1U);
}

} // namespace
} // namespace backtake::app
