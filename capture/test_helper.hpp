/// For tests: a script in the place of the tether helper, and what it needs around it.
#pragma once

#include "tests/folder.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace backtake::tests {

/// A variable of the environment, set for a while. Only before a test's threads begin.
class Variable {
public:
    Variable(std::string name, const std::string& value)
        : name_(std::move(name))
    {
        if (const char* old = std::getenv(name_.c_str()))
            old_ = old;
        setenv(name_.c_str(), value.c_str(), 1);
    }
    ~Variable()
    {
        if (old_)
            setenv(name_.c_str(), old_->c_str(), 1);
        else
            unsetenv(name_.c_str());
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    std::string name_;
    std::optional<std::string> old_;
};

/// A shell script that findTetherProgram() finds while this lives. `$folder` in it is a folder for its
/// traces.
class HelperScript {
public:
    explicit HelperScript(const std::string& lines)
    {
        std::ofstream(path_) << "#!/bin/sh\nfolder=" << folder_.path().string() << "\n" << lines << "\n";
        EXPECT_EQ(chmod(path_.c_str(), 0755), 0);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

private:
    Folder folder_;
    std::filesystem::path path_ = folder_.path() / "backtake-tether";
    Variable named_ { "BACKTAKE_TETHER", path_.string() };
};

} // namespace backtake::tests
