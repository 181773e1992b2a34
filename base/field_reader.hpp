/// Reads our JSON files, which anybody may have altered: every field is checked. Who includes this links
/// nlohmann_json.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace backtake::base {

using Json = nlohmann::ordered_json; // keeps the order people read it in

inline constexpr std::size_t kLongestText = 4096; ///< Bytes.
inline constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// Reads the fields of one object, each checked for kind and bounds. The first trouble is kept, later ones
/// are not looked at.
class FieldReader {
public:
    FieldReader(const Json& object, std::string& trouble)
        : object_(object)
        , trouble_(trouble)
    {
    }

    template <typename T> void integer(const char* key, std::int64_t low, std::int64_t high, T& into)
    {
        const Json* value = find(key);
        if (!value)
            return;
        const bool too_large =
            value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t { kMost };
        if (!value->is_number_integer() || too_large)
            return say("\"{}\" is no whole number", key);
        const auto number = value->get<std::int64_t>();
        if (number < low || number > high)
            return say("\"{}\" is {}, not within {} to {}", key, number, low, high);
        into = static_cast<T>(number);
    }
    void number(const char* key, double low, double high, double& into)
    {
        const Json* value = find(key);
        if (!value)
            return;
        if (!value->is_number())
            return say("\"{}\" is no number", key);
        const auto number = value->get<double>();
        if (!(number >= low && number <= high))
            return say("\"{}\" is {}, not within {} to {}", key, number, low, high);
        into = number;
    }
    void nanos(const char* key, Nanos low, Nanos high, Nanos& into)
    {
        std::int64_t count = into.count();
        integer(key, low.count(), high.count(), count);
        into = Nanos(count);
    }
    void text(const char* key, std::string& into, std::size_t longest = kLongestText)
    {
        const Json* value = find(key);
        if (!value)
            return;
        if (!value->is_string())
            return say("\"{}\" is no text", key);
        const auto& found = value->get_ref<const std::string&>();
        if (found.size() > longest)
            return say("\"{}\" is longer than {} bytes", key, longest);
        into = found;
    }
    void flag(const char* key, bool& into)
    {
        const Json* value = find(key);
        if (value && !value->is_boolean())
            return say("\"{}\" is neither true nor false", key);
        if (value)
            into = value->get<bool>();
    }
    [[nodiscard]] const Json* object(const char* key) { return kind(key, Json::value_t::object, "object"); }
    [[nodiscard]] const Json* array(const char* key) { return kind(key, Json::value_t::array, "list"); }
    [[nodiscard]] bool has(const char* key) const
    {
        return object_.contains(key) && !object_.at(key).is_null();
    }

    template <typename... Args> void say(fmt::format_string<Args...> format, Args&&... args)
    {
        if (trouble_.empty())
            trouble_ = fmt::format(format, std::forward<Args>(args)...);
    }

private:
    const Json* find(const char* key)
    {
        if (!trouble_.empty())
            return nullptr;
        const auto found = object_.find(key);
        if (found != object_.end())
            return &*found;
        say("\"{}\" is missing", key);
        return nullptr;
    }
    const Json* kind(const char* key, Json::value_t wanted, const char* name)
    {
        const Json* value = find(key);
        if (!value || value->type() == wanted)
            return value;
        say("\"{}\" is no {}", key, name);
        return nullptr;
    }

    const Json& object_;
    std::string& trouble_;
};

/// What a whole file says of itself: each of ours has "format" and "version".
struct FileKind {
    std::string_view format;
    std::string_view what;           ///< "a Backtake log".
    std::int64_t newest_version = 1; ///< That this program knows.
    std::uint64_t largest = 0;       ///< Bytes: a hostile file costs no more than this.
};

/// @return the object that the file is; Fault::Corrupt (what is wrong with it), Unsupported (a newer
/// version).
inline Result<Json> parseFile(std::string_view text, const FileKind& kind)
{
    if (text.size() > kind.largest)
        return fail(Fault::Corrupt, "it is far too long");
    Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (root.is_discarded())
        return fail(Fault::Corrupt, "it is no JSON (cut off or altered)");
    if (!root.is_object() || !root.contains("format") || root.at("format") != kind.format)
        return fail(Fault::Corrupt, fmt::format("it does not say that it is {}", kind.what));
    std::string trouble;
    std::int64_t version = 0;
    FieldReader(root, trouble).integer("version", 1, kMost, version);
    if (!trouble.empty())
        return fail(Fault::Corrupt, trouble);
    if (version > kind.newest_version)
        return fail(Fault::Unsupported,
            fmt::format("it is of version {}, this Backtake knows up to {}: open it with the newer Backtake",
                version, kind.newest_version));
    return root;
}

} // namespace backtake::base
