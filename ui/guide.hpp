/// The guide as the window shows and steers it: a song or line that performers hear reversed while a take
/// rolls, and the same sound the right way round, the master, under the take in review.
#pragma once

#include "base/sound_outline.hpp"
#include "base/time.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backtake::ui {

/// How the guide is played.
struct GuideChoice {
    bool armed = true;          ///< It starts when a take rolls.
    int level_db = 0;           ///< kSoftestGuide_db … 0: as the file has it; of the clicks, too.
    int count_in_clicks = 4;    ///< 0 … kMostGuideClicks.
    int beats_per_minute = 120; ///< kSlowestTempo … kFastestTempo.
    std::string device {};      ///< By name; empty: the system's own choice.
    int speed_percent = 100;    ///< kSlowestGuide_percent … 100, at the recorded pitch. Of this run only.
    bool loop = false;          ///< Of this run only.
    friend bool operator==(const GuideChoice&, const GuideChoice&) = default;
};
inline constexpr int kSoftestGuide_db = -40;
inline constexpr int kMostGuideClicks = 32;
inline constexpr int kSlowestTempo = 20;
inline constexpr int kFastestTempo = 400;
inline constexpr int kSlowestGuide_percent = 50;

/// The lowest and highest value of a stretch of sound, -1 … 1.
struct WaveColumn {
    float low = 0;
    float high = 0;
    friend bool operator==(const WaveColumn&, const WaveColumn&) = default;
};

struct GuideModel {
    std::string file;           ///< As it was asked for; empty: no guide.
    bool loading = false;       ///< It is being read; what was loaded before goes on.
    double progress = 0;        ///< Of that, 0 … 1.
    bool loaded = false;        ///< It can be played.
    std::string trouble;        ///< Why it cannot be used, or what is damaged in it; empty: nothing.
    std::string device_trouble; ///< Why nobody hears it; empty: it can be heard.
    base::Nanos from {};        ///< The part that is played, in the file's own time …
    base::Nanos to {};          ///< … and its end.
    base::Nanos wave_from {};   ///< What the wave shows: the file, or of a very long one the part.
    base::Nanos wave_to {};
    std::shared_ptr<const std::vector<WaveColumn>> wave; ///< Equal parts of that time; null: none yet.
    bool playing = false;                                ///< Counting in or sounding.
    int clicks_left = 0;                                 ///< Of the count-in.
    std::optional<base::Nanos> position; ///< In the file's own time, falling, while it sounds.
};

/// What is heard in review of a take that has a master.
enum class HeardTrack { Both = 1, Take, Master };

/// Of the take in review.
struct MasterModel {
    HeardTrack heard = HeardTrack::Both;
    base::Nanos nudge {}; ///< In the order on screen: positive, the master is so much later.
    base::SoundOutlinePtr
        outline {}; ///< Where it was heard, in captured time, without nudge; null: none yet.
    friend bool operator==(const MasterModel&, const MasterModel&) = default;
};

} // namespace backtake::ui
