/// Two programs on one shoot: one has it, the other one looks on.
#include "app/log_session.hpp"

#include <sys/wait.h>
#include <unistd.h>

namespace backtake::app {
namespace {

std::unique_ptr<Session> readerOf(
    const std::filesystem::path& shoot, const std::shared_ptr<HandCamera>& camera)
{
    SessionOptions options;
    options.shoot = shoot;
    options.cameras.assign(1, *capture::parseCameraSpec("pattern:"));
    options.camera_options = { 16 << 20, 90, 2 };
    options.decoders = 1;
    options.last_news = 0s;
    options.make_camera = [camera](const capture::CameraSpec& spec, const capture::CameraOptions& made) {
        return makeCamera(camera, spec, made);
    };
    return std::make_unique<Session>(std::move(options));
}

class SessionReader : public SessionLogTest {
protected:
    void TearDown() override
    {
        reader_.reset();
        SessionLogTest::TearDown();
    }
    /// Once the session of SessionLogTest has the shoot.
    void openReader()
    {
        reader_ = readerOf(folder_.path(), readers_camera_);
        waitForReader([this]() { return reader_->settled(); });
        ASSERT_TRUE(reader_->readOnly());
    }
    const ui::Model& read() { return reader_->update(now_, 16ms); }
    /// It looks for changes again and again.
    template <typename Condition> void waitForReader(Condition condition)
    {
        const Nanos give_up = base::monotonicNow() + 60s;
        for (; read(), !condition(); now_ += 16ms) {
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
            look();
            std::this_thread::yield();
        }
    }
    /// So many takes of 12A, on disk and in the log.
    void shootTakes(std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t before = look().takes.size();
            shoot(5);
            waitFor([&]() { return session_->settled() && look().takes.size() == before + 1; });
        }
    }
    std::vector<std::string> slatesRead()
    {
        std::vector<std::string> all;
        for (const ui::TakeRow& row : read().takes)
            all.push_back(row.slate);
        return all;
    }

