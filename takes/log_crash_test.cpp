/// The log while its program is killed.
#include "takes/log_file.hpp"
#include "takes/shoot.hpp"
#include "takes/test_takes.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <random>

namespace backtake::takes {
namespace {

constexpr int kFrames = 20;
constexpr std::size_t kTakes = 3; ///< Each of cameras A and B.
const std::string kScene = "1";

std::string recordingOf(std::size_t take, char camera)
{
    return std::string(30, 'a') + fmt::format("{}{}", take, camera == 'A' ? 'a' : 'b');
}

/// What the log says, as a log would: read from one, or made in memory.
struct Said {
    struct Words {
        std::string recording;
        FrameIndex frame = 0;
        Mark::Kind kind = Mark::Kind::Mark;
        Tell tell = Tell::Blink;
        std::string text;
        friend bool operator==(const Words&, const Words&) = default;
    };
    std::array<TakeSheet, kTakes> sheets;
    std::optional<takes::Setup> setup; ///< Of kScene.
    std::map<std::int64_t, Words> marks;
    std::map<std::string, takes::Story> stories;
    Showings showings;
    friend bool operator==(const Said&, const Said&) = default;
};

Said saidIn(Log& log)
{
    Said said;
    const auto takes = log.takes().value();
    EXPECT_EQ(takes.size(), kTakes);
    for (std::size_t i = 0; i < std::min(takes.size(), kTakes); ++i) {
        said.sheets.at(i) = takes[i].sheet;
        for (const Mark& mark : takes[i].marks)
            said.marks[mark.id] = { mark.take, mark.captured_frame, mark.kind, mark.tell, mark.text };
        for (const LoggedClip& clip : takes[i].clips)
            said.showings[clip.facts.id] = showingOf(clip.facts);
    }
    const auto setups = log.setups().value();
    if (!setups.empty())
        said.setup = setups.front();
    const auto stories = log.stories().value();
    for (const takes::Story& story : stories)
        said.stories[story.name] = story;
    return said;
}

/// What the log should hold: moves as a log moves, but in memory and by copies of the whole.
class Model {
public:
    /// Every change that a log knows, by what it does.
    enum class Edit {
        Sheet,
        Number,
        NumbersFrom,
        Setup,
        Mark,
        OtherWords,
        NoMark,
        Story,
        StoryName,
        NoStory,
        Showing,
        Undo,
        Redo,
    };
    static constexpr int kEdits = 13;

    explicit Model(unsigned seed)
        : random_(seed)
    {
        for (std::size_t i = 0; i < kTakes; ++i) {
            states_.front().sheets.at(i).slate = { kScene, static_cast<int>(i) + 1, 'A' };
            for (const char camera : { 'A', 'B' })
                states_.front().showings[recordingOf(i, camera)] = {};
        }
    }
    [[nodiscard]] const Said& now() const { return states_[at_]; }
    [[nodiscard]] int made(Edit edit) const { return made_.at(static_cast<std::size_t>(edit)); }
    bool undo()
    {
        if (at_ == 0)
            return false;
        --at_;
        return true;
    }

    /// One random edit, in the model and, when there is one, in the log. @return whether it went well.
    bool edit(Log* log)
    {
        while (true) {
            const auto kind = static_cast<Edit>(below(kEdits));
            if (const auto went = make(kind, log)) {
                ++made_.at(static_cast<std::size_t>(kind));
                return *went;
            }
        }
    }

private:
    std::size_t below(std::size_t end) { return random_() % end; }
    bool change(Said next)
    {
        states_.resize(at_ + 1);
        states_.push_back(std::move(next));
        ++at_;
        return true;
    }
    template <typename Map> static auto& one(Map& map, std::size_t n)
    {
        return *std::next(map.begin(), static_cast<std::ptrdiff_t>(n % map.size()));
    }
    std::string words() { return fmt::format("words {}", ++words_made_); }

