/// A file that is there as a whole, or not at all.
#pragma once

#include "takes/files.hpp"

#include <span>
#include <string_view>

namespace backtake::takes {

/// Written beside its place as NAME.part and put there by publish(); without that nothing is left of it.
/// Room: one thread that may wait for a disk.
class NewFile {
public:
    /// What becomes of a file that has the name already.
    enum class Existing { Refuse = 1, Replace };

    /// @return Fault::Exists when something has the name already and is to stay, else as File::open().
    static base::Result<NewFile> create(
        const std::filesystem::path& path, Existing existing = Existing::Refuse);
    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();

    /// Behind what was written. The first failure is kept: what follows does nothing, publish() tells it.
    void write(std::span<const std::byte> bytes);
    void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
    /// Over what was written, from its beginning, as a header whose lengths are known at the end. @p bytes
    /// must not reach behind it.
    void writeAgain(std::span<const std::byte> bytes);
    [[nodiscard]] bool good() const { return error_number_ == 0; }
    /// On disk, then under its name, or the operator's line; Fault::Exists when something that is to stay has
    /// taken the name meanwhile.
    base::Outcome publish();

private:
    NewFile() = default;

    std::filesystem::path path_;
    std::filesystem::path part_; ///< Empty once there is no file of that name to remove.
    Existing existing_ = Existing::Refuse;
    File file_;
    std::uint64_t bytes_ = 0;
    int error_number_ = 0;
};

} // namespace backtake::takes
