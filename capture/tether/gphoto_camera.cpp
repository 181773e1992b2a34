#include "capture/tether/gphoto_camera.hpp"

#include "base/text.hpp"
#include "capture/tether/attached.hpp"
#include "capture/tether/gphoto_handles.hpp"
#include "capture/tether/helper_home.hpp"
#include "capture/tether/usb_device.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

namespace backtake::capture::tether {
namespace {

using base::fail;
using base::Fault;
using base::Nanos;
using base::Result;
using namespace std::chrono_literals;

constexpr Nanos kInitPatience = 4s;
/// Longer than any list of an EOS; more would not fit into a packet.
constexpr int kMostChoices = 512;
constexpr std::size_t kLongestWords = 400;

/// The library's last complaints: its codes alone say little.
void keepWords(GPLogLevel, const char*, const char* text, void* data)
{
    auto& words = *static_cast<std::string*>(data);
    if (words.size() > kLongestWords)
        words.clear();
    if (!words.empty())
        words += "; ";
    words += base::oneLine(std::string_view(text).substr(0, kLongestWords));
}

void keepError(GPContext*, const char* text, void* data) { keepWords(GP_LOG_ERROR, "", text, data); }

} // namespace

// ------------------------------------------------------------------------------------------ heart

void Heart::beat()
{
    if (memory_)
        memory_->head().beats.fetch_add(1, std::memory_order_release);
}

Heart::Call::Call(Heart& heart, Nanos patience)
    : heart_(heart)
{
    if (heart_.memory_)
        heart_.memory_->head().patience_ns.store(patience.count(), std::memory_order_relaxed);
    heart_.beat();
}

Heart::Call::~Call()
{
    if (heart_.memory_)
        heart_.memory_->head().patience_ns.store(kPatience.count(), std::memory_order_relaxed);
    heart_.beat();
}

bool isLost(Code code)
{
    const int number = static_cast<int>(code);
    return number == GP_ERROR_IO || (number <= GP_ERROR_TIMEOUT && number > -100);
}

std::optional<Address> parseAddress(std::string_view text)
{
    Address address;
    if (text == "usb")
        return address;
    if (text.starts_with("usb:")) {
        const std::string_view numbers = text.substr(4);
        const auto comma = numbers.find(',');
        const auto number = [](std::string_view digits) {
            int value = 0;
            const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            return read.ec == std::errc {} && read.ptr == digits.data() + digits.size() ? value : 0;
        };
        const int bus = number(numbers.substr(0, comma));
        const int device = comma == std::string_view::npos ? 0 : number(numbers.substr(comma + 1));
        if (bus < 1 || bus > 999 || device < 1 || device > 999)
            return std::nullopt;
        address.usb_port = fmt::format("usb:{:03},{:03}", bus, device);
        return address;
    }
    if (!text.starts_with("ptpip:"))
        return std::nullopt;
    address.kind = Address::Kind::Network;
    std::string_view rest = text.substr(6);
    if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
        const std::string_view port = rest.substr(colon + 1);
        const auto read = std::from_chars(port.data(), port.data() + port.size(), address.port);
        if (port.empty() || read.ec != std::errc {} || read.ptr != port.data() + port.size()
            || address.port == 0)
            return std::nullopt;
        rest = rest.substr(0, colon);
    }
    if (rest.empty() || rest.size() > 253)
        return std::nullopt;
    address.host = rest;
    return address;
}

// ------------------------------------------------------------------------------------------ opening

struct GphotoCamera::Library {
    ContextHandle context { gp_context_new(), gp_context_unref };
    Camera* camera = nullptr;
    std::string words;
    int log = -1;
    /// Where the picture under way goes.
    std::span<std::byte> into;
    std::size_t bytes = 0;
    bool too_large = false;
    CameraFileHandler handler {};
    FileHandle file { nullptr, gp_file_unref };

