// Real takes of a session handed over beside it, as real files that programs which are not ours read.
#include "app/log_session.hpp"
#include "base/text.hpp"
#include "takes/test_disks.hpp"
#include "tests/output.hpp"

#include <set>

namespace backtake::app {
namespace {

using Wish = ui::HandoverWish;
namespace fs = std::filesystem;

constexpr std::uint64_t kMuchRoom = 500'000'000'000;

class SessionHandoverTest : public SessionLogTest {
protected:
    void prepare(SessionOptions& options) override
    {
        options.shoot = shoot_;
        options.decoders = 1;
        options.second_folder = folder_.path() / "second disk";
        options.disk = disk_;
        // The desk asks for the room of where it writes: before it starts, before each file, and in the
        // middle of each. There a test holds it up, or lets the disk run full.
        options.free_bytes = [this](const fs::path& where) -> std::optional<std::uint64_t> {
            if (where.filename() == "shoot" || where.empty())
                return kMuchRoom;
            if (writing(where) && held_up_)
                gate_.pass();
            return writing(where) ? room_.load() : kMuchRoom;
        };
    }
    /// Whether a file is being written there now.
    static bool writing(const fs::path& folder) { return count(folder, ".part") > 0; }
    static int count(const fs::path& folder, const std::string& ending)
    {
        std::error_code ignored;
        int found = 0;
        for (const auto& entry : fs::directory_iterator(folder, ignored))
            found += entry.path().extension() == ending ? 1 : 0;
        return found;
    }
    /// A take that is on disk and in review.
    void shoot(int frames)
    {
        const std::size_t before = look().takes.size();
        press(ui::ToggleRoll {});
        for (int left = frames; left > 0; left -= 10)
            arrive(std::min(left, 10)); // no faster than the encoders are
        press(ui::ToggleRoll {});
        waitFor([&]() {
            return session_->settled() && look().takes.size() == before + 1 && !look().review->take.empty();
        });
    }
    void circle()
    {
        const std::string take = look().review->take;
        press(ui::CircleTake {});
        // The hand-over reads the log on disk.
        waitFor([&]() {
            const auto reading = takes::Shoot::open(shoot_, takes::Shoot::Mode::ReadOnly);
            if (!reading)
                return false;
            for (const auto& one : (*reading)->log().takes().value_or(std::vector<takes::LoggedTake>()))
                if (one.clips.at(0).facts.id == take && one.sheet.circled)
                    return true;
            return false;
        });
    }
    [[nodiscard]] Wish wish(Wish::Takes takes, std::string formats) const
    {
        Wish made;
        made.takes = takes;
        made.formats = std::move(formats);
        made.folder = out_;
        return made;
    }
    void handOver(const Wish& wished)
    {
        press(ui::StartHandover { wished });
        waitFor([this]() { return look().handovers.empty(); });
    }
    std::set<std::string> files() const
    {
        std::set<std::string> names;
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator(out_, ignored))
            names.insert(entry.path().filename().string());
        return names;
    }
    static int picturesIn(const fs::path& film)
    {
        return std::atoi(tests::outputOf("ffprobe -v error -select_streams v:0 -count_packets -show_entries "
                                         "stream=nb_read_packets -of csv=p=0 '"
            + film.string() + "'")
                             .c_str());
    }

