/// The command line, a contract: docs in the README, checked by the whole-program tests.
#pragma once

#include "base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::app {

/// Exit codes: 0 done, 1 the work failed, 2 wrong usage.
int runCommandLine(int argc, char** argv);

/// What the subcommands share: how to speak. With --json the one object goes to stdout and nothing else;
/// words for people go to stderr.
struct Speech {
    bool json = false;
    void note(const std::string& text) const; ///< Progress and results for people.
    int fail(const base::Error& error) const; ///< The operator's line. @return the exit code.
    void result(const nlohmann::ordered_json& object) const;
};

/// Options of `backtake`, `demo` and `record` that make a session.
struct SessionArguments {
    std::string shoot;
    std::vector<std::string> cameras;
    std::string slate;
    std::string second_folder;
    std::vector<std::string> sounds; ///< As for --audio; none: what comes with the pictures.
    std::string guide;               ///< A sound file that performers hear; empty: none.
    std::string timecode;            ///< As base::parseTimecodeSource(); empty: time of day.
    std::optional<int> take;
    std::optional<double> preroll_s;
    std::string ring; ///< "512M"; empty: the default.
    int quality = 90;
    int encoders = 0;
    bool forward = false;
};

/// What stands behind one --audio.
struct SoundArgument {
    std::optional<char> camera; ///< Whose own it is, as of "A=audio:pulse"; nullopt: of all others.
    std::string spec;           ///< Not read yet.
};
SoundArgument soundArgument(std::string_view text);

struct PlayArguments {
    std::string take;
    std::string direction = "shown";
    std::string present = "clock";
    double rate = 1;
    std::int64_t from = 0;
    double refresh_hz = 60;
    int threads = 0;
    std::string hashes;
    std::string sound; ///< A WAV file; empty: none is written.
};

struct CueArguments {
    std::optional<std::string> text;
    std::string file;  ///< The text is in it.
    std::string sheet; ///< A sheet that was made before.
    std::string language = "en";
    std::string title;
    std::string shoot;
    std::string name;
    std::string wav;
    std::string pdf;
    std::string paper = "a4";
};

/// A take or all of a shoot.
struct ExportArguments {
    std::string take;
    std::string shoot;
    std::string format;
    std::string output;
    std::string direction; ///< "shown", "captured"; empty: what the format is for.
    std::string edl_dialect = "cmx";
    int speed_percent = 100;
    std::optional<std::int64_t> in; ///< Frames in shown order, both included.
    std::optional<std::int64_t> out;
    std::int64_t handles = 0; ///< Frames that stay before in and after out.
    std::string day;          ///< "2026-11-21"; empty: all.
    bool circled = false;
    std::string story;           ///< A sequence by its name; empty: none.
    bool in_story_order = false; ///< Last take first.
    bool reversed_mov = false;
    bool as_captured = false;
};

int runWindow(const Speech& speech, const SessionArguments& arguments, bool full_screen);
int runDemo(const Speech& speech, double seconds, const std::string& out);
int runCameras(const Speech& speech);
int runCue(const Speech& speech, const CueArguments& arguments);
int runDoctor(const Speech& speech, const std::string& shoot);
int runRecord(const Speech& speech, const SessionArguments& arguments, double seconds);
int runTakes(const Speech& speech, const std::string& shoot);
int runPlay(const Speech& speech, const PlayArguments& arguments);
int runExport(const Speech& speech, const ExportArguments& arguments);
int runFetch(
    const Speech& speech, const std::string& take, const std::string& camera, const std::string& clip_name);
int runVerify(const Speech& speech, const std::string& shoot, bool repair, const std::string& spill);

/// A report of `record` and `demo`, and of `play`: the same keys as in the contract.
struct SessionOptions;
base::Result<SessionOptions> sessionOptions(const SessionArguments& arguments);
/// Peak resident memory of this process in MB (10^6).
double peakRssMb();
/// Set by SIGINT and SIGTERM: rolling takes are cut and closed, then the program ends.
bool stopAsked();

} // namespace backtake::app
