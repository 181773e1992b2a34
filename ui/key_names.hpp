/// Keys and actions by name, as settings and people write them, and which keys may be chosen for what.
#pragma once

#include "ui/keys.hpp"
#include "ui/settings.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace backtake::ui {

/// Reads "Ctrl+G", "Shift+F6", "+", in whatever case. @return nullopt when there is no such key.
std::optional<KeyCombination> parseKeyCombination(std::string_view text);
/// "Ctrl+G": what parseKeyCombination() reads, modifiers in the order Ctrl, Alt, Shift.
std::string text(const KeyCombination& keys);
/// What was pressed, as it is written. @return nullopt for a key that has no name here, as Shift alone.
std::optional<KeyCombination> combinationOf(const KeyPress& press);

/// "roll_while_typing" of KeyId::RollWhileTyping.
std::string actionName(KeyId id);
/// @return nullopt when no row of the table is called so.
std::optional<KeyId> actionNamed(std::string_view name);

/// Where a row of keyTable() lies with these choices.
KeyCombination keysOf(const KeyBinding& binding, const KeyChoices& choices);
/// A row that must not lie where @p binding lies with these choices, for one press would mean both. What is
/// on top may have keys of its own, but none may take away rolling and leaving.
const KeyBinding* clashOf(const KeyBinding& binding, const KeyChoices& choices);
/// Whether a key edits a text that is typed: no action that works meanwhile may have it.
bool editsText(const KeyCombination& keys);

} // namespace backtake::ui
