#include "capture/camera_spec.hpp"

#include "base/sound.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <regex>
#include <string>
#include <utility>

namespace backtake::capture {

std::string CameraSpec::shown() const { return base::oneLine(base::withoutSecrets(text)); }

namespace {

/// "usb", "usb:001,007", "ptpip:10.0.0.9", "ptpip:camera.local:15740". What follows goes to a driver in C.
bool isBodyAddress(std::string_view address)
{
    static const std::regex form(
        "usb(:[0-9]{1,3},[0-9]{1,3})?|ptpip:[A-Za-z0-9]([A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?");
    constexpr std::size_t kLongest = 300; // a host name has 253 letters at most
    if (address.size() > kLongest || !std::regex_match(address.begin(), address.end(), form))
        return false;
    const auto colon = address.rfind(':');
    return address.starts_with("usb") || colon == address.find(':')
        || (std::stoi(std::string(address.substr(colon + 1))) - 1U) < 65535U;
}

} // namespace

base::Result<CameraSpec> parseCameraSpec(std::string_view text)
{
    using Kind = CameraSpec::Kind;
    struct Form {
        std::string_view prefix;
        Kind kind;
        bool keeps_prefix; ///< The address is the whole URL.
        bool has_options;
    };
    static constexpr std::array kForms {
        Form { "pattern", Kind::Pattern, false, true },
        Form { "file", Kind::File, false, true },
        Form { "gst", Kind::Gst, false, false },
        Form { "v4l2", Kind::V4l2, false, false },
        Form { "rtsp", Kind::Rtsp, true, false },
        Form { "rtsps", Kind::Rtsp, true, false },
        Form { "srt", Kind::Srt, true, false },
        Form { "gphoto", Kind::Gphoto, false, false },
    };
    const auto colon = text.find(':');
    const std::string_view prefix = text.substr(0, colon);
    for (const Form& form : kForms) {
        if (prefix != form.prefix || (colon == std::string_view::npos && form.kind != Kind::Pattern))
            continue;
        CameraSpec spec { form.kind, std::string(text), {}, {} };
        std::string_view address =
            colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
        if (form.has_options) {
            if (const auto question = address.rfind('?'); question != std::string_view::npos) {
                std::string_view options = address.substr(question + 1);
                address = address.substr(0, question);
                while (!options.empty()) {
                    const auto end = options.find('&');
                    const std::string_view option = options.substr(0, end);
                    const auto equals = option.find('=');
                    spec.options.emplace(option.substr(0, equals),
                        equals == std::string_view::npos ? std::string_view() : option.substr(equals + 1));
                    options = end == std::string_view::npos ? std::string_view() : options.substr(end + 1);
                }
            }
        }
        spec.address = form.keeps_prefix ? spec.text : std::string(address);
        if (spec.address.empty() && form.kind != Kind::Pattern)
            return base::fail(base::Fault::Usage,
                fmt::format("camera '{}:' names nothing after the colon: see backtake cameras", prefix));
        if (form.kind == Kind::Gphoto && !isBodyAddress(spec.address))
            return base::fail(base::Fault::Usage,
                fmt::format("camera '{}': use gphoto:usb, gphoto:usb:BUS,DEV or gphoto:ptpip:HOST[:PORT]",
                    base::oneLine(text)));
        return spec;
    }
    return base::fail(base::Fault::Usage,
        fmt::format(
            "unknown camera '{}': use pattern:[WxH@RATE], file:PATH[?loop], gst:PIPELINE, v4l2:/dev/video0, "
            "rtsp://…, srt://…, gphoto:usb, gphoto:usb:BUS,DEV or gphoto:ptpip:HOST[:PORT]",
            base::oneLine(base::withoutSecrets(text))));
}

std::string SoundSpec::shown() const { return base::oneLine(base::withoutSecrets(text)); }

base::Result<SoundSpec> parseSoundSpec(std::string_view text)
{
    using Kind = SoundSpec::Kind;
    struct Form {
        std::string_view name;
        Kind kind;
    };
    static constexpr std::array kForms { Form { "off", Kind::Off }, Form { "pulse", Kind::Pulse },
        Form { "alsa", Kind::Alsa }, Form { "gst", Kind::Gst }, Form { "test", Kind::Test } };
    constexpr std::string_view kPrefix = "audio:";
    const std::string_view rest =
        text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : std::string_view();
    const auto colon = rest.find(':');
    for (const Form& form : kForms) {
        if (rest.substr(0, colon) != form.name)
            continue;
        SoundSpec spec { form.kind, std::string(text),
            std::string(colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1)) };
        const bool is_channels = spec.address.size() == 1 && spec.address[0] >= '1'
            && spec.address[0] <= '0' + base::kMostSoundChannels;
        if ((form.kind == Kind::Gst && spec.address.empty())
            || (form.kind == Kind::Off && colon != std::string_view::npos)
            || (form.kind == Kind::Test && !spec.address.empty() && !is_channels))
            break;
        return spec;
    }
    return base::fail(base::Fault::Usage,
        fmt::format("unknown sound '{}': use audio:pulse[:SOURCE], audio:alsa[:DEVICE], audio:gst:PIPELINE, "
                    "audio:test[:CHANNELS] or audio:off",
            base::oneLine(base::withoutSecrets(text))));
}

} // namespace backtake::capture
