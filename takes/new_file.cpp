#include "takes/new_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace backtake::takes {
using base::fail;
using base::Fault;

base::Result<NewFile> NewFile::create(const std::filesystem::path& path, Existing existing)
{
    std::error_code ignored;
    if (existing == Existing::Refuse
        && std::filesystem::symlink_status(path, ignored).type() != std::filesystem::file_type::not_found)
        return fail(errorOf(EEXIST, "write", path));
    auto part = openPart(path);
    if (!part)
        return fail(part.error());
    NewFile made;
    made.path_ = path;
    made.part_ = part->path;
    made.existing_ = existing;
    made.file_ = std::move(part->file);
    return made;
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_))
    , part_(std::exchange(other.part_, {}))
    , existing_(other.existing_)
    , file_(std::move(other.file_))
    , bytes_(other.bytes_)
    , error_number_(other.error_number_)
{
}

NewFile::~NewFile()
{
    if (!part_.empty())
        ::unlink(part_.c_str());
}

void NewFile::write(std::span<const std::byte> bytes)
{
    if (!good())
        return;
    error_number_ = file_.writeAt(bytes, bytes_);
    bytes_ += bytes.size();
}

void NewFile::writeAgain(std::span<const std::byte> bytes)
{
    if (good())
        error_number_ = file_.writeAt(bytes, 0);
}

base::Outcome NewFile::publish()
{
    if (good())
        error_number_ = file_.sync();
    if (good() && existing_ == Existing::Replace && ::rename(part_.c_str(), path_.c_str()) != 0)
        error_number_ = errno;
    if (!good())
        return fail(errorOf(error_number_, "write", path_));
    if (existing_ == Existing::Refuse) {
        if (auto renamed = renameWithoutReplacing(part_, path_); !renamed)
            return renamed;
    }
    part_.clear();
    const std::filesystem::path folder = path_.parent_path();
    return syncFolder(folder.empty() ? "." : folder);
}

} // namespace backtake::takes
