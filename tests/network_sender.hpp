/// Network cameras for tests: senders on the loopback address that can be killed, or stop.
#pragma once

#include "capture/gst_pipeline.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

namespace backtake::tests {

/// rtsp_sender as a process of its own.
class RtspSender {
public:
    explicit RtspSender(std::vector<std::string> options)
    {
        std::array<int, 2> ends {};
        if (pipe2(ends.data(), O_CLOEXEC) != 0)
            return;
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        options.insert(options.begin(), RTSP_SENDER);
        std::vector<char*> words;
        for (std::string& option : options)
            words.push_back(option.data());
        words.push_back(nullptr);
        if (posix_spawn(&process_, RTSP_SENDER, &actions, nullptr, words.data(), environ) != 0)
            process_ = -1;
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        std::string line;
        pollfd output { ends[0], POLLIN, 0 };
        char letter = 0;
        while (poll(&output, 1, 20'000) == 1 && read(ends[0], &letter, 1) == 1 && letter != '\n')
            line.push_back(letter);
        close(ends[0]);
        if (line.starts_with("port "))
            port_ = line.substr(5);
    }
    ~RtspSender() { signal(SIGKILL); }
    RtspSender(const RtspSender&) = delete;
    RtspSender& operator=(const RtspSender&) = delete;

    [[nodiscard]] const std::string& port() const { return port_; }
    [[nodiscard]] std::string address(const std::string& user = "") const
    {
        return fmt::format("rtsp://{}127.0.0.1:{}/live", user, port_);
    }
    void signal(int number)
    {
        if (process_ <= 0)
            return;
        kill(process_, number);
        if (number == SIGKILL) {
            waitpid(process_, nullptr, 0);
            process_ = -1;
        }
    }

private:
    pid_t process_ = -1;
    std::string port_;
};

/// An SRT sender in this process, listening on a port of the system's choice.
class SrtSender {
public:
    /// What becomes of the packets of sound. The stream's table lists it in any case.
    enum class SoundPackets { Sent = 1, Withheld };

    /// @param sound a live chain up to raw sound, as text; none: a picture alone.
    explicit SrtSender(const std::string& sound = "", SoundPackets packets = SoundPackets::Sent)
    {
        capture::startGStreamer();
        const int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in address {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
        close(probe);
        port_ = ntohs(address.sin_port);
        const std::string text = fmt::format(
            "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! "
            "x264enc tune=zerolatency "
            "key-int-max=5 ! mpegtsmux name=mux ! identity name=packets ! srtsink wait-for-connection=false "
            "uri=srt://127.0.0.1:{}?mode=listener&passphrase=rightpassphrase {}",
            port_, sound.empty() ? "" : sound + " ! audioconvert ! avenc_aac ! mux.sink_300");
        pipeline_.reset(gst_parse_launch(text.c_str(), nullptr));
        if (packets == SoundPackets::Withheld)
            withholdSound();
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    ~SrtSender() { stop(); }
    void stop() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
    [[nodiscard]] std::string address(const char* passphrase = "rightpassphrase") const
    {
        return fmt::format("srt://127.0.0.1:{}?passphrase={}", port_, passphrase);
    }

private:
    /// Of the stream that the muxer was asked for above.
    static constexpr unsigned kSoundPid = 300;

    void withholdSound()
    {
        const capture::GstOwned<GstElement> packets(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "packets"));
        const capture::GstOwned<GstPad> pad(gst_element_get_static_pad(packets.get(), "src"));
        gst_pad_add_probe(
            pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
            [](GstPad*, GstPadProbeInfo* info, gpointer) {
                GstBuffer* buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
                GST_PAD_PROBE_INFO_DATA(info) = buffer;
                GstMapInfo map;
                if (!gst_buffer_map(buffer, &map, GST_MAP_READWRITE))
                    return GST_PAD_PROBE_DROP;
                // ISO/IEC 13818-1: packets of 188 bytes, 13 bits of PID from bit 11 on; all ones are filling.
                for (std::size_t at = 0; at + 188 <= map.size; at += 188)
                    if (((map.data[at + 1] & 0x1FU) << 8 | map.data[at + 2]) == kSoundPid) {
                        map.data[at + 1] |= 0x1F;
                        map.data[at + 2] = 0xFF;
                    }
                gst_buffer_unmap(buffer, &map);
                return GST_PAD_PROBE_OK;
            },
            nullptr, nullptr);
    }

    capture::GstOwned<GstElement> pipeline_;
    int port_ = 0;
};

} // namespace backtake::tests
