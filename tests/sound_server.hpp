/// A sound server for tests to kill.
#pragma once

#include "tests/process.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace backtake::tests {

/// PulseAudio with two cards that are none: "desk", where a tone of 1 kHz plays on both channels, and "ears".
class SoundServer {
public:
    SoundServer()
    {
        // Nothing of the user's: neither the server that runs already nor what it remembers.
        for (const char* name : { "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "XDG_CONFIG_HOME" })
            setenv(name, folder_.path().c_str(), 1);
        setenv("PULSE_SERVER", ("unix:" + socket_).c_str(), 1);
        const std::string alsa = folder_ / "asound.conf";
        std::ofstream(alsa) << fmt::format(
            "</usr/share/alsa/alsa.conf>\n"
            "pcm.desk {{ type pulse server \"unix:{}\" device \"desk.monitor\" }}\n",
            socket_);
        setenv("ALSA_CONFIG_PATH", alsa.c_str(), 1);
        start();
    }

    void start()
    {
        process_.emplace(std::vector<std::string> { PULSEAUDIO_PROGRAM, "-n", "--daemonize=no",
                             "--use-pid-file=no", "--exit-idle-time=-1",
                             "--load=module-native-protocol-unix auth-anonymous=1 socket=" + socket_,
                             "--load=module-null-sink sink_name=desk rate=48000 channels=2",
                             "--load=module-null-sink sink_name=ears rate=48000 channels=2",
                             "--load=module-sine sink=desk frequency=1000" },
            folder_);
    }
    void kill() { process_->kill(SIGKILL); }
    [[nodiscard]] std::string said() const { return process_->err(); }

private:
    Folder folder_;
    const std::string socket_ = folder_ / "socket";
    std::optional<Process> process_;
};

} // namespace backtake::tests
