/// Text in ImGui's fields, whose letters have 16 bits and which end at NUL and at a line break: what a field
/// cannot hold stands in it as a letter that no text of this program uses, and comes back out of it whole.
#pragma once

#include <string>
#include <string_view>

namespace backtake::ui {

/// Room: the window's, both. As UTF-8; never longer than @p text, but for control characters (3 bytes each).
/// After 1165 different letters that need a stand-in, further ones become U+FFFD.
std::string toField(std::string_view text);
std::string fromField(std::string_view field);

} // namespace backtake::ui
