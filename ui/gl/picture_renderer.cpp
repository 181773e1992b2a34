#include "ui/gl/picture_renderer.hpp"

#include "base/rgb.hpp"

#include <epoxy/gl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>

namespace backtake::ui::gl {
namespace {

// One triangle that covers the place; corners and coordinates come from the vertex number, so no buffer is
// needed. Chroma has its own coordinates: planes of odd pictures are rounded up and reach half a sample over
// the edge.
constexpr const char* kVertexShader = R"(#version 330 core
uniform vec4 window; // texture coordinates: where it begins, how far it goes
uniform vec2 chroma_scale;
out vec2 luma_at;
out vec2 chroma_at;
void main()
{
    vec2 corner = vec2(float((gl_VertexID & 1) << 2), float((gl_VertexID & 2) << 1)) * 0.5;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
    luma_at = window.xy + vec2(corner.x, 1.0 - corner.y) * window.zw;
    chroma_at = luma_at * chroma_scale;
}
)";

constexpr const char* kFragmentShader = R"(
uniform sampler2D luma;
uniform sampler2D blue;
uniform sampler2D red;
uniform mat3 matrix;
uniform vec3 offset;
in vec2 luma_at;
in vec2 chroma_at;
out vec4 colour;

// Four taps per pixel keep fine detail from shimmering when the picture is shown smaller than it is; one does
// else.
#ifdef REDUCING
uniform vec2 quarter_pixel;
float lumaHere()
{
    vec2 across = vec2(quarter_pixel.x, -quarter_pixel.y);
    return 0.25 * (texture(luma, luma_at + quarter_pixel).r + texture(luma, luma_at - quarter_pixel).r
        + texture(luma, luma_at + across).r + texture(luma, luma_at - across).r);
}
#else
float lumaHere() { return texture(luma, luma_at).r; }
#endif

#ifdef LUT
uniform sampler3D lut;
uniform vec3 lut_low;
uniform vec3 lut_steps;
// The tetrahedron that a colour lies in is told by the order of its fractions: from the cube's near corner
// along the axis of the largest, then the middle, then the smallest, to the far one.
vec3 lookedUp(vec3 rgb)
{
    ivec3 last = textureSize(lut, 0) - 1;
    vec3 place = clamp((rgb - lut_low) * lut_steps, vec3(0.0), vec3(last));
    ivec3 near = min(ivec3(place), last - 1);
    vec3 f = place - vec3(near);
    bool xy = f.x >= f.y;
    bool yz = f.y >= f.z;
    bool xz = f.x >= f.z;
    ivec3 first = xy && xz ? ivec3(1, 0, 0) : !xy && yz ? ivec3(0, 1, 0) : ivec3(0, 0, 1);
    ivec3 second = yz && xz ? ivec3(1, 1, 0) : !xy && !xz ? ivec3(0, 1, 1) : ivec3(1, 0, 1);
    float large = max(f.x, max(f.y, f.z));
    float small = min(f.x, min(f.y, f.z));
    float middle = f.x + f.y + f.z - large - small;
    return (1.0 - large) * texelFetch(lut, near, 0).rgb + (large - middle) * texelFetch(lut, near + first, 0).rgb
        + (middle - small) * texelFetch(lut, near + second, 0).rgb + small * texelFetch(lut, near + 1, 0).rgb;
}
#endif

#ifdef FALSE_COLOUR
uniform vec2 band_edges[6];
uniform vec3 band_colours[6];
vec3 falseColour(float level)
{
    vec3 rgb = vec3(level * 0.01);
    for (int i = 0; i < 6; ++i)
        if (level >= band_edges[i].x && level < band_edges[i].y)
            rgb = band_colours[i];
    return rgb;
}
#endif

#ifdef ZEBRA
uniform vec4 zebra; // low level, its end, high level; width of a stripe and the gap after it in pixels
bool striped(float level)
{
    bool high = level >= zebra.z;
    if (!high && (level < zebra.x || level >= zebra.y))
        return false;
    float across = high ? gl_FragCoord.x - gl_FragCoord.y : gl_FragCoord.x + gl_FragCoord.y;
    return fract(across / zebra.w) < 0.5;
}
#endif

#ifdef PEAKING
// Second differences of neighbouring samples, smoothed along the edge: a sharp edge answers with its whole
// height, a soft one with next to nothing, noise with one and a half times its deviation. 14 of the 255 steps from
// black to white, however many codes the picture's range has for them: above the noise of a clean camera, below a
// lash.
const float kSharp = 14.0 / 255.0;
bool sharpHere()
{
    ivec2 last = textureSize(luma, 0) - 1;
    ivec2 here = clamp(ivec2(floor(luma_at * vec2(last + 1))), ivec2(0), last);
    ivec2 low = max(here - 1, ivec2(0));
    ivec2 high = min(here + 1, last);
    float a = texelFetch(luma, low, 0).r;
    float b = texelFetch(luma, ivec2(here.x, low.y), 0).r;
    float c = texelFetch(luma, ivec2(high.x, low.y), 0).r;
    float d = texelFetch(luma, ivec2(low.x, here.y), 0).r;
    float e = texelFetch(luma, here, 0).r;
    float f = texelFetch(luma, ivec2(high.x, here.y), 0).r;
    float g = texelFetch(luma, ivec2(low.x, high.y), 0).r;
    float h = texelFetch(luma, ivec2(here.x, high.y), 0).r;
    float i = texelFetch(luma, high, 0).r;
    float column = b + 2.0 * e + h;
    float row = d + 2.0 * e + f;
    vec2 sharp = vec2(2.0 * column - (a + 2.0 * d + g) - (c + 2.0 * f + i),
        2.0 * row - (a + 2.0 * b + c) - (g + 2.0 * h + i)) * 0.25 * matrix[0][0];
    return dot(sharp, sharp) > kSharp * kSharp;
}
#endif

#ifdef DIFFERENCE
uniform sampler2D below;
uniform ivec2 below_at; // of its first pixel in the framebuffer
// Of codes, not of what would be rounded to them: the same picture twice is black.
vec3 differenceHere(vec3 rgb)
{
    vec3 code = floor(clamp(rgb, 0.0, 1.0) * 255.0 + 0.5) / 255.0;
    return abs(code - texelFetch(below, ivec2(gl_FragCoord.xy) - below_at, 0).rgb);
}
#endif

void main()
{
    float y = lumaHere();
#if defined(FALSE_COLOUR) || defined(ZEBRA)
    float level = (y + offset.x) * matrix[0][0] * 100.0; // per cent of the range from black to white
#endif
#ifdef FALSE_COLOUR
    vec3 rgb = falseColour(level);
#else
    vec3 ycbcr = vec3(y, texture(blue, chroma_at).r, texture(red, chroma_at).r);
    vec3 rgb = matrix * (ycbcr + offset);
#endif
#ifdef LUT
    rgb = lookedUp(rgb);
#endif
#ifdef ZEBRA
    if (striped(level))
        rgb = vec3(0.0);
#endif
#ifdef PEAKING
    // Red, and white on what is red itself.
    if (sharpHere())
        rgb = rgb.r > 0.5 && rgb.r > 1.7 * max(rgb.g, rgb.b) ? vec3(1.0) : vec3(1.0, 0.1, 0.1);
#endif
#ifdef DIFFERENCE
    rgb = differenceHere(rgb);
#endif
    colour = vec4(rgb, 1.0);
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

constexpr GLint kLutUnit = 3;
constexpr GLint kBelowUnit = 4;
constexpr float kBeyond_percent = 1000; ///< Further than any code value goes.

} // namespace

base::Result<std::unique_ptr<PictureRenderer>> PictureRenderer::make()
{
    std::unique_ptr<PictureRenderer> renderer(new PictureRenderer);
    if (auto built = renderer->build(); !built)
        return base::fail(built.error());
    return renderer;
}

base::Result<PictureRenderer::Program> PictureRenderer::linked(unsigned passes)
{
    std::string head = "#version 330 core\n";
    constexpr std::array<std::pair<Pass, const char*>, 6> kNames { { { kReducing, "REDUCING" },
        { kLut, "LUT" }, { kFalseColour, "FALSE_COLOUR" }, { kZebra, "ZEBRA" }, { kPeaking, "PEAKING" },
        { kDifference, "DIFFERENCE" } } };
    for (const auto& [pass, name] : kNames)
        if ((passes & pass) != 0)
            head += std::string("#define ") + name + "\n";
    auto vertex = compiled(GL_VERTEX_SHADER, { kVertexShader });
    if (!vertex)
        return base::fail(vertex.error());
    auto fragment = compiled(GL_FRAGMENT_SHADER, { head.c_str(), kFragmentShader });
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
    const auto at = [&](const char* uniform) { return glGetUniformLocation(program.name, uniform); };
    program.matrix_at = at("matrix");
    program.offset_at = at("offset");
    program.window_at = at("window");
    program.chroma_scale_at = at("chroma_scale");
    program.quarter_pixel_at = at("quarter_pixel");
    program.zebra_at = at("zebra");
    program.lut_low_at = at("lut_low");
    program.lut_steps_at = at("lut_steps");
    program.below_at = at("below_at");
    glUseProgram(program.name);
    glUniform1i(at("luma"), 0);
    glUniform1i(at("blue"), 1);
    glUniform1i(at("red"), 2);
    glUniform1i(at("lut"), kLutUnit);
    glUniform1i(at("below"), kBelowUnit);
    const auto bands = falseColourBands();
    std::array<float, 2 * bands.size()> edges {};
    std::array<float, 3 * bands.size()> colours {};
    for (std::size_t i = 0; i < bands.size(); ++i) {
        edges[2 * i] = std::max(bands[i].from_percent, -kBeyond_percent);
        edges[2 * i + 1] = std::min(bands[i].to_percent, kBeyond_percent);
        for (std::size_t k = 0; k < 3; ++k)
            colours[3 * i + k] = static_cast<float>(bands[i].rgb[k]) / 255;
    }
    glUniform2fv(at("band_edges"), static_cast<GLsizei>(bands.size()), edges.data());
    glUniform3fv(at("band_colours"), static_cast<GLsizei>(bands.size()), colours.data());
    glUseProgram(0);
    return program;
}

base::Outcome PictureRenderer::build()
{
    for (const unsigned passes : { 0U, static_cast<unsigned>(kReducing) }) {
        auto program = linked(passes);
        if (!program)
            return base::fail(program.error());
        programs_[passes] = *program;
    }

    glGenVertexArrays(1, &vertices_);
    return {};
}

PictureRenderer::~PictureRenderer()
{
    glDeleteVertexArrays(1, &vertices_);
    glDeleteTextures(1, &lut_texture_);
    glDeleteTextures(1, &below_texture_);
    for (const Program& program : programs_)
        glDeleteProgram(program.name);
}

const PictureRenderer::Program& PictureRenderer::programOf(unsigned passes)
{
    Program& program = programs_[passes];
    if (program.name == 0 && !program.refused) {
        auto made = linked(passes);
        if (made)
            program = *made;
        else {
            program.refused = true;
            spdlog::warn(
                "ui: an image tool is not drawn: {} ({})", made.error().message, made.error().detail);
        }
    }
    return program.name != 0 ? program : programs_[passes & kReducing];
}

void PictureRenderer::uploadLut(const base::CubeLutPtr& lut)
{
    if (lut == lut_)
        return;
    if (lut_texture_ == 0)
        glGenTextures(1, &lut_texture_);
    glActiveTexture(GL_TEXTURE0 + kLutUnit);
    glBindTexture(GL_TEXTURE_3D, lut_texture_);
    // Never filtered: the shader fetches samples and weighs them itself.
    glTexParameteri(GL_TEXTURE_3D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_3D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_3D, GL_TEXTURE_MAX_LEVEL, 0);
    glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    // Half floats have 11 bits: the samples stay within 1/2000, at half of the memory.
    glTexImage3D(GL_TEXTURE_3D, 0, GL_RGB16F, lut->size, lut->size, lut->size, 0, GL_RGB, GL_FLOAT,
        lut->samples.data());
    glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
    glActiveTexture(GL_TEXTURE0);
    lut_ = lut;
}

void PictureRenderer::copyBelow(const Rect& place, int framebuffer_height)
{
    glActiveTexture(GL_TEXTURE0 + kBelowUnit);
    if (below_texture_ == 0) {
        glGenTextures(1, &below_texture_);
        glBindTexture(GL_TEXTURE_2D, below_texture_);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    }
    glBindTexture(GL_TEXTURE_2D, below_texture_);
    glReadBuffer(GL_BACK);
    glCopyTexImage2D(GL_TEXTURE_2D, 0, GL_RGB8, place.x, framebuffer_height - place.bottom(), place.width,
        place.height, 0);
    glActiveTexture(GL_TEXTURE0);
}

void PictureRenderer::blacken(const Rect& place, int framebuffer_height)
{
    glEnable(GL_SCISSOR_TEST);
    glScissor(place.x, framebuffer_height - place.bottom(), place.width, place.height);
    glClearColor(0, 0, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glDisable(GL_SCISSOR_TEST);
}

void PictureRenderer::draw(const PictureTextures& picture, const Rect& place, const Laying& laying,
    int framebuffer_height, const TextureWindow& window, const ImageTools& tools, float scale)
{
    const Rect& clip = laying.clip;
    if (!picture.format() || place.empty() || clip.empty())
        return;
    const base::PictureFormat& format = *picture.format();
    const base::ColourTransform transform = base::transformOf(format.colour);
    const auto part = [&](int luma_side, int chroma_side) {
        const int factor = chroma_side < luma_side ? 2 : 1;
        return static_cast<float>(luma_side) / static_cast<float>(factor * chroma_side);
    };
    const bool grey = format.planes() == 1;
    const auto f = [](double value) { return static_cast<float>(value); };

    if (laying.opacity < 1) {
        glEnable(GL_BLEND);
        glBlendEquation(GL_FUNC_ADD);
        glBlendColor(0, 0, 0, f(laying.opacity));
        glBlendFunc(GL_CONSTANT_ALPHA, GL_ONE_MINUS_CONSTANT_ALPHA);
    } else {
        glDisable(GL_BLEND);
    }
    glEnable(GL_SCISSOR_TEST);
    glScissor(clip.x, framebuffer_height - clip.bottom(), clip.width, clip.height);
    glViewport(place.x, framebuffer_height - place.bottom(), place.width, place.height);
    // Up to here the linear filter alone meets every sample.
    constexpr double kReducedFrom = 1.25;
    unsigned passes = 0;
    if (format.width * std::abs(window.extent[0]) > kReducedFrom * place.width
        || format.height * std::abs(window.extent[1]) > kReducedFrom * place.height)
        passes |= kReducing;
    if (tools.false_colour)
        passes |= kFalseColour; // nothing of the look-up table would be seen
    else if (tools.lut_on && tools.lut)
        passes |= kLut;
    if (tools.zebra.on)
        passes |= kZebra;
    if (tools.peaking)
        passes |= kPeaking;
    if (laying.difference)
        passes |= kDifference;
    const Program& program = programOf(passes);
    glUseProgram(program.name);
    glUniformMatrix3fv(program.matrix_at, 1, GL_FALSE, transform.matrix.data());
    glUniform3f(program.offset_at, transform.offset[0], transform.offset[1], transform.offset[2]);
    glUniform4f(program.window_at, f(window.origin[0]), f(window.origin[1]), f(window.extent[0]),
        f(window.extent[1]));
    glUniform2f(program.quarter_pixel_at, f(window.extent[0] / 4 / place.width),
        f(window.extent[1] / 4 / place.height));
    glUniform2f(program.chroma_scale_at, grey ? 1 : part(format.width, format.planeWidth(1)),
        grey ? 1 : part(format.height, format.planeHeight(1)));
    if ((passes & kZebra) != 0) {
        constexpr double kStripe = 8;
        glUniform4f(program.zebra_at, f(tools.zebra.low_percent),
            f(tools.zebra.low_percent + Zebra::kLowBand_percent), f(tools.zebra.high_percent),
            std::round(f(kStripe) * scale));
    }
    if ((passes & kLut) != 0) {
        uploadLut(tools.lut);
        std::array<float, 3> steps {};
        for (std::size_t i = 0; i < steps.size(); ++i)
            steps[i] = f(lut_->size - 1) / (lut_->domain_max[i] - lut_->domain_min[i]);
        glUniform3fv(program.lut_low_at, 1, lut_->domain_min.data());
        glUniform3fv(program.lut_steps_at, 1, steps.data());
        glActiveTexture(GL_TEXTURE0 + kLutUnit);
        glBindTexture(GL_TEXTURE_3D, lut_texture_);
    }
    if ((passes & kDifference) != 0) {
        copyBelow(place, framebuffer_height);
        glUniform2i(program.below_at, place.x, framebuffer_height - place.bottom());
    }
    picture.bind();
    glBindVertexArray(vertices_);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glBindVertexArray(0);
    glUseProgram(0);
    glDisable(GL_SCISSOR_TEST);
    glDisable(GL_BLEND);
}

} // namespace backtake::ui::gl
