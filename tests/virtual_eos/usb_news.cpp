#include "tests/virtual_eos/usb_news.hpp"

#include "tests/virtual_eos/ptp.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>

namespace backtake::testing {
namespace {

constexpr std::uint32_t kMagic = 0xFEEDCAFE;
constexpr std::uint32_t kHead = 40;

/// MurmurHash2 (Austin Appleby, public domain) with seed 0: listeners let the kernel filter by it.
std::uint32_t murmur2(std::string_view text)
{
    constexpr std::uint32_t kMultiplier = 0x5BD1E995;
    auto hash = static_cast<std::uint32_t>(text.size());
    const auto byteAt = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    std::size_t at = 0;
    for (; at + 4 <= text.size(); at += 4) {
        std::uint32_t word = byteAt(at) | byteAt(at + 1) << 8 | byteAt(at + 2) << 16 | byteAt(at + 3) << 24;
        word *= kMultiplier;
        word ^= word >> 24;
        word *= kMultiplier;
        hash = hash * kMultiplier ^ word;
    }
    if (at < text.size()) {
        for (std::size_t i = text.size(); i > at; --i)
            hash ^= byteAt(i - 1) << (8 * (i - 1 - at));
        hash *= kMultiplier;
    }
    hash ^= hash >> 13;
    hash *= kMultiplier;
    return hash ^ hash >> 15;
}

std::vector<std::byte> message(const UsbNews& news)
{
    static std::atomic<unsigned> sequence = 1;
    std::string properties = fmt::format("ACTION={}\nDEVPATH={}\nSUBSYSTEM=usb\nDEVTYPE={}\nSEQNUM={}\n",
        news.action, news.path, news.kind, sequence++);
    properties += news.properties;
    std::replace(properties.begin(), properties.end(), '\n', '\0');
    PtpWriter whole;
    whole.cText("libudev", 8).u32(htonl(kMagic)).u32(kHead).u32(kHead);
    whole.u32(static_cast<std::uint32_t>(properties.size()));
    whole.u32(htonl(murmur2("usb"))).u32(htonl(murmur2(news.kind))).u32(0).u32(0); // no tags
    return whole.bytes(std::as_bytes(std::span(properties))).take();
}

} // namespace

void tellUdev(const std::string& root, const UsbNews& news)
{
    const auto bytes = message(news);
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
        const std::string path = entry.path().string();
        sockaddr_un address {};
        address.sun_family = AF_UNIX;
        if (!entry.path().filename().string().starts_with("event") || path.size() >= sizeof address.sun_path)
            continue;
        std::memcpy(address.sun_path, path.data(), path.size());
        const int fd = ::socket(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        // Nobody there: a listener that is gone.
        ::sendto(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
            sizeof address);
        ::close(fd);
    }
}

} // namespace backtake::testing
