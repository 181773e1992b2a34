#include "app/story_maker.hpp"

#include "base/jpeg.hpp"
#include "playback/filmstrip_maker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace backtake::app {

using base::FrameIndex;

namespace {

/// The slate as the cards say it: with the camera's letter where it is not the first.
std::string words(const takes::Slate& slate)
{
    return slate.camera == 'A' ? takes::text(slate) : takes::fullText(slate);
}

/// The captured frame that a shot begins with, or ends with, as it is shown.
FrameIndex edgeOf(const playback::StoryShot& shot, bool begins)
{
    return begins == shot.backward ? shot.last : shot.first;
}

/// Within the cell, as large as it can be, black beside it.
void fit(const base::RgbaPicture& picture, int width, int height, std::uint8_t* cell)
{
    const double aspect = static_cast<double>(picture.width) / picture.height;
    const int inner_width = std::clamp(static_cast<int>(std::lround(height * aspect)), 1, width);
    const int inner_height = std::clamp(static_cast<int>(std::lround(inner_width / aspect)), 1, height);
    std::vector<std::uint8_t> inner(static_cast<std::size_t>(inner_width * inner_height * 4));
    playback::reduce(picture, inner_width, inner_height, inner.data());
    const int left = (width - inner_width) / 2;
    const int top = (height - inner_height) / 2;
    for (int y = 0; y < inner_height; ++y)
        std::copy_n(inner.data() + static_cast<std::ptrdiff_t>(y) * inner_width * 4, inner_width * 4,
            cell + (static_cast<std::ptrdiff_t>(top + y) * width + left) * 4);
}

} // namespace

std::string joinOf(const MadeStory& made, std::size_t card)
{
    if (card + 1 >= made.shots.size())
        return {};
    const auto side = [&](std::size_t at, bool begins) {
        const MadeStory::Shot& shot = made.shots[at];
        const playback::StoryShot& plays = made.footage->shots()[at];
        if (!plays.footage)
            return words(shot.slate) + ", which is missing";
        const FrameIndex frame = edgeOf(plays, begins);
        const std::string which = frame == 0 ? "first"
            : frame == shot.frames - 1       ? "last"
                                             : "at " + plays.footage->timecodeLabel(frame);
        return fmt::format("frame captured {} of {}", which, words(shot.slate));
    };
    return side(card, false) + " meets " + side(card + 1, true);
}

std::shared_ptr<const MadeStory> StoryMaker::make(
    const takes::Story& story, const StoryFolders& folders, base::Rate rate)
{
    auto made = std::make_shared<MadeStory>();
    made->story = story;
    std::map<std::string, std::shared_ptr<const takes::Recording>> opened;
    std::vector<playback::StoryShot> shots;
    for (std::size_t i = 0; i < story.cards.size(); ++i) {
        const takes::StoryCard& card = story.cards[i];
        MadeStory::Shot& shot = made->shots.emplace_back();
        playback::StoryShot& plays = shots.emplace_back();
        plays.backward = card.direction == takes::Direction::Backward;
        plays.speed = card.speed_percent / 100.0;
        auto& recording = opened[card.take];
        if (const auto known = open_.find(card.take); !recording && known != open_.end())
            recording = known->second;
        const auto folder = folders.find(card.take);
        const bool again = std::ranges::find(story.cards, card.take, &takes::StoryCard::take)
            != story.cards.begin() + static_cast<std::ptrdiff_t>(i);
        if (!recording && folder == folders.end()) {
            if (!again)
                made->troubles.push_back(
                    fmt::format("Sequence {}: take {} of it is not in this shoot, placeholders stand for it",
                        story.name, i + 1));
        } else if (!recording) {
            if (auto found = takes::Recording::open(folder->second))
                recording = std::move(*found);
            else if (!again)
                made->troubles.push_back(fmt::format("Sequence {}: {}", story.name, found.error().message));
        }
        if (!recording) {
            if (folder != folders.end())
                if (const auto facts = takes::readTakeFacts(folder->second / "take.json"))
                    shot.slate = facts->slate;
            continue;
        }
        const takes::TakeFacts& facts = recording->facts();
        shot.slate = facts.slate;
        shot.orientation = facts.orientation;
        shot.frames = recording->frameCount();
        plays.footage = recording;
        plays.first = std::clamp<FrameIndex>(card.first.value_or(0), 0, shot.frames - 1);
        plays.last =
            std::clamp<FrameIndex>(card.last.value_or(shot.frames - 1), plays.first, shot.frames - 1);
    }
    if (!shots.empty()) {
        const auto first = std::ranges::find_if(
            shots, [](const playback::StoryShot& shot) { return shot.footage != nullptr; });
        made->footage = std::make_shared<playback::StoryFootage>(
            std::move(shots), first != shots.end() ? first->footage->nominalRate() : rate);
    }
    std::erase_if(opened, [](const auto& one) { return one.second == nullptr; });
    open_ = std::move(opened);
    return made;
}

base::FilmstripPtr StoryMaker::pictures(const MadeStory& made)
{
    if (!made.footage)
        return nullptr;
    const std::size_t cards = std::min(made.shots.size(), kMostPictured);
    constexpr std::size_t kCellBytes = std::size_t { kCellWidth } * kCellHeight * 4;
    auto strip = std::make_shared<base::Filmstrip>();
    strip->version = ++versions_;
    strip->cell_width = kCellWidth;
    strip->cell_height = kCellHeight;
    strip->rgba.assign(2 * cards * kCellBytes, 0);
    decltype(cells_) kept;
    base::JpegDecoder decoder;
    for (std::size_t i = 0; i < 2 * cards; ++i) {
        const playback::StoryShot& shot = made.footage->shots()[i / 2];
        const FrameIndex captured = edgeOf(shot, i % 2 == 0);
        strip->captured.push_back(captured);
        strip->made.push_back(false);
        if (!shot.footage)
            continue;
        const auto key = std::pair(made.story.cards[i / 2].take, captured);
        Cell& cell = kept[key];
        if (const auto known = cells_.find(key); cell.empty() && known != cells_.end())
            cell = known->second;
        if (cell.empty()) {
            const auto frame = shot.footage->frame(captured);
            const auto picture = frame ? decoder.decodeSmall((*frame)->jpeg, kCellHeight)
                                       : base::Result<base::RgbaPicture>(base::fail(frame.error()));
            if (!picture) {
                kept.erase(key); // black: playing says what is wrong with the frame
                continue;
            }
            cell.assign(kCellBytes, 0);
            for (std::size_t alpha = 3; alpha < kCellBytes; alpha += 4)
                cell[alpha] = 255;
            fit(*picture, kCellWidth, kCellHeight, cell.data());
        }
        std::ranges::copy(cell, strip->rgba.begin() + static_cast<std::ptrdiff_t>(i * kCellBytes));
        strip->made[i] = true;
    }
    cells_ = std::move(kept);
    return strip;
}

} // namespace backtake::app
