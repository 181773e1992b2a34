/// virtual_eos: the virtual EOS-1D C as a program, to try Backtake on by hand and for whole-program tests.
///
///     virtual_eos [--port N] [--pacing busy|hold|repeat] [--fps F] [--size WxH] [--jpeg-bytes N]
///     virtual_eos --usb [the same] [-- COMMAND…]
///
/// The first line it prints is "listening: gphoto:ptpip:127.0.0.1:PORT". Then it takes one command a line on
/// stdin; `help` lists them. Each is answered with one line: "ok", a value, JSON, or "error: …". It ends when
/// stdin closes, with `quit`, or by SIGTERM.
///
/// With --usb the first line is "attached: gphoto:usb:BUS,DEVICE", the second "environment: NAME=VALUE …":
/// what a program must have in its environment to see the camera. COMMAND is started with it.
#include "tests/virtual_eos/virtual_eos.hpp"
#include "tests/virtual_eos/virtual_eos_usb.hpp"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace {

using namespace backtake::testing;

const std::map<std::string, Pacing> kPacings { { "busy", Pacing::Busy }, { "hold", Pacing::Hold },
    { "repeat", Pacing::Repeat } };
const std::map<std::string, Damage> kDamages { { "torn", Damage::Torn }, { "garbage", Damage::Garbage },
    { "empty", Damage::Empty }, { "no-picture", Damage::NoPicture }, { "blob-too-long", Damage::BlobTooLong },
    { "unknown-zero", Damage::UnknownZero }, { "blob-too-short", Damage::BlobTooShort },
    { "general-error", Damage::GeneralError }, { "promises-more", Damage::PromisesMore },
    { "cut-off", Damage::CutOff } };

template <typename Value> Value oneOf(const std::map<std::string, Value>& values, const std::string& name)
{
    const auto found = values.find(name);
    if (found != values.end())
        return found->second;
    std::string names;
    for (const auto& [known, value] : values)
        names += (names.empty() ? "" : ", ") + known;
    throw std::runtime_error(fmt::format("'{}' is none of: {}", name, names));
}

/// The words of one line.
class Words {
public:
    explicit Words(const std::string& line)
        : in_(line)
    {
    }
    std::string next(const char* what)
    {
        std::string word;
        if (!(in_ >> word))
            throw std::runtime_error(fmt::format("{} is missing", what));
        return word;
    }
    std::string rest(const char* what)
    {
        std::string text;
        std::getline(in_ >> std::ws, text);
        if (text.empty())
            throw std::runtime_error(fmt::format("{} is missing", what));
        return text;
    }
    bool more() { return !(in_ >> std::ws).eof(); }
    std::uint64_t number(const char* what)
    {
        const std::string word = next(what);
        std::size_t read = 0;
        const std::uint64_t value = word.front() == '-' ? 0 : std::stoull(word, &read, 0);
        if (read != word.size())
            throw std::runtime_error(fmt::format("{} must be a number, not '{}'", what, word));
        return value;
    }
    bool yes(const char* what, const std::string& on = "on", const std::string& off = "off")
    {
        return oneOf<bool>({ { on, true }, { off, false } }, next(what));
    }

private:
    std::istringstream in_;
};

/// The body, and what can be done to its cable; what a cable cannot do is empty.
struct Camera {
    EosBody& body;
    std::function<std::string()> spec;
    std::function<void()> unplug;
    std::function<void()> plugIn;
    std::function<void(bool)> silence;
    std::function<void()> drop;
    std::function<void(bool)> refuse;
    std::function<void()> pair;
    std::function<void(bool)> hold;
};
Camera onNetwork(VirtualEos& camera)
{
    return { camera, [&] { return camera.spec(); }, [&] { camera.unplug(); }, [&] { camera.plugIn(); },
        [&](bool on) { camera.silence(on); }, [&] { camera.drop(); }, [&](bool on) { camera.refuse(on); },
        [&] { camera.pair(); }, {} };
}
Camera onUsb(VirtualEosUsb& camera)
{
    return { camera, [&] { return camera.spec(); }, [&] { camera.unplug(); }, [&] { camera.plugIn(); },
        [&](bool on) { camera.silence(on); }, {}, {}, {}, [&](bool on) { camera.hold(on); } };
}

template <typename Action, typename... Arguments>
void onThisCable(const Action& action, Arguments... arguments)
{
    if (!action)
        throw std::runtime_error("this cable cannot do that");
    action(arguments...);
}

struct Steering {
    const char* usage;
    std::function<std::string(Camera&, Words&)> run;
};

