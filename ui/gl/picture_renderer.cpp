#include "ui/gl/picture_renderer.hpp"

#include <epoxy/gl.h>

#include <initializer_list>
#include <string>

namespace backtake::ui::gl {
namespace {

// One triangle that covers the place; corners and coordinates come from the vertex number, so no buffer is
// needed. Chroma has its own coordinates: planes of odd pictures are rounded up and reach half a sample over
// the edge.
constexpr const char* kVertexShader = R"(#version 330 core
uniform vec2 chroma_scale;
out vec2 luma_at;
out vec2 chroma_at;
void main()
{
    vec2 corner = vec2(float((gl_VertexID & 1) << 2), float((gl_VertexID & 2) << 1)) * 0.5;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
    luma_at = vec2(corner.x, 1.0 - corner.y);
    chroma_at = luma_at * chroma_scale;
}
)";

// Four taps per pixel keep fine detail from shimmering when the picture is shown smaller than it is; one does
// else.
constexpr const char* kFragmentHead = "#version 330 core\n";
constexpr const char* kFragmentHeadReducing = "#version 330 core\n#define REDUCING\n";
constexpr const char* kFragmentShader = R"(
uniform sampler2D luma;
uniform sampler2D blue;
uniform sampler2D red;
uniform mat3 matrix;
uniform vec3 offset;
uniform vec2 quarter_pixel;
in vec2 luma_at;
in vec2 chroma_at;
out vec4 colour;
void main()
{
#ifdef REDUCING
    vec2 across = vec2(quarter_pixel.x, -quarter_pixel.y);
    float y = 0.25 * (texture(luma, luma_at + quarter_pixel).r + texture(luma, luma_at - quarter_pixel).r
        + texture(luma, luma_at + across).r + texture(luma, luma_at - across).r);
#else
    float y = texture(luma, luma_at).r;
#endif
    vec3 ycbcr = vec3(y, texture(blue, chroma_at).r, texture(red, chroma_at).r);
    colour = vec4(matrix * (ycbcr + offset), 1.0);
}
)";

base::Result<GLuint> compiled(GLenum kind, std::initializer_list<const char*> parts)
{
    const GLuint shader = glCreateShader(kind);
    glShaderSource(shader, static_cast<GLsizei>(parts.size()), parts.begin(), nullptr);
    glCompileShader(shader);
    GLint good = GL_FALSE;
    glGetShaderiv(shader, GL_COMPILE_STATUS, &good);
    if (good == GL_TRUE)
        return shader;
    std::string log(1024, '\0');
    GLsizei length = 0;
    glGetShaderInfoLog(shader, static_cast<GLsizei>(log.size()), &length, log.data());
    log.resize(static_cast<std::size_t>(length));
    glDeleteShader(shader);
    return base::fail(base::Fault::Unsupported,
        "The graphics driver refuses the picture's shader; set LIBGL_ALWAYS_SOFTWARE=1 to draw in software.",
        std::move(log));
}

} // namespace

ColourTransform transformOf(const base::Colour& colour)
{
    const bool bt709 = colour.matrix == base::Matrix::Bt709;
    const bool limited = colour.range == base::Range::Limited;
    // ITU-R BT.601 and BT.709: weights of red and blue in luma.
    const double red = bt709 ? 0.2126 : 0.299;
    const double blue = bt709 ? 0.0722 : 0.114;
    const double green = 1 - red - blue;
    const double luma_gain = limited ? 255.0 / 219 : 1;
    const double chroma_gain = limited ? 255.0 / 224 : 1;
    const auto f = [](double value) { return static_cast<float>(value); };

    ColourTransform transform;
    transform.offset = { f(limited ? -16.0 / 255 : 0), f(-128.0 / 255), f(-128.0 / 255) };
    transform.matrix = {
        f(luma_gain), f(luma_gain), f(luma_gain),                                            //
        0, f(-2 * (1 - blue) * blue / green * chroma_gain), f(2 * (1 - blue) * chroma_gain), //
        f(2 * (1 - red) * chroma_gain), f(-2 * (1 - red) * red / green * chroma_gain), 0,    //
    };
    return transform;
}

base::Result<std::unique_ptr<PictureRenderer>> PictureRenderer::make()
{
    std::unique_ptr<PictureRenderer> renderer(new PictureRenderer);
    if (auto built = renderer->build(); !built)
        return base::fail(built.error());
    return renderer;
}

