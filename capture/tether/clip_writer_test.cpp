#include "capture/tether/clip_writer.hpp"
#include "tests/process.hpp"

#include <sys/resource.h>

namespace {

using namespace backtake::capture::tether;
using backtake::base::Fault;
using backtake::tests::eventually;
using backtake::tests::Folder;
using backtake::tests::readAll;

void put(ClipWriter& writer, const std::string& text)
{
    RangeBuffer* room = nullptr;
    ASSERT_TRUE(eventually([&] { return (room = writer.room()) != nullptr; }));
    const auto into = room->last(text.size());
    std::memcpy(into.data(), text.data(), text.size());
    writer.write(room, into);
}

TEST(ClipWriter, AClipGetsItsNameWhenItIsWhole)
{
    const Folder folder;
    auto writer = ClipWriter::open(folder / "a.mov");
    ASSERT_TRUE(writer) << writer.error().message;
    for (int n = 0; n < 20; ++n)
        put(**writer, "0123456789");
    EXPECT_FALSE(std::filesystem::exists(folder / "a.mov"));
    (*writer)->finish(200);
    ASSERT_TRUE(eventually([&] { return (*writer)->state().done; }));
    EXPECT_EQ(readAll(folder / "a.mov").size(), 200U);
    EXPECT_FALSE(std::filesystem::exists(folder / "a.mov.part"));
}

TEST(ClipWriter, AFileIsNeverReplaced)
{
    const Folder folder;
    std::ofstream(folder / "a.mov") << "mine";
    EXPECT_EQ(ClipWriter::open(folder / "a.mov").error().fault, Fault::Exists);
    auto writer = ClipWriter::open(folder / "b.mov");
    ASSERT_TRUE(writer);
    put(**writer, "clip");
    std::ofstream(folder / "b.mov") << "came meanwhile";
    (*writer)->finish(4);
    ASSERT_TRUE(eventually([&] { return (*writer)->state().trouble.has_value(); }));
    EXPECT_EQ((*writer)->state().trouble->fault, Fault::Exists);
    EXPECT_EQ(readAll(folder / "b.mov"), "came meanwhile");
    EXPECT_EQ(readAll(folder / "b.mov.part"), "clip");
}

TEST(ClipWriter, WhatIsThereIsGoneOnWith)
{
    const Folder folder;
    std::ofstream(folder / "a.mov.part") << "01234";
    auto writer = ClipWriter::open(folder / "a.mov");
    ASSERT_TRUE(writer);
    EXPECT_EQ((*writer)->partBytes(), 5U);
    std::array<std::byte, 2> tail {};
    ASSERT_TRUE((*writer)->readTail(tail));
    EXPECT_EQ(static_cast<char>(tail[1]), '4');
    put(**writer, "56789");
    (*writer)->finish(10);
    ASSERT_TRUE(eventually([&] { return (*writer)->state().done; }));
    EXPECT_EQ(readAll(folder / "a.mov"), "0123456789");
}

TEST(ClipWriter, APieceOfAnotherClipIsPutAside)
{
    const Folder folder;
    std::ofstream(folder / "a.mov.part") << "other";
    std::ofstream(folder / "a.mov.part.1") << "older";
    auto writer = ClipWriter::open(folder / "a.mov");
    ASSERT_TRUE(writer);
    ASSERT_EQ((*writer)->putAside().value_or("none"), "a.mov.part.2");
    put(**writer, "new");
    (*writer)->finish(3);
    ASSERT_TRUE(eventually([&] { return (*writer)->state().done; }));
    EXPECT_EQ(readAll(folder / "a.mov"), "new");
    EXPECT_EQ(readAll(folder / "a.mov.part.1"), "older");
    EXPECT_EQ(readAll(folder / "a.mov.part.2"), "other");
}

TEST(ClipWriter, ASizeThatIsNotRightIsNoWholeClip)
{
    const Folder folder;
    auto writer = ClipWriter::open(folder / "a.mov");
    ASSERT_TRUE(writer);
    put(**writer, "short");
    (*writer)->finish(6);
    ASSERT_TRUE(eventually([&] { return (*writer)->state().trouble.has_value(); }));
    EXPECT_EQ((*writer)->state().trouble->fault, Fault::Corrupt);
    EXPECT_FALSE(std::filesystem::exists(folder / "a.mov"));
}

TEST(ClipWriter, AFullDiskIsSaidAndKeepsWhatCame)
{
    const Folder folder;
    // A file that may grow no further is the nearest thing to a full disk that needs no rights.
    rlimit old {};
    getrlimit(RLIMIT_FSIZE, &old);
    const rlimit small { 100, old.rlim_max };
    const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    auto writer = ClipWriter::open(folder / "a.mov");
    ASSERT_TRUE(writer);
    put(**writer, std::string(200, 'x'));
    EXPECT_TRUE(eventually([&] { return (*writer)->state().trouble.has_value(); }));
    setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, ignored);
    EXPECT_EQ((*writer)->state().trouble->fault, Fault::OutOfSpace);
    EXPECT_EQ(readAll(folder / "a.mov.part").size(), 100U);
    EXPECT_EQ((*writer)->room(), nullptr);
}

TEST(ClipWriter, ALinkIsNotFollowedAndTwoDoNotWriteTheSame)
{
    const Folder folder;
    std::filesystem::create_symlink(folder / "elsewhere", folder / "a.mov.part");
    EXPECT_FALSE(ClipWriter::open(folder / "a.mov"));
    EXPECT_FALSE(ClipWriter::open(folder / "nowhere/a.mov"));
    const auto first = ClipWriter::open(folder / "b.mov");
    ASSERT_TRUE(first);
    EXPECT_FALSE(ClipWriter::open(folder / "b.mov"));
}

} // namespace
