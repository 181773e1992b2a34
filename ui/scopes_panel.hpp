/// The scopes on screen: images of the picture's code values, and the scales to read them by.
#pragma once

#include "ui/gl/rgba_texture.hpp"
#include "ui/image_tools.hpp"
#include "ui/layout.hpp"
#include "ui/scopes.hpp"
#include "ui/theme.hpp"

#include <array>
#include <cstdint>
#include <memory>

namespace backtake::ui {

/// Room: the window's thread, its GL context current in every call, the destructor included.
/// Owns: a texture for each kind of scope that was shown, used again.
class ScopesPanel {
public:
    /// Fills @p place with what @p kind asks for; All: one above the other, or side by side where that is
    /// wider than high. Nothing at Off.
    /// @param image null: the scales alone. Uploaded once, in the first call that shows it.
    void draw(const Rect& place, ScopeKind kind, const std::shared_ptr<const ScopeImage>& image,
        const Theme& theme);
    /// What draw() wants to be given an image for.
    [[nodiscard]] static ScopeView viewOf(
        const Rect& place, ScopeKind kind, base::Orientation orientation, const Theme& theme);

private:
    static constexpr std::size_t kScopes = 4;

    /// Where a scope's title, scale and image stand together; empty when @p kind does not ask for it.
    static Rect partOf(const Rect& place, ScopeKind kind, std::size_t index);
    /// The image's place in it; empty when there is no room.
    static Rect boxOf(const Rect& part, std::size_t index, const Theme& theme);
    void drawScope(ImDrawList& list, std::size_t index, const Rect& place, const Theme& theme);

    std::shared_ptr<const ScopeImage> image_;
    std::uint64_t version_ = 1; ///< Of image_, for the textures.
    std::array<gl::RgbaTexture, kScopes> textures_;
};

} // namespace backtake::ui
