#include "takes/slate.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>

namespace backtake::takes {
using base::fail;
using base::Fault;

namespace {

constexpr std::size_t kLongestScene = 1000; // bytes; a title page fits, a pasted script does not
constexpr std::size_t kLongestSceneInName = 60;
constexpr std::size_t kHashDigits = 8;

bool isPlain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_'
        || c == '-';
}

/// Ends as the names with a hash do: such a scene gets one too, or it could meet the folder of another.
bool endsLikeAHash(std::string_view scene)
{
    if (scene.size() <= kHashDigits || scene[scene.size() - kHashDigits - 1] != '-')
        return false;
    const std::string_view digits = scene.substr(scene.size() - kHashDigits);
    return std::all_of(digits.begin(), digits.end(),
        [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

} // namespace

std::string text(const Slate& slate) { return fmt::format("{}/{}", slate.scene, slate.take); }
std::string fullText(const Slate& slate) { return text(slate) + slate.camera; }

std::string folderName(const Slate& slate)
{
    std::string name;
    for (const char c : slate.scene) {
        if (isPlain(c))
            name.push_back(c);
        else if ((static_cast<unsigned char>(c) & 0xC0)
            != 0x80) // one '_' per character, not per byte of UTF-8
            name.push_back('_');
    }
    // '.' first would hide the folder, '-' first would read as an option of every command.
    if (!name.empty() && (name.front() == '.' || name.front() == '-'))
        name.front() = '_';
    if (name.size() > kLongestSceneInName)
        name.resize(kLongestSceneInName);
    if (name.empty())
        name = "_";
    if (name != slate.scene || endsLikeAHash(slate.scene)) {
        const auto hash = XXH3_64bits(slate.scene.data(), slate.scene.size());
        name += fmt::format("-{:08x}", static_cast<std::uint32_t>(hash));
    }
    return fmt::format("{}-{:03}-{}", name, slate.take, slate.camera);
}

base::Result<Slate> parseSlate(std::string_view text)
{
    const auto no = [&text](std::string_view why) {
        return fail(Fault::Usage,
            fmt::format(
                "\"{}\" is no slate: {}. Write scene/take, like 12A/3, or 12A/3B for camera B", text, why));
    };
    const auto slash = text.rfind('/'); // the last one: a scene may hold more
    if (slash == std::string_view::npos)
        return no("the take number is missing");
    Slate slate;
    slate.scene = std::string(text.substr(0, slash));
    if (slate.scene.empty())
        return no("the scene is missing");
    if (slate.scene.size() > kLongestScene)
        return fail(
            Fault::Usage, fmt::format("the scene's name is longer than {} bytes: shorten it", kLongestScene));
    if (std::any_of(slate.scene.begin(), slate.scene.end(),
            [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return no("the scene holds line breaks or control characters");
    std::string_view number = text.substr(slash + 1);
    if (!number.empty() && number.back() >= 'A' && number.back() <= 'Z') {
        slate.camera = number.back();
        number.remove_suffix(1);
    }
    const char* const end = number.data() + number.size();
    const auto [stopped, error] = std::from_chars(number.data(), end, slate.take);
    if (error != std::errc() || stopped != end || slate.take < 1 || slate.take > 99999)
        return no("the take is a number from 1 to 99999");
    return slate;
}

} // namespace backtake::takes
