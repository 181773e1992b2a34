#include "app/command_line.hpp"

#include "app/second_folder.hpp"
#include "app/session.hpp"
#include "base/text.hpp"
#include "capture/pattern_source.hpp"
#include "takes/handover/hand_over.hpp"
#include "ui/software_gl.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstdio>

namespace backtake::app {
namespace {

std::atomic<bool> g_stop_asked { false };
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

void askToStop(int) { g_stop_asked.store(true); }

void addSessionOptions(CLI::App& app, SessionArguments& into)
{
    app.add_option("--camera", into.cameras,
           "What to open: pattern:[WxH@RATE], file:PATH[?loop], gst:PIPELINE, v4l2:/dev/video0, rtsp://…, "
           "srt://…, gphoto:usb, gphoto:usb:BUS,DEV, gphoto:ptpip:HOST[:PORT]")
        ->take_all();
    app.add_option("--audio", into.sounds,
           "Where sound comes from: audio:pulse[:SOURCE], audio:alsa[:DEVICE], audio:gst:PIPELINE, "
           "audio:test[:CHANNELS], audio:off (default: with the picture); all cameras' takes get it, but for "
           "those named with their own, as A=audio:pulse")
        ->take_all();
    app.add_option("--shoot", into.shoot, "The shoot's folder; made when it is not there");
    app.add_option("--spill", into.second_folder,
        "A second folder, on another disk, where takes go on when the shoot's disk is full or gone");
    app.add_option("--preroll", into.preroll_s, "Seconds from before R that belong to a take (default 10)")
        ->check(CLI::Range(0.0, 3600.0));
    app.add_option("--ring", into.ring,
        "RAM for the last seconds of all cameras, as 512M or 2G (default a quarter of RAM, at most 4G)");
    app.add_option("--timecode", into.timecode,
        "Where timecode comes from: tod (time of day, the default), free[:HH:MM:SS:FF] (runs on from there), "
        "ltc:CHANNEL (of camera A's sound)");
    app.add_option("--quality", into.quality, "Quality of the JPEGs made from raw pictures")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    app.add_option("--encoders", into.encoders, "Threads that compress (default one a core, at most 4)")
        ->check(CLI::Range(1, 64));
    app.add_flag("--forward", into.forward, "Takes are meant to be shown forward");
}

base::Outcome readSounds(const std::vector<std::string>& sounds, SessionOptions& options)
{
    const auto refuse = [](std::string words) { return base::fail(base::Fault::Usage, std::move(words)); };
    for (const std::string& text : sounds) {
        const SoundArgument sound = soundArgument(text);
        auto spec = capture::parseSoundSpec(sound.spec);
        if (!spec)
            return base::fail(spec.error());
        if (!sound.camera) {
            if (options.sound)
                return refuse(
                    fmt::format("--audio {}: the sound of all cameras is {} already; name a camera's "
                                "own as B={}",
                        spec->shown(), options.sound->shown(), spec->shown()));
            options.sound = std::move(*spec);
            continue;
        }
        const char letter = *sound.camera;
        const auto number = static_cast<std::size_t>(letter - 'A');
        if (number >= options.cameras.size())
            return refuse(options.cameras.size() == 1
                    ? fmt::format("--audio {}=…: there is no camera {}, only A", letter, letter)
                    : fmt::format("--audio {}=…: there is no camera {}, only A to {}", letter, letter,
                        static_cast<char>('A' + options.cameras.size() - 1)));
        const auto [named, is_new] = options.camera_sound.emplace(letter, *spec);
        if (!is_new)
            return refuse(fmt::format("--audio {}={}: camera {} has {} already: name it once", letter,
                spec->shown(), letter, named->second.shown()));
    }
    return {};
}

} // namespace

SoundArgument soundArgument(std::string_view text)
{
    if (text.size() > 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] == '=')
        return { text[0], std::string(text.substr(2)) };
    return { std::nullopt, std::string(text) };
}

bool stopAsked() { return g_stop_asked.load(); }

