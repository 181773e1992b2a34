/// The log in its database, and the log.json files beside the takes. For takes/ alone; what others have is
/// Log.
#pragma once

#include "takes/database.hpp"
#include "takes/disk.hpp"
#include "takes/log.hpp"

#include <map>
#include <set>
#include <span>
#include <utility>

namespace backtake::takes {

struct LogFile;

/// Room: one thread at a time. Owns: the database connection.
class LogStore final : public Log {
public:
    /// Copy: a database in memory that follows media/, for a shoot without a log of our version that is only
    /// looked at.
    enum class Use { Read = 1, Write, Copy };
    /// @param disk outlives it; the log.json files go through it.
    LogStore(Database database, Use use, std::filesystem::path media, Disk& disk);

    base::Result<std::vector<LoggedTake>> takes() override;
    base::Result<std::vector<Setup>> setups() override;
    base::Result<std::vector<std::int64_t>> find(const LogQuery& query) override;
    base::Outcome setSheet(std::int64_t take, const TakeSheet& sheet) override;
    base::Outcome renumberFrom(std::int64_t take, const Slate& to) override;
    base::Outcome setShowing(const Showings& recordings) override;
    base::Outcome setSetup(const Setup& setup) override;
    base::Result<std::int64_t> putMark(const Mark& mark) override;
    base::Outcome removeMark(std::int64_t id) override;
    base::Result<std::vector<Story>> stories() override;
    base::Outcome setStory(const Story& story) override;
    base::Outcome removeStory(const std::string& name) override;
    base::Outcome renameStory(const std::string& name, const std::string& to) override;
    base::Result<std::string> undo() override;
    base::Result<std::string> redo() override;
    base::Result<std::int64_t> version() override;
    std::vector<std::string> troubles() override;

    /// Whether record() and matchMedia() are this program's to call.
    [[nodiscard]] bool mayFollow() const { return use_ != Use::Read; }
    /// For troubles().
    void say(std::string trouble) { troubles_.push_back(std::move(trouble)); }
    /// By the name that nameOf() gives: take.json as last seen.
    base::Result<std::map<std::string, std::string>> recordings();
    /// By the name that nameOf() gives, those of which the log says it.
    base::Result<Showings> showings();
    /// Puts recordings in, or in place of what was known of them. Each lies in media/, or its folder is
    /// absolute.
    base::Outcome record(std::span<const TakeEntry> entries);
    /// Brings log and log.json together, of one recording or of all: one that is older than the log is
    /// written, what a newer one says is taken over. take.json is made to say how its recording is shown.
    /// What goes wrong with a file is in troubles().
    base::Outcome matchMedia(const std::optional<std::string>& name = {});
    /// The highest take of a scene and camera as shot, or of the scene as renumbered; 0 without one.
    base::Result<int> highestTake(const std::string& scene, char camera);
    /// The name below media/, or the whole path.
    [[nodiscard]] std::string nameOf(const std::filesystem::path& folder) const;

private:
    enum class What { Sheet = 1, Setup, Mark, Sheets, Story, Stories, Showing };
    enum class State { Done = 1, Undone, Dropped };
    struct Change {
        What what = What::Sheet;
        std::string key; ///< Of Sheets, Stories and Showing, the rows themselves name what they are of.
        std::optional<std::string> before; ///< As the log has it; absent: nothing.
        std::optional<std::string> after;
    };

    [[nodiscard]] base::Outcome mayWrite() const;
    /// @p sheet as the row of @p take has it: nothing, where nothing was said.
    static std::optional<TakeSheet> toStore(const LoggedTake& take, const TakeSheet& sheet);
    base::Outcome make(const Change& change, const std::string& words, Transaction& in);
    base::Result<std::string> step(State from, State to);
    std::set<std::int64_t> apply(
        What what, const std::string& key, const std::optional<std::string>& value, Transaction& in);
    void touch(const std::set<std::int64_t>& takes, Transaction& in);
    void index(std::int64_t take, Transaction& in);
    std::vector<LoggedTake> read(Transaction& in, std::optional<std::int64_t> only = {});
    std::optional<LoggedTake> takeOf(const std::string& recording, Transaction& in);
    std::optional<Setup> setup(const std::string& name, Transaction& in);
    std::optional<Mark> mark(std::int64_t id, Transaction& in);
    std::vector<Story> stories(Transaction& in);
    base::Outcome putStory(const std::string& name, const std::optional<Story>& story);
    base::Outcome matchStories();
    void writeStories();
    void insert(const Mark& mark, Transaction& in);
    const TakeFacts& whole(const std::filesystem::path& folder, std::string facts_text);
    void takeOver(std::vector<std::pair<std::string, LogFile>> files, Transaction& in);
    void writeBeside(What what, const std::set<std::int64_t>& takes);
    void writeBeside(const std::set<std::int64_t>& takes);
    void writeShowings();
    void sayOnce(const std::string& name, const base::Error& error);
    [[nodiscard]] std::filesystem::path folderOf(const std::string& name) const;

    Database database_;
    Use use_;
    std::filesystem::path media_;
    Disk& disk_;
    std::vector<std::string> troubles_;
    std::set<std::string> said_; ///< Recordings whose files were in troubles(), until they are well again.
    struct Facts {
        std::string text;
        TakeFacts facts;
    };
    std::map<std::string, Facts> whole_; ///< By folder. Reading them anew costs more than all the rest.
};

} // namespace backtake::takes