    /// @return nothing: there is nothing to do it to.
    std::optional<bool> make(Edit kind, Log* log)
    {
        Said next = now();
        const std::size_t n = below(1000);
        const std::size_t take = n % kTakes;
        TakeSheet& sheet = next.sheets.at(take);
        const auto logged = [&] { return log->takes().value().at(take).id; };
        switch (kind) {
        case Edit::Sheet:
            switch (n % 7) {
            case 0:
                sheet.circled = !sheet.circled;
                break;
            case 1:
                sheet.verdict = sheet.verdict == Verdict::Hold ? Verdict::NoGood : Verdict::Hold;
                break;
            case 2:
                sheet.board = sheet.board == Board::Tail ? Board::UpsideDownHead : Board::Tail;
                break;
            case 3:
                sheet.rating = (sheet.rating + 1) % 6;
                break;
            case 4:
                sheet.pickup = !sheet.pickup;
                break;
            case 5:
                sheet.lens = words();
                break;
            default:
                sheet.note = words();
                break;
            }
            change(next);
            return !log || log->setSheet(logged(), sheet).has_value();
        case Edit::Number: {
            int free = 1;
            while (std::ranges::any_of(
                next.sheets, [&](const TakeSheet& other) { return other.slate.take == free; }))
                ++free;
            sheet.slate.take = free;
            change(next);
            return !log || log->setSheet(logged(), sheet).has_value();
        }
        case Edit::NumbersFrom: {
            const int from = sheet.slate.take;
            const int by = 1 + static_cast<int>(n % 3);
            for (TakeSheet& one : next.sheets)
                if (one.slate.take >= from)
                    one.slate.take += by;
            change(next);
            return !log || log->renumberFrom(logged(), { kScene, from + by, 'A' }).has_value();
        }
        case Edit::Setup:
            if (!next.setup)
                next.setup.emplace().name = kScene;
            next.setup->description = words();
            next.setup->direction = n % 2 == 0 ? Direction::Forward : Direction::Backward;
            change(next);
            return !log || log->setSetup(*next.setup).has_value();
        case Edit::Mark: {
            const Said::Words said { recordingOf(take, n % 2 == 0 ? 'A' : 'B'),
                static_cast<FrameIndex>(below(kFrames)), static_cast<Mark::Kind>(1 + n % 3),
                n % 3 == 2 ? static_cast<Tell>(1 + n % kTells) : Tell::Blink, words() };
            next.marks[++marks_made_] = said;
            change(next);
            return !log || put(*log, 0, said) == marks_made_;
        }
        case Edit::OtherWords: {
            if (next.marks.empty())
                return std::nullopt;
            auto& [id, said] = one(next.marks, n);
            said.text = words();
            change(next);
            return !log || put(*log, id, said) == id;
        }
        case Edit::NoMark: {
            if (next.marks.empty())
                return std::nullopt;
            const std::int64_t id = one(next.marks, n).first;
            next.marks.erase(id);
            change(next);
            return !log || log->removeMark(id).has_value();
        }
        case Edit::Story: {
            takes::Story story;
            story.name = n % 2 == 0 || next.stories.empty() ? words() : one(next.stories, n).first;
            if (const auto known = next.stories.find(story.name); known != next.stories.end())
                story = known->second;
            story.cards.push_back({ recordingOf(take, 'A'), {}, {}, Direction::Backward, 100 });
            next.stories[story.name] = story;
            change(next);
            return !log || log->setStory(story).has_value();
        }
        case Edit::StoryName: {
            if (next.stories.empty())
                return std::nullopt;
            takes::Story story = one(next.stories, n).second;
            const std::string before = std::exchange(story.name, words());
            next.stories.erase(before);
            next.stories[story.name] = story;
            change(next);
            return !log || log->renameStory(before, story.name).has_value();
        }
        case Edit::NoStory: {
            if (next.stories.empty())
                return std::nullopt;
            const std::string name = one(next.stories, n).first;
            next.stories.erase(name);
            change(next);
            return !log || log->removeStory(name).has_value();
        }
        case Edit::Showing: { // of both cameras
            Showings both;
            for (const char camera : { 'A', 'B' }) {
                Showing& showing = next.showings.at(recordingOf(take, camera));
                if (n % 2 == 0)
                    showing.direction =
                        showing.direction == Direction::Backward ? Direction::Forward : Direction::Backward;
                else
                    showing.orientation = showing.orientation == Orientation::Upright
                        ? Orientation::UpsideDown
                        : Orientation::Upright;
                both[recordingOf(take, camera)] = showing;
            }
            change(next);
            return !log || log->setShowing(both).has_value();
        }
        case Edit::Undo:
            if (!undo())
                return std::nullopt;
            return !log || !log->undo().value().empty();
        case Edit::Redo:
            if (at_ + 1 == states_.size())
                return std::nullopt;
            ++at_;
            return !log || !log->redo().value().empty();
        }
        return std::nullopt;
    }
    static std::int64_t put(Log& log, std::int64_t id, const Said::Words& said)
    {
        Mark mark;
        mark.id = id;
        mark.take = said.recording;
        mark.captured_frame = said.frame;
        mark.kind = said.kind;
        mark.tell = said.tell;
        mark.text = said.text;
        return log.putMark(mark).value_or(0);
    }

