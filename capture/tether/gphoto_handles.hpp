/// The library's lists and files, each with its end. Only what calls libgphoto2 includes this.
#pragma once

#include <gphoto2/gphoto2-version.h>
#include <gphoto2/gphoto2.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::capture::tether {

using ContextHandle = std::unique_ptr<GPContext, void (*)(GPContext*)>;
using ListHandle = std::unique_ptr<CameraList, int (*)(CameraList*)>;
using DriversHandle = std::unique_ptr<CameraAbilitiesList, int (*)(CameraAbilitiesList*)>;
using PortsHandle = std::unique_ptr<GPPortInfoList, int (*)(GPPortInfoList*)>;
using FileHandle = std::unique_ptr<CameraFile, int (*)(CameraFile*)>;
using WidgetHandle = std::unique_ptr<CameraWidget, int (*)(CameraWidget*)>;

inline ListHandle newList()
{
    CameraList* made = nullptr;
    gp_list_new(&made);
    return { made, gp_list_unref };
}
inline DriversHandle newDrivers()
{
    CameraAbilitiesList* made = nullptr;
    gp_abilities_list_new(&made);
    return { made, gp_abilities_list_free };
}
inline PortsHandle newPorts()
{
    GPPortInfoList* made = nullptr;
    gp_port_info_list_new(&made);
    return { made, gp_port_info_list_free };
}

struct UsbCamera {
    std::string model;
    std::string port; ///< "usb:001,007"
};
/// The USB cameras that the library knows a driver for. nullopt when the bus cannot be searched.
inline std::optional<std::vector<UsbCamera>> detectUsb(
    CameraAbilitiesList* drivers, GPPortInfoList* ports, GPContext* context)
{
    const ListHandle list = newList();
    if (!list || gp_abilities_list_detect(drivers, ports, list.get(), context) < GP_OK)
        return std::nullopt;
    std::vector<UsbCamera> found;
    for (int n = 0; n < gp_list_count(list.get()); ++n) {
        const char* model = nullptr;
        const char* port = nullptr;
        gp_list_get_name(list.get(), n, &model);
        gp_list_get_value(list.get(), n, &port);
        // Beside each port the library also names "usb:", whichever that is.
        if (model != nullptr && port != nullptr && std::string_view(port).starts_with("usb:")
            && std::string_view(port) != "usb:")
            found.push_back({ model, port });
    }
    return found;
}

} // namespace backtake::capture::tether
