// The two pictures of each take in the list: made one take after the other on a thread of its own, for the
// rows on screen alone, and not while a take rolls.
#include "app/session.hpp"
#include "takes/recording.hpp"

#include <algorithm>

namespace backtake::app {

namespace {

/// Takes whose pictures are held, at most: about 10 MB, and four screens full to scroll back to.
constexpr std::size_t kMostEnds = 128;

} // namespace

void Session::fillEnds()
{
    std::size_t wanted = log_.size();
    for (const std::size_t row : takes_on_screen_) {
        if (row >= log_.size())
            continue;
        const takes::TakeEntry& entry = log_[row];
        const auto known = ends_.find(entry.folder.native());
        if (known != ends_.end() && known->second.frames == entry.facts.frames) {
            known->second.seen_at = model_.now;
            model_.takes[row].ends = known->second.strip;
        } else if (wanted == log_.size()) {
            wanted = row;
        }
    }
    if (wanted == log_.size() || ends_asked_ || rolling() || !log_[wanted].facts.closed)
        return;
    ends_asked_ = ends_thread_.ask(
        [this, folder = log_[wanted].folder, frames = log_[wanted].facts.frames]() -> Worker::Answer {
            auto strip = std::make_shared<base::Filmstrip>();
            if (const auto recording = takes::Recording::open(folder))
                *strip = playback::endsOf(**recording);
            return [this, folder, frames, strip]() {
                ends_asked_ = false;
                strip->version = ++ends_made_;
                if (ends_.size() >= kMostEnds)
                    ends_.erase(std::ranges::min_element(
                        ends_, {}, [](const auto& one) { return one.second.seen_at; }));
                ends_[folder.native()] = { strip, frames, model_.now };
            };
        });
}

} // namespace backtake::app
