#include "base/time.hpp"
#include "ui/slow_server.hpp"
#include "ui/sound_devices.hpp"

#include <gtest/gtest.h>

namespace backtake::ui {
namespace {

using namespace std::chrono_literals;

template <typename Condition> bool soon(Condition condition)
{
    const base::Nanos give_up = base::monotonicNow() + 60s;
    while (!condition()) {
        if (base::monotonicNow() > give_up)
            return false;
        std::this_thread::yield();
    }
    return true;
}

TEST(SoundDevices, WhileAServerThinksNobodyWaitsAndThenTheyAreThere)
{
    SlowServer server;
    SoundDevices devices(server.list());
    EXPECT_FALSE(devices.looking()) << "nobody has asked";
    devices.look();
    ASSERT_TRUE(soon([&] { return server.isAsked(); }));
    EXPECT_TRUE(devices.looking());
    EXPECT_TRUE(devices.names().empty());
    server.answer();
    ASSERT_TRUE(soon([&] { return !devices.looking(); }));
    EXPECT_EQ(devices.names(), (std::vector<std::string> { "Desk", "Headphones" }));
}

/// Fails for a panel opened again and again that has a slow server asked as often, and for one that takes the
/// list of then for that of now.
TEST(SoundDevices, AskedAgainMeanwhileTheyAreListedOnceMore)
{
    SlowServer server;
    SoundDevices devices(server.list());
    devices.look();
    ASSERT_TRUE(soon([&] { return server.isAsked(); }));
    for (int i = 0; i < 5; ++i)
        devices.look();
    server.answer();
    ASSERT_TRUE(soon([&] { return !devices.looking(); }));
    EXPECT_EQ(server.lists(), 2);
    devices.look();
    EXPECT_EQ(devices.names().size(), 2U) << "what is known stays";
    ASSERT_TRUE(soon([&] { return !devices.looking(); }));
    EXPECT_EQ(server.lists(), 3);
}

/// Fails for a program that ends when the sound server does.
TEST(SoundDevices, AServerThatHangsHoldsUpNobodysEnd)
{
    SlowServer server;
    {
        SoundDevices devices(server.list());
        devices.look();
        ASSERT_TRUE(soon([&] { return server.isAsked(); }));
    }
    EXPECT_TRUE(server.isAsked());
    server.answer(); // nobody is there any more
    EXPECT_TRUE(soon([&] { return !server.isAsked(); }));
}

} // namespace
} // namespace backtake::ui
