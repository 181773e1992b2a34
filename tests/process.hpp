/// Programs started by tests: a run to its end, or one that is talked to while it runs. Always killed with
/// the test.
#pragma once

#include "base/time.hpp"
#include "tests/folder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace backtake::tests {

inline std::string readAll(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// A process with its stdout and stderr in files of @p folder.
class Process {
public:
    Process(const std::vector<std::string>& words, const Folder& folder)
    {
        static int count = 0;
        const std::string name = "process-" + std::to_string(count++);
        out_ = folder.path() / (name + ".out");
        err_ = folder.path() / (name + ".err");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(
            &actions, STDOUT_FILENO, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        posix_spawn_file_actions_addopen(
            &actions, STDERR_FILENO, err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        std::vector<char*> arguments;
        for (const std::string& word : words)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        if (posix_spawnp(&process_, words.front().c_str(), &actions, nullptr, arguments.data(), environ) != 0)
            process_ = -1;
        posix_spawn_file_actions_destroy(&actions);
    }
    ~Process() { kill(SIGKILL); }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void kill(int signal)
    {
        if (process_ <= 0)
            return;
        ::kill(process_, signal);
        if (signal == SIGKILL)
            wait();
    }
    /// Waits for its end. @return its exit status, 128 + the signal that ended it, or -1 when it could not be
    /// started.
    int wait()
    {
        if (process_ > 0) {
            int status = 0;
            waitpid(process_, &status, 0);
            exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            process_ = -1;
        }
        return exit_;
    }
    [[nodiscard]] bool running()
    {
        if (process_ <= 0)
            return false;
        int status = 0;
        if (waitpid(process_, &status, WNOHANG) == 0)
            return true;
        exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        process_ = -1;
        return false;
    }
    [[nodiscard]] std::string out() const { return readAll(out_); }
    [[nodiscard]] std::string err() const { return readAll(err_); }

private:
    pid_t process_ = -1;
    int exit_ = -1;
    std::filesystem::path out_;
    std::filesystem::path err_;
};

/// What a program that ran to its end said.
struct Ran {
    int exit = -1;
    std::string out;
    std::string err;
    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};
inline Ran run(const std::vector<std::string>& words, const Folder& folder)
{
    Process process(words, folder);
    const int exit = process.wait();
    return { exit, process.out(), process.err() };
}
/// The product, built beside the tests.
inline Ran backtake(std::vector<std::string> words, const Folder& folder)
{
    words.insert(words.begin(), BACKTAKE_PROGRAM);
    return run(words, folder);
}

/// Waits for something another process does, by asking again and again. @return false after @p limit.
template <typename Condition>
bool eventually(Condition condition, base::Nanos limit = std::chrono::seconds(30))
{
    const base::Nanos give_up = base::monotonicNow() + limit;
    while (!condition()) {
        if (base::monotonicNow() > give_up)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1)); // leaves the core to what is waited for
    }
    return true;
}

} // namespace backtake::tests
