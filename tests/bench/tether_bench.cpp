/// A tethered camera measured from both ends: the virtual EOS-1D C in a process of its own, real libgphoto2
/// in its helper, and the product's camera here.
///
///     tether_bench live [--seconds S] [--pacing busy|hold|repeat]   frames lost or doubled, CPU, handing
///     over tether_bench returns [--times N]     from the camera being there again to its first frame, by
///     kind of loss tether_bench body [--times N]        from R to the body's recording, from a setting to
///     its answer shown tether_bench fetch [--mebibytes M]   a clip beside live view, against a plain range
///     loop alone
///
/// One JSON object on stdout.
#include "capture/camera.hpp"
#include "tests/virtual_eos/virtual_eos_usb.hpp"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <gphoto2/gphoto2.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <spawn.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>

extern char** environ;

namespace {

using namespace backtake;
using base::Nanos;
using nlohmann::json;
using namespace std::chrono_literals;

[[noreturn]] void giveUp(const std::string& why)
{
    std::cerr << "tether_bench: " << why << "\n";
    std::exit(1);
}

/// The virtual camera's program, steered by lines.
class EosProcess {
public:
    explicit EosProcess(std::vector<std::string> arguments)
    {
        std::array<int, 2> in {};
        std::array<int, 2> out {};
        if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
            giveUp("no pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in[0], 0);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        arguments.insert(arguments.begin(), VIRTUAL_EOS);
        std::vector<char*> words;
        for (std::string& argument : arguments)
            words.push_back(argument.data());
        words.push_back(nullptr);
        if (posix_spawn(&process_, VIRTUAL_EOS, &actions, nullptr, words.data(), environ) != 0)
            giveUp("virtual_eos does not start");
        posix_spawn_file_actions_destroy(&actions);
        ::close(in[0]);
        ::close(out[1]);
        in_ = in[1];
        out_ = fdopen(out[0], "r");
        const std::string greeting = line();
        const auto at = greeting.find("gphoto:");
        if (at == std::string::npos)
            giveUp("virtual_eos says: " + greeting);
        spec_ = greeting.substr(at);
    }
    ~EosProcess()
    {
        ::close(in_);
        ::kill(process_, SIGTERM);
        waitpid(process_, nullptr, 0);
        fclose(out_);
    }
    EosProcess(const EosProcess&) = delete;
    EosProcess& operator=(const EosProcess&) = delete;

    void tell(const std::string& command) const
    {
        const std::string text = command + "\n";
        if (write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
            giveUp("virtual_eos is gone");
    }
    [[nodiscard]] json ask(const std::string& question)
    {
        tell(question);
        while (true) {
            const std::string answer = line();
            if (auto parsed = json::parse(answer, nullptr, false); parsed.is_array())
                return parsed;
        }
    }
    [[nodiscard]] const std::string& spec() const { return spec_; }

private:
    std::string line()
    {
        char* text = nullptr;
        std::size_t room = 0;
        const ssize_t size = getline(&text, &room, out_);
        const std::string found =
            size > 0 ? std::string(text, static_cast<std::size_t>(size) - 1) : std::string();
        free(text);
        if (size <= 0)
            giveUp("virtual_eos ended");
        return found;
    }
    pid_t process_ = -1;
    int in_ = -1;
    FILE* out_ = nullptr;
    std::string spec_;
};

double quantile(std::vector<double> values, double part)
{
    if (values.empty())
        return -1;
    std::sort(values.begin(), values.end());
    return values[std::min(
        values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}
double seconds(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::vector<pid_t> helpers()
{
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream stat(entry.path() / "stat");
        std::string pid;
        std::string name;
        std::string state;
        std::string parent;
        if (stat >> pid >> name >> state >> parent && name == "(backtake-tether)" && state != "Z"
            && parent == std::to_string(getpid()))
            found.push_back(std::stoi(pid));
    }
    return found;
}

/// CPU seconds of this process and of its helpers that live.
double cpuSeconds()
{
    rusage self {};
    getrusage(RUSAGE_SELF, &self);
    double sum = seconds(self.ru_utime) + seconds(self.ru_stime);
    for (const pid_t helper : helpers()) {
        clockid_t clock = 0;
        timespec used {};
        if (clock_getcpuclockid(helper, &clock) == 0 && clock_gettime(clock, &used) == 0)
            sum += static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
    }
    return sum;
}

template <typename Condition> bool eventually(Condition condition, Nanos limit)
{
    const Nanos give_up = base::monotonicNow() + limit;
    while (!condition()) {
        if (base::monotonicNow() > give_up)
            return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

std::unique_ptr<capture::Camera> open(const std::string& spec)
{
    const auto parsed = capture::parseCameraSpec(spec);
    if (!parsed)
        giveUp(parsed.error().message);
    capture::CameraOptions options;
    options.ring_bytes = 256 << 20;
    auto camera = std::make_unique<capture::Camera>(*parsed, options);
    if (!eventually([&]() { return camera->status().state == capture::CameraState::Live; }, 10s))
        giveUp("not live: " + camera->status().why);
    return camera;
}

json live(double for_seconds, const std::string& pacing)
{
    EosProcess eos({ "--pacing", pacing });
    const auto camera = open(eos.spec());
    std::this_thread::sleep_for(2s); // settled
    base::Serial next = camera->ring()->span().end;
    std::optional<std::uint64_t> last;
    std::uint64_t frames = 0;
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    const double cpu_before = cpuSeconds();
    const Nanos began = base::monotonicNow();
    const Nanos end = began + Nanos(static_cast<std::int64_t>(for_seconds * 1e9));
    std::vector<double> gaps;
    std::optional<Nanos> last_at;
    while (base::monotonicNow() < end) {
        if (!camera->ring()->waitFor(next, {}, base::monotonicNow() + 1s))
            continue;
        const auto frame = camera->ring()->at(next++);
        const auto number =
            frame && frame->loss == base::Loss::None ? testing::numberInComment(frame->jpeg) : std::nullopt;
        ++frames;
        if (!number) {
            ++lost;
            continue;
        }
        if (last && *number <= *last)
            ++doubled;
        else if (last)
            lost += *number - *last - 1;
        last = number;
        if (last_at)
            gaps.push_back(base::milliseconds(frame->captured_at - *last_at));
        last_at = frame->captured_at;
    }
    const double wall = base::milliseconds(base::monotonicNow() - began) / 1000;
    const auto status = camera->status();
    return { { "what", "live" }, { "pacing", pacing }, { "seconds", wall }, { "frames", frames },
        { "fps", static_cast<double>(frames) / wall }, { "lost", lost }, { "doubled", doubled },
        { "returns", status.returns },
        { "handover_ms", base::milliseconds(status.facts.latency.value_or(0ns)) },
        { "gap_p1_ms", quantile(gaps, 0.01) }, { "gap_p50_ms", quantile(gaps, 0.5) },
        { "gap_p99_ms", quantile(gaps, 0.99) },
        { "cpu_percent_of_a_core", 100 * (cpuSeconds() - cpu_before) / wall } };
}

/// The cable of a USB camera pulled and put back. Only the helper sees the virtual bus.
json usbReturns(int times)
{
    testing::VirtualEosUsb eos;
    const auto wrapper = std::filesystem::temp_directory_path() / fmt::format("backtake-usb-{}", getpid());
    {
        std::ofstream script(wrapper);
        script << "#!/bin/sh\nexec env";
        for (const std::string& variable : testing::VirtualEosUsb::environment())
            script << " '" << variable << "'";
        script << " " BACKTAKE_TETHER_PROGRAM " \"$@\"\n";
    }
    std::filesystem::permissions(wrapper, std::filesystem::perms::owner_all);
    setenv("BACKTAKE_TETHER", wrapper.c_str(), 1);
    std::vector<double> took;
    {
        const auto camera = open("gphoto:usb");
        for (int n = 0; n < times; ++n) {
            const auto frames = camera->status().frames;
            eventually([&]() { return camera->status().frames > frames + 30; }, 10s);
            const auto before = camera->status().returns;
            eos.unplug();
            if (!eventually([&]() { return camera->status().state != capture::CameraState::Live; }, 10s))
                giveUp("not lost");
            std::this_thread::sleep_for(1300ms);
            const Nanos there = base::monotonicNow();
            eos.plugIn();
            if (!eventually([&]() { return camera->status().returns > before; }, 20s))
                break;
            took.push_back(base::milliseconds(*camera->status().last_frame_at - there));
        }
    }
    std::filesystem::remove(wrapper);
    return { { "returned", took.size() }, { "of", times }, { "p50_ms", quantile(took, 0.5) },
        { "max_ms", quantile(took, 1) } };
}

json returns(int times)
{
    EosProcess eos({ "--pacing", "busy" });
    const auto camera = open(eos.spec());
    json result { { "what", "returns" } };
    const auto lost = [&]() {
        if (!eventually([&]() { return camera->status().state != capture::CameraState::Live; }, 10s))
            giveUp("not lost");
    };
    struct Kind {
        const char* name;
        std::function<void()> lose;
        std::function<void()> give_back;
    };
    const std::vector<Kind> kinds {
        { "connection", [&]() { eos.tell("drop"); }, []() {} },
        { "cable", [&]() { eos.tell("unplug"), lost(), std::this_thread::sleep_for(1300ms); },
            [&]() { eos.tell("plug"); } },
        { "silence", [&]() { eos.tell("silence on"), std::this_thread::sleep_for(5s); },
            [&]() { eos.tell("silence off"); } },
        { "helper", []() { ::kill(helpers().at(0), SIGKILL); }, []() {} },
    };
    for (const Kind& kind : kinds) {
        std::vector<double> took;
        for (int n = 0; n < times; ++n) {
            const auto before = camera->status().returns;
            kind.lose();
            const Nanos there = base::monotonicNow();
            kind.give_back();
            if (!eventually(
                    [&]() {
                        return camera->status().returns > before
                            && camera->status().state == capture::CameraState::Live;
                    },
                    20s))
                break;
            took.push_back(base::milliseconds(*camera->status().last_frame_at - there));
            const auto frames = camera->status().frames;
            eventually([&]() { return camera->status().frames > frames + 30; }, 10s);
        }
        result[kind.name] = { { "returned", took.size() }, { "of", times }, { "p50_ms", quantile(took, 0.5) },
            { "max_ms", quantile(took, 1) } };
    }
    result["usb"] = usbReturns(times);
    return result;
}

json body(int times)
{
    EosProcess eos({ "--pacing", "busy" });
    const auto camera = open(eos.spec());
    capture::Body& steered = camera->body();
    const auto changed = [&](const std::string& what) {
        Nanos at {};
        for (const auto& change : eos.ask("changes"))
            if (change.value("what", "") == what)
                at = Nanos(change.value("at_ns", std::int64_t { 0 }));
        return at;
    };
    std::vector<double> to_body;
    std::vector<double> from_body;
    std::vector<double> shown;
    if (!eventually([&]() { return steered.status().can_record && !steered.status().settings.empty(); }, 10s))
        giveUp("the body cannot be steered");
    for (int n = 0; n < times; ++n) {
        const Nanos asked = base::monotonicNow();
        if (!steered.ask(capture::RecordOnBody { true }))
            giveUp("asking failed");
        if (!eventually([&]() { return steered.status().recording; }, 5s))
            giveUp("no recording");
        to_body.push_back(base::milliseconds(changed("record on") - asked));
        (void)steered.ask(capture::RecordOnBody { false });
        eventually([&]() { return !steered.status().recording; }, 5s);
        (void)steered.takeEvents();
        std::this_thread::sleep_for(std::chrono::milliseconds(400 + 7 * n % 33));
        (void)steered.takeEvents();
        eos.tell("record");
        std::optional<Nanos> at;
        eventually(
            [&]() {
                for (const auto& event : steered.takeEvents())
                    if (event.kind == capture::BodyEvent::Kind::RecordingStarted)
                        at = event.at;
                return at.has_value();
            },
            5s);
        from_body.push_back(at ? base::milliseconds(*at - changed("record on")) : 1e9);
        eos.tell("record");
        eventually([&]() { return !steered.status().recording; }, 5s);
        const auto iso = steered.status().settings.front();
        const std::string value = iso.choices[static_cast<std::size_t>(n) % iso.choices.size()];
        if (value != iso.value && steered.ask(capture::SetBodySetting { iso.name, value })) {
            eventually([&]() { return steered.status().settings.front().value == value; }, 5s);
            shown.push_back(base::milliseconds(base::monotonicNow() - changed(iso.name + " " + value)));
        }
        std::this_thread::sleep_for(400ms);
    }
    const auto row = [](const std::vector<double>& values) {
        return json { { "times", values.size() }, { "p50_ms", quantile(values, 0.5) },
            { "max_ms", quantile(values, 1) } };
    };
    return { { "what", "body" }, { "roll_to_body_recording", row(to_body) },
        { "body_recording_to_event", row(from_body) }, { "setting_on_camera_to_shown", row(shown) },
        { "returns", camera->status().returns } };
}

/// Speed of nothing but range reads with the library, in a process of its own. @return bytes a second.
double plainLoop(const std::string& spec, const capture::BodyClip& clip)
{
    std::array<int, 2> ends {};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        giveUp("no pipe");
    const pid_t child = fork();
    if (child == 0) {
        ::signal(SIGPIPE, SIG_IGN);
        ::close(0);
        ::open("/dev/null", O_RDONLY);
        const std::string host_port = spec.substr(spec.find("ptpip:") + 6);
        const std::string port = "ptpip:" + host_port + host_port.substr(host_port.find(':'));
        Camera* camera = nullptr;
        GPContext* context = gp_context_new();
        gp_camera_new(&camera);
        CameraAbilitiesList* abilities = nullptr;
        gp_abilities_list_new(&abilities);
        gp_abilities_list_load(abilities, context);
        CameraAbilities model {};
        gp_abilities_list_get_abilities(
            abilities, gp_abilities_list_lookup_model(abilities, "PTP/IP Camera"), &model);
        gp_camera_set_abilities(camera, model);
        GPPortInfoList* ports = nullptr;
        gp_port_info_list_new(&ports);
        gp_port_info_list_load(ports);
        GPPortInfo info {};
        gp_port_info_list_get_info(ports, gp_port_info_list_lookup_path(ports, port.c_str()), &info);
        gp_camera_set_port_info(camera, info);
        double speed = 0;
        if (gp_camera_init(camera, context) == GP_OK) {
            std::vector<char> range(1 << 20);
            std::uint64_t at = 0;
            const Nanos began = base::monotonicNow();
            while (at < clip.bytes) {
                std::uint64_t size = std::min<std::uint64_t>(range.size(), clip.bytes - at);
                if (gp_camera_file_read(camera, clip.folder.c_str(), clip.name.c_str(), GP_FILE_TYPE_NORMAL,
                        at, range.data(), &size, context)
                        != GP_OK
                    || size == 0)
                    break;
                at += size;
            }
            speed = at == clip.bytes
                ? static_cast<double>(at) / (base::milliseconds(base::monotonicNow() - began) / 1000)
                : 0;
        }
        (void)!::write(ends[1], &speed, sizeof speed);
        gp_camera_exit(camera, context);
        _exit(0);
    }
    ::close(ends[1]);
    double speed = 0;
    (void)!::read(ends[0], &speed, sizeof speed);
    ::close(ends[0]);
    waitpid(child, nullptr, 0);
    return speed;
}

long peakKilobytes(pid_t process)
{
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    std::string word;
    long kilobytes = 0;
    while (status >> word)
        if (word == "VmHWM:")
            status >> kilobytes;
    return kilobytes;
}

json fetch(std::uint64_t bytes)
{
    EosProcess eos({ "--pacing", "hold" });
    capture::BodyClip clip;
    double speed = 0;
    double fps = 0;
    double fps_alone = 0;
    long peak = 0;
    const auto target =
        std::filesystem::temp_directory_path() / fmt::format("backtake-fetch-{}.MOV", getpid());
    {
        const auto camera = open(eos.spec());
        capture::Body& steered = camera->body();
        eos.tell("clip " + std::to_string(bytes));
        if (!eventually(
                [&]() {
                    for (const auto& event : steered.takeEvents())
                        if (event.kind == capture::BodyEvent::Kind::ClipAdded)
                            clip = event.clip;
                    return !clip.name.empty();
                },
                10s))
            giveUp("the clip is not announced");
        clip.bytes = bytes;
        std::this_thread::sleep_for(2s);
        const auto frames_alone = camera->status().frames;
        const Nanos alone = base::monotonicNow();
        std::this_thread::sleep_for(5s);
        fps_alone = static_cast<double>(camera->status().frames - frames_alone)
            / (base::milliseconds(base::monotonicNow() - alone) / 1000);
        const auto frames = camera->status().frames;
        const Nanos began = base::monotonicNow();
        if (!steered.ask(capture::FetchBodyClip { clip, target }))
            giveUp("asking failed");
        if (!eventually(
                [&]() { return steered.status().fetches.back().state != capture::ClipFetch::State::Running; },
                300s))
            giveUp("the fetch does not end");
        const double wall = base::milliseconds(base::monotonicNow() - began) / 1000;
        fps = static_cast<double>(camera->status().frames - frames) / wall;
        const auto ended = steered.status().fetches.back();
        if (ended.state != capture::ClipFetch::State::Done)
            giveUp(ended.trouble);
        speed = static_cast<double>(bytes) / wall;
        peak = peakKilobytes(helpers().at(0));
    }
    std::error_code ignored;
    std::filesystem::remove(target, ignored);
    const double plain = plainLoop(eos.spec(), clip);
    return { { "what", "fetch" }, { "bytes", bytes }, { "mb_per_s", speed / 1e6 },
        { "plain_mb_per_s", plain / 1e6 }, { "of_plain", speed / plain }, { "fps", fps },
        { "fps_alone", fps_alone }, { "helper_peak_mb", static_cast<double>(peak) / 1e3 } };
}

} // namespace

int main(int argc, char** argv)
{
    spdlog::set_default_logger(spdlog::stderr_logger_mt("tether_bench"));
    CLI::App options { "Measures a tethered camera." };
    options.require_subcommand(1);
    double for_seconds = 60;
    std::string pacing = "busy";
    int times = 20;
    std::uint64_t mebibytes = 2047;
    auto* live_command = options.add_subcommand("live");
    live_command->add_option("--seconds", for_seconds);
    live_command->add_option("--pacing", pacing);
    auto* returns_command = options.add_subcommand("returns");
    returns_command->add_option("--times", times);
    auto* body_command = options.add_subcommand("body");
    body_command->add_option("--times", times);
    auto* fetch_command = options.add_subcommand("fetch");
    fetch_command->add_option("--mebibytes", mebibytes);
    CLI11_PARSE(options, argc, argv);
    const json result = *live_command ? live(for_seconds, pacing)
        : *returns_command            ? returns(times)
        : *body_command               ? body(times)
                                      : fetch(mebibytes << 20);
    std::cout << result.dump(2) << "\n";
}
