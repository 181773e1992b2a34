/// The shoot's cue sheets in the window: listed, made, changed, printed, said. docs/cue_sheet.md tells where
/// they are kept.
#pragma once

#include "app/cue_voice.hpp"
#include "app/worker.hpp"
#include "guide/cue_edit.hpp"
#include "guide/cue_sheet.hpp"
#include "ui/cue_model.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::app {

/// Begins the name of a sheet that was set aside, in CueDrafts: it is that of no other.
inline constexpr std::string_view kAside = "removed/";

/// What was typed and of which no sheet is made, by the sheet's name; "" is the new one's.
struct CueDrafts {
    struct Draft {
        std::string text;
        std::string language;
        friend bool operator==(const Draft&, const Draft&) = default;
    };
    std::string chosen; ///< The sheet that was on the desk last.
    std::map<std::string, Draft> drafts;
    /// Fingerprints of sheets as the voice made them: what is not as it was made somebody has changed.
    std::map<std::string, std::uint64_t> made;
};

/// Room: the session's; none of its calls waits, but the destructor for the disk: what was typed is on it
/// then. The voice, the disk and the printer are asked on threads of its own.
class CueDesk {
public:
    struct Wiring {
        std::filesystem::path shoot;
        CueVoice::Open open_sound; ///< None: nothing can be said.
        /// Said to the operator. On the session's thread.
        std::function<void(bool trouble, std::string)> say;
    };
    /// @param model what it fills in, from now on.
    CueDesk(Wiring wiring, ui::CueDeskModel& model);
    ~CueDesk();
    CueDesk(const CueDesk&) = delete;
    CueDesk& operator=(const CueDesk&) = delete;

    /// @param sound how it is heard. @param read_only why nothing may be written; empty: it may.
    void handle(const ui::CueOrder& order, const base::SoundChoice& sound, const std::string& read_only);
    /// What came of it. Once a frame.
    void update();
    /// A take rolls: nothing is said any more.
    void silence() { voice_.reset(); }

private:
    using Sheet = std::shared_ptr<const guide::CueSheet>;
    /// A sheet that was read, made or changed, on its way to the window.
    struct Laid {
        std::string name;
        Sheet sheet;
        ui::CueLines lines;
        std::uint64_t fingerprint = 0; ///< Of one that was just made.
    };
    /// A sheet that was set aside: what was typed for it is kept under the file's name, which is no sheet's.
    struct Removed {
        std::string name;
        std::filesystem::path file;
        [[nodiscard]] std::string key() const { return std::string(kAside) + file.filename().string(); }
    };
    using Change = std::function<base::Outcome(guide::CueSheet&)>;

    void open(bool to_show);
    void choose(const std::string& name);
    void keep(const ui::cue::Keep& typed);
    void make(const ui::cue::Make& wanted);
    void rename(const std::string& to);
    void remove();
    void restore();
    void change(Change change);
    void fit(const ui::cue::Fit& wanted);
    void print();
    void speak(bool reversed, const base::SoundChoice& sound);
    void stop();

    /// On the sheets' thread. @param name empty: the new one.
    base::Result<Laid> read(const std::string& name);
    void lay(Laid laid);
    void layOnDesk(const Laid& laid);
    void renameTyped(const std::string& from, const std::string& to);
    void tellRemoved() { model_.removed = removed_.empty() ? std::string() : removed_.back().name; }
    void putOnDesk(const std::string& name, const std::string& text, const std::string& language);
    void refuse(const base::Error& error);
    void saveDrafts();
    [[nodiscard]] bool ask(Worker::Job job);
    [[nodiscard]] base::Result<Laid> makeSheet(const ui::cue::Make& wanted, const std::string& chosen,
        const std::map<std::string, std::uint64_t>& made, const std::stop_token& stop);

    // On the sheets' thread.
    [[nodiscard]] static Laid laidOf(std::string name, guide::CueSheet sheet);

    const Wiring wiring_;
    ui::CueDeskModel& model_;
    Sheet sheet_; ///< The chosen one; null: it is not made yet.
    CueDrafts typed_;
    std::vector<Removed> removed_; ///< In this session; the last is restored first.
    bool opened_ = false;
    bool may_write_ = true;
    bool saving_drafts_ = false;
    bool drafts_changed_ = false; ///< Since they were last handed to their thread.
    bool drafts_trouble_told_ = false;
    std::stop_source work_stop_; ///< Of what is made or printed.
    std::atomic<double> progress_ { 0 };
    std::unique_ptr<CueVoice> voice_; ///< Null: nothing is said.

    Sheet on_thread_;            ///< The sheets' thread only: the newest, which a change goes on from.
    std::string name_on_thread_; ///< The same.
    Worker drafts_ { "bt-drafts" };
    Worker sheets_ { "bt-cues" }; ///< Last.
};

} // namespace backtake::app
