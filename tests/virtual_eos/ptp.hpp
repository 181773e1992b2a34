/// The words of PTP (ISO 15740) and of Canon's extension to it, as the virtual camera speaks them: codes, a
/// command, an answer, and packing. Nothing here knows a cable.
#pragma once

#include "tests/virtual_eos/virtual_eos.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace backtake::testing {

/// Operations, as far as libgphoto2's EOS path asks for them. The second part is Canon's.
enum class Op : std::uint16_t {
    GetDeviceInfo = 0x1001,
    OpenSession = 0x1002,
    CloseSession = 0x1003,
    GetStorageIds = 0x1004,
    GetStorageInfo = 0x1005,
    GetNumObjects = 0x1006,
    GetObjectHandles = 0x1007,
    GetObjectInfo = 0x1008,
    GetObject = 0x1009,
    DeleteObject = 0x100B,
    GetPartialObject = 0x101B,

    EosGetStorageIds = 0x9101,
    EosGetStorageInfo = 0x9102,
    EosGetObject = 0x9104,
    EosGetPartialObject = 0x9107,
    EosGetDeviceInfoEx = 0x9108,
    EosGetObjectInfoEx = 0x9109,
    EosSetObjectAttributes = 0x910C,
    EosRemoteRelease = 0x910F,
    EosSetDevicePropValueEx = 0x9110,
    EosGetRemoteMode = 0x9113,
    EosSetRemoteMode = 0x9114,
    EosSetEventMode = 0x9115,
    EosGetEvent = 0x9116,
    EosTransferComplete = 0x9117,
    EosPcHddCapacity = 0x911A,
    EosSetUiLock = 0x911B,
    EosResetUiLock = 0x911C,
    EosKeepDeviceOn = 0x911D,
    EosRequestDevicePropValue = 0x9127,
    EosRemoteReleaseOn = 0x9128,
    EosRemoteReleaseOff = 0x9129,
    EosMovieSelectSwOn = 0x9133,
    EosMovieSelectSwOff = 0x9134,
    EosInitiateViewfinder = 0x9151,
    EosTerminateViewfinder = 0x9152,
    EosGetViewFinderData = 0x9153,
    EosDoAf = 0x9154,
    EosDriveLens = 0x9155,
    EosAfCancel = 0x9160,
};

/// Responses.
enum class Code : std::uint16_t {
    Ok = 0x2001,
    GeneralError = 0x2002,
    SessionNotOpen = 0x2003,
    OperationNotSupported = 0x2005,
    InvalidStorageId = 0x2008,
    InvalidObjectHandle = 0x2009,
    PropertyNotSupported = 0x200A,
    StoreFull = 0x200C,
    AccessDenied = 0x200F,
    StoreNotAvailable = 0x2013,
    DeviceBusy = 0x2019,
    InvalidPropertyValue = 0x201C,
    InvalidParameter = 0x201D,
    SessionAlreadyOpen = 0x201E,
    EosNotReady = 0xA102,
};

/// Records in the answer to EosGetEvent.
enum class Event : std::uint32_t {
    End = 0,
    ObjectAddedEx = 0xC181,
    ObjectRemoved = 0xC182,
    StorageInfoChanged = 0xC185,
    PropValueChanged = 0xC189,
    AvailListChanged = 0xC18A,
    CameraStatusChanged = 0xC18B,
    StoreAdded = 0xC192,
    StoreRemoved = 0xC193,
    RecordingTime = 0xC195,
};

/// A command, with the data that came along.
struct Command {
    Op operation {};
    std::uint32_t transaction = 0;
    std::array<std::uint32_t, 5> parameters {};
    std::vector<std::byte> data;
};

/// Part of a clip; a line makes up its bytes as it sends them.
struct ClipRange {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

/// What the camera says to a command.
struct Answer {
    Code code = Code::Ok;
    std::vector<std::uint32_t> parameters;
    bool has_data = false; ///< Even if of no bytes.
    std::vector<std::byte> data;
    std::optional<ClipRange> clip;      ///< Instead of data.
    std::optional<std::uint64_t> frame; ///< Handed over with it for the first time.
    std::optional<Damage> line_damage;  ///< What the line is to do wrong: PromisesMore, CutOff.

    [[nodiscard]] std::uint64_t dataBytes() const { return clip ? clip->bytes : data.size(); }
};

/// Packs little-endian numbers and PTP's strings.
class PtpWriter {
public:
    PtpWriter& u8(std::uint32_t value) { return number(value, 1); }
    PtpWriter& u16(std::uint32_t value) { return number(value, 2); }
    PtpWriter& u32(std::uint32_t value) { return number(value, 4); }
    PtpWriter& u64(std::uint64_t value) { return number(value, 8); }
    /// A length byte, then 16 bits a letter with a zero at the end. @param text plain ASCII.
    PtpWriter& string(std::string_view text);
    /// As Canon's properties have it: bytes with a zero at the end, @p least of them or more.
    PtpWriter& cText(std::string_view text, std::size_t least = 0);
    PtpWriter& bytes(std::span<const std::byte> bytes);
    PtpWriter& u16Array(std::span<const std::uint16_t> values);
    PtpWriter& u32Array(std::span<const std::uint32_t> values);

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

private:
    PtpWriter& number(std::uint64_t value, int bytes);
    std::vector<std::byte> bytes_;
};

/// Little-endian numbers at an offset. @return nullopt when the bytes do not reach that far.
std::optional<std::uint32_t> u16At(std::span<const std::byte> bytes, std::size_t offset);
std::optional<std::uint32_t> u32At(std::span<const std::byte> bytes, std::size_t offset);
void putU32(std::span<std::byte> bytes, std::size_t offset, std::uint32_t value);

/// A record of EosGetEvent: its size, its kind, its contents.
std::vector<std::byte> eventRecord(Event event, std::span<const std::byte> contents);

} // namespace backtake::testing
