/// The camera itself, whatever cable leads to it: properties, events, live view, recording, card, and what it
/// answers to each command.
#pragma once

#include "base/thread_marks.hpp"
#include "tests/virtual_eos/card.hpp"
#include "tests/virtual_eos/live_view.hpp"
#include "tests/virtual_eos/properties.hpp"
#include "tests/virtual_eos/ptp.hpp"

#include <deque>
#include <map>
#include <stop_token>

namespace backtake::testing {

/// Room: any thread. Time: answer() waits for the next frame with Pacing::Hold, until @p stop; nothing else
/// waits. What is due by time (frames, the end of a clip) happens when somebody asks.
class EosCore {
public:
    explicit EosCore(const VirtualEosOptions& options);
    [[nodiscard]] const VirtualEosOptions& options() const { return options_; }

    // The line's side. One session at a time.
    void connected() EXCLUDES(mutex_);
    void closed() EXCLUDES(mutex_);
    [[nodiscard]] Answer answer(const Command& command, std::stop_token stop) EXCLUDES(mutex_);
    /// An answer could not be handed over whole.
    void undelivered(const Answer& answer) EXCLUDES(mutex_);

    // The steering side, as EosBody has it.
    void damage(Damage damage, int answers) EXCLUDES(mutex_);
    void setPacing(Pacing pacing) EXCLUDES(mutex_);
    void setBusy(bool on) EXCLUDES(mutex_);
    void answerBusy(BusyWith what, int answers) EXCLUDES(mutex_);
    void turnDial(const std::string& name, const std::string& value) EXCLUDES(mutex_);
    [[nodiscard]] std::string dial(const std::string& name) const EXCLUDES(mutex_);
    void setChoices(const std::string& name, const std::vector<std::string>& values) EXCLUDES(mutex_);
    void refuseSetting(const std::string& name, bool on) EXCLUDES(mutex_);
    void setNumber(std::uint16_t property, std::uint32_t value) EXCLUDES(mutex_);
    void setShotsLeft(int shots) EXCLUDES(mutex_);
    void removeCard() EXCLUDES(mutex_);
    void insertCard() EXCLUDES(mutex_);
    void setMovieSwitch(bool on) EXCLUDES(mutex_);
    void pressRecord() EXCLUDES(mutex_);
    [[nodiscard]] bool recording() const EXCLUDES(mutex_);
    std::string addClip(std::uint64_t bytes) EXCLUDES(mutex_);
    void removeClip(const std::string& name) EXCLUDES(mutex_);
    [[nodiscard]] std::vector<std::string> clips() EXCLUDES(mutex_);
    [[nodiscard]] std::vector<EosBody::Made> made() EXCLUDES(mutex_);
    void clearMade() EXCLUDES(mutex_);
    [[nodiscard]] std::vector<EosBody::Change> changes() EXCLUDES(mutex_);
    [[nodiscard]] bool inSession() const EXCLUDES(mutex_);
    void log(std::string what) EXCLUDES(mutex_);

private:
    struct FinishingClip {
        base::Nanos due {};
        std::uint64_t bytes = 0;
    };

    // eos_core.cpp: the body
    void note(std::string what, base::Nanos at) REQUIRES(mutex_);
    void queue(std::vector<std::byte> record) REQUIRES(mutex_);
    void queueNumber(Event event, std::uint32_t value) REQUIRES(mutex_);
    void change(Property& property, std::uint32_t value, base::Nanos now) REQUIRES(mutex_);
    void settle(base::Nanos now) REQUIRES(mutex_);
    void followLiveView(base::Nanos now) REQUIRES(mutex_);
    void endSession(base::Nanos now) REQUIRES(mutex_);
    Code startRecording(base::Nanos now) REQUIRES(mutex_);
    void stopRecording(base::Nanos now) REQUIRES(mutex_);
    void turnMovieSwitch(bool on, base::Nanos now) REQUIRES(mutex_);
    [[nodiscard]] bool isRecording() const REQUIRES(mutex_) { return record_started_.has_value(); }
    [[nodiscard]] bool saysBusy(BusyWith what) REQUIRES(mutex_);

    // eos_answers.cpp: the commands
    Answer answerStandard(const Command& command, base::Nanos now) REQUIRES(mutex_);
    Answer answerEos(const Command& command, std::stop_token stop, base::Nanos now) REQUIRES(mutex_);
    Answer deviceInfo() const REQUIRES(mutex_);
    Answer eosDeviceInfo() const REQUIRES(mutex_);
    Answer object(std::uint32_t handle, std::uint64_t offset, std::uint64_t most) const REQUIRES(mutex_);
    Answer setProperty(const Command& command, base::Nanos now) REQUIRES(mutex_);
    Code setEventMode(bool on) REQUIRES(mutex_);
    Answer takeEvents() REQUIRES(mutex_);
    Answer picture(std::stop_token stop) REQUIRES(mutex_);
    Answer liveViewData() REQUIRES(mutex_);
    void prepare(std::uint64_t number) REQUIRES(mutex_);

    const VirtualEosOptions options_;
    mutable base::Mutex mutex_;
    base::Condition changed_; ///< Ends the wait of Pacing::Hold.
    Properties properties_ GUARDED_BY(mutex_);
    Card card_ GUARDED_BY(mutex_);
    FrameGrid grid_ GUARDED_BY(mutex_);
    FramePainter painter_ GUARDED_BY(mutex_);
    NumberedJpeg jpeg_ GUARDED_BY(mutex_); ///< The newest that was painted; Pacing::Repeat sends it again.
    Pacing pacing_ GUARDED_BY(mutex_);
    bool busy_ GUARDED_BY(mutex_) = false;
    std::map<BusyWith, int> busy_answers_ GUARDED_BY(mutex_);
    std::deque<Damage> damages_ GUARDED_BY(mutex_);
    bool session_ GUARDED_BY(mutex_) = false;
    bool connected_ GUARDED_BY(mutex_) = false;
    bool event_mode_ GUARDED_BY(mutex_) = false;
    std::vector<std::vector<std::byte>> events_ GUARDED_BY(mutex_);
    std::uint32_t shots_ GUARDED_BY(mutex_) = 1'234; ///< Of the card, in or out.
    std::optional<base::Nanos> record_started_ GUARDED_BY(mutex_);
    std::uint32_t recorded_seconds_ GUARDED_BY(mutex_) = 0; ///< Told so far.
    std::vector<FinishingClip> finishing_ GUARDED_BY(mutex_);
    std::vector<EosBody::Change> changes_ GUARDED_BY(mutex_);
};

} // namespace backtake::testing
