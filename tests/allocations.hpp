/// Counts what one thread allocates, and says whose code did: for tests that something allocates nothing.
/// Included by one source file of a test program, whose malloc() this is from then on.
#pragma once

#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BACKTAKE_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BACKTAKE_SANITIZED 1
#endif

namespace backtake::tests {

/// Sanitizers bring a malloc() of their own: nothing is counted under them.
#if defined(BACKTAKE_SANITIZED)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// Room: one thread, and what that one allocates. One of them at a time in a thread.
class Allocations {
public:
    Allocations()
    {
        std::array<void*, kDepth> warm {};
        (void)backtrace(warm.data(), kDepth); // loads what it needs
        current() = this;
    }
    ~Allocations() { current() = nullptr; }
    Allocations(const Allocations&) = delete;
    Allocations& operator=(const Allocations&) = delete;

    /// Since the beginning, by the nearest caller that is neither the C nor the C++ library: a shared
    /// library's file name ("libX11.so.6"), or the place in this program ("ui_window_test+0x1a2b", which
    /// addr2line reads).
    std::map<std::string, int> byCaller()
    {
        current() = nullptr;
        std::map<std::string, int> counts;
        for (std::size_t i = 0; i < std::min(count_, kMost); ++i)
            ++counts[callerOf(stacks_[i])];
        if (count_ > kMost)
            counts["too many to look at"] = static_cast<int>(count_ - kMost);
        return counts;
    }

    /// For malloc() and its like.
    static void note()
    {
        Allocations* counter = current();
        if (counter == nullptr)
            return;
        current() = nullptr; // what this itself allocates does not count
        if (counter->count_ < kMost)
            (void)backtrace(counter->stacks_[counter->count_].data(), kDepth);
        ++counter->count_;
        current() = counter;
    }

private:
    static constexpr int kDepth = 24;
    static constexpr std::size_t kMost = 1000;
    using Stack = std::array<void*, kDepth>;

    static Allocations*& current()
    {
        static thread_local Allocations* counter = nullptr;
        return counter;
    }
    static std::string callerOf(const Stack& stack)
    {
        Dl_info here {};
        dladdr(reinterpret_cast<void*>(&Allocations::note), &here);
        for (std::size_t i = 2; // above note() and malloc()
             i < stack.size() && stack[i] != nullptr; ++i) {
            Dl_info info {};
            if (dladdr(stack[i], &info) == 0 || info.dli_fname == nullptr)
                continue;
            const std::string file(info.dli_fname);
            const std::string name = file.substr(file.rfind('/') + 1);
            if (info.dli_fbase == here.dli_fbase)
                return fmt::format("{}+{:#x}", name,
                    static_cast<const char*>(stack[i]) - static_cast<const char*>(info.dli_fbase));
            if (!name.starts_with("libc.so") && !name.starts_with("libstdc++.so"))
                return name;
        }
        return "who knows";
    }

    std::array<Stack, kMost> stacks_ {};
    std::size_t count_ = 0;
};

} // namespace backtake::tests

#if !defined(BACKTAKE_SANITIZED)
extern "C" {
// glibc's own, under the names that it keeps for those who stand in front of them.
void* __libc_malloc(std::size_t size) noexcept;                    // NOLINT
void* __libc_calloc(std::size_t count, std::size_t size) noexcept; // NOLINT
void* __libc_realloc(void* memory, std::size_t size) noexcept;     // NOLINT

void* malloc(std::size_t size) noexcept
{
    backtake::tests::Allocations::note();
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept
{
    backtake::tests::Allocations::note();
    return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) noexcept
{
    backtake::tests::Allocations::note();
    return __libc_realloc(memory, size);
}
}
#endif
