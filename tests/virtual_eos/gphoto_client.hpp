/// Real, unmodified libgphoto2 as a client of the virtual camera, with what its traps ask for: a HOME of its
/// own, SIGPIPE ignored, and descriptor 0 kept for /dev/null, which gp_camera_exit() closes on PTP/IP.
#pragma once

#include "base/time.hpp"

#include <fcntl.h>
#include <gphoto2/gphoto2.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace backtake::testing {

/// A HOME for libgphoto2 in @p folder: saves on the card, gives up early.
inline void giveGphotoAHome(const std::filesystem::path& folder)
{
    std::filesystem::create_directories(folder / ".gphoto");
    std::ofstream(folder / ".gphoto" / "settings") << "ptp2=capturetarget=card\nptp2=normal_timeout=2000\n";
    setenv("HOME", folder.c_str(), 1);
    setenv("LC_ALL", "C", 1);
}

inline void keepStandardInput()
{
    if (fcntl(STDIN_FILENO, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
        throw std::runtime_error("/dev/null cannot be opened");
}

/// Room: one thread. Every call returns what the library returned: 0, or an error below it.
class GphotoClient {
public:
    /// @param port "ptpip:127.0.0.1:PORT:PORT" or "usb:001,007".
    GphotoClient(const std::string& port, const std::string& model)
    {
        std::signal(SIGPIPE, SIG_IGN);
        keepStandardInput();
        context_ = gp_context_new();
        CameraAbilitiesList* abilities = nullptr;
        gp_abilities_list_new(&abilities);
        gp_abilities_list_load(abilities, context_);
        const int known = gp_abilities_list_lookup_model(abilities, model.c_str());
        GPPortInfoList* ports = nullptr;
        gp_port_info_list_new(&ports);
        gp_port_info_list_load(ports);
        const int at = gp_port_info_list_lookup_path(ports, port.c_str());
        CameraAbilities model_abilities {};
        GPPortInfo info {};
        if (known < 0 || at < 0 || gp_abilities_list_get_abilities(abilities, known, &model_abilities) < 0
            || gp_port_info_list_get_info(ports, at, &info) < 0)
            throw std::runtime_error("libgphoto2 does not know " + model + " or " + port);
        gp_camera_new(&camera_);
        gp_camera_set_abilities(camera_, model_abilities);
        gp_camera_set_port_info(camera_, info);
        gp_port_info_list_free(ports);
        gp_abilities_list_free(abilities);
    }
    ~GphotoClient()
    {
        gp_camera_unref(camera_);
        gp_context_unref(context_);
        keepStandardInput();
    }
    GphotoClient(const GphotoClient&) = delete;
    GphotoClient& operator=(const GphotoClient&) = delete;

    int init() { return gp_camera_init(camera_, context_); }
    int exit()
    {
        const int result = gp_camera_exit(camera_, context_);
        keepStandardInput();
        return result;
    }
    std::string summary()
    {
        CameraText text {};
        return gp_camera_get_summary(camera_, &text, context_) == 0 ? std::string(text.text) : std::string();
    }

    /// One live picture. @return the library's result.
    int preview(std::vector<std::byte>& jpeg)
    {
        CameraFile* file = nullptr;
        gp_file_new(&file);
        const int result = gp_camera_capture_preview(camera_, file, context_);
        const char* data = nullptr;
        unsigned long size = 0;
        if (result == 0)
            gp_file_get_data_and_size(file, &data, &size);
        jpeg.resize(size);
        if (size > 0)
            std::memcpy(jpeg.data(), data, size);
        gp_file_unref(file);
        return result;
    }

    /// A setting's value; "error N" when there is none.
    std::string get(const std::string& name)
    {
        CameraWidget* widget = nullptr;
        if (const int result = gp_camera_get_single_config(camera_, name.c_str(), &widget, context_);
            result < 0)
            return "error " + std::to_string(result);
        CameraWidgetType type {};
        gp_widget_get_type(widget, &type);
        std::string value;
        if (type == GP_WIDGET_TOGGLE) {
            int on = 0;
            gp_widget_get_value(widget, &on);
            value = std::to_string(on);
        } else {
            const char* text = nullptr;
            gp_widget_get_value(widget, &text);
            value = text == nullptr ? "" : text;
        }
        gp_widget_free(widget);
        return value;
    }
    std::vector<std::string> choices(const std::string& name)
    {
        std::vector<std::string> values;
        CameraWidget* widget = nullptr;
        if (gp_camera_get_single_config(camera_, name.c_str(), &widget, context_) < 0)
            return values;
        for (int i = 0; i < gp_widget_count_choices(widget); ++i) {
            const char* value = nullptr;
            gp_widget_get_choice(widget, i, &value);
            values.emplace_back(value);
        }
        gp_widget_free(widget);
        return values;
    }
    int set(const std::string& name, const std::string& value)
    {
        CameraWidget* widget = nullptr;
        int result = gp_camera_get_single_config(camera_, name.c_str(), &widget, context_);
        if (result < 0)
            return result;
        CameraWidgetType type {};
        gp_widget_get_type(widget, &type);
        const int number = std::atoi(value.c_str());
        gp_widget_set_value(widget,
            type == GP_WIDGET_TOGGLE ? static_cast<const void*>(&number)
                                     : static_cast<const void*>(value.c_str()));
        result = gp_camera_set_single_config(camera_, name.c_str(), widget, context_);
        gp_widget_free(widget);
        return result;
    }

    /// The next piece of news, in words; empty when there is none now.
    std::string event()
    {
        CameraEventType type {};
        void* data = nullptr;
        if (const int result = gp_camera_wait_for_event(camera_, 0, &type, &data, context_); result < 0)
            return "error " + std::to_string(result);
        std::string words;
        switch (type) {
        case GP_EVENT_TIMEOUT:
            break;
        case GP_EVENT_FILE_ADDED: {
            const auto* path = static_cast<const CameraFilePath*>(data);
            words = std::string("added ") + path->folder + "/" + path->name;
            break;
        }
        case GP_EVENT_CAPTURE_COMPLETE:
            words = "capture complete";
            break;
        default:
            words = data == nullptr ? "something" : static_cast<const char*>(data);
        }
        std::free(data);
        return words;
    }
    /// All news that there are now.
    std::vector<std::string> events()
    {
        std::vector<std::string> all;
        for (std::string next = event(); !next.empty(); next = event())
            all.push_back(next);
        return all;
    }

    /// Part of a file on the card. @return the library's result.
    int read(const std::string& folder, const std::string& name, std::uint64_t offset,
        std::vector<std::byte>& bytes)
    {
        std::uint64_t size = bytes.size();
        const int result = gp_camera_file_read(camera_, folder.c_str(), name.c_str(), GP_FILE_TYPE_NORMAL,
            offset, reinterpret_cast<char*>(bytes.data()), &size, context_);
        bytes.resize(result == 0 ? size : 0);
        return result;
    }
    std::optional<std::uint64_t> fileSize(const std::string& folder, const std::string& name)
    {
        CameraFileInfo info {};
        if (gp_camera_file_get_info(camera_, folder.c_str(), name.c_str(), &info, context_) < 0)
            return std::nullopt;
        return info.file.size;
    }
    std::optional<std::uint64_t> freeKilobytes()
    {
        CameraStorageInformation* stores = nullptr;
        int count = 0;
        if (gp_camera_get_storageinfo(camera_, &stores, &count, context_) < 0)
            return std::nullopt;
        std::optional<std::uint64_t> free_kilobytes;
        if (count > 0)
            free_kilobytes = stores[0].freekbytes;
        std::free(stores);
        return free_kilobytes;
    }

private:
    GPContext* context_ = nullptr;
    Camera* camera_ = nullptr;
};

} // namespace backtake::testing