base::Result<PictureRenderer::Program> PictureRenderer::linked(const char* fragment_head)
{
    auto vertex = compiled(GL_VERTEX_SHADER, { kVertexShader });
    if (!vertex)
        return base::fail(vertex.error());
    auto fragment = compiled(GL_FRAGMENT_SHADER, { fragment_head, kFragmentShader });
    if (!fragment) {
        glDeleteShader(*vertex);
        return base::fail(fragment.error());
    }
    Program program;
    program.name = glCreateProgram();
    glAttachShader(program.name, *vertex);
    glAttachShader(program.name, *fragment);
    glLinkProgram(program.name);
    glDeleteShader(*vertex);
    glDeleteShader(*fragment);
    GLint good = GL_FALSE;
    glGetProgramiv(program.name, GL_LINK_STATUS, &good);
    if (good != GL_TRUE) {
        glDeleteProgram(program.name);
        return base::fail(base::Fault::Unsupported,
            "The graphics driver does not link the picture's shader; set LIBGL_ALWAYS_SOFTWARE=1 to draw in "
            "software.");
    }
    program.matrix_at = glGetUniformLocation(program.name, "matrix");
    program.offset_at = glGetUniformLocation(program.name, "offset");
    program.chroma_scale_at = glGetUniformLocation(program.name, "chroma_scale");
    program.quarter_pixel_at = glGetUniformLocation(program.name, "quarter_pixel");
    glUseProgram(program.name);
    glUniform1i(glGetUniformLocation(program.name, "luma"), 0);
    glUniform1i(glGetUniformLocation(program.name, "blue"), 1);
    glUniform1i(glGetUniformLocation(program.name, "red"), 2);
    glUseProgram(0);
    return program;
}

base::Outcome PictureRenderer::build()
{
    auto plain = linked(kFragmentHead);
    if (!plain)
        return base::fail(plain.error());
    plain_ = *plain;
    auto reducing = linked(kFragmentHeadReducing);
    if (!reducing)
        return base::fail(reducing.error());
    reducing_ = *reducing;

    glGenVertexArrays(1, &vertices_);
    glGenTextures(static_cast<GLsizei>(textures_.size()), textures_.data());
    for (const GLuint texture : textures_) {
        glBindTexture(GL_TEXTURE_2D, texture);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    }
    glBindTexture(GL_TEXTURE_2D, 0);
    glGetIntegerv(GL_MAX_TEXTURE_SIZE, &largest_side_);
    return {};
}

PictureRenderer::~PictureRenderer()
{
    glDeleteTextures(static_cast<GLsizei>(textures_.size()), textures_.data());
    glDeleteVertexArrays(1, &vertices_);
    glDeleteProgram(plain_.name);
    glDeleteProgram(reducing_.name);
}

bool PictureRenderer::upload(const base::Picture& picture)
{
    format_.reset();
    const base::PictureFormat& format = picture.format;
    if (format.width <= 0 || format.height <= 0 || format.width > largest_side_
        || format.height > largest_side_)
        return false;

    constexpr std::uint8_t kNoColour = 128;
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    for (int plane = 0; plane < 3; ++plane) {
        const auto index = static_cast<std::size_t>(plane);
        const bool present = plane < format.planes();
        const int width = present ? format.planeWidth(plane) : 1;
        const int height = present ? format.planeHeight(plane) : 1;
        const std::uint8_t* pixels = present ? picture.planes[index] : &kNoColour;
        if (pixels == nullptr)
            return false;
        glActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(plane));
        glBindTexture(GL_TEXTURE_2D, textures_[index]);
        glPixelStorei(GL_UNPACK_ROW_LENGTH, present ? picture.strides[index] : 0);
        if (sizes_[index] == std::array { width, height }) {
            glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, GL_RED, GL_UNSIGNED_BYTE, pixels);
        } else {
            glTexImage2D(GL_TEXTURE_2D, 0, GL_R8, width, height, 0, GL_RED, GL_UNSIGNED_BYTE, pixels);
            sizes_[index] = { width, height };
        }
    }
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glActiveTexture(GL_TEXTURE0);
    format_ = format;
    return true;
}

void PictureRenderer::draw(const Rect& place, int framebuffer_height) const
{
    if (!format_ || place.empty())
        return;
    const ColourTransform transform = transformOf(format_->colour);
    const auto part = [&](int luma_side, int chroma_side) {
        const int factor = chroma_side < luma_side ? 2 : 1;
        return static_cast<float>(luma_side) / static_cast<float>(factor * chroma_side);
    };
    const bool grey = format_->planes() == 1;

    glDisable(GL_BLEND);
    glDisable(GL_SCISSOR_TEST);
    glViewport(place.x, framebuffer_height - place.bottom(), place.width, place.height);
    // Up to here the linear filter alone meets every sample.
    constexpr double kReducedFrom = 1.25;
    const bool reduced =
        format_->width > kReducedFrom * place.width || format_->height > kReducedFrom * place.height;
    const Program& program = reduced ? reducing_ : plain_;
    glUseProgram(program.name);
    glUniformMatrix3fv(program.matrix_at, 1, GL_FALSE, transform.matrix.data());
    glUniform3f(program.offset_at, transform.offset[0], transform.offset[1], transform.offset[2]);
    glUniform2f(program.quarter_pixel_at, 0.25F / static_cast<float>(place.width),
        0.25F / static_cast<float>(place.height));
    glUniform2f(program.chroma_scale_at, grey ? 1 : part(format_->width, format_->planeWidth(1)),
        grey ? 1 : part(format_->height, format_->planeHeight(1)));
    for (std::size_t plane = 0; plane < textures_.size(); ++plane) {
        glActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(plane));
        glBindTexture(GL_TEXTURE_2D, textures_[plane]);
    }
    glBindVertexArray(vertices_);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glBindVertexArray(0);
    glActiveTexture(GL_TEXTURE0);
    glUseProgram(0);
}

} // namespace backtake::ui::gl
