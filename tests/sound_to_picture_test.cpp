/// Sound stands under its picture after the whole way from a source to reversed review.
#include "capture/gst_pipeline.hpp"
#include "tests/folder.hpp"
#include "tests/sound_to_picture.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace backtake::tests {
namespace {

constexpr Nanos kLength = 6s;

/// Runs a pipeline to its end, which must come within a minute.
void runPipeline(const std::string& text)
{
    capture::startGStreamer();
    GError* raw_error = nullptr;
    const capture::GstOwned<GstElement> pipeline(gst_parse_launch(text.c_str(), &raw_error));
    const capture::GstOwned<GError> error(raw_error);
    ASSERT_FALSE(error) << error->message;
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const capture::GstOwned<GstBus> bus(gst_element_get_bus(pipeline.get()));
    GstMessage* end = gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    EXPECT_TRUE(end != nullptr && GST_MESSAGE_TYPE(end) == GST_MESSAGE_EOS);
    if (end != nullptr)
        gst_message_unref(end);
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

void expectTogether(const std::string& spec, Nanos early)
{
    const Folder shoot;
    const auto take = record(spec, kLength, shoot.path());
    ASSERT_TRUE(take) << take.error().message;
    for (const double off : { 0.0, 200e-6 }) {
        const Apart apart = reviewReversed(*take, off, early);
        ASSERT_GE(apart.ms.size(), 2U) << "the machine is too busy to say";
        std::printf("%zu turns: mean %+.2f ms, worst %.2f ms, from the first to the last %+.2f ms\n",
            apart.ms.size(), apart.mean(), apart.worst(), apart.drift(1));
        EXPECT_LE(apart.worst(), 10);
        EXPECT_LE(std::abs(apart.mean()), 3);
        EXPECT_LE(std::abs(apart.drift(1)), 3);
    }
}

/// Fails when sound is stamped by another clock than the picture, or later by what a source holds back.
TEST(SoundToPicture, OfALivePipelineIsTogetherReversed)
{
    expectTogether(fmt::format("gst:audiotestsrc is-live=true {} ! sound. videotestsrc is-live=true {}",
                       kClicks, kTurningPicture),
        kEarlyLive);
}

/// Fails when a clip's sound is paced apart from its picture.
TEST(SoundToPicture, OfAClipThatIsPlayedAsACameraIsTogetherReversed)
{
    const Folder folder;
    const std::string clip = (folder.path() / "clicks.mov").string();
    ASSERT_NO_FATAL_FAILURE(runPipeline(fmt::format(
        "videotestsrc num-buffers=600 {} ! jpegenc ! qtmux name=mux ! filesink location={} audiotestsrc "
        "num-buffers=12000 {} ! audio/x-raw,format=S16LE,rate=48000,channels=2 ! mux.",
        kTurningPicture, clip, kClicks)));
    expectTogether("file:" + clip, kEarlyInClip);
}

} // namespace
} // namespace backtake::tests
