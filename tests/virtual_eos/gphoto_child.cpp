/// gphoto_child MODEL: unmodified libgphoto2 in a process of its own, which alone runs under umockdev's
/// preload. It takes one command a line on stdin and answers each with one line of JSON.
///
///     detect                             [{"model": …, "port": …}]
///     open PORT | close                  the library's result
///     preview                            {"result": N, "number": N, "bytes": N}
///     previews N                         {"numbers": [N …], "errors": [N …], "ms": [N …]}
///     get NAME | set NAME VALUE          value | the library's result
///     events                             [TEXT …]
///     read FOLDER NAME OFFSET BYTES      {"result": N, "bytes": N, "right": true}
#include "tests/virtual_eos/gphoto_client.hpp"
#include "tests/virtual_eos/virtual_eos.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <sstream>

namespace {

using namespace backtake::testing;
using Json = nlohmann::json;

Json detected()
{
    GPContext* const context = gp_context_new();
    CameraList* list = nullptr;
    gp_list_new(&list);
    gp_camera_autodetect(list, context);
    Json all = Json::array();
    for (int i = 0; i < gp_list_count(list); ++i) {
        const char* model = nullptr;
        const char* port = nullptr;
        gp_list_get_name(list, i, &model);
        gp_list_get_value(list, i, &port);
        all.push_back({ { "model", model }, { "port", port } });
    }
    gp_list_unref(list);
    gp_context_unref(context);
    return all;
}

Json numberOf(const std::vector<std::byte>& jpeg)
{
    const auto number = numberInComment(jpeg);
    return number ? Json(*number) : Json();
}

Json previews(GphotoClient& client, int count)
{
    Json result { { "numbers", Json::array() }, { "errors", Json::array() }, { "ms", Json::array() } };
    std::vector<std::byte> jpeg;
    for (int i = 0; i < count; ++i) {
        const auto before = std::chrono::steady_clock::now();
        const int error = client.preview(jpeg);
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - before;
        result["ms"].push_back(took.count());
        if (error == 0)
            result["numbers"].push_back(numberOf(jpeg));
        else
            result["errors"].push_back(error);
    }
    return result;
}

Json readRange(GphotoClient& client, std::istream& words)
{
    std::string folder;
    std::string name;
    std::uint64_t offset = 0;
    std::size_t count = 0;
    words >> folder >> name >> offset >> count;
    std::vector<std::byte> bytes(count);
    const int result = client.read(folder, name, offset, bytes);
    bool right = true;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        right = right && bytes[i] == VirtualEos::clipByte(offset + i);
    return { { "result", result }, { "bytes", bytes.size() }, { "right", right } };
}

Json run(const std::string& model, std::optional<GphotoClient>& client, const std::string& line)
{
    std::istringstream words(line);
    std::string command;
    std::string name;
    words >> command;
    if (command == "detect")
        return detected();
    if (command == "open") {
        words >> name;
        client.emplace(name, model);
        return client->init();
    }
    if (!client)
        return "open first";
    if (command == "close") {
        const int result = client->exit();
        client.reset();
        return result;
    }
    if (command == "preview") {
        std::vector<std::byte> jpeg;
        const int result = client->preview(jpeg);
        return { { "result", result }, { "number", numberOf(jpeg) }, { "bytes", jpeg.size() } };
    }
    if (command == "previews") {
        int count = 0;
        words >> count;
        return previews(*client, count);
    }
    if (command == "events")
        return client->events();
    if (command == "read")
        return readRange(*client, words);
    words >> name >> std::ws;
    if (command == "get")
        return client->get(name);
    std::string value;
    std::getline(words, value);
    return command == "set" ? Json(client->set(name, value)) : Json("unknown command");
}

} // namespace

int main(int count, char** words)
{
    std::optional<GphotoClient> client;
    for (std::string line; count == 2 && std::getline(std::cin, line);) {
        try {
            std::cout << run(words[1], client, line).dump() << std::endl;
        } catch (const std::exception& error) {
            std::cout << Json(error.what()).dump() << std::endl;
        }
    }
    return 0;
}
