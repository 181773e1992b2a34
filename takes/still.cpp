#include "takes/still.hpp"

#include "base/picture.hpp"
#include "base/text.hpp"
#include "takes/files.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <png.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csetjmp>
#include <cstdio>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

namespace backtake::takes {
using base::fail;
using base::Fault;

namespace {

/// zlib's level: a fifth larger than with the default 6, in half of its time. 1 is larger and no faster.
constexpr int kCompression = 3;
/// More stills of one frame than this are no wish but a stuck key.
constexpr int kMostOfOneName = 10'000;

constexpr const char* kOrientation = "Orientation";
/// Sixteen times what 1080p at the best quality takes.
constexpr std::uint64_t kLargestJpeg = 64 << 20;

struct Text {
    const char* keyword; ///< 1 … 79 characters; the registered ones where there is one (PNG, section 11.3.3).
    std::string value;   ///< UTF-8.
};

/// Valid UTF-8 on one line: slates and cameras' names may be any bytes, an iTXt chunk may not.
std::string readable(std::string_view text)
{
    using Json = nlohmann::json;
    const std::string quoted =
        Json(std::string(text)).dump(-1, ' ', false, Json::error_handler_t::replace); // odd bytes: U+FFFD
    std::string valid = Json::parse(quoted).get<std::string>();
    std::replace_if(
        valid.begin(), valid.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
        ' ');
    return valid;
}

std::vector<Text> textsOf(const StillOrder& order)
{
    const std::chrono::sys_seconds taken(std::chrono::floor<std::chrono::seconds>(order.taken_at_utc));
    std::vector<Text> texts { { "Software", "Backtake " BACKTAKE_VERSION },
        { "Creation Time", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", taken) } };
    if (!order.camera.empty())
        texts.push_back({ "Camera", readable(order.camera) });
    if (order.orientation != Orientation::Upright)
        texts.push_back({ kOrientation, std::string(nameOf(order.orientation)) });
    if (const auto& place = order.place) {
        const bool reversed = place->order == StillOrderOnScreen::ShownReversed;
        texts.insert(texts.end(),
            { { "Title", readable(fullText(place->slate)) }, { "Timecode", readable(place->timecode) },
                { "Captured frame", std::to_string(place->captured) },
                { "Shown frame", std::to_string(place->shown) },
                { "Order", reversed ? "shown reversed" : "as captured" },
                { "Direction", std::string(nameOf(place->direction)) } });
    } else {
        texts.push_back({ "Title", "live" });
    }
    return texts;
}

bool isAscii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// What libpng is given to call back. Nothing may be thrown through its frames, so failure is its own way
/// out.
struct PngOutput {
    std::vector<std::byte> bytes;
    std::string trouble; ///< libpng's words.
};

[[noreturn]] void onPngError(png_structp png, png_const_charp words)
{
    try {
        static_cast<PngOutput*>(png_get_error_ptr(png))->trouble = words;
    } catch (const std::bad_alloc&) { // then without words
    }
    png_longjmp(png, 1);
}

void onPngWarning(png_structp, png_const_charp) { }

void takePngBytes(png_structp png, png_bytep data, std::size_t count)
{
    const char* trouble = nullptr;
    try {
        const std::span<const std::byte> bytes = std::as_bytes(std::span(data, count));
        auto& into = static_cast<PngOutput*>(png_get_io_ptr(png))->bytes;
        into.insert(into.end(), bytes.begin(), bytes.end());
    } catch (const std::bad_alloc&) {
        trouble = "out of memory";
    }
    if (trouble != nullptr)
        png_error(png, trouble);
}

/// All that libpng does for a picture. It leaves by longjmp when something fails, so nothing here has a
/// destructor. @return false then.
///
/// The file says nothing about colour (no sRGB, gAMA or cHRM chunk): its code values are those of the
/// camera's video as the monitor shows them, be it BT.709 or the camera's log. A reader then shows them as
/// they are, like the monitor; with gAMA or cHRM it would convert them, and the still would not match the
/// take.
bool writePng(png_structp png, png_infop info, PngOutput& output, const StillOrder& order,
    std::span<const png_text> texts)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return false;
    png_set_write_fn(png, &output, takePngBytes, nullptr);
    png_set_IHDR(png, info, static_cast<png_uint_32>(order.width), static_cast<png_uint_32>(order.height), 8,
        PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_text(png, info, texts.data(), static_cast<int>(texts.size()));
    png_set_compression_level(png, kCompression);
    png_write_info(png, info);
    const std::size_t row_bytes = static_cast<std::size_t>(order.width) * 3;
    for (std::size_t at = 0; at < order.rgb.size(); at += row_bytes)
        png_write_row(png, order.rgb.data() + at);
    png_write_end(png, info);
    return true;
}

base::Result<std::vector<std::byte>> pngOf(const StillOrder& order)
{
    std::vector<Text> texts = textsOf(order);
    std::vector<png_text> chunks;
    for (Text& text : texts) {
        png_text chunk {};
        chunk.key = const_cast<png_charp>(text.keyword); // libpng copies it
        chunk.text = text.value.data();
        // tEXt is Latin-1 and read by everything; iTXt is UTF-8.
        if (isAscii(text.value)) {
            chunk.compression = PNG_TEXT_COMPRESSION_NONE;
            chunk.text_length = text.value.size();
        } else {
            chunk.compression = PNG_ITXT_COMPRESSION_NONE;
            chunk.itxt_length = text.value.size();
        }
        chunks.push_back(chunk);
    }
    PngOutput output;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &output, onPngError, onPngWarning);
    png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
    const bool written = info != nullptr && writePng(png, info, output, order, chunks);
    png_destroy_write_struct(&png, &info);
    if (!written)
        return fail(
            Fault::Failed, "the still could not be made: memory is short. Press again", output.trouble);
    return std::move(output.bytes);
}

/// The JPEG without the zeros that a recording fills its blocks up with. One that is cut off may end in zeros
/// of its own, and stays as it is.
std::span<const std::byte> withoutPadding(std::span<const std::byte> jpeg)
{
    std::size_t end = jpeg.size();
    while (end > 0 && jpeg[end - 1] == std::byte { 0 })
        --end;
    const bool has_end =
        end >= 2 && jpeg[end - 2] == std::byte { 0xFF } && jpeg[end - 1] == std::byte { 0xD9 };
    return has_end ? jpeg.first(end) : jpeg;
}

std::string stemOf(const StillOrder& order)
{
    if (const auto& place = order.place)
        return fmt::format(
            "{}_shown{:06}_captured{:06}", folderName(place->slate), place->shown, place->captured);
    const std::chrono::sys_seconds taken(std::chrono::floor<std::chrono::seconds>(order.taken_at_utc));
    return fmt::format("live_{:%Y%m%dT%H%M%SZ}", taken);
}

/// A file under a hidden name, synced, until keepAs() gives it its own; gone otherwise.
class HiddenFile {
public:
    HiddenFile(const std::filesystem::path& folder, Disk& disk)
        : disk_(disk)
    {
        // Of this call alone, also when several programs save into one shoot.
        static std::atomic<unsigned> count { 0 };
        path_ = folder / fmt::format(".still-{}-{}.new", ::getpid(), ++count);
    }
    HiddenFile(const HiddenFile&) = delete;
    HiddenFile& operator=(const HiddenFile&) = delete;
    ~HiddenFile()
    {
        if (!kept_)
            disk_.remove(path_);
    }

    /// @param final_name for the message.
    base::Outcome write(std::span<const std::byte> bytes, const std::filesystem::path& final_name)
    {
        // Not by File::open(): its message would name the hidden file.
        const int descriptor = disk_.open(path_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (descriptor < 0)
            return fail(errorOf(-descriptor, "write", final_name));
        File file(descriptor, disk_);
        int error_number = file.writeAt(bytes, 0);
        if (error_number == 0)
            error_number = file.sync();
        if (error_number != 0)
            return fail(errorOf(error_number, "write", final_name));
        return {};
    }
    base::Outcome keepAs(const std::filesystem::path& name)
    {
        auto renamed = renameWithoutReplacing(path_, name);
        kept_ = renamed.has_value();
        return renamed;
    }
    /// Takes the name given by keepAs() away again.
    void hideAgain(const std::filesystem::path& name) { kept_ = disk_.rename(name, path_) != 0; }

private:
    Disk& disk_;
    std::filesystem::path path_;
    bool kept_ = false;
};

base::Outcome check(const StillOrder& order)
{
    const auto fits = [](int side) { return side >= 1 && side <= base::kLargestSide; };
    if (!fits(order.width) || !fits(order.height)
        || order.rgb.size() != static_cast<std::size_t>(order.width) * order.height * 3)
        return fail(Fault::Usage,
            fmt::format(
                "a still of {}x{} pixels has no {} bytes", order.width, order.height, order.rgb.size()));
    return {};
}

} // namespace

base::Result<StillFiles> saveStill(const StillOrder& order, Disk& disk)
{
    if (auto sane = check(order); !sane)
        return fail(sane.error());
    auto png = pngOf(order);
    if (!png)
        return fail(png.error());

    const std::filesystem::path folder = order.shoot / "stills";
    const int made = disk.makeFolder(folder);
    if (made < 0 && made != -EEXIST)
        return fail(errorOf(-made, "make", folder));
    if (made >= 0) {
        if (auto synced = syncFolder(order.shoot, disk); !synced)
            return fail(synced.error());
    }

    const std::string stem = stemOf(order);
    HiddenFile picture(folder, disk);
    HiddenFile jpeg(folder, disk);
    const bool has_jpeg = !order.jpeg.empty();
    if (auto written = picture.write(*png, folder / (stem + ".png")); !written)
        return fail(written.error());
    if (has_jpeg) {
        if (auto written = jpeg.write(withoutPadding(order.jpeg), folder / (stem + ".jpg")); !written)
            return fail(written.error());
    }
    // Both get one name, so both must be free.
    for (int number = 1; number <= kMostOfOneName; ++number) {
        const std::string name = number == 1 ? stem : fmt::format("{}-{}", stem, number);
        StillFiles files { folder / (name + ".png"), has_jpeg ? folder / (name + ".jpg") : "" };
        base::Outcome kept = picture.keepAs(files.picture);
        if (kept && has_jpeg) {
            kept = jpeg.keepAs(files.jpeg);
            if (!kept)
                picture.hideAgain(files.picture);
        }
        if (kept)
            return files;
        if (kept.error().fault != Fault::Exists)
            return fail(kept.error());
    }
    return fail(Fault::Exists,
        fmt::format("{} holds too many stills of this frame: move some away", folder.string()));
}

namespace {

/// libpng jumps out of it: nothing in it has a destructor.
bool readTexts(png_structp png, png_infop info, std::FILE* file, Orientation& orientation)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return false;
    png_init_io(png, file);
    png_set_chunk_malloc_max(png, 1 << 20);
    png_read_info(png, info);
    png_textp texts = nullptr;
    const int count = png_get_text(png, info, &texts, nullptr);
    for (int i = 0; i < count; ++i) {
        if (std::string_view(texts[i].key) != kOrientation)
            continue;
        for (const Orientation one : { Orientation::UpsideDown, Orientation::Mirrored, Orientation::Flipped })
            if (nameOf(one) == std::string_view(texts[i].text))
                orientation = one;
    }
    return true;
}

/// What the PNG of a still says; upright when it cannot be read.
Orientation orientationOf(const std::filesystem::path& file)
{
    Orientation orientation = Orientation::Upright;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> open(
        std::fopen(file.c_str(), "rbe"), [](std::FILE* it) { return std::fclose(it); });
    if (!open)
        return orientation;
    PngOutput output; // for its trouble
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &output, onPngError, onPngWarning);
    png_infop info = png != nullptr ? png_create_info_struct(png) : nullptr;
    if (info == nullptr || !readTexts(png, info, open.get(), orientation))
        orientation = Orientation::Upright;
    png_destroy_read_struct(&png, &info, nullptr);
    return orientation;
}

} // namespace

base::Result<std::vector<std::string>> stillsOf(const std::filesystem::path& shoot)
{
    namespace fs = std::filesystem;
    std::error_code trouble;
    std::vector<std::pair<fs::file_time_type, std::string>> found;
    fs::directory_iterator entry(shoot / "stills", trouble);
    if (trouble == std::errc::no_such_file_or_directory)
        return std::vector<std::string>();
    for (; !trouble && entry != fs::directory_iterator(); entry.increment(trouble)) {
        std::error_code gone; // one that goes away meanwhile is no still
        const fs::path& path = entry->path();
        if (path.extension() != ".jpg" || !entry->is_regular_file(gone))
            continue;
        const auto written = entry->last_write_time(gone);
        if (!gone)
            found.emplace_back(written, path.filename().string());
    }
    if (trouble)
        return fail(errorOf(trouble.value(), "read", shoot / "stills"));
    std::sort(found.rbegin(), found.rend());
    std::vector<std::string> names;
    for (auto& [written, name] : found)
        if (names.size() < kMostStills)
            names.push_back(std::move(name));
    return names;
}

base::Result<Still> readStill(const std::filesystem::path& shoot, const std::string& name)
{
    const std::filesystem::path file = shoot / "stills" / name;
    if (name.empty() || file.filename() != name || file.extension() != ".jpg")
        return fail(Fault::Usage, fmt::format("\"{}\" is no still of this shoot", base::oneLine(name)));
    auto bytes = readWholeFile(file, kLargestJpeg);
    if (!bytes)
        return fail(bytes.error());
    Still still;
    still.jpeg = std::move(*bytes);
    still.orientation = orientationOf(std::filesystem::path(file).replace_extension(".png"));
    return still;
}

} // namespace backtake::takes
