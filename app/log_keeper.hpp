/// What is said of takes and frames, as the operator has said it: the log's words, and those still on their
/// way there.
#pragma once

#include "app/worker.hpp"
#include "takes/log.hpp"
#include "takes/shoot.hpp"
#include "ui/model.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace backtake::app {

/// Room: the thread that owns the session: all calls. Time: none waits; the log is asked on the log thread,
/// one change after the other, as they were made. What is said shows at once; a change that the disk refuses
/// is tried again until it is taken, one that the log refuses is told with its words and taken back.
class LogKeeper {
public:
    /// Ids of marks that the log has not named yet begin here.
    static constexpr std::int64_t kNotStored = 1 << 30;

    struct Wiring {
        Worker& thread;
        std::function<takes::Shoot*()> shoot; ///< Called on the log thread; null: there is none.
        /// A recording that the log does not list: what to put into it first; nullopt: not known yet, ask
        /// again; an error: it never will be.
        std::function<base::Result<std::optional<takes::TakeEntry>>(const std::string& take)> unlisted;
        std::function<void(ui::Message::Kind kind, std::string text)> say;
        std::function<void(const std::string& text)> standing; ///< Empty: it is over.
    };
    explicit LogKeeper(Wiring wiring);

    /// Of one recording.
    struct Said {
        std::int64_t take = 0; ///< LoggedTake::id; 0: the log does not list it yet.
        takes::Slate shot_as;  ///< LoggedTake::shot_as.
        takes::TakeSheet sheet;
        std::vector<takes::Mark> marks;        ///< By captured frame, then as they were made.
        std::optional<takes::Showing> showing; ///< Of the recording; none: the log does not list it yet.
        bool found = true;                     ///< By the query in force.
    };
    /// @return null when nothing is known of it. Valid until the next call of anything here.
    [[nodiscard]] const Said* of(const std::string& take) const;
    /// @return null when nothing was said of it. Valid until the next call of anything here.
    [[nodiscard]] const takes::Setup* setup(const std::string& name) const;
    /// Whether a take was given that number in place of the one it was shot under.
    [[nodiscard]] bool isRenumberedTo(const std::string& scene, int number) const;
    /// Grows with all that of() and setup() tell.
    [[nodiscard]] std::uint64_t version() const { return version_; }

    /// A new mark, whose id is drawn here, or other words for the one with its id.
    /// @param what for people, should it fail: "note "breath" on 12A/3". @return its id until the log's
    /// comes.
    std::int64_t put(takes::Mark mark, std::string what);
    void remove(std::int64_t mark, std::string what);
    void change(const std::string& take, std::function<void(takes::TakeSheet&)> edit, std::string what);
    /// As takes::Log::setShowing().
    void turn(takes::Showings recordings, std::string what);
    /// As takes::Log::renumberFrom().
    void renumberFrom(const std::string& take, takes::Slate to, std::string what);
    void change(takes::Setup setup, std::string what);
    /// The sequences, by name.
    [[nodiscard]] const std::vector<takes::Story>& stories() const { return stories_; }
    /// Makes a sequence, or replaces it.
    void putStory(takes::Story story);
    void removeStory(std::string name);
    /// @pre nobody has that name.
    void renameStory(std::string name, std::string to);
    /// All takes as the log has them, oldest first. Valid until the next call of anything here.
    [[nodiscard]] const std::vector<takes::LoggedTake>& takes() const { return reading_->takes; }
    void undo();
    void redo();
    /// Which takes are found from now on.
    void find(takes::LogQuery query);
    /// The log has changed, but not through here.
    void readAgain() { read_wanted_ = true; }

    /// The mark that the operator chose; it stays so when the log names it.
    [[nodiscard]] std::int64_t chosen() const { return chosen_; }
    void choose(std::int64_t mark) { chosen_ = mark; }

    /// Asks what is to be asked. Once a frame.
    void update(base::Nanos now);
    /// Waits until all is in the log; what the disk goes on refusing is put into the program's own log.
    /// For the end of a session, once all recordings are closed.
    void finish();
    /// Whether something of what was said is on its way into the log.
    [[nodiscard]] bool isWriting() const { return !changes_.empty() && !refused_; }
    /// Whether the disk refuses it: it is tried again, and may take long.
    [[nodiscard]] bool isRefused() const { return refused_; }

private:
    struct Change {
        enum class Kind {
            Put = 1,
            Remove,
            Sheet,
            Showing,
            Renumber,
            Setup,
            Story,
            RemoveStory,
            RenameStory,
            Undo,
            Redo,
        };
        Kind kind = Kind::Put;
        takes::Mark mark;                            ///< Of Put; of Remove its id.
        std::string take;                            ///< Of Put, Sheet and Renumber.
        std::function<void(takes::TakeSheet&)> edit; ///< Of Sheet.
        std::string what;
        takes::Slate to = {};    ///< Of Renumber.
        takes::Setup setup = {}; ///< Of Setup.
        takes::Story story {};   ///< Of Story; of RemoveStory and RenameStory its name.
        std::string name {};     ///< Of RenameStory: from now on.
        takes::Showings showings {};
        /// What the log must list first.
        [[nodiscard]] std::vector<std::string> recordings() const;
    };
    struct Reading {
        std::int64_t version = 0;
        std::vector<takes::LoggedTake> takes;
        std::vector<takes::Setup> setups;
        std::vector<takes::Story> stories;
        std::optional<std::set<std::int64_t>> found; ///< None: no query is in force.
        std::vector<std::string> troubles;           ///< To be said.
    };
    /// What a change came to.
    struct Answer {
        base::Outcome outcome;
        std::int64_t id = 0; ///< Of a mark that was put.
        std::string words;   ///< What was undone or done again.
        std::shared_ptr<const Reading> reading;
    };

    void make(Change change);
    void apply(const Change& change);
    void rebuild();
    void askForFirst(base::Nanos now);
    void askForReading();
    void take(std::shared_ptr<const Reading> reading);
    void answered(const Answer& answer, base::Nanos asked_at);
    static base::Result<std::shared_ptr<const Reading>> read(takes::Log& log, const takes::LogQuery& query);
    static Answer carryOut(takes::Shoot& shoot, const Change& change, std::optional<takes::TakeSheet> sheet,
        std::int64_t logged, const std::vector<takes::TakeEntry>& unlisted);

    const Wiring wiring_;
    std::unordered_map<std::string, Said> said_;           ///< By the id of the recording.
    std::unordered_map<std::string, takes::Setup> setups_; ///< By name.
    std::vector<takes::Story> stories_;
    std::shared_ptr<const Reading> reading_ = std::make_shared<const Reading>();
    std::vector<Change> changes_; ///< Not in the log yet, oldest first; only the first one is ever asked for.
    bool asked_ = false;          ///< And not answered yet.
    bool read_wanted_ = true;
    bool refused_ = false;    ///< The first change, by the disk.
    base::Nanos again_at_ {}; ///< Not before then.
    base::Nanos looked_at_ {};
    takes::LogQuery query_;
    std::int64_t next_id_ = kNotStored;
    std::int64_t chosen_ = 0;
    std::uint64_t version_ = 0;
};

} // namespace backtake::app