nlohmann::json madeAsJson(const EosBody& camera)
{
    auto list = nlohmann::json::array();
    for (const auto& frame : camera.made())
        list.push_back({ { "number", frame.number }, { "at_ns", frame.at.count() }, { "sent", frame.sent },
            { "damaged", frame.damaged } });
    return list;
}

nlohmann::json changesAsJson(const EosBody& camera)
{
    auto list = nlohmann::json::array();
    for (const auto& change : camera.changes())
        list.push_back({ { "at_ns", change.at.count() }, { "what", change.what } });
    return list;
}

/// Wraps what has nothing to say.
template <typename Do> std::function<std::string(Camera&, Words&)> quietly(Do action)
{
    return [action](Camera& camera, Words& words) {
        action(camera, words);
        return std::string("ok");
    };
}

const std::map<std::string, Steering>& steerings()
{
    static const std::map<std::string, Steering> all {
        { "drop", { "", quietly([](auto& camera, auto&) { onThisCable(camera.drop); }) } },
        { "unplug", { "", quietly([](auto& camera, auto&) { camera.unplug(); }) } },
        { "plug", { "", quietly([](auto& camera, auto&) { camera.plugIn(); }) } },
        { "silence", { "on|off", quietly([](auto& camera, auto& words) {
                          camera.silence(words.yes("on or off"));
                      }) } },
        { "refuse", { "on|off", quietly([](auto& camera, auto& words) {
                         onThisCable(camera.refuse, words.yes("on or off"));
                     }) } },
        { "hold", { "on|off", quietly([](auto& camera, auto& words) {
                       onThisCable(camera.hold, words.yes("on or off"));
                   }) } },
        { "spec", { "", [](auto& camera, auto&) { return camera.spec(); } } },
        { "pair", { "", quietly([](auto& camera, auto&) { onThisCable(camera.pair); }) } },
        { "damage", { "NAME [ANSWERS]", quietly([](auto& camera, auto& words) {
                         const Damage damage = oneOf(kDamages, words.next("the damage"));
                         camera.body.damage(
                             damage, words.more() ? static_cast<int>(words.number("how often")) : 1);
                     }) } },
        { "dial", { "NAME VALUE", quietly([](auto& camera, auto& words) {
                       const std::string name = words.next("the dial");
                       camera.body.turnDial(name, words.rest("the value"));
                   }) } },
        { "get",
            { "NAME", [](auto& camera, auto& words) { return camera.body.dial(words.next("the dial")); } } },
        { "refuse-setting", { "NAME on|off", quietly([](auto& camera, auto& words) {
                                 const std::string name = words.next("the dial");
                                 camera.body.refuseSetting(name, words.yes("on or off"));
                             }) } },
        { "battery", { "PERCENT", quietly([](auto& camera, auto& words) {
                          camera.body.setBattery(static_cast<int>(words.number("the percentage")));
                      }) } },
        { "temperature", { "STATUS", quietly([](auto& camera, auto& words) {
                              camera.body.setTemperature(static_cast<int>(words.number("the status")));
                          }) } },
        { "shots", { "N", quietly([](auto& camera, auto& words) {
                        camera.body.setShotsLeft(static_cast<int>(words.number("the number")));
                    }) } },
        { "card", { "out|in", quietly([](auto& camera, auto& words) {
                       words.yes("out or in", "in", "out") ? camera.body.insertCard()
                                                           : camera.body.removeCard();
                   }) } },
        { "movie", { "on|off", quietly([](auto& camera, auto& words) {
                        camera.body.setMovieSwitch(words.yes("on or off"));
                    }) } },
        { "record", { "", quietly([](auto& camera, auto&) { camera.body.pressRecord(); }) } },
        { "clip",
            { "BYTES",
                [](auto& camera, auto& words) { return camera.body.addClip(words.number("the size")); } } },
        { "remove-clip", { "NAME", quietly([](auto& camera, auto& words) {
                              camera.body.removeClip(words.next("the clip"));
                          }) } },
        { "busy", { "on|off", quietly([](auto& camera, auto& words) {
                       camera.body.setBusy(words.yes("on or off"));
                   }) } },
        { "pacing", { "busy|hold|repeat", quietly([](auto& camera, auto& words) {
                         camera.body.setPacing(oneOf(kPacings, words.next("the pacing")));
                     }) } },
        { "made", { "", [](auto& camera, auto&) { return madeAsJson(camera.body).dump(); } } },
        { "clear-made", { "", quietly([](auto& camera, auto&) { camera.body.clearMade(); }) } },
        { "changes", { "", [](auto& camera, auto&) { return changesAsJson(camera.body).dump(); } } },
        { "recording",
            { "", [](auto& camera, auto&) { return std::string(camera.body.recording() ? "on" : "off"); } } },
    };
    return all;
}