    const fs::path shoot_ = folder_.path() / "shoot";
    const fs::path out_ = folder_.path() / "out";
    std::shared_ptr<takes::FailingDisk> disk_ = std::make_shared<takes::FailingDisk>(shoot_);
    Gate gate_;
    std::atomic<bool> held_up_ = false;
    std::atomic<std::uint64_t> room_ = kMuchRoom;
};

/// Fails when takes without a circle go over, when pictures are missing, or when nobody hears what is where.
TEST_F(SessionHandoverTest, CircledTakesAloneGoOverWhole)
{
    shoot(12);
    shoot(17);
    circle();
    shoot(9);
    handOver(wish(Wish::Takes::Circled, "mov,otio"));
    EXPECT_EQ(files(), (std::set<std::string> { "12A-002-A.mov", "shoot.otio", "shoot_frames.csv" }));
    EXPECT_EQ(picturesIn(out_ / "12A-002-A.mov"), 17);
    EXPECT_TRUE(says("3 files")) << "how much";
    EXPECT_TRUE(says(out_.string())) << "and where";
}

TEST_F(SessionHandoverTest, WithoutAFolderOneOfItsOwnIsMadeBelowTheShootForEach)
{
    shoot(6);
    Wish wished = wish(Wish::Takes::Listed, "csv");
    wished.folder.clear();
    press(ui::StartHandover { wished });
    press(ui::StartHandover { wished });
    waitFor([this]() { return look().handovers.empty(); });
    const std::string day = base::localDay(base::wallClockNow());
    EXPECT_TRUE(fs::exists(shoot_ / "handover" / (day + "-1") / "shoot.csv"));
    EXPECT_TRUE(fs::exists(shoot_ / "handover" / (day + "-2") / "shoot.csv"));
}

/// Fails when the sheet promises other files than come, or less room than they take.
TEST_F(SessionHandoverTest, WhatItWouldTakeIsToldBeforehandAndNothingIsWritten)
{
    shoot(40);
    shoot(30);
    const Wish wished = wish(Wish::Takes::Day, "mov");
    Wish of_day = wished;
    press(ui::LookAtHandover { wish(Wish::Takes::Listed, "mov") });
    ASSERT_EQ(look().handover_days.size(), 1U);
    of_day.day = look().handover_days.front();
    press(ui::LookAtHandover { of_day });
    waitFor([&]() { return look().handover_look && look().handover_look->wish == of_day; });
    const ui::HandoverLook told = *look().handover_look;
    EXPECT_EQ(told.why, "");
    EXPECT_EQ(told.takes, 2U);
    EXPECT_EQ(told.files, 3U) << "and the map of their frames";
    EXPECT_EQ(told.free_bytes, kMuchRoom);
    EXPECT_FALSE(fs::exists(out_));
    handOver(of_day);
    const auto bytes =
        static_cast<double>(fs::file_size(out_ / "12A-001-A.mov") + fs::file_size(out_ / "12A-002-A.mov"));
    EXPECT_GT(static_cast<double>(told.bytes), 0.8 * bytes); // small pictures: the container counts, too
    press(ui::LookAtHandover { wished });
    waitFor([&]() { return look().handover_look->wish == wished; });
    EXPECT_NE(look().handover_look->why, "") << "the files are there now, and nothing is written over";
    Wish none = wished;
    none.formats.clear();
    press(ui::LookAtHandover { none });
    EXPECT_NE(look().handover_look->why, "");
}

TEST_F(SessionHandoverTest, StoppedInTheMiddleOfAFileNoHalfOneIsLeftAndTheNextGoesOn)
{
    shoot(300);
    gate_.shut();
    held_up_ = true;
    press(ui::StartHandover { wish(Wish::Takes::InReview, "mov") });
    Wish second = wish(Wish::Takes::InReview, "csv");
    second.folder = folder_.path() / "second";
    press(ui::StartHandover { second });
    waitFor([this]() { return gate_.holds(); });
    ASSERT_TRUE(writing(out_));
    ASSERT_EQ(look().handovers.size(), 2U);
    EXPECT_TRUE(look().handovers[0].running);
    EXPECT_FALSE(look().handovers[1].running);
    press(ui::CancelHandover { look().handovers[0].id });
    held_up_ = false;
    gate_.open();
    waitFor([this]() { return look().handovers.empty(); });
    EXPECT_TRUE(files().empty());
    EXPECT_FALSE(fs::exists(out_)) << "made for nothing";
    EXPECT_TRUE(says("was stopped"));
    EXPECT_TRUE(fs::exists(folder_.path() / "second" / "12A-001-A.csv"));
}

/// Fails when a hand-over goes on while a take rolls, or does not afterwards.
TEST_F(SessionHandoverTest, WhileATakeRollsItWaits)
{
    shoot(300);
    gate_.shut();
    held_up_ = true;
    press(ui::StartHandover { wish(Wish::Takes::InReview, "mov") });
    waitFor([this]() { return gate_.holds(); });
    press(ui::ToggleRoll {});
    EXPECT_EQ(look().handovers[0].held, ui::HandoverRun::Held::Rolls);
    held_up_ = false;
    gate_.open();
    arrive(40);
    // Time enough for the rest of the file, if it went on.
    const Nanos enough = base::monotonicNow() + 500ms;
    while (base::monotonicNow() < enough && !files().contains("12A-001-A.mov"))
        look();
    EXPECT_TRUE(files().contains("12A-001-A.mov.part")) << "it is not finished while the take rolls";
    EXPECT_FALSE(files().contains("12A-001-A.mov"));
    press(ui::ToggleRoll {});
    waitFor([this]() { return look().handovers.empty(); });
    EXPECT_EQ(picturesIn(out_ / "12A-001-A.mov"), 300);
    EXPECT_EQ(session_->finished().back().facts.frames, 40);
}

/// Fails for a hand-over that takes the last of the disk away from the takes to come.
TEST_F(SessionHandoverTest, TheDiskKeepsRoomForTakes)
{
    shoot(300);
    room_ = HandoverDesk::kLeftForTakes - 1; // while it is written to
    handOver(wish(Wish::Takes::InReview, "mov"));
    EXPECT_TRUE(says("kept for takes"));
    EXPECT_TRUE(files().empty());
}

TEST_F(SessionHandoverTest, QuittingAsksAndWhoeverQuitsAnywayWaitsForAPictureAtMost)
{
    shoot(300);
    gate_.shut();
    held_up_ = true;
    press(ui::StartHandover { wish(Wish::Takes::InReview, "mov") });
    waitFor([this]() { return gate_.holds(); });
    press(ui::Quit {});
    EXPECT_FALSE(session_->quitAsked());
    EXPECT_NE(look().quit_question.find("hand-over"), std::string::npos) << look().quit_question;
    press(ui::KeepRunning {});
    EXPECT_EQ(look().quit_question, "");
    press(ui::Quit {});
    press(ui::QuitAnyway {});
    EXPECT_TRUE(session_->quitAsked());
    press(ui::CancelHandover { look().handovers[0].id }); // as the end does, before the gate opens
    held_up_ = false;
    gate_.open();
    session_.reset();
    EXPECT_TRUE(files().empty());
}

TEST_F(SessionHandoverTest, ADeletedTakeIsSaidAndTheOthersGoOver)
{
    shoot(8);
    shoot(11);
    fs::remove_all(shoot_ / "media" / "12A-001-A");
    handOver(wish(Wish::Takes::Listed, "mov"));
    EXPECT_EQ(files(), (std::set<std::string> { "12A-002-A.mov", "shoot_frames.csv" }));
    EXPECT_TRUE(says("12A/1A is left out"));
    EXPECT_FALSE(says("12A-001-A is left out")) << "once, as it is called";
}

/// Fails when in and out are counted in the captured order, or handles reach beyond the take.
TEST_F(SessionHandoverTest, BetweenInAndOutWithHandles)
{
    shoot(50);
    const auto standAt = [this](FrameIndex shown) {
        press(ui::Shuttle { 0 });
        press(ui::SeekTo { shown });
        look();
    };
    standAt(10);
    press(ui::SetIn {});
    standAt(47);
    press(ui::SetOut {});
    Wish wished = wish(Wish::Takes::InReview, "map");
    wished.in_to_out = true;
    wished.handles = 5;
    handOver(wished);
    // Shown frames 5 … 49 of 50: captured 44 down to 0.
    const std::string map = takes::readAll(out_ / "12A-001-A_frames.csv");
    EXPECT_EQ(std::ranges::count(map, '\n'), 1 + 45);
}

/// Fails for a hand-over that looks for takes in the shoot alone: one went on in the second folder, one lies
/// there whole.
TEST_F(SessionHandoverTest, TakesOfTheSecondFolderGoOverLikeAllOthers)
{
    shoot(8);
    disk_->fail(takes::FailingDisk::kEveryCall, EROFS);
    shoot(13);
    ASSERT_TRUE(
        session_->finished().back().folder.string().starts_with((folder_.path() / "second disk").string()))
        << session_->finished().back().folder;
    disk_->fail(takes::FailingDisk::kEveryCall, 0);
    handOver(wish(Wish::Takes::Listed, "mov,csv"));
    EXPECT_EQ(files(),
        (std::set<std::string> { "12A-001-A.mov", "12A-002-A.mov", "shoot.csv", "shoot_frames.csv" }));
    EXPECT_EQ(picturesIn(out_ / "12A-001-A.mov"), 8);
    EXPECT_EQ(picturesIn(out_ / "12A-002-A.mov"), 13);
    const std::string sheet = takes::readAll(out_ / "shoot.csv");
    EXPECT_NE(sheet.find("12A-001-A.mov"), std::string::npos) << sheet;
    EXPECT_NE(sheet.find("12A-002-A.mov"), std::string::npos) << sheet;

    // By its day, by its circle and alone, too.
    circle();
    for (Wish::Takes which : { Wish::Takes::Circled, Wish::Takes::InReview }) {
        Wish wished = wish(which, "mov");
        wished.folder = out_ / std::to_string(static_cast<int>(which));
        handOver(wished);
        EXPECT_EQ(picturesIn(fs::path(wished.folder) / "12A-002-A.mov"), 13);
    }
}

TEST(HandoverFormats, TheSheetOffersEachOnceUnderItsNameOfTheCommandLine)
{
    std::set<handover::Format> offered;
    for (const ui::HandoverFormat& format : ui::kHandoverFormats) {
        const auto named = handover::formatsNamed(format.name);
        ASSERT_EQ(named.size(), 1U) << format.name;
        EXPECT_TRUE(offered.insert(named.front()).second) << format.name;
    }
    std::set<handover::Format> all { handover::Format::ProRes };
    for (const handover::Format format : handover::formatsNamed("all"))
        all.insert(format);
    EXPECT_EQ(offered, all);
    for (const ui::HandoverPreset& preset : ui::kHandoverPresets)
        EXPECT_FALSE(handover::formatsNamed(preset.formats).empty()) << preset.name;
}

} // namespace
} // namespace backtake::app