    std::shared_ptr<HandCamera> readers_camera_ = std::make_shared<HandCamera>();
    std::unique_ptr<Session> reader_;
};

TEST_F(SessionReader, ListsAndPlaysWhatTheOtherProgramShootsAndKeepsTheTakeOnScreen)
{
    shootTakes(1);
    openReader();
    ASSERT_EQ(slatesRead(), (std::vector<std::string> { "12A/1" }));
    reader_->handle(ui::SelectTake { 0, 0 }, now_);
    waitForReader([this]() { return read().review.has_value(); });
    reader_->handle(ui::Shuttle { 0 }, now_);
    reader_->handle(ui::SeekTo { 3 }, now_);
    const std::string on_screen = read().review->take;

    shootTakes(2);
    waitForReader([this]() { return read().takes.size() == 3; });
    EXPECT_EQ(slatesRead(), (std::vector<std::string> { "12A/1", "12A/2", "12A/3" }));
    EXPECT_EQ(read().takes[2].frames, 5);
    EXPECT_FALSE(read().takes[2].recording);
    EXPECT_EQ(read().review->take, on_screen);
    EXPECT_EQ(read().review->frame, 3);
    EXPECT_EQ(read().selected_take, 0U);

    reader_->handle(ui::SelectTake { 0, 2 }, now_);
    waitForReader([this]() { return read().review->slate == "12A/3"; });
    EXPECT_EQ(read().review->frame_count, 5);
}

/// Fails when a take that rolls while the reader opens stays in its list as it was then.
TEST_F(SessionReader, ATakeThatRolledWhenItWasOpenedIsWholeOnceItIsCut)
{
    press(ui::ToggleRoll {});
    arrive(5);
    waitFor([this]() { return look().takes.back().frames == 5; });
    openReader();
    arrive(2);
    press(ui::ToggleRoll {});
    waitFor([this]() { return session_->settled(); });
    waitForReader([this]() { return read().takes.size() == 1 && read().takes[0].frames == 7; });
}

TEST_F(SessionReader, FollowsNumbersMarksSetupsSequencesAndUndo)
{
    shootTakes(2);
    openReader();
    reader_->handle(ui::SelectTake { 0, 0 }, now_);
    waitForReader([this]() { return read().review.has_value(); });

    press(ui::SelectTake { 0, 0 });
    waitFor([this]() { return look().review->slate == "12A/1" && !look().review->sheet.scene.empty(); });
    standAt(2);
    press(ui::AddTell { 1 });
    ui::PutSheet put { look().review->take, look().review->sheet, /*all_after=*/true };
    put.sheet.number = 4;
    press(put);
    ui::SetupSheet setup = look().review->setup;
    setup.lens = "50 mm";
    press(ui::PutSetup { setup });
    press(ui::StoryIntent { ui::ShowStory {} });
    reader_->handle(ui::StoryIntent { ui::ShowStory {} }, now_);
    press(ui::StoryIntent { ui::NewStory {} });
    waitFor([this]() { return !look().story.names.empty(); });
    waitForReader([this]() { return slatesRead() == std::vector<std::string> { "12A/4", "12A/5" }; });
    waitForReader([this]() { return !read().story.names.empty(); });
    EXPECT_EQ(read().review->slate, "12A/4");
    EXPECT_EQ(read().review->shot_as, "12A/1");
    EXPECT_EQ(read().review->setup.lens, "50 mm");
    ASSERT_EQ(read().review->marks.size(), 1U);

    for (int i = 0; i < 4; ++i)
        press(ui::UndoLog {});
    waitForReader([this]() { return read().review->marks.empty() && read().story.names.empty(); });
    EXPECT_EQ(slatesRead(), (std::vector<std::string> { "12A/1", "12A/2" }));
    EXPECT_EQ(read().review->setup.lens, "");

    reader_->handle(ui::UndoLog {}, now_);
    reader_->handle(ui::CircleTake {}, now_);
    EXPECT_TRUE(std::ranges::any_of(read().messages, [](const ui::Message& message) {
        return message.text.find("does not record here") != std::string::npos;
    })) << "it looks on";
    EXPECT_FALSE(read().takes[0].circled);
}

TEST_F(SessionReader, ATakeThatIsTurnedIsTurnedOnItsScreen)
{
    shootTakes(1);
    openReader();
    reader_->handle(ui::SelectTake { 0, 0 }, now_);
    waitForReader([this]() { return read().review.has_value(); });
    EXPECT_TRUE(read().review->backward_take);
    waitFor([this]() { return !look().review->sheet.scene.empty(); });
    ui::PutSheet put { look().review->take, look().review->sheet };
    put.backward = false;
    put.orientation = base::Orientation::Mirrored;
    press(put);
    waitForReader([this]() { return !read().review->backward_take; });
    EXPECT_EQ(read().review->orientation, base::Orientation::Mirrored);
    EXPECT_FALSE(read().takes[0].backward);
}

/// Writes two takes into the shoot, each when it is told to.
[[noreturn]] void writeWhenTold(const std::filesystem::path& folder, int told, int done)
{
    char byte = 0;
    auto shoot = takes::Shoot::open(folder, takes::Shoot::Mode::Create);
    bool well = shoot.has_value() && ::write(done, "x", 1) == 1;
    for (const int take : { 1, 2 }) {
        well = well && ::read(told, &byte, 1) == 1;
        if (!well)
            break;
        takes::TakeFacts facts = takes::makeFacts({ "12A", take, 'A' });
        facts.started_at_utc += take * 60s;
        facts.id = std::string(31, 'a') + static_cast<char>('0' + take);
        const auto recording = takes::writeTake(folder, takes::evenFrames(4 + take), facts);
        well = (*shoot)
                   ->record({ recording, takes::readTakeFacts(recording / "take.json").value() })
                   .has_value();
        const auto taken = (*shoot)->log().takes();
        if (!taken || taken->empty())
            ::_exit(1);
        takes::TakeSheet sheet = taken->back().sheet;
        sheet.circled = true;
        well = well && (*shoot)->log().setSheet(taken->back().id, sheet).has_value();
    }
    ::_exit(well && ::read(told, &byte, 1) == 0 ? 0 : 1); // until the reader has seen it
}

/// Fails when what two sessions of one process see of each other is not seen by two programs.
TEST(SessionReaders, AnotherProcessIsFollowedAsWell)
{
    const tests::Folder folder;
    int told[2];
    int done[2];
    ASSERT_EQ(::pipe(told), 0);
    ASSERT_EQ(::pipe(done), 0);
    const pid_t writer = ::fork(); // before there is any thread
    ASSERT_GE(writer, 0);
    if (writer == 0) {
        ::close(told[1]);
        writeWhenTold(folder.path(), told[0], done[1]);
    }
    ::close(told[0]);
    char byte = 0;
    ASSERT_EQ(::read(done[0], &byte, 1), 1);
    const auto camera = std::make_shared<HandCamera>();
    auto reader = readerOf(folder.path(), camera);
    const auto until = [&](const auto& condition) {
        const Nanos give_up = base::monotonicNow() + 120s;
        for (Nanos now = 100s; !condition(reader->update(now, 16ms)); now += 16ms) {
            ASSERT_LT(base::monotonicNow(), give_up) << "nothing happens";
            std::this_thread::yield();
        }
    };
    until([&](const ui::Model&) { return reader->settled(); });
    ASSERT_TRUE(reader->readOnly());
    for (const std::size_t takes : { 1U, 2U }) {
        ASSERT_EQ(::write(told[1], "x", 1), 1);
        until([&](const ui::Model& model) {
            return model.takes.size() == takes && model.takes.back().circled;
        });
    }
    reader.reset();
    ::close(told[1]);
    int status = -1;
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    EXPECT_EQ(status, 0);
    ::close(done[0]);
    ::close(done[1]);
}

} // namespace
} // namespace backtake::app