std::string help()
{
    std::string text;
    for (const auto& [name, steering] : steerings())
        text += fmt::format(
            "{}{}{}{}", text.empty() ? "" : "; ", name, *steering.usage ? " " : "", steering.usage);
    return text + "; quit";
}

std::string steer(Camera& camera, const std::string& line)
{
    try {
        Words words(line);
        const std::string name = words.next("the command");
        if (name == "help")
            return help();
        const auto steering = steerings().find(name);
        if (steering == steerings().end())
            return fmt::format("error: there is no command '{}': help lists them", name);
        const std::string said = steering->second.run(camera, words);
        return words.more() ? fmt::format("error: too many words after {}", name) : said;
    } catch (const std::exception& error) {
        return fmt::format("error: {}", error.what());
    }
}

void say(const std::string& line)
{
    std::cout << line << std::endl; // whoever reads it waits for it
}

int serve(Camera camera)
{
    for (std::string line; std::getline(std::cin, line) && line != "quit";) {
        if (!line.empty())
            say(steer(camera, line));
    }
    return 0;
}

/// @return the process, or 0 when there is nothing to start.
pid_t start(std::vector<std::string> command, const std::vector<std::string>& additions)
{
    if (command.empty())
        return 0;
    std::vector<std::string> variables = additions;
    for (char** each = environ; *each != nullptr; ++each)
        variables.emplace_back(*each); // the first of a name counts
    const auto pointers = [](std::vector<std::string>& texts) {
        std::vector<char*> list;
        for (std::string& text : texts)
            list.push_back(text.data());
        list.push_back(nullptr);
        return list;
    };
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    pid_t process = 0;
    const int error = posix_spawnp(&process, command.front().c_str(), &actions, nullptr,
        pointers(command).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::runtime_error(
            fmt::format("{} cannot be started: {}", command.front(), std::strerror(error)));
    return process;
}

int serveOnUsb(const VirtualEosOptions& options, std::vector<std::string> command)
{
    VirtualEosUsb camera(options);
    say("attached: " + camera.spec());
    const auto environment = VirtualEosUsb::environment();
    say(fmt::format("environment: {}", fmt::join(environment, " ")));
    const pid_t process = start(std::move(command), environment);
    const int result = serve(onUsb(camera));
    if (process != 0) {
        kill(process, SIGTERM);
        waitpid(process, nullptr, 0);
    }
    return result;
}

} // namespace

int main(int count, char** words)
{
    std::signal(SIGPIPE, SIG_IGN);
    VirtualEosOptions options;
    std::string size = fmt::format("{}x{}", options.width, options.height);
    std::string pacing = "busy";
    bool usb = false;
    std::vector<std::string> command;
    CLI::App app("A virtual Canon EOS-1D C on the network, or on a USB cable that is not there.");
    app.add_option("--port", options.port, "Port of PTP/IP; 0: a free one");
    app.add_option("--pacing", pacing, "When asked too early: busy, hold or repeat")
        ->check(CLI::IsMember(kPacings));
    app.add_option("--fps", options.fps, "Frames a second")->check(CLI::Range(0.1, 1000.0));
    app.add_option("--size", size, "Of the live picture");
    app.add_option("--jpeg-bytes", options.jpeg_bytes, "About, of a live picture");
    app.add_flag("--usb", usb, "A USB camera, for the programs that are given its environment");
    app.add_option("command", command, "With --usb: started with that environment");
    CLI11_PARSE(app, count, words);
    if (std::sscanf(size.c_str(), "%dx%d", &options.width, &options.height) != 2 || options.width < 64
        || options.height < 64 || options.width > 8192 || options.height > 8192) {
        fmt::print(stderr, "virtual_eos: --size must be like 1024x680, at least 64x64\n");
        return 2;
    }
    if (!usb && !command.empty()) {
        fmt::print(stderr, "virtual_eos: only --usb starts a command\n");
        return 2;
    }
    options.pacing = kPacings.at(pacing);
    try {
        if (usb)
            return serveOnUsb(options, std::move(command));
        VirtualEos camera(options);
        say("listening: " + camera.spec());
        return serve(onNetwork(camera));
    } catch (const std::exception& error) {
        fmt::print(stderr, "virtual_eos: {}\n", error.what());
        return 1;
    }
}