    std::mt19937 random_;
    std::vector<Said> states_ { {} };
    std::size_t at_ = 0;
    std::int64_t marks_made_ = 0; ///< No number is ever given twice.
    int words_made_ = 0;
    std::array<int, kEdits> made_ {};
};

/// Makes @p edits, and says each to @p confirmed once the log has it.
void editUntilKilled(const std::filesystem::path& shoot_folder, unsigned seed, int edits, int confirmed)
{
    auto shoot = Shoot::open(shoot_folder, Shoot::Mode::Create).value();
    Model model(seed);
    bool well = true;
    for (int n = 0; n < edits && well; ++n)
        well = model.edit(&shoot->log()) && ::write(confirmed, "x", 1) == 1;
    ::_exit(well ? 0 : 1);
}

/// @return how many edits were confirmed before it was killed, @p after so many at least.
int editAndKill(const std::filesystem::path& shoot_folder, unsigned seed, int after)
{
    int pipe[2];
    EXPECT_EQ(::pipe(pipe), 0);
    const pid_t editor = ::fork();
    if (editor == 0)
        editUntilKilled(shoot_folder, seed, after + 200, pipe[1]);
    ::close(pipe[1]);
    int confirmed = 0;
    for (char byte = 0; ::read(pipe[0], &byte, 1) == 1;)
        if (++confirmed == after) {
            EXPECT_EQ(::kill(editor, SIGKILL), 0);
        }
    ::close(pipe[0]);
    int status = -1;
    EXPECT_EQ(::waitpid(editor, &status, 0), editor);
    EXPECT_TRUE(WIFSIGNALED(status)) << "killed while it edited; else: " << status;
    return confirmed;
}

/// media/ has a file for each recording: of a change to several of them some may be written, and others not.
void expectEachIsOneOf(const Said& there, const Said& before, const Said& after)
{
    for (std::size_t i = 0; i < kTakes; ++i)
        EXPECT_TRUE(there.sheets.at(i) == before.sheets.at(i) || there.sheets.at(i) == after.sheets.at(i))
            << i;
    for (const auto& [recording, showing] : there.showings)
        EXPECT_TRUE(showing == before.showings.at(recording) || showing == after.showings.at(recording))
            << recording;
    EXPECT_TRUE(there.setup == before.setup || there.setup == after.setup);
    EXPECT_TRUE(there.marks == before.marks || there.marks == after.marks);
    EXPECT_TRUE(there.stories == before.stories || there.stories == after.stories);
}

/// Fails when an edit that was confirmed is gone, or half of one is there: in shoot.db, and in what is made
/// again from media/.
TEST(LogCrash, EveryConfirmedEditOutlivesAKillAndCanBeUndone)
{
    std::array<int, Model::kEdits> made {};
    for (const auto& [seed, killed_after] :
        { std::pair(5U, 3), std::pair(6U, 37), std::pair(7U, 80), std::pair(8U, 110), std::pair(9U, 140) }) {
        SCOPED_TRACE(seed);
        const Folder root;
        for (std::size_t take = 0; take < kTakes; ++take) {
            for (const char camera : { 'A', 'B' }) {
                TakeFacts facts = makeFacts({ kScene, static_cast<int>(take) + 1, camera });
                facts.id = recordingOf(take, camera);
                facts.started_at_utc += static_cast<int>(take) * 60s;
                writeTake(root.path(), evenFrames(kFrames), facts);
            }
        }
        const int confirmed = editAndKill(root.path(), seed, killed_after);
        ASSERT_GE(confirmed, killed_after);

        const Folder copy; // media/ alone
        std::filesystem::copy(
            root.path() / "media", copy.path() / "media", std::filesystem::copy_options::recursive);

        Model model(seed);
        for (int n = 0; n < confirmed; ++n)
            ASSERT_TRUE(model.edit(nullptr));
        Model with_next = model; // the edit that was under way when it was killed
        ASSERT_TRUE(with_next.edit(nullptr));
        for (int kind = 0; kind < Model::kEdits; ++kind)
            made.at(static_cast<std::size_t>(kind)) += model.made(static_cast<Model::Edit>(kind));
        auto shoot = Shoot::open(root.path(), Shoot::Mode::Create).value();
        const Said there = saidIn(shoot->log());
        ASSERT_TRUE(there == model.now() || there == with_next.now()) << confirmed;
        Model& true_model = there == model.now() ? model : with_next;
        EXPECT_TRUE(shoot->log().troubles().empty());
        const auto takes = shoot->log().takes().value();
        for (const LoggedTake& take : takes)
            for (const LoggedClip& clip : take.clips)
                EXPECT_EQ(showingOf(readTakeFacts(clip.folder / "take.json").value()), showingOf(clip.facts));

        const auto again = Shoot::open(copy.path(), Shoot::Mode::Create).value();
        expectEachIsOneOf(saidIn(again->log()), model.now(), with_next.now());

        int undone = 0;
        for (; undone < 15 && true_model.undo(); ++undone) {
            ASSERT_FALSE(shoot->log().undo().value().empty());
            ASSERT_EQ(saidIn(shoot->log()), true_model.now()) << undone;
        }
        EXPECT_GT(undone, 0);
    }
    for (int kind = 0; kind < Model::kEdits; ++kind)
        EXPECT_GT(made.at(static_cast<std::size_t>(kind)), 0) << "edits of kind " << kind;
}

} // namespace
} // namespace backtake::takes
