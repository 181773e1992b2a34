/// How long pictures and keys take to the glass, measured where it happens: for the debug overlay and the
/// benches.
#pragma once

#include "base/time.hpp"

#include <array>
#include <cstddef>
#include <optional>

namespace backtake::ui {

/// The last times that one stage took. Room: one owner. Time: put() is one store; summary() sorts. Nothing
/// allocates.
class RecentTimes {
public:
    static constexpr std::size_t kMost = 300; ///< Twelve seconds of a camera with 25 pictures a second.
    struct Summary {
        base::Nanos newest {};
        base::Nanos median {}; ///< Of an even number the greater of the two in the middle.
        base::Nanos worst {};
    };

    void put(base::Nanos time) { times_[count_++ % kMost] = time; }
    /// @return nullopt before the first.
    [[nodiscard]] std::optional<Summary> summary() const;

private:
    std::array<base::Nanos, kMost> times_ {};
    std::size_t count_ = 0; ///< Since the beginning.
};

/// Stages, each of pictures or keys that came to the glass. Of live pictures but for the last three.
struct Pace {
    RecentTimes camera_to_slot;       ///< From the camera's last byte to decoded in the live slot.
    RecentTimes slot_to_model;        ///< Until the model that shows it was begun.
    RecentTimes model_to_drawn;       ///< Until the frame with it was handed to GL.
    RecentTimes drawn_to_presented;   ///< Until the display had taken that frame.
    RecentTimes ready_to_presented;   ///< The last three together.
    RecentTimes capture_to_presented; ///< All of it.
    /// From a key that SDL had seen to the display having taken the first frame drawn with its effect.
    RecentTimes key_to_effect;
    RecentTimes ui_frame; ///< Thread time of a frame from the picture's upload to the finished draw lists.
    RecentTimes upload;   ///< Of a new picture.
};

} // namespace backtake::ui
