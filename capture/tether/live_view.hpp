/// Pictures from the camera into the slots that the app sees.
#pragma once

#include "base/time.hpp"
#include "capture/tether/gphoto_camera.hpp"
#include "capture/tether/line.hpp"
#include "capture/tether/preview_pacer.hpp"

#include <xxhash.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace backtake::capture::tether {

/// What is wrong with a picture's bytes; empty: it is a whole JPEG.
/// @param bytes in: what came; out: without the fill behind the picture's end. Nothing else is believed:
/// libgphoto2 calls movie mode's pictures "image/x-raw" and hands on torn ones without a word.
std::string faultOfPicture(std::span<const std::byte> picture, std::size_t& bytes);

/// Room: the helper's one thread.
class LiveView {
public:
    LiveView(GphotoCamera& camera, std::shared_ptr<SharedMemory> memory, Line& line);

    /// When to call take() next.
    [[nodiscard]] base::Nanos askAt(bool room_wanted) const { return pacer_.askAt(room_wanted); }
    /// Asks for one picture and hands it on, if it is new and whole.
    Code take();
    [[nodiscard]] std::optional<base::Nanos> period() const { return pacer_.period(); }

private:
    GphotoCamera& camera_;
    const std::shared_ptr<SharedMemory> memory_;
    Line& line_;
    PreviewPacer pacer_;
    std::vector<std::byte> spare_; ///< Where a picture goes when every slot is taken.
    XXH128_hash_t last_hash_ {};
    std::size_t last_bytes_ = 0;
    std::uint64_t repeated_ = 0;
    std::uint64_t dropped_ = 0;
    bool warm_ = false;                 ///< It has given a picture: from now on it answers quickly.
    std::optional<Damaged> unanswered_; ///< A frame lost, unless it was the connection.
};

} // namespace backtake::capture::tether
