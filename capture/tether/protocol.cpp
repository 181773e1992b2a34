#include "capture/tether/protocol.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

namespace backtake::capture::tether {
namespace {

using base::fail;
using base::Fault;
using base::Nanos;
using base::Result;
using Json = nlohmann::json;

// What a string may hold, in bytes. The longest real ones: a path, and a sentence for the operator.
constexpr std::size_t kWord = 256;
constexpr std::size_t kPath = 4096;
constexpr std::size_t kSentence = 1024;
/// An EOS has 55 shutter times and 40 apertures; focus distances of other makers run to hundreds.
constexpr std::size_t kMostChoices = 512;
/// Of the strings of one list, so that the packet stays below kMaxMessageBytes even when all is escaped
/// ("\u0001" is six bytes for one).
constexpr std::size_t kChoicesBytes = 8 << 10;
constexpr std::size_t kMostAttached = 64;

// -------------------------------------------------------------------------------------------- writing

/// As valid UTF-8 without zero bytes, no longer than @p limit: what the camera says may be any bytes.
std::string clean(std::string_view text, std::size_t limit)
{
    // Far more than any limit is cut off before it costs anything; the rest after it is valid UTF-8.
    std::string valid(text.substr(0, limit));
    std::erase(valid, '\0');
    const auto ascii = [](unsigned char c) { return c < 0x80; };
    if (!std::all_of(valid.begin(), valid.end(), ascii)) {
        const std::string quoted = Json(valid).dump(-1, ' ', false, Json::error_handler_t::replace);
        valid = Json::parse(quoted, nullptr, false).get<std::string>();
    }
    if (valid.size() > limit) {
        std::size_t end = limit;
        while (end > 0 && (static_cast<unsigned char>(valid[end]) & 0xC0) == 0x80)
            --end;
        valid.resize(end);
    }
    return valid;
}

Json cleanList(const std::vector<std::string>& list)
{
    Json array = Json::array();
    std::size_t bytes = 0;
    for (const std::string& one : list) {
        std::string text = clean(one, kWord);
        bytes += text.size() + 1;
        if (array.size() == kMostChoices || bytes > kChoicesBytes)
            break;
        array.push_back(std::move(text));
    }
    return array;
}

/// A number may come from a division by a time that was zero.
double finite(double number) { return std::isfinite(number) && number > 0 ? number : 0; }

std::string written(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json toJson(const SetSetting& m)
{
    return { { "kind", "set" }, { "id", m.id }, { "name", clean(m.name, kWord) },
        { "value", clean(m.value, kWord) } };
}
Json toJson(const Record& m) { return { { "kind", "record" }, { "id", m.id }, { "on", m.on } }; }
Json toJson(const Fetch& m)
{
    return { { "kind", "fetch" }, { "id", m.id }, { "folder", clean(m.folder, kPath) },
        { "name", clean(m.name, kWord) }, { "target", clean(m.target, kPath) } };
}
Json toJson(const CancelFetch& m) { return { { "kind", "cancel" }, { "id", m.id } }; }

Json toJson(const Hello& m)
{
    return { { "kind", "hello" }, { "version", m.version }, { "library", clean(m.library, kWord) } };
}
Json toJson(const Opened& m)
{
    return { { "kind", "opened" }, { "model", clean(m.model, kWord) }, { "can_record", m.can_record } };
}
Json toJson(const Picture& m)
{
    return { { "kind", "picture" }, { "slot", m.slot }, { "bytes", m.bytes },
        { "asked_at", m.asked_at.count() }, { "returned_at", m.returned_at.count() },
        { "repeated", m.repeated }, { "dropped", m.dropped } };
}
Json toJson(const Damaged& m)
{
    return { { "kind", "damaged" }, { "at", m.at.count() }, { "why", clean(m.why, kSentence) } };
}
Json toJson(const Setting& m)
{
    return { { "kind", "setting" }, { "name", clean(m.name, kWord) }, { "label", clean(m.label, kWord) },
        { "value", clean(m.value, kWord) }, { "choices", cleanList(m.choices) },
        { "read_only", m.read_only } };
}
Json toJson(const Answer& m)
{
    return { { "kind", "answer" }, { "id", m.id }, { "done", m.done },
        { "message", clean(m.message, kSentence) }, { "detail", clean(m.detail, kSentence) } };
}
Json toJson(const Facts& m)
{
    Json json = { { "kind", "facts" } };
    if (m.lens)
        json["lens"] = clean(*m.lens, kWord);
    if (m.battery)
        json["battery"] = clean(*m.battery, kWord);
    if (m.shots_left)
        json["shots_left"] = *m.shots_left;
    if (m.card_present)
        json["card_present"] = *m.card_present;
    if (m.card_free_bytes)
        json["card_free_bytes"] = *m.card_free_bytes;
    if (m.movie_mode)
        json["movie_mode"] = *m.movie_mode;
    if (m.output)
        json["output"] = clean(*m.output, kWord);
    return json;
}
Json toJson(const Recording& m)
{
    return { { "kind", "recording" }, { "on", m.on }, { "at", m.at.count() } };
}
Json toJson(const ClipAdded& m)
{
    return { { "kind", "clip" }, { "folder", clean(m.folder, kPath) }, { "name", clean(m.name, kWord) },
        { "bytes", m.bytes }, { "at", m.at.count() } };
}
Json toJson(const Progress& m)
{
    return { { "kind", "progress" }, { "id", m.id }, { "state", static_cast<int>(m.state) },
        { "bytes", m.bytes }, { "total_bytes", m.total_bytes },
        { "bytes_per_second", finite(m.bytes_per_second) }, { "message", clean(m.message, kSentence) } };
}
Json toJson(const Note& m) { return { { "kind", "note" }, { "text", clean(m.text, kSentence) } }; }
Json toJson(const Failed& m)
{
    return { { "kind", "failed" }, { "fault", base::nameOf(m.fault) },
        { "message", clean(m.message, kSentence) }, { "detail", clean(m.detail, kSentence) } };
}
Json toJson(const AttachedCamera& m)
{
    return { { "port", clean(m.port, kWord) }, { "model", clean(m.model, kWord) },
        { "fault", base::nameOf(m.fault) }, { "why", clean(m.why, kSentence) },
        { "holder", clean(m.holder, kWord) }, { "holder_pid", m.holder_pid } };
}

// -------------------------------------------------------------------------------------------- reading

std::optional<Fault> faultNamed(std::string_view name)
{
    for (int fault = static_cast<int>(Fault::Unplugged); fault <= static_cast<int>(Fault::Failed); ++fault) {
        if (base::nameOf(static_cast<Fault>(fault)) == name)
            return static_cast<Fault>(fault);
    }
    return std::nullopt;
}

/// Reads the fields of one object, each once. The first that is missing, of another kind or out of bounds
/// spoils the whole, and so does one that nobody asked for.
class Fields {
public:
    explicit Fields(const Json& object)
        : object_(object)
    {
    }

    void read(const char* name, std::string& to, std::size_t limit)
    {
        const Json* field = find(name);
        if (field == nullptr)
            return;
        const auto* text = field->get_ptr<const Json::string_t*>();
        if (text == nullptr || text->size() > limit || text->find('\0') != std::string::npos)
            return spoil(name);
        to = *text;
    }
    void read(const char* name, std::vector<std::string>& to)
    {
        const Json* field = find(name);
        if (field == nullptr)
            return;
        if (!field->is_array() || field->size() > kMostChoices)
            return spoil(name);
        for (const Json& one : *field) {
            const auto* text = one.get_ptr<const Json::string_t*>();
            if (text == nullptr || text->size() > kWord || text->find('\0') != std::string::npos)
                return spoil(name);
            to.push_back(*text);
        }
    }
    void read(const char* name, bool& to)
    {
        const Json* field = find(name);
        if (field == nullptr)
            return;
        if (!field->is_boolean())
            return spoil(name);
        to = field->get<bool>();
    }
    void read(const char* name, Nanos& to)
    {
        std::int64_t count = 0;
        read(name, count, std::int64_t { 0 }, std::numeric_limits<std::int64_t>::max());
        to = Nanos(count);
    }
    void read(const char* name, double& to)
    {
        const Json* field = find(name);
        if (field == nullptr)
            return;
        if (!field->is_number() || !std::isfinite(field->get<double>()) || field->get<double>() < 0)
            return spoil(name);
        to = field->get<double>();
    }
    void read(const char* name, Fault& to)
    {
        std::string word;
        read(name, word, kWord);
        if (const auto fault = faultNamed(word))
            to = *fault;
        else
            spoil(name);
    }
    template <typename Number> void read(const char* name, Number& to, Number least, Number most)
    {
        const Json* field = find(name);
        if (field == nullptr)
            return;
        if (field->is_number_unsigned()) { // Any that is not negative.
            const auto number = field->get<std::uint64_t>();
            if (!std::in_range<Number>(number) || static_cast<Number>(number) > most
                || static_cast<Number>(number) < least)
                return spoil(name);
            to = static_cast<Number>(number);
        } else if (field->is_number_integer()) {
            const auto number = field->get<std::int64_t>();
            if (!std::in_range<Number>(number) || static_cast<Number>(number) < least
                || static_cast<Number>(number) > most)
                return spoil(name);
            to = static_cast<Number>(number);
        } else {
            spoil(name);
        }
    }
    void read(const char* name, std::uint64_t& to)
    {
        read(name, to, std::uint64_t { 0 }, std::numeric_limits<std::uint64_t>::max());
    }
    /// A field that may be missing.
    template <typename Value, typename... Limits>
    void maybe(const char* name, std::optional<Value>& to, Limits... limits)
    {
        if (!object_.contains(name))
            return;
        Value value {};
        read(name, value, limits...);
        to = std::move(value);
    }

    [[nodiscard]] const std::string& word(const char* name)
    {
        static const std::string none;
        const Json* field = find(name);
        const auto* text = field == nullptr ? nullptr : field->get_ptr<const Json::string_t*>();
        return text == nullptr ? none : *text;
    }
    void spoil(const char* name)
    {
        if (wrong_.empty())
            wrong_ = name;
    }
    /// @return what was read, when all of it was right and nothing is left.
    template <typename Message, typename As> Result<Message> done(As message)
    {
        if (wrong_.empty() && read_ != object_.size())
            wrong_ = "a field that nobody knows";
        if (!wrong_.empty())
            return fail(Fault::Corrupt, "the tether helper and Backtake do not understand each other",
                fmt::format("wrong or missing: {}", wrong_));
        return Message(std::move(message));
    }

private:
    const Json* find(const char* name)
    {
        const auto at = object_.find(name);
        if (at == object_.end()) {
            spoil(name);
            return nullptr;
        }
        ++read_;
        return &*at;
    }
    const Json& object_;
    std::size_t read_ = 0;
    std::string wrong_;
};

Result<Json> parsed(std::string_view message, std::size_t limit)
{
    if (message.size() > limit)
        return fail(Fault::Corrupt, "the tether helper and Backtake do not understand each other",
            fmt::format("a message of {} bytes", message.size()));
    Json json = Json::parse(message, nullptr, false);
    if (json.is_discarded())
        return fail(Fault::Corrupt, "the tether helper and Backtake do not understand each other",
            "a message that is no JSON");
    return json;
}

Result<Json> parsedObject(std::string_view message)
{
    auto json = parsed(message, kMaxMessageBytes);
    if (json && !json->is_object())
        return fail(Fault::Corrupt, "the tether helper and Backtake do not understand each other",
            "a message that is no object");
    return json;
}

} // namespace

// ------------------------------------------------------------------------------------------ shared memory

namespace {
constexpr std::size_t kHeadBytes = 4096;
static_assert(sizeof(SharedHead) <= kHeadBytes);
constexpr std::size_t kMemoryBytes = kHeadBytes + kSlots * kSlotBytes;

Result<void*> mapped(int fd)
{
    void* const memory = ::mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) {
        const int error = errno;
        return fail(error == ENOMEM ? Fault::OutOfSpace : Fault::Failed,
            "no memory for the camera's pictures: close other programs", std::strerror(error));
    }
    return memory;
}
} // namespace

Result<std::shared_ptr<SharedMemory>> SharedMemory::create()
{
    const int fd = ::memfd_create("backtake-tether", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return fail(base::faultOfErrno(errno), "no shared memory for the camera's pictures",
            fmt::format("memfd_create: {}", std::strerror(errno)));
    // Sealed: a helper that shrank it would kill the app that reads it (SIGBUS).
    if (::ftruncate(fd, kMemoryBytes) != 0
        || ::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        const int error = errno;
        ::close(fd);
        return fail(error == ENOSPC || error == ENOMEM ? Fault::OutOfSpace : Fault::Failed,
            "no shared memory for the camera's pictures: close other programs", std::strerror(error));
    }
    const auto memory = mapped(fd);
    if (!memory) {
        ::close(fd);
        return fail(memory.error());
    }
    new (*memory) SharedHead {};
    auto shared = std::shared_ptr<SharedMemory>(new SharedMemory(fd, *memory));
    shared->head().patience_ns = kPatience.count();
    return shared;
}

Result<std::shared_ptr<SharedMemory>> SharedMemory::open(int fd)
{
    struct stat facts { };
    const int seals = ::fcntl(fd, F_GET_SEALS);
    if (::fstat(fd, &facts) != 0 || facts.st_size != static_cast<off_t>(kMemoryBytes) || seals < 0
        || (seals & F_SEAL_SHRINK) == 0)
        return fail(Fault::Corrupt, "backtake-tether is started by Backtake, not by hand",
            fmt::format("descriptor {} is no shared memory of ours", fd));
    const auto memory = mapped(fd);
    if (!memory)
        return fail(memory.error());
    return std::shared_ptr<SharedMemory>(new SharedMemory(fd, *memory));
}

SharedMemory::~SharedMemory()
{
    ::munmap(memory_, kMemoryBytes);
    ::close(fd_);
}

SharedHead& SharedMemory::head() const { return *std::launder(static_cast<SharedHead*>(memory_)); }

std::span<std::byte> SharedMemory::slot(std::size_t index) const
{
    assert(index < kSlots);
    return { static_cast<std::byte*>(memory_) + kHeadBytes + index * kSlotBytes, kSlotBytes };
}

// ------------------------------------------------------------------------------------------ messages

std::string encode(const Request& request)
{
    return std::visit([](const auto& message) { return written(toJson(message)); }, request);
}

std::string encode(const Report& report)
{
    return std::visit([](const auto& message) { return written(toJson(message)); }, report);
}

Result<Request> decodeRequest(std::string_view message)
{
    const auto json = parsedObject(message);
    if (!json)
        return fail(json.error());
    Fields fields(*json);
    const std::string& kind = fields.word("kind");
    if (kind == "set") {
        SetSetting m;
        fields.read("id", m.id);
        fields.read("name", m.name, kWord);
        fields.read("value", m.value, kWord);
        return fields.done<Request>(std::move(m));
    }
    if (kind == "record") {
        Record m;
        fields.read("id", m.id);
        fields.read("on", m.on);
        return fields.done<Request>(m);
    }
    if (kind == "fetch") {
        Fetch m;
        fields.read("id", m.id);
        fields.read("folder", m.folder, kPath);
        fields.read("name", m.name, kWord);
        fields.read("target", m.target, kPath);
        return fields.done<Request>(std::move(m));
    }
    if (kind == "cancel") {
        CancelFetch m;
        fields.read("id", m.id);
        return fields.done<Request>(m);
    }
    fields.spoil("kind");
    return fields.done<Request>(Record {});
}

Result<Report> decodeReport(std::string_view message)
{
    const auto json = parsedObject(message);
    if (!json)
        return fail(json.error());
    Fields fields(*json);
    const std::string& kind = fields.word("kind");
    if (kind == "picture") {
        Picture m;
        fields.read("slot", m.slot, 0U, static_cast<std::uint32_t>(kSlots - 1));
        fields.read("bytes", m.bytes, 4U, static_cast<std::uint32_t>(kSlotBytes));
        fields.read("asked_at", m.asked_at);
        fields.read("returned_at", m.returned_at);
        fields.read("repeated", m.repeated);
        fields.read("dropped", m.dropped);
        return fields.done<Report>(m);
    }
    if (kind == "hello") {
        Hello m;
        fields.read("version", m.version, 0, std::numeric_limits<int>::max());
        fields.read("library", m.library, kWord);
        return fields.done<Report>(std::move(m));
    }
    if (kind == "opened") {
        Opened m;
        fields.read("model", m.model, kWord);
        fields.read("can_record", m.can_record);
        return fields.done<Report>(std::move(m));
    }
    if (kind == "damaged") {
        Damaged m;
        fields.read("at", m.at);
        fields.read("why", m.why, kSentence);
        return fields.done<Report>(std::move(m));
    }
    if (kind == "setting") {
        Setting m;
        fields.read("name", m.name, kWord);
        fields.read("label", m.label, kWord);
        fields.read("value", m.value, kWord);
        fields.read("choices", m.choices);
        fields.read("read_only", m.read_only);
        return fields.done<Report>(std::move(m));
    }
    if (kind == "answer") {
        Answer m;
        fields.read("id", m.id);
        fields.read("done", m.done);
        fields.read("message", m.message, kSentence);
        fields.read("detail", m.detail, kSentence);
        return fields.done<Report>(std::move(m));
    }
    if (kind == "facts") {
        constexpr auto least = std::numeric_limits<std::int64_t>::min();
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        Facts m;
        fields.maybe("lens", m.lens, kWord);
        fields.maybe("battery", m.battery, kWord);
        fields.maybe("shots_left", m.shots_left, least, most);
        fields.maybe("card_present", m.card_present);
        fields.maybe("card_free_bytes", m.card_free_bytes);
        fields.maybe("movie_mode", m.movie_mode);
        fields.maybe("output", m.output, kWord);
        return fields.done<Report>(std::move(m));
    }
    if (kind == "recording") {
        Recording m;
        fields.read("on", m.on);
        fields.read("at", m.at);
        return fields.done<Report>(m);
    }
    if (kind == "clip") {
        ClipAdded m;
        fields.read("folder", m.folder, kPath);
        fields.read("name", m.name, kWord);
        fields.read("bytes", m.bytes);
        fields.read("at", m.at);
        return fields.done<Report>(std::move(m));
    }
    if (kind == "progress") {
        Progress m;
        int state = 0;
        fields.read("id", m.id);
        fields.read("state", state, static_cast<int>(Progress::State::Running),
            static_cast<int>(Progress::State::Failed));
        m.state = static_cast<Progress::State>(state);
        fields.read("bytes", m.bytes);
        fields.read("total_bytes", m.total_bytes);
        fields.read("bytes_per_second", m.bytes_per_second);
        fields.read("message", m.message, kSentence);
        return fields.done<Report>(std::move(m));
    }
    if (kind == "note") {
        Note m;
        fields.read("text", m.text, kSentence);
        return fields.done<Report>(std::move(m));
    }
    if (kind == "failed") {
        Failed m;
        fields.read("fault", m.fault);
        fields.read("message", m.message, kSentence);
        fields.read("detail", m.detail, kSentence);
        return fields.done<Report>(std::move(m));
    }
    fields.spoil("kind");
    return fields.done<Report>(Note {});
}

std::string encode(const std::vector<AttachedCamera>& cameras)
{
    Json array = Json::array();
    for (const AttachedCamera& camera : cameras) {
        if (array.size() == kMostAttached)
            break;
        array.push_back(toJson(camera));
    }
    return written(array);
}

Result<std::vector<AttachedCamera>> decodeAttached(std::string_view line)
{
    const auto json = parsed(line, kMostAttached * kMaxMessageBytes);
    if (!json)
        return fail(json.error());
    if (!json->is_array() || json->size() > kMostAttached)
        return fail(Fault::Corrupt, "the tether helper and Backtake do not understand each other",
            "a list of cameras that is none");
    std::vector<AttachedCamera> cameras;
    for (const Json& one : *json) {
        if (!one.is_object())
            return fail(Fault::Corrupt, "the tether helper and Backtake do not understand each other",
                "a camera that is no object");
        Fields fields(one);
        AttachedCamera camera;
        fields.read("port", camera.port, kWord);
        fields.read("model", camera.model, kWord);
        fields.read("fault", camera.fault);
        fields.read("why", camera.why, kSentence);
        fields.read("holder", camera.holder, kWord);
        fields.read("holder_pid", camera.holder_pid, 0, std::numeric_limits<int>::max());
        auto read = fields.done<AttachedCamera>(std::move(camera));
        if (!read)
            return fail(read.error());
        cameras.push_back(std::move(*read));
    }
    return cameras;
}

} // namespace backtake::capture::tether
