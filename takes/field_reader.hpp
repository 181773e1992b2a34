/// base::FieldReader with the words of this folder. For takes/ alone.
#pragma once

#include "base/field_reader.hpp"
#include "takes/slate.hpp"

#include <initializer_list>

namespace backtake::takes {

using base::Json;
using base::kLongestText;
using base::kMost;

class FieldReader : public base::FieldReader {
public:
    using base::FieldReader::FieldReader;

    /// @p all are the choices, each with its nameOf().
    template <typename T> void choice(const char* key, std::initializer_list<T> all, T& into)
    {
        std::string name;
        text(key, name);
        for (const T one : all) {
            if (nameOf(one) == name) {
                into = one;
                return;
            }
        }
        say("\"{}\" is \"{}\", which means nothing here", key, name);
    }
};

/// The slate in a take.json and in a log.json.
void readSlate(FieldReader fields, Slate& slate);
Json toJson(const Slate& slate);

} // namespace backtake::takes
