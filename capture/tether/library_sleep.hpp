/// The library's own sleeps, seen. When a camera says that its next picture is not there yet, libgphoto2
/// sleeps 5, 10, 15 … ms before it asks again and tells nobody. This program has a usleep() of its own, which
/// the drivers find before the C library's: so it is known, not guessed, that a call was too early, and the
/// first sleeps of a call are 5 ms each, so that being early costs no more than that.
#pragma once

#include "base/time.hpp"

#include <optional>

namespace backtake::capture::tether {

/// While it lives the library is asked for one picture. Room: the thread that calls the library.
class PreviewSleeps {
public:
    PreviewSleeps();
    ~PreviewSleeps();
    PreviewSleeps(const PreviewSleeps&) = delete;
    PreviewSleeps& operator=(const PreviewSleeps&) = delete;
    /// When the last sleep began: just before, the picture was not there. nullopt: it did not sleep.
    [[nodiscard]] std::optional<base::Nanos> lastBegan() const;
};

} // namespace backtake::capture::tether