double peakRssMb()
{
    rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

void Speech::note(const std::string& text) const { fmt::print(json ? stderr : stdout, "{}\n", text); }

int Speech::fail(const base::Error& error) const
{
    const std::string line = base::oneLine(base::withoutSecrets(error.message));
    fmt::print(stderr, "backtake: {}\n", line);
    if (!error.detail.empty())
        spdlog::info("detail: {}", base::oneLine(base::withoutSecrets(error.detail)));
    if (json)
        result({ { "error", line }, { "fault", base::nameOf(error.fault) } });
    return error.fault == base::Fault::Usage ? 2 : 1;
}

void Speech::result(const nlohmann::ordered_json& object) const
{
    if (json)
        // Names may come from anywhere: what is no UTF-8 is replaced, not thrown over.
        fmt::print(
            stdout, "{}\n", object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

base::Result<SessionOptions> sessionOptions(const SessionArguments& arguments)
{
    SessionOptions options;
    options.shoot = arguments.shoot;
    for (const std::string& text : arguments.cameras) {
        auto spec = capture::parseCameraSpec(text);
        if (!spec)
            return base::fail(spec.error());
        options.cameras.push_back(std::move(*spec));
    }
    if (auto read = readSounds(arguments.sounds, options); !read)
        return base::fail(read.error());
    if (!arguments.ring.empty()) {
        const auto bytes = base::parseBytes(arguments.ring);
        if (!bytes || *bytes < (1U << 20))
            return base::fail(base::Fault::Usage,
                fmt::format("--ring {}: give a size from 1M on, as 512M or 2G", arguments.ring));
        options.camera_options.ring_bytes = *bytes;
    }
    if (!arguments.timecode.empty()) {
        const auto source = base::parseTimecodeSource(arguments.timecode);
        if (!source)
            return base::fail(base::Fault::Usage,
                fmt::format("--timecode {}: give tod, free, free:10:00:00:00 or ltc:1", arguments.timecode));
        options.timecode = *source;
    }
    if (!arguments.second_folder.empty())
        options.second_folder = folderFromText(arguments.second_folder);
    options.camera_options.quality = arguments.quality;
    options.camera_options.encoders = arguments.encoders;
    if (arguments.preroll_s)
        options.preroll = base::Nanos(static_cast<std::int64_t>(*arguments.preroll_s * 1e9));
    if (!arguments.slate.empty())
        options.scene = arguments.slate;
    options.take = arguments.take;
    options.backward = !arguments.forward;
    return options;
}

int runCommandLine(int argc, char** argv)
{
    // The log goes to stderr: stdout belongs to results.
    auto log = spdlog::stderr_logger_mt("backtake");
    log->set_level(spdlog::level::warn);
    log->set_pattern("%H:%M:%S.%e %l %v");
    spdlog::set_default_logger(log);
    std::signal(SIGPIPE, SIG_IGN); // a reader that went away is an error of write(), not of the program

    CLI::App app { "Backtake: roll, cut, and the take plays backwards at once." };
    app.set_version_flag("--version", BACKTAKE_VERSION);
    app.footer("backtake SUBCOMMAND --help tells more. The pattern camera takes options after a '?':\n"
        + capture::patternOptionsHelp());
    app.require_subcommand(0, 1);
    app.fallthrough(false);
    Speech speech;
    bool verbose = false;
    app.add_flag("-v,--verbose", verbose, "Say on stderr what goes on");

    SessionArguments session;
    bool full_screen = false;
    addSessionOptions(app, session);
    app.add_flag("--fullscreen", full_screen, "Start in full screen");
    bool software_gl = false;
    const auto addSoftwareGl = [&](CLI::App& to) {
        to.add_flag("--software-gl", software_gl, "Draw without the GPU, where its driver has no OpenGL 3.3");
    };
    addSoftwareGl(app);
    app.add_option("--slate", session.slate, "Scene with setup letter to start with");
    app.add_option("--guide", session.guide,
        "A song or line, as any sound file: performers hear it reversed while a take rolls (F5)");

    const auto subcommand = [&](const char* name, const char* words) {
        CLI::App* sub = app.add_subcommand(name, words);
        sub->add_flag("--json", speech.json, "One JSON object on stdout, nothing else there");
        sub->add_flag("-v,--verbose", verbose, "Say on stderr what goes on");
        return sub;
    };

    double demo_seconds = 4;
    std::string demo_out;
    CLI::App* demo = subcommand("demo", "Without a display: roll, cut, play reversed, export");
    demo->add_option("--seconds", demo_seconds, "Length of the take")
        ->check(CLI::Range(0.2, 3600.0))
        ->capture_default_str();
    demo->add_option(
        "--out", demo_out, "Folder for the take and its MOV (default: a new one among temporary files)");

    CLI::App* cameras = subcommand("cameras", "What can be opened now, and why something cannot");

    CueArguments cueing;
    CLI::App* cue =
        subcommand("cue", "How to say a line backwards, by sound: a cue sheet to read, print or hear");
    cue->add_option("TEXT", cueing.text, "The line, or the lyrics");
    cue->add_option("--file", cueing.file, "The text is in this file, UTF-8");
    cue->add_option("--sheet", cueing.sheet, "A sheet that was kept before, and may have been edited");
    cue->add_option("--lang", cueing.language, "Language of the text: a code or an English name")
        ->capture_default_str();
    cue->add_option("--title", cueing.title, "What stands over the printed sheet (default: its first line)");
    cue->add_option("--shoot", cueing.shoot, "Keep the sheet with this shoot, by the name given with --name");
    cue->add_option("--name", cueing.name, "The sheet's name there");
    cue->add_option("--wav", cueing.wav, "File that gets the sheet as sound: a voice says it backwards");
    cue->add_option("--pdf", cueing.pdf, "File that gets the sheet as printable pages");
    cue->add_option("--paper", cueing.paper, "Of the pages")
        ->check(CLI::IsMember({ "a4", "letter" }))
        ->capture_default_str();

    std::string doctor_shoot;
    CLI::App* doctor = subcommand("doctor", "Checks the machine: cameras, rights, plugins, disk speed, GL");
    doctor->add_option("--shoot", doctor_shoot, "Folder whose disk is tried (default: the home folder)");
    addSoftwareGl(*doctor);

    SessionArguments recording;
    double record_seconds = 0;
    CLI::App* record = subcommand("record", "Records one take");
    addSessionOptions(*record, recording);
    record->get_option("--camera")->required();
    record->get_option("--shoot")->required();
    record->add_option("--slate", recording.slate, "Scene with setup letter, as 12A")->required();
    record->add_option("--take", recording.take, "Take number (default: the next free one)")
        ->check(CLI::Range(1, 99999));
    record->add_option("--seconds", record_seconds, "From roll to cut")
        ->required()
        ->check(CLI::Range(0.04, 864000.0));

    std::string takes_shoot;
    CLI::App* takes = subcommand("takes", "The log");
    takes->add_option("--shoot", takes_shoot, "The shoot's folder")->required();

    PlayArguments playing;
    CLI::App* play = subcommand("play", "Plays a take: reversed, unless it is meant to be shown forward");
    play->add_option("TAKE", playing.take, "A recording's folder, SHOOT#12A/3[A], or a clip file")
        ->required();
    play->add_option("--direction", playing.direction, "shown or captured order")
        ->check(CLI::IsMember({ "shown", "captured" }))
        ->capture_default_str();
    play->add_option("--present", playing.present,
            "clock: in real time on a simulated display; none: as fast as it can be decoded")
        ->check(CLI::IsMember({ "none", "clock" }))
        ->capture_default_str();
    play->add_option("--rate", playing.rate, "Speed with --present clock: 1 is 100 %")
        ->check(CLI::Range(0.05, 8.0))
        ->capture_default_str();
    play->add_option("--from", playing.from, "Frame to begin with, in the order played")
        ->check(CLI::NonNegativeNumber);
    play->add_option("--refresh", playing.refresh_hz, "Of the simulated display, in Hz")
        ->check(CLI::Range(1.0, 1000.0))
        ->capture_default_str();
    play->add_option("--threads", playing.threads, "Decoders (default one a core)")
        ->check(CLI::Range(1, 256));
    play->add_option("--hashes", playing.hashes,
        "File that gets a line per shown frame: shown index, captured index, capture time in ns, XXH3 of the "
        "planes");
    play->add_option("--sound", playing.sound,
        "WAV file that gets what is heard meanwhile: the take's channels at its own rate, as 32 bit floats");

    ExportArguments exported;
    CLI::App* exporting = subcommand("export", "Hands a take or a shoot on to editorial");
    exporting->add_option("TAKE", exported.take, "A recording's folder or SHOOT#12A/3[A]");
    exporting->add_option("--shoot", exported.shoot, "All takes of this shoot, one after the other");
    exporting
        ->add_option("--as", exported.format, "Format, or several with commas: " + handover::formatNames())
        ->required();
    exporting->add_option("--day", exported.day, "Of --shoot: only this day's takes, 2026-11-21");
    exporting->add_flag("--circled", exported.circled, "Of --shoot: only circled takes");
    CLI::Option* const story = exporting
                                   ->add_option("--story", exported.story,
                                       "Of --shoot: the sequence of this name, as it was arranged; without a "
                                       "name: last take first, as a reversed sequence plays its setups")
                                   ->expected(0, 1);
    exporting
        ->add_option("-o,--output", exported.output,
            "The file; for several (a shoot's MOVs, all) the folder to write into")
        ->required();
    exporting
        ->add_option("--direction", exported.direction,
            "shown: as the audience sees it (a MOV: physically reversed), or captured (default: captured for "
            "a "
            "MOV, else shown)")
        ->check(CLI::IsMember({ "shown", "captured" }));
    exporting->add_option("--speed", exported.speed_percent, "In per cent, in that direction")
        ->check(CLI::Range(1, 2000))
        ->capture_default_str();
    exporting->add_option("--in", exported.in, "First frame, in shown order")->check(CLI::NonNegativeNumber);
    exporting->add_option("--out", exported.out, "Last frame, in shown order")->check(CLI::NonNegativeNumber);
    exporting
        ->add_option("--handles", exported.handles, "With --in or --out: so many frames more at either end")
        ->check(CLI::Range(0, 1'000'000));
    exporting->add_option("--edl-dialect", exported.edl_dialect, "How a reversed event is written")
        ->check(CLI::IsMember({ "cmx", "range", "otio" }))
        ->capture_default_str();
    exporting->add_flag("--reversed-mov", exported.reversed_mov,
        "With all: the physically reversed MOV beside the one as captured");
    exporting->add_flag("--as-captured", exported.as_captured,
        "A MOV whose frames last as long as they did, not one frame time each");

    std::string fetch_take;
    std::string fetch_camera;
    std::string fetch_clip;
    CLI::App* fetch =
        subcommand("fetch", "Brings the camera's own clips of a take from its card into the take's folder");
    fetch->add_option("TAKE", fetch_take, "A recording's folder or SHOOT#12A/3[A]")->required();
    fetch->add_option("--camera", fetch_camera, "The camera with the card: gphoto:usb, gphoto:ptpip:HOST")
        ->required();
    fetch->add_option("--clip", fetch_clip,
        "Only this clip of the take; or any clip of the card, by its path there (default: all that the take "
        "names)");

    std::string verify_shoot;
    std::string verify_spill;
    bool repair = false;
    CLI::App* verify = subcommand("verify", "Checks every frame of every take");
    verify->add_option("--shoot", verify_shoot, "The shoot's folder")->required();
    verify->add_option("--spill", verify_spill,
        "The second folder, where takes went on: with --repair its parts are closed and found again");
    verify->add_flag(
        "--repair", repair, "Close takes that were cut off, marked as recovered; pictures are never touched");

    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        fmt::print("{}", app.help());
        return 0;
    } catch (const CLI::CallForAllHelp&) {
        fmt::print("{}", app.help("", CLI::AppFormatMode::All));
        return 0;
    } catch (const CLI::CallForVersion&) {
        fmt::print("backtake {}\n", BACKTAKE_VERSION);
        return 0;
    } catch (const CLI::ParseError& error) {
        return speech.fail({ base::Fault::Usage, fmt::format("{}; see backtake --help", error.what()), {} });
    }
    // A subcommand speaks in results and in one line for its trouble; the log is for who asks for it. The
    // window's log goes on.
    log->set_level(verbose                  ? spdlog::level::debug
            : app.get_subcommands().empty() ? spdlog::level::warn
                                            : spdlog::level::off);

    if (software_gl)
        ui::drawWithoutGpu();

    struct sigaction action { };
    action.sa_handler = askToStop;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);

    try {
        if (demo->parsed())
            return runDemo(speech, demo_seconds, demo_out);
        if (cameras->parsed())
            return runCameras(speech);
        if (cue->parsed())
            return runCue(speech, cueing);
        if (doctor->parsed())
            return runDoctor(speech, doctor_shoot);
        if (record->parsed())
            return runRecord(speech, recording, record_seconds);
        if (takes->parsed())
            return runTakes(speech, takes_shoot);
        if (play->parsed())
            return runPlay(speech, playing);
        exported.in_story_order = story->count() > 0;
        if (exporting->parsed())
            return runExport(speech, exported);
        if (fetch->parsed())
            return runFetch(speech, fetch_take, fetch_camera, fetch_clip);
        if (verify->parsed())
            return runVerify(speech, verify_shoot, repair, verify_spill);
        return runWindow(speech, session, full_screen);
    } catch (const std::bad_alloc&) {
        return speech.fail({ base::Fault::Failed,
            "out of memory: give the ring less with --ring, or close other programs", {} });
    } catch (const std::exception& error) {
        return speech.fail({ base::Fault::Failed, fmt::format("unexpected trouble: {}", error.what()), {} });
    }
}

} // namespace backtake::app
