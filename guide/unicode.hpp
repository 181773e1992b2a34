/// Text as code points: IPA is taken apart by them, and the voice counts in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace backtake::guide {

/// @return nullopt for what is no UTF-8 (RFC 3629): overlong forms, surrogates and cut-off ends included.
std::optional<std::u32string> codePoints(std::string_view utf8);
/// @param text valid code points.
std::string utf8(std::u32string_view text);

} // namespace backtake::guide
