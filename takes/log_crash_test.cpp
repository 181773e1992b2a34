/// The log while its program is killed.
#include "takes/log_file.hpp"
#include "takes/shoot.hpp"
#include "takes/test_takes.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <random>

namespace backtake::takes {
namespace {

constexpr int kFrames = 20;

/// What the log should hold: moves as a log moves, but in memory and by copies of the whole.
class Model {
public:
    struct Said {
        std::array<int, 2> ratings {};                                    ///< Of both takes.
        std::map<std::int64_t, std::pair<FrameIndex, std::string>> notes; ///< Of the first.
        friend bool operator==(const Said&, const Said&) = default;
    };

    /// One random edit, in the model and, when there is one, in the log. @return whether it went well.
    bool edit(Log* log)
    {
        switch (random_() % 8) {
        case 0: { // a rating that it does not have yet
            const std::size_t take = random_() % 2;
            Said next = now();
            next.ratings.at(take) = (next.ratings.at(take) + 1 + static_cast<int>(random_() % 5)) % 6;
            const int rating = next.ratings.at(take);
            change(std::move(next));
            if (!log)
                return true;
            const auto known = log->takes().value().at(take);
            TakeSheet sheet = known.sheet;
            sheet.rating = rating;
            return log->setSheet(known.id, sheet).has_value();
        }
        case 1: // one note less
            if (!now().notes.empty()) {
                Said next = now();
                const auto id =
                    std::next(next.notes.begin(), static_cast<std::ptrdiff_t>(random_() % next.notes.size()))
                        ->first;
                next.notes.erase(id);
                change(std::move(next));
                return !log || log->removeMark(id).has_value();
            }
            [[fallthrough]];
        case 2: // back
            if (at_ > 0) {
                --at_;
                return !log || !log->undo().value().empty();
            }
            [[fallthrough]];
        case 3: // and forth
            if (at_ + 1 < states_.size()) {
                ++at_;
                return !log || !log->redo().value().empty();
            }
            [[fallthrough]];
        default: { // one note more
            Mark mark;
            mark.id = ++notes_made_;
            mark.captured_frame = static_cast<FrameIndex>(random_() % kFrames);
            mark.text = fmt::format("note {}", mark.id);
            mark.kind = Mark::Kind::Note;
            Said next = now();
            next.notes[mark.id] = { mark.captured_frame, mark.text };
            change(std::move(next));
            if (!log)
                return true;
            mark.take = log->takes().value().at(0).clips.at(0).facts.id;
            const std::int64_t expected = std::exchange(mark.id, 0);
            return log->putMark(mark).value_or(0) == expected;
        }
        }
    }
    bool undo()
    {
        if (at_ == 0)
            return false;
        --at_;
        return true;
    }
    [[nodiscard]] const Said& now() const { return states_[at_]; }

private:
    void change(Said next)
    {
        states_.resize(at_ + 1);
        states_.push_back(std::move(next));
        ++at_;
    }

    std::mt19937 random_ { 5 };
    std::vector<Said> states_ { {} };
    std::size_t at_ = 0;
    std::int64_t notes_made_ = 0;
};

Model::Said saidIn(Log& log)
{
    Model::Said said;
    const auto takes = log.takes().value();
    EXPECT_EQ(takes.size(), 2u);
    for (std::size_t i = 0; i < takes.size(); ++i)
        said.ratings.at(i) = takes[i].sheet.rating;
    for (const Mark& mark : takes.at(0).marks)
        said.notes[mark.id] = { mark.captured_frame, mark.text };
    return said;
}

/// Makes @p edits, and says each to @p confirmed once the log has it.
void editUntilKilled(const std::filesystem::path& shoot_folder, int edits, int confirmed)
{
    auto shoot = Shoot::open(shoot_folder, Shoot::Mode::Create).value();
    Model model;
    bool well = true;
    for (int n = 0; n < edits && well; ++n)
        well = model.edit(&shoot->log()) && ::write(confirmed, "x", 1) == 1;
    ::_exit(well ? 0 : 1);
}

/// Fails when an edit that was confirmed is gone, or half of one is there: in shoot.db, and in what is made
/// again from media/.
TEST(LogCrash, EveryConfirmedEditOutlivesAKillAndCanBeUndone)
{
    constexpr int kEdits = 500;
    for (const int killed_after : { 3, 137, 441 }) {
        const Folder root;
        for (const int take : { 1, 2 }) {
            TakeFacts facts = makeFacts({ "1", take, 'A' });
            facts.started_at_utc += take * 60s;
            writeTake(root.path(), evenFrames(kFrames), facts);
        }
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        const pid_t editor = ::fork();
        ASSERT_GE(editor, 0);
        if (editor == 0)
            editUntilKilled(root.path(), kEdits, pipe[1]);
        ::close(pipe[1]);
        int confirmed = 0;
        for (char byte = 0; ::read(pipe[0], &byte, 1) == 1;)
            if (++confirmed == killed_after) {
                ASSERT_EQ(::kill(editor, SIGKILL), 0);
            }
        ::close(pipe[0]);
        int status = -1;
        ASSERT_EQ(::waitpid(editor, &status, 0), editor);
        ASSERT_TRUE(WIFSIGNALED(status)) << "killed while it edited; else: " << status;
        ASSERT_GE(confirmed, killed_after);

        const Folder copy; // media/ alone
        std::filesystem::copy(
            root.path() / "media", copy.path() / "media", std::filesystem::copy_options::recursive);

        Model model;
        for (int n = 0; n < confirmed; ++n)
            ASSERT_TRUE(model.edit(nullptr));
        Model with_next = model; // the edit that was under way when it was killed
        ASSERT_TRUE(with_next.edit(nullptr));
        auto shoot = Shoot::open(root.path(), Shoot::Mode::Create).value();
        const Model::Said there = saidIn(shoot->log());
        ASSERT_TRUE(there == model.now() || there == with_next.now()) << confirmed;
        Model& true_model = there == model.now() ? model : with_next;
        EXPECT_TRUE(shoot->log().troubles().empty());

        const auto again = Shoot::open(copy.path(), Shoot::Mode::Create).value();
        const Model::Said made_again = saidIn(again->log());
        EXPECT_TRUE(made_again == model.now() || made_again == with_next.now()) << confirmed;

        int undone = 0;
        for (; undone < 25 && true_model.undo(); ++undone) {
            ASSERT_FALSE(shoot->log().undo().value().empty());
            ASSERT_EQ(saidIn(shoot->log()), true_model.now()) << undone;
        }
        EXPECT_GT(undone, 0);
    }
}

} // namespace
} // namespace backtake::takes
