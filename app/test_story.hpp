/// A session over three short takes whose pictures bear numbers, for the tests of story order.
#pragma once

#include "app/front_door.hpp"
#include "takes/log.hpp"
#include "takes/test_takes.hpp"

#include <algorithm>

namespace backtake::app {
using base::FrameIndex;
using base::Nanos;

inline constexpr int kBits = 12;
inline constexpr int kCell = 16;

/// A JPEG whose columns are its number in binary, which any decoder leaves readable.
inline base::FramePtr numbered(int number, Nanos captured_at)
{
    static base::PicturePool pool(64 << 20);
    static base::JpegEncoder encoder;
    const auto picture = pool.tryAcquire({ kBits * kCell, 108, base::Subsampling::S420, base::kJpegColour });
    for (int y = 0; y < picture->format.height; ++y)
        for (int x = 0; x < picture->format.width; ++x)
            picture->planes[0][y * picture->strides[0] + x] = (number >> (x / kCell) & 1) != 0 ? 220 : 30;
    for (std::size_t plane = 1; plane < 3; ++plane)
        std::fill_n(picture->planes[plane], picture->strides[plane] * 54, std::uint8_t { 128 });
    const auto encoded = encoder.encode(*picture, 90);
    auto bytes = std::make_shared<std::vector<std::byte>>(encoded->begin(), encoded->end());
    auto frame = std::make_shared<base::Frame>();
    frame->serial = static_cast<base::Serial>(number);
    frame->captured_at = captured_at;
    frame->width = kBits * kCell;
    frame->height = 108;
    frame->jpeg = *bytes;
    frame->owner = bytes;
    return frame;
}

inline int numberOn(const base::Picture& picture)
{
    int number = 0;
    for (int bit = 0; bit < kBits; ++bit)
        if (picture.planes[0][50 * picture.strides[0] + bit * kCell + kCell / 2] > 125)
            number |= 1 << bit;
    return number;
}

inline constexpr int kFrames = 20;

/// Take 1 is of 12A with the numbers 100 …, take 2 of 12B with 200 …, take 3 of 12C, forward, with 300 ….
class StorySession : public FrontDoor {
protected:
    void SetUp() override
    {
        std::filesystem::create_directory(shoot_);
        for (int take = 1; take <= 3; ++take) {
            takes::TakeFacts facts = takes::makeFacts({ std::string("12") + "ABC"[take - 1], 1, 'A' });
            facts.id = std::string(31, 'a') + std::to_string(take);
            facts.started_at_utc += take * 60s;
            facts.direction = take == 3 ? takes::Direction::Forward : takes::Direction::Backward;
            std::vector<base::FramePtr> frames;
            for (int n = 0; n < kFrames; ++n)
                frames.push_back(numbered(take * 100 + n, takes::kUptime + n * 40ms));
            takes::writeTake(shoot_, frames, facts);
        }
    }
    [[nodiscard]] Nanos now() const override { return now_; }
    void openSession()
    {
        FrontDoor::openSession([](SessionOptions& options) {
            options.scene = "13";
            options.last_news = 0s;
        });
        ASSERT_TRUE(soon([&] { return session_->settled() && model().takes.size() == 3; }));
    }
    void ask(ui::StoryIntent intent) { session_->handle(ui::Intent(std::move(intent)), now_); }
    /// Opened from the list, standing at its first shown frame.
    bool lookAt(std::size_t row)
    {
        const std::string slate = model().takes[row].slate;
        session_->handle(ui::SelectTake { 0, row }, now_);
        if (!soon([&] { return model().review && model().review->slate == slate; }))
            return false;
        session_->handle(ui::Shuttle { 0 }, now_);
        session_->handle(ui::GoToFirst {}, now_);
        return true;
    }
    std::string cards()
    {
        std::string all;
        for (const ui::StoryCardModel& card : model().story.cards)
            all += (all.empty() ? "" : " ") + card.slate + (card.backward ? "<" : ">");
        return all;
    }
    /// Until the sequence with these cards can be played.
    bool made(const std::string& expected)
    {
        return soon([&] {
            const ui::StoryModel& story = model().story;
            return cards() == expected && (story.cards.empty() || story.length > 0s)
                && (story.cards.empty() || story.pictures);
        });
    }
    /// A session in which the takes of these rows are a sequence, in this order. @param expected as made().
    void arrange(std::initializer_list<std::size_t> rows, const std::string& expected)
    {
        ASSERT_NO_FATAL_FAILURE(openSession());
        ask(ui::ShowStory {});
        for (const std::size_t row : rows) {
            ASSERT_TRUE(lookAt(row));
            ask(ui::AddCard {});
        }
        ASSERT_TRUE(made(expected));
    }
    /// The number on screen at @p at, by the test's clock, once the picture is the one that the session says;
    /// the decoder may take as long as it likes.
    int numberAt(Nanos at)
    {
        now_ = at;
        int number = -1;
        EXPECT_TRUE(soon([&] {
            const ui::Model& shown = model();
            if (!shown.review || !shown.picture || shown.picture->format.width != kBits * kCell)
                return false;
            number = numberOn(*shown.picture);
            return number == (shown.review->slate[2] - 'A' + 1) * 100 + shown.review->captured_frame;
        })) << "still "
            << number;
        return number;
    }
    bool says(const std::string& words)
    {
        return std::ranges::any_of(model().messages,
            [&](const ui::Message& message) { return message.text.find(words) != std::string::npos; });
    }

    Nanos now_ { 1000s };
};

} // namespace backtake::app
