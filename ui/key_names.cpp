#include "ui/key_names.hpp"

#include <algorithm>
#include <array>

namespace backtake::ui {
namespace {

struct KeyName {
    std::string_view name;
    SDL_Keycode key;
};
constexpr KeyName kKeyNames[] { { "Tab", SDLK_TAB }, { "Space", SDLK_SPACE }, { "Enter", SDLK_RETURN },
    { "Esc", SDLK_ESCAPE }, { "Backspace", SDLK_BACKSPACE }, { "Insert", SDLK_INSERT },
    { "Delete", SDLK_DELETE }, { "Home", SDLK_HOME }, { "End", SDLK_END }, { "PageUp", SDLK_PAGEUP },
    { "PageDown", SDLK_PAGEDOWN }, { "Up", SDLK_UP }, { "Down", SDLK_DOWN }, { "Left", SDLK_LEFT },
    { "Right", SDLK_RIGHT }, { "F1", SDLK_F1 }, { "F2", SDLK_F2 }, { "F3", SDLK_F3 }, { "F4", SDLK_F4 },
    { "F5", SDLK_F5 }, { "F6", SDLK_F6 }, { "F7", SDLK_F7 }, { "F8", SDLK_F8 }, { "F9", SDLK_F9 },
    { "F10", SDLK_F10 }, { "F11", SDLK_F11 }, { "F12", SDLK_F12 } };

struct ModifierName {
    std::string_view name;
    unsigned bit;
};
constexpr ModifierName kModifierNames[] { { "Ctrl", modifier::kCtrl }, { "Alt", modifier::kAlt },
    { "Shift", modifier::kShift } };

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool isLetterOrDigit(std::int32_t key) { return (key >= 'a' && key <= 'z') || (key >= '0' && key <= '9'); }

/// A printed sign that is no letter or digit: where it is on Shift differs from layout to layout.
bool isSign(std::int32_t key) { return key > ' ' && key < 0x7f && !isLetterOrDigit(key); }

bool isSame(std::string_view one, std::string_view other)
{
    return std::ranges::equal(one, other, {}, lower, lower);
}

std::optional<SDL_Keycode> keyOf(std::string_view name)
{
    for (const KeyName& key : kKeyNames) {
        if (isSame(name, key.name))
            return key.key;
    }
    if (name.size() == 1 && (isLetterOrDigit(lower(name.front())) || isSign(name.front())))
        return lower(name.front());
    return std::nullopt;
}

/// "RollWhileTyping" of an enumerator, by what the compiler calls it in this function's name; empty when the
/// enum has no such value. So the file's words need no table beside the enum.
template <auto value> constexpr std::string_view enumerator()
{
    std::string_view name = __PRETTY_FUNCTION__; // "… [with auto value = backtake::ui::KeyId::Roll; …]"
    name.remove_prefix(name.find("value = ") + 8);
    name = name.substr(0, name.find_first_of(";]"));
    const auto colon = name.rfind(':');
    return name.front() == '(' || colon == std::string_view::npos ? "" : name.substr(colon + 1);
}
constexpr std::size_t kMostKeys = 256;
template <std::size_t... values> constexpr auto enumeratorsOf(std::index_sequence<values...>)
{
    return std::array { enumerator<static_cast<KeyId>(values)>()... };
}
constexpr auto kKeyIds = enumeratorsOf(std::make_index_sequence<kMostKeys>());
static_assert(kKeyIds[static_cast<std::size_t>(KeyId::RollWhileTyping)] == "RollWhileTyping");

/// Whether one press can mean both.
bool overlap(const KeyCombination& one, const KeyCombination& other)
{
    using namespace modifier;
    unsigned told_apart_by = kShift | kCtrl | kAlt;
    if (((one.modifiers | other.modifiers) & kAnyShift) != 0)
        told_apart_by &= ~kShift;
    return one.key == other.key && ((one.modifiers ^ other.modifiers) & told_apart_by) == 0;
}

/// Whether the two may not have one key. What is on top may have keys of its own, but none may take away
/// rolling and leaving.
bool excludeEachOther(const KeyBinding& one, const KeyBinding& other)
{
    const auto isAlwaysThere = [](const KeyBinding& binding) {
        return binding.id == KeyId::Roll || binding.id == KeyId::RollWhileTyping
            || binding.id == KeyId::Leave;
    };
    return one.id != other.id && (one.place == other.place || isAlwaysThere(one) || isAlwaysThere(other));
}

} // namespace

std::optional<KeyCombination> parseKeyCombination(std::string_view text)
{
    KeyCombination keys;
    for (bool more = true; more;) {
        more = false;
        for (const ModifierName& modifier : kModifierNames) {
            const std::size_t length = modifier.name.size();
            if (text.size() > length && text[length] == '+' && isSame(text.substr(0, length), modifier.name)
                && (keys.modifiers & modifier.bit) == 0) {
                keys.modifiers |= modifier.bit;
                text.remove_prefix(length + 1);
                more = true;
            }
        }
    }
    const auto key = keyOf(text);
    if (!key)
        return std::nullopt;
    keys.key = *key;
    if (isSign(keys.key) && (keys.modifiers & modifier::kShift) == 0)
        keys.modifiers |= modifier::kAnyShift;
    return keys;
}

std::string text(const KeyCombination& keys)
{
    std::string text;
    for (const ModifierName& modifier : kModifierNames) {
        if ((keys.modifiers & modifier.bit) != 0)
            text += std::string(modifier.name) + "+";
    }
    for (const KeyName& key : kKeyNames) {
        if (key.key == keys.key)
            return text.append(key.name);
    }
    const bool is_letter = keys.key >= 'a' && keys.key <= 'z';
    return text + static_cast<char>(is_letter ? keys.key - 'a' + 'A' : keys.key);
}

std::optional<KeyCombination> combinationOf(const KeyPress& press)
{
    KeyCombination keys { readable(press), modifiersOf(press) };
    if (keys.key == SDLK_KP_ENTER)
        keys.key = SDLK_RETURN;
    if (isSign(keys.key)) // whether it needs Shift is the layout's affair
        keys.modifiers = (keys.modifiers & ~modifier::kShift) | modifier::kAnyShift;
    const auto read = parseKeyCombination(text(keys));
    return read == keys ? read : std::nullopt;
}

std::string actionName(KeyId id)
{
    std::string name;
    for (const char c : kKeyIds.at(static_cast<std::size_t>(id))) {
        if (lower(c) != c && !name.empty())
            name += '_';
        name += lower(c);
    }
    return name;
}

std::optional<KeyId> actionNamed(std::string_view name)
{
    for (const KeyBinding& binding : keyTable())
        if (actionName(binding.id) == name)
            return binding.id;
    return std::nullopt;
}

KeyCombination keysOf(const KeyBinding& binding, const KeyChoices& choices)
{
    const auto chosen = choices.find(binding.id);
    return chosen == choices.end() ? KeyCombination { binding.key, binding.modifiers } : chosen->second;
}

const KeyBinding* clashOf(const KeyBinding& binding, const KeyChoices& choices)
{
    for (const KeyBinding& other : keyTable())
        if (excludeEachOther(binding, other) && overlap(keysOf(binding, choices), keysOf(other, choices)))
            return &other;
    return nullptr;
}

bool editsText(const KeyCombination& keys)
{
    return (keys.modifiers & (modifier::kCtrl | modifier::kAlt)) == 0
        && (keys.key < SDLK_F1 || keys.key > SDLK_F12) && keys.key != SDLK_ESCAPE;
}

} // namespace backtake::ui
