/// A program that is talked to line by line, as by hand: one question, one line of answer.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

extern char** environ;

namespace backtake::testing {

/// Always killed with the test.
class LineProgram {
public:
    /// @param additions "NAME=VALUE", before the environment of this process.
    explicit LineProgram(std::vector<std::string> words, std::vector<std::string> additions = {})
    {
        int in[2];
        int out[2];
        if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
            throw std::runtime_error("no pipes");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
        for (char** each = environ; *each != nullptr; ++each)
            additions.emplace_back(*each); // the first of a name counts
        if (posix_spawn(&process_, words.front().c_str(), &actions, nullptr, pointers(words).data(),
                pointers(additions).data())
            != 0)
            process_ = -1;
        posix_spawn_file_actions_destroy(&actions);
        close(in[0]);
        close(out[1]);
        to_ = fdopen(in[1], "w");
        from_ = fdopen(out[0], "r");
    }
    ~LineProgram()
    {
        if (process_ > 0)
            kill(process_, SIGKILL);
        wait();
        fclose(from_);
    }
    LineProgram(const LineProgram&) = delete;
    LineProgram& operator=(const LineProgram&) = delete;

    /// The next line; empty at the end.
    std::string line()
    {
        std::string text;
        for (int letter = fgetc(from_); letter != EOF && letter != '\n'; letter = fgetc(from_))
            text += static_cast<char>(letter);
        return text;
    }
    void say(const std::string& command)
    {
        fprintf(to_, "%s\n", command.c_str());
        fflush(to_);
    }
    std::string ask(const std::string& command)
    {
        say(command);
        return line();
    }
    void end(int signal) { kill(process_, signal); }
    /// Closes its input and waits for its end. @return as waitpid() has it.
    int wait()
    {
        if (to_ != nullptr)
            fclose(to_);
        to_ = nullptr;
        int status = 0;
        if (process_ <= 0 || waitpid(process_, &status, 0) != process_)
            return -1;
        process_ = -1;
        return status;
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& texts)
    {
        std::vector<char*> list;
        for (std::string& text : texts)
            list.push_back(text.data());
        list.push_back(nullptr);
        return list;
    }

    pid_t process_ = -1;
    FILE* to_ = nullptr;
    FILE* from_ = nullptr;
};

} // namespace backtake::testing
