#include "tests/virtual_eos/card.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace backtake::testing {
namespace {

constexpr std::uint32_t kDcim = 0x90000000;
constexpr std::uint32_t kFolder = 0x91900000;
constexpr std::uint32_t kFirstClip = 0x91900001;
constexpr std::uint32_t kRoot = 0xFFFFFFFF;
constexpr std::string_view kDcimName = "DCIM";
constexpr std::string_view kFolderName = "100EOS1D";

constexpr std::uint16_t kFormatFolder = 0x3001;
constexpr std::uint16_t kFormatMov = 0x300D;
/// What the 32 bits of a PTP size say of a clip that does not fit in them.
constexpr std::uint32_t kTooLarge = 0xFFFFFFFF;

std::uint32_t size32(std::uint64_t bytes)
{
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes, kTooLarge));
}

/// Of a 64-bit word of the pattern: a bijection that leaves no two words alike (splitmix64's finaliser).
std::uint64_t patternWord(std::uint64_t index)
{
    std::uint64_t word = (index + 1) * 0x9E3779B97F4A7C15U;
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9U;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBU;
    return word ^ (word >> 31);
}

struct ObjectFacts {
    std::string_view name;
    std::uint32_t parent = 0;
    std::uint16_t format = kFormatFolder;
    std::uint32_t bytes = 0;
};

} // namespace

const Clip& Card::add(std::uint64_t bytes)
{
    const auto number = next_clip_++;
    clips_.push_back(
        { kFirstClip + static_cast<std::uint32_t>(number - 1), fmt::format("MVI_{:04}.MOV", number), bytes });
    return clips_.back();
}

bool Card::remove(std::uint32_t handle)
{
    return std::erase_if(clips_, [&](const Clip& clip) { return clip.handle == handle; }) > 0;
}

const Clip* Card::find(std::uint32_t handle) const
{
    const auto found =
        std::find_if(clips_.begin(), clips_.end(), [&](const Clip& clip) { return clip.handle == handle; });
    return found == clips_.end() ? nullptr : &*found;
}

const Clip* Card::find(const std::string& name) const
{
    const auto found =
        std::find_if(clips_.begin(), clips_.end(), [&](const Clip& clip) { return clip.name == name; });
    return found == clips_.end() ? nullptr : &*found;
}

std::uint64_t Card::freeBytes() const
{
    if (!present || full)
        return 0;
    std::uint64_t taken = kCapacity / 2;
    for (const Clip& clip : clips_)
        taken += clip.bytes;
    return taken < kCapacity ? kCapacity - taken : 0;
}

std::vector<std::uint32_t> Card::children(std::uint32_t folder) const
{
    if (!present)
        return {};
    if (folder == 0 || folder == kRoot)
        return { kDcim };
    if (folder == kDcim)
        return { kFolder };
    std::vector<std::uint32_t> handles;
    if (folder == kFolder) {
        for (const Clip& clip : clips_)
            handles.push_back(clip.handle);
    }
    return handles;
}

std::vector<std::uint32_t> Card::everything() const
{
    std::vector<std::uint32_t> handles;
    for (const std::uint32_t folder : { kRoot, kDcim, kFolder }) {
        const auto inside = children(folder);
        handles.insert(handles.end(), inside.begin(), inside.end());
    }
    return handles;
}

bool Card::has(std::uint32_t handle) const
{
    return present && (handle == kDcim || handle == kFolder || find(handle) != nullptr);
}

namespace {
ObjectFacts factsOf(const Card& card, std::uint32_t handle)
{
    if (handle == kDcim)
        return { kDcimName, 0 };
    if (handle == kFolder)
        return { kFolderName, kDcim };
    const Clip& clip = *card.find(handle);
    return { clip.name, kFolder, kFormatMov, size32(clip.bytes) };
}
} // namespace

std::vector<std::byte> Card::storageInfo() const
{
    PtpWriter data;
    data.u16(4).u16(3).u16(0); // removable RAM, DCF, read and write
    data.u64(present ? kCapacity : 0).u64(freeBytes()).u32(0xFFFFFFFF);
    return data.string("CF1").string("").take();
}

std::vector<std::byte> Card::objectInfo(std::uint32_t handle) const
{
    const ObjectFacts facts = factsOf(*this, handle);
    PtpWriter data;
    data.u32(kStorage).u16(facts.format).u16(0).u32(facts.bytes);
    data.u16(0).u32(0).u32(0).u32(0); // no thumbnail
    data.u32(0).u32(0).u32(0);        // no size in pixels
    data.u32(facts.parent).u16(facts.format == kFormatFolder ? 1 : 0).u32(0).u32(0);
    data.string(facts.name).string("20121112T101500").string("20121112T101500").string("");
    return data.take();
}

std::vector<std::byte> Card::eosFolder(std::uint32_t folder) const
{
    const auto handles = children(folder);
    PtpWriter data;
    data.u32(static_cast<std::uint32_t>(handles.size()));
    for (const std::uint32_t handle : handles) {
        const ObjectFacts facts = factsOf(*this, handle);
        data.u32(56).u32(handle).u32(kStorage).u16(facts.format).u16(0).u32(0).u32(0);
        data.u32(facts.bytes).u32(facts.parent).u32(handle).cText(facts.name, 16).u32(1'352'715'300);
    }
    return data.take();
}

std::vector<std::byte> Card::addedRecord(const Clip& clip)
{
    PtpWriter contents;
    contents.u32(clip.handle).u32(kStorage).u16(kFormatMov).u16(0).u32(0).u32(0);
    contents.u32(size32(clip.bytes)).u32(kFolder).u32(clip.handle).cText(clip.name, 16);
    return eventRecord(Event::ObjectAddedEx, contents.take());
}

void fillClip(std::uint64_t offset, std::span<std::byte> bytes)
{
    while (!bytes.empty() && offset % 8 != 0) {
        bytes.front() = EosBody::clipByte(offset++);
        bytes = bytes.subspan(1);
    }
    for (; bytes.size() >= 8; bytes = bytes.subspan(8), offset += 8) {
        const std::uint64_t word = patternWord(offset / 8);
        std::memcpy(bytes.data(), &word, 8); // little-endian, as every machine this runs on
    }
    for (std::byte& byte : bytes)
        byte = EosBody::clipByte(offset++);
}

std::byte EosBody::clipByte(std::uint64_t offset)
{
    return static_cast<std::byte>(patternWord(offset / 8) >> (8 * (offset % 8)));
}

} // namespace backtake::testing
