/// The library's lists and files, each with its end. Only what calls libgphoto2 includes this.
#pragma once

#include <gphoto2/gphoto2-version.h>
#include <gphoto2/gphoto2.h>

#include <memory>

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

} // namespace backtake::capture::tether
