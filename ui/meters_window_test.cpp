/// The sound's meters in the real window.
#include "ui/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace backtake::ui {
namespace {

struct Colour {
    int r = 0;
    int g = 0;
    int b = 0;
    friend bool operator==(const Colour&, const Colour&) = default;
};
constexpr Colour kBar { 0xC8, 0xC8, 0xC8 };
constexpr Colour kLoud { 0xFF, 0xB0, 0x00 };
constexpr Colour kClipped { 0xFF, 0x3B, 0x30 };

class MetersInTheWindow : public testing::Test {
protected:
    static constexpr int kWidth = 1920;
    static constexpr int kHeight = 1080;
    static constexpr int kLeft = 900; ///< Right of the buttons of roll and review, which are coloured, too.
    static constexpr int kTop = kHeight - 48;

    void SetUp() override
    {
        WindowOptions options;
        options.width = kWidth;
        options.height = kHeight;
        auto opened = Window::open(options);
        ASSERT_TRUE(opened) << opened.error().message << " " << opened.error().detail;
        window_ = std::move(*opened);
        model_.sound.emplace();
        model_.sound->name = "audio:test";
        model_.sound->channels = 2;
        model_.sound->bits = 24;
    }
    void show()
    {
        for (int i = 0; i < 3; ++i)
            window_->frame(model_);
        shot_ = window_->screenshot();
    }
    /// The lengths of all runs of @p colour in the bar at the bottom, from top to bottom, without repeating
    /// those of the row above.
    [[nodiscard]] std::vector<int> runs(const Colour& colour) const
    {
        std::vector<int> lengths;
        for (int y = kTop; y < kHeight; ++y) {
            int run = 0;
            for (int x = kLeft; x <= kWidth; ++x) {
                if (x < kWidth && at(x, y) == colour) {
                    ++run;
                } else if (run > 0) {
                    if (std::find(lengths.begin(), lengths.end(), run) == lengths.end())
                        lengths.push_back(run);
                    run = 0;
                }
            }
        }
        return lengths;
    }
    [[nodiscard]] bool has(const Colour& colour, int run) const
    {
        const auto found = runs(colour);
        return std::find(found.begin(), found.end(), run) != found.end();
    }

    Model model_;

private:
    [[nodiscard]] Colour at(int x, int y) const
    {
        const auto place = (static_cast<std::size_t>(y) * static_cast<std::size_t>(shot_.width)
                               + static_cast<std::size_t>(x))
            * 3;
        return { shot_.rgb[place], shot_.rgb[place + 1], shot_.rgb[place + 2] };
    }

    std::unique_ptr<Window> window_;
    Screenshot shot_;
};

/// 60 dB are 120 px long.
TEST_F(MetersInTheWindow, AreAsLongAsTheSoundIsLoud)
{
    model_.sound->channel[0] = { -30, -30, false };
    model_.sound->channel[1] = { -45, -45, false };
    show();
    EXPECT_TRUE(has(kBar, 58)) << "60, of which the last two are the line of the highest";
    EXPECT_TRUE(has(kBar, 28));
    EXPECT_TRUE(runs(kLoud).empty());
    EXPECT_TRUE(runs(kClipped).empty());
    model_.sound->channel[0] = { -40, -20, false };
    show();
    EXPECT_TRUE(has(kBar, 40));
    EXPECT_FALSE(has(kBar, 58));
}

TEST_F(MetersInTheWindow, SayWhatIsLoudAndWhatWasTooLoud)
{
    model_.sound->channel[0] = { -3, -3, true };
    show();
    EXPECT_TRUE(has(kBar, 102)) << "up to -9 dB";
    EXPECT_TRUE(has(kLoud, 12)) << "from there to -3 dB";
    EXPECT_TRUE(has(kClipped, 8)) << "the light";
    model_.sound->channel[0].clipped = false;
    show();
    EXPECT_TRUE(runs(kClipped).empty());
}

TEST_F(MetersInTheWindow, GiveWayToTheWordsOfLostSound)
{
    model_.sound->channel[0] = { -30, -30, false };
    model_.sound->lost = true;
    show();
    EXPECT_FALSE(has(kBar, 58));
    const auto frame = runs(kLoud);
    EXPECT_TRUE(std::any_of(frame.begin(), frame.end(), [](int run) { return run > 100; }))
        << "the frame round the words";
    model_.sound.reset();
    show();
    EXPECT_TRUE(runs(kLoud).empty());
}

} // namespace
} // namespace backtake::ui
