/// Compares the sound of takes with the guide's master, in the background.
#pragma once

#include "app/worker.hpp"
#include "base/frame.hpp"
#include "base/sound.hpp"
#include "ui/lip.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backtake::app {

/// A take and the master as it was heard while that was captured.
struct LipQuestion {
    std::string take;           ///< Id of the recording.
    base::FootagePtr footage;   ///< Of the take.
    base::SoundTrackPtr master; ///< On its captured time line.
    int channel = 0;            ///< Of the take's sound, from 1 on; 0: all of them …
    int leave_out = 0;          ///< … but this one, which carries timecode. 0: none does.

    friend bool operator==(const LipQuestion&, const LipQuestion&) = default;
};

/// Which sound this is: 64 bits of its format, length and samples from all over it. Room: a worker's thread:
/// reads the track.
std::uint64_t identityOf(const base::SoundTrack& sound);

/// Room: the owner's, but what says otherwise. Time: nothing here waits, but for the destructor, which waits
/// for one phrase.
class LipChecker {
public:
    ~LipChecker() { cancel(); }

    /// What is asked already, or answered, is not asked again. What was asked before is given up.
    void ask(LipQuestion question);
    void cancel();
    /// Picks the answer up. Once a frame of the window.
    void update() { worker_.deliver(); }
    /// Of what was asked last. Null: it is being computed, or failed.
    [[nodiscard]] const ui::LipCheckPtr& check() const { return check_; }
    /// Why there is none; empty: it is being computed, or there.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }
    [[nodiscard]] double progress() const { return *progress_; }

private:
    struct Known {
        LipQuestion question; ///< Without master and footage, which would keep memory and files.
        std::uint64_t master = 0;
        ui::LipCheckPtr check;
    };
    static constexpr std::size_t kMostKnown = 16; ///< A few MB each at most.

    std::optional<LipQuestion> asked_;
    std::uint64_t number_ = 0; ///< An answer to an older question is dropped.
    std::stop_source stop_;
    ui::LipCheckPtr check_;
    std::string trouble_;
    std::shared_ptr<std::atomic<double>> progress_ = std::make_shared<std::atomic<double>>(0.0);
    std::vector<Known> known_; ///< The worker's alone, the newest last.
    Worker worker_ { "bt-lips" };
};

} // namespace backtake::app