    Library()
    {
        // With a log function the library formats every byte that comes as text, whatever its level: three
        // milliseconds a picture. Only what happens while opening is worth it.
        log = gp_log_add_func(GP_LOG_ERROR, keepWords, &words);
        gp_context_set_error_func(context.get(), keepError, &words);
        // The library hands over what the camera sent, however long it says it is; the bounds are ours.
        handler.size = [](void* self, std::uint64_t* size) {
            *size = static_cast<Library*>(self)->bytes;
            return static_cast<int>(GP_OK);
        };
        handler.read = [](void* self, unsigned char* data, std::uint64_t* size) {
            const auto& library = *static_cast<Library*>(self);
            *size = std::min<std::uint64_t>(*size, library.bytes);
            std::memcpy(data, library.into.data(), *size);
            return static_cast<int>(GP_OK);
        };
        handler.write = [](void* self, unsigned char* data, std::uint64_t* size) {
            auto& library = *static_cast<Library*>(self);
            if (*size > library.into.size() - library.bytes) {
                library.too_large = true;
                return static_cast<int>(GP_OK);
            }
            std::memcpy(library.into.data() + library.bytes, data, *size);
            library.bytes += *size;
            return static_cast<int>(GP_OK);
        };
        CameraFile* made = nullptr;
        if (gp_file_new_from_handler(&made, &handler, this) == GP_OK)
            file.reset(made);
    }
    ~Library()
    {
        // The camera itself stays: to free it would close it first, and that waits for one that is gone.
        quiet();
    }
    void quiet()
    {
        if (log >= 0)
            gp_log_remove_func(std::exchange(log, -1));
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    GPContext* begin()
    {
        words.clear();
        return context.get();
    }

    Code fetch(const std::string& name, WidgetHandle& widget, Heart& heart)
    {
        CameraWidget* got = nullptr;
        const Heart::Call call(heart);
        const int code = gp_camera_get_single_config(camera, name.c_str(), &got, begin());
        widget.reset(got);
        if (code < GP_OK)
            return static_cast<Code>(code);
        return widget ? Code::Ok : Code::General;
    }
};

namespace {

/// The dotted IPv4 address of a name: the library understands nothing else.
Result<std::string> resolve(const Address& address)
{
    addrinfo wanted {};
    wanted.ai_family = AF_INET;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int trouble = ::getaddrinfo(address.host.c_str(), nullptr, &wanted, &found);
    if (trouble != 0 || found == nullptr)
        return fail(Fault::Unplugged,
            fmt::format("no address is known for {}: check the name, or give the camera's IPv4 address",
                address.host),
            ::gai_strerror(trouble));
    std::array<char, INET_ADDRSTRLEN> dotted {};
    const auto* in = reinterpret_cast<const sockaddr_in*>(found->ai_addr);
    ::inet_ntop(AF_INET, &in->sin_addr, dotted.data(), dotted.size());
    ::freeaddrinfo(found);
    return std::string(dotted.data());
}

struct Found {
    CameraAbilities abilities {};
    std::string port;
};

Result<Found> findUsb(
    const Address& address, CameraAbilitiesList* drivers, GPPortInfoList* ports, GPContext* context)
{
    const auto detected = detectUsb(drivers, ports, context);
    if (!detected)
        return fail(Fault::Failed, "USB cannot be searched for cameras: see `backtake doctor`");
    std::optional<Found> first;
    for (const auto& [model, port] : *detected) {
        if (!address.usb_port.empty() && address.usb_port != port)
            continue;
        Found found;
        found.port = port;
        const int index = gp_abilities_list_lookup_model(drivers, model.c_str());
        if (index < 0 || gp_abilities_list_get_abilities(drivers, index, &found.abilities) < GP_OK)
            continue;
        const bool shows = (found.abilities.operations & GP_OPERATION_CAPTURE_PREVIEW) != 0;
        if (!first || (shows && (first->abilities.operations & GP_OPERATION_CAPTURE_PREVIEW) == 0))
            first = found;
    }
    if (first)
        return *first;
    return fail(Fault::NotFound, "");
}

/// Drivers and ports as the library knows them now.
struct Lists {
    DriversHandle drivers = newDrivers();
    PortsHandle ports = newPorts();
    bool load(GPContext* context)
    {
        return drivers && ports && gp_port_info_list_load(ports.get()) >= GP_OK
            && gp_abilities_list_load(drivers.get(), context) >= GP_OK;
    }
};

base::Error initError(int code, const Address& address, const std::string& port, const std::string& words)
{
    if (address.kind == Address::Kind::Network) {
        const std::string where =
            address.port == 15740 ? address.host : fmt::format("{} port {}", address.host, address.port);
        if (code == GP_ERROR_CAMERA_BUSY)
            return { Fault::Busy, fmt::format("the camera at {} is busy: wait a moment", where), words };
        // The library's words for a packet that is none.
        const bool babble = words.find(" vs len ") != std::string::npos;
        if (code == GP_ERROR && !babble)
            return { Fault::Busy,
                fmt::format(
                    "{} answers and refuses: pair the camera with this computer in its network menu, and "
                    "end what another computer or phone has open to it",
                    where),
                words };
        if (isLost(static_cast<Code>(code)))
            return { Fault::Unplugged,
                fmt::format(
                    "{} does not answer: check cable, network and the camera's WFT/LAN setting", where),
                words };
        return { Fault::Unsupported, fmt::format("what answers at {} is no camera: check the address", where),
            words };
    }
    if (code == GP_ERROR_IO_USB_CLAIM || code == GP_ERROR_IO_LOCK) {
        const Holder holder = holderOf(port);
        return { Fault::Busy,
            holder.program.empty() ? std::string("another program has the USB camera: end it, then try again")
                                   : fmt::format("{} (process {}) has the USB camera: end it, then try again",
                                       holder.program, holder.pid),
            words };
    }
    if (code == GP_ERROR_CAMERA_BUSY)
        return { Fault::Busy, "the USB camera is busy: wait a moment", words };
    if (code == GP_ERROR_NOT_SUPPORTED || code == GP_ERROR_BAD_PARAMETERS)
        return { Fault::Unsupported, "the USB device is no camera that can be tethered", words };
    return { Fault::Unplugged, "the USB camera does not answer: check the cable, switch it off and on",
        words };
}

} // namespace

GphotoCamera::GphotoCamera(Heart& heart)
    : heart_(heart)
    , library_(std::make_unique<Library>())
{
}

GphotoCamera::~GphotoCamera() = default;

Result<std::unique_ptr<GphotoCamera>> GphotoCamera::open(
    const Address& address, const std::filesystem::path& home, Heart& heart)
{
    auto camera = std::unique_ptr<GphotoCamera>(new GphotoCamera(heart));
    Library& library = *camera->library_;
    GPContext* const context = library.begin();
    CameraAbilities abilities {};
    std::string port;
    Lists lists;
    if (address.kind == Address::Kind::Network) {
        Result<std::string> dotted;
        {
            const Heart::Call call(heart, 20s); // A name server that does not answer.
            dotted = resolve(address);
        }
        if (!dotted)
            return fail(dotted.error());
        port = fmt::format("ptpip:{}:{}:{}", *dotted, address.port, address.port);
        loadOnlyPtp(home);
        const Heart::Call call(heart);
        if (!lists.load(context))
            return fail(
                Fault::Failed, "libgphoto2's drivers cannot be loaded: see `backtake doctor`", library.words);
        const int model = gp_abilities_list_lookup_model(lists.drivers.get(), "PTP/IP Camera");
        if (model < 0 || gp_abilities_list_get_abilities(lists.drivers.get(), model, &abilities) < GP_OK)
            return fail(
                Fault::Unsupported, "this libgphoto2 was built without network cameras", library.words);
    } else {
        loadOnlyPtp(home);
        Result<Found> found = fail(Fault::NotFound, "");
        {
            const Heart::Call call(heart);
            if (lists.load(context))
                found = findUsb(address, lists.drivers.get(), lists.ports.get(), context);
        }
        if (!found && found.error().fault == Fault::NotFound) {
            loadAllDrivers(); // Some old camera with a driver of its own.
            const Heart::Call call(heart);
            lists = Lists();
            if (!lists.load(context))
                return fail(Fault::Failed, "libgphoto2's drivers cannot be loaded: see `backtake doctor`",
                    library.words);
            found = findUsb(address, lists.drivers.get(), lists.ports.get(), context);
        }
        if (!found && found.error().fault != Fault::NotFound)
            return fail(found.error());
        if (!found) {
            std::error_code ignored;
            const auto node = usbNode(address.usb_port);
            if (node && std::filesystem::exists(*node, ignored))
                return fail(Fault::Unsupported,
                    fmt::format("the USB device at {} is no camera that libgphoto2 knows", address.usb_port));
            return fail(Fault::Unplugged,
                address.usb_port.empty()
                    ? std::string("no camera on USB: check the cable, switch the camera on")
                    : fmt::format(
                        "no camera at {}: check the cable, switch the camera on", address.usb_port));
        }
        abilities = found->abilities;
        port = found->port;
        if (const auto denied = whyDenied(port); !denied.empty())
            return fail(Fault::Denied, denied);
    }
    if ((abilities.operations & GP_OPERATION_CAPTURE_PREVIEW) == 0)
        return fail(
            Fault::Unsupported, fmt::format("{} has no live view that libgphoto2 can read", abilities.model));

    int code = gp_camera_new(&library.camera);
    if (code >= GP_OK)
        code = gp_camera_set_abilities(library.camera, abilities);
    const int index = gp_port_info_list_lookup_path(lists.ports.get(), port.c_str());
    GPPortInfo info {};
    if (code >= GP_OK)
        code = index < GP_OK ? index : gp_port_info_list_get_info(lists.ports.get(), index, &info);
    if (code >= GP_OK)
        code = gp_camera_set_port_info(library.camera, info);
    if (code >= GP_OK) {
        const Heart::Call call(heart, kInitPatience);
        code = gp_camera_init(library.camera, library.begin());
    }
    if (code < GP_OK)
        return fail(initError(code, address, port, camera->lastWords(static_cast<Code>(code))));
    library.quiet();
    camera->model_ = abilities.model;
    if (const Code learnt = camera->learnNames(); isLost(learnt))
        return fail(initError(static_cast<int>(learnt), address, port, camera->lastWords(learnt)));
    return camera;
}

// ------------------------------------------------------------------------------------------ calls

Code GphotoCamera::learnNames()
{
    ListHandle list = newList();
    if (!list)
        return Code::General;
    int code = GP_OK;
    {
        const Heart::Call call(heart_, kInitPatience);
        code = gp_camera_list_config(library_->camera, list.get(), library_->begin());
    }
    if (code < GP_OK)
        return static_cast<Code>(code);
    names_.clear();
    for (int n = 0; n < gp_list_count(list.get()); ++n) {
        const char* name = nullptr;
        if (gp_list_get_name(list.get(), n, &name) == GP_OK && name != nullptr)
            names_.emplace_back(name);
    }
    Dial dial;
    if (has("cameramodel") && get("cameramodel", dial) == Code::Ok && !dial.value.empty())
        model_ = dial.value;
    return Code::Ok;
}

bool GphotoCamera::has(std::string_view name) const
{
    return std::find(names_.begin(), names_.end(), name) != names_.end();
}

Code GphotoCamera::preview(std::span<std::byte> into, Preview& preview, Nanos patience)
{
    library_->into = into;
    library_->bytes = 0;
    library_->too_large = false;
    const Heart::Call call(heart_, patience);
    const int code = gp_camera_capture_preview(library_->camera, library_->file.get(), library_->begin());
    preview = { library_->bytes, library_->too_large };
    return static_cast<Code>(code);
}

Code GphotoCamera::nextEvent(Event& event)
{
    event = {};
    CameraEventType type = GP_EVENT_TIMEOUT;
    void* data = nullptr;
    int code = GP_OK;
    {
        const Heart::Call call(heart_);
        code = gp_camera_wait_for_event(library_->camera, 0, &type, &data, library_->begin());
    }
    const std::unique_ptr<void, decltype(&std::free)> owned(data, std::free);
    if (code < GP_OK)
        return static_cast<Code>(code);
    switch (type) {
    case GP_EVENT_TIMEOUT:
        break;
    case GP_EVENT_FILE_ADDED:
    case GP_EVENT_FILE_CHANGED:
        event.kind = type == GP_EVENT_FILE_ADDED ? Event::Kind::FileAdded : Event::Kind::FileChanged;
        if (const auto* path = static_cast<const CameraFilePath*>(data)) {
            event.folder.assign(path->folder, ::strnlen(path->folder, sizeof(path->folder)));
            event.name.assign(path->name, ::strnlen(path->name, sizeof(path->name)));
        }
        break;
    case GP_EVENT_UNKNOWN:
        event.kind = Event::Kind::Other;
        if (data != nullptr)
            event.text = static_cast<const char*>(data);
        break;
    default:
        event.kind = Event::Kind::Other;
        break;
    }
    // `PTP Property d111 changed, "batterylevel" to "Low"`, or without the words after "changed".
    constexpr std::string_view kProperty = "PTP Property ";
    if (event.text.starts_with(kProperty)) {
        const char* const begin = event.text.data() + kProperty.size();
        const auto read = std::from_chars(begin, event.text.data() + event.text.size(), event.property, 16);
        if (read.ec == std::errc {})
            event.kind = Event::Kind::Property;
        const auto name = event.text.find(", \"");
        const auto to = event.text.find("\" to \"");
        if (name != std::string::npos && to != std::string::npos && to >= name + 3
            && event.text.ends_with('"') && event.text.size() >= to + 7) {
            event.name = event.text.substr(name + 3, to - name - 3);
            event.value = event.text.substr(to + 6, event.text.size() - to - 7);
        }
    }
    return Code::Ok;
}

namespace {

std::string valueOf(CameraWidget* widget)
{
    CameraWidgetType type = GP_WIDGET_TEXT;
    gp_widget_get_type(widget, &type);
    switch (type) {
    case GP_WIDGET_TEXT:
    case GP_WIDGET_RADIO:
    case GP_WIDGET_MENU: {
        const char* text = nullptr;
        if (gp_widget_get_value(widget, &text) == GP_OK && text != nullptr)
            return text;
        return {};
    }
    case GP_WIDGET_RANGE: {
        float number = 0;
        gp_widget_get_value(widget, &number);
        return fmt::format("{:g}", number);
    }
    case GP_WIDGET_TOGGLE:
    case GP_WIDGET_DATE: {
        int number = 0;
        gp_widget_get_value(widget, &number);
        return std::to_string(number);
    }
    default:
        return {};
    }
}

/// A list that lies does no harm: no empty entries, no doubles, an end.
std::vector<std::string> choicesOf(CameraWidget* widget)
{
    std::vector<std::string> choices;
    CameraWidgetType type = GP_WIDGET_TEXT;
    gp_widget_get_type(widget, &type);
    if (type == GP_WIDGET_RADIO || type == GP_WIDGET_MENU) {
        std::set<std::string_view> known;
        const int count = std::min(gp_widget_count_choices(widget), 8 * kMostChoices);
        for (int n = 0; n < count && static_cast<int>(choices.size()) < kMostChoices; ++n) {
            const char* choice = nullptr;
            if (gp_widget_get_choice(widget, n, &choice) == GP_OK && choice != nullptr && *choice != '\0'
                && known.insert(choice).second)
                choices.emplace_back(choice);
        }
    } else if (type == GP_WIDGET_RANGE) {
        float least = 0;
        float most = 0;
        float step = 0;
        gp_widget_get_range(widget, &least, &most, &step);
        const double count = step > 0 && most > least ? std::floor((most - least) / step) : 0;
        for (int n = 0; count > 0 && count < kMostChoices && n <= static_cast<int>(count); ++n)
            choices.push_back(fmt::format("{:g}", least + static_cast<float>(n) * step));
    }
    return choices;
}

} // namespace

Code GphotoCamera::get(const std::string& name, Dial& dial)
{
    WidgetHandle widget(nullptr, gp_widget_unref);
    if (const Code code = library_->fetch(name, widget, heart_); code != Code::Ok)
        return code;
    CameraWidget* const got = widget.get();
    dial.value = valueOf(got);
    dial.choices = choicesOf(got);
    int read_only = 0;
    gp_widget_get_readonly(got, &read_only);
    dial.read_only = read_only != 0;
    return Code::Ok;
}

Code GphotoCamera::set(const std::string& name, const std::string& value)
{
    WidgetHandle widget(nullptr, gp_widget_unref);
    if (const Code code = library_->fetch(name, widget, heart_); code != Code::Ok)
        return code;
    CameraWidget* const got = widget.get();
    int code = GP_OK;
    CameraWidgetType type = GP_WIDGET_TEXT;
    gp_widget_get_type(got, &type);
    float real = 0;
    int whole = 0;
    const char* const end = value.data() + value.size();
    switch (type) {
    case GP_WIDGET_TEXT:
    case GP_WIDGET_RADIO:
    case GP_WIDGET_MENU:
        code = gp_widget_set_value(got, value.c_str());
        break;
    case GP_WIDGET_RANGE:
        code = std::from_chars(value.data(), end, real).ec == std::errc {} ? gp_widget_set_value(got, &real)
                                                                           : GP_ERROR_BAD_PARAMETERS;
        break;
    case GP_WIDGET_TOGGLE:
        code = std::from_chars(value.data(), end, whole).ec == std::errc {} ? gp_widget_set_value(got, &whole)
                                                                            : GP_ERROR_BAD_PARAMETERS;
        break;
    default:
        code = GP_ERROR_BAD_PARAMETERS;
        break;
    }
    if (code < GP_OK)
        return static_cast<Code>(code);
    const Heart::Call call(heart_);
    return static_cast<Code>(
        gp_camera_set_single_config(library_->camera, name.c_str(), got, library_->begin()));
}

Code GphotoCamera::card(Card& card)
{
    CameraStorageInformation* infos = nullptr;
    int count = 0;
    int code = GP_OK;
    {
        const Heart::Call call(heart_);
        code = gp_camera_get_storageinfo(library_->camera, &infos, &count, library_->begin());
    }
    const std::unique_ptr<void, decltype(&std::free)> owned(infos, std::free);
    if (code < GP_OK)
        return static_cast<Code>(code);
    card = {};
    for (int n = 0; infos != nullptr && n < count; ++n) {
        card.present = true;
        if ((infos[n].fields & GP_STORAGEINFO_FREESPACEKBYTES) != 0)
            card.free_bytes = card.free_bytes.value_or(0) + infos[n].freekbytes * 1024;
    }
    return Code::Ok;
}

Code GphotoCamera::fileSize(const std::string& folder, const std::string& name, std::uint64_t& bytes)
{
    CameraFileInfo info {};
    // A card full of clips is listed first: 1 ms each.
    const Heart::Call call(heart_, 15s);
    const int code =
        gp_camera_file_get_info(library_->camera, folder.c_str(), name.c_str(), &info, library_->begin());
    if (code >= GP_OK && (info.file.fields & GP_FILE_INFO_SIZE) == 0)
        return Code::NotSupported;
    bytes = info.file.size;
    return static_cast<Code>(code);
}

Code GphotoCamera::read(const std::string& folder, const std::string& name, std::uint64_t offset,
    std::span<std::byte> into, std::size_t& got)
{
    std::uint64_t size = into.size();
    const Heart::Call call(heart_, 5s);
    const int code = gp_camera_file_read(library_->camera, folder.c_str(), name.c_str(), GP_FILE_TYPE_NORMAL,
        offset, reinterpret_cast<char*>(into.data()), &size, library_->begin());
    got = code >= GP_OK ? static_cast<std::size_t>(size) : 0;
    return static_cast<Code>(code);
}

void GphotoCamera::leave()
{
    const Heart::Call call(heart_);
    gp_camera_exit(library_->camera, library_->begin());
}

std::string GphotoCamera::lastWords(Code code) const
{
    const char* const text = gp_result_as_string(static_cast<int>(code));
    return fmt::format("{} ({}{}{})", static_cast<int>(code), text == nullptr ? "" : text,
        library_->words.empty() ? "" : "; ", library_->words);
}

} // namespace backtake::capture::tether
