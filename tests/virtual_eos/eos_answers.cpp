// What the camera answers to each command. The shapes of the data are those that libgphoto2 2.5.30 unpacks.
#include "tests/virtual_eos/eos_core.hpp"

#include <algorithm>
#include <cassert>

namespace backtake::testing {
namespace {

constexpr std::uint32_t kCanonExtension = 0x0000000B;
/// Blobs beside the picture, as the body sends them: the zoom and the histogram.
constexpr std::uint32_t kBlobZoom = 4;
constexpr std::uint32_t kBlobHistogram = 3;
constexpr std::size_t kHistogramBytes = 1024;
constexpr std::uint32_t kShotsOnHost = 9'999;

Answer refusal(Code code)
{
    Answer answer;
    answer.code = code;
    return answer;
}

Answer withData(std::vector<std::byte> data)
{
    Answer answer;
    answer.has_data = true;
    answer.data = std::move(data);
    return answer;
}

void appendBlob(PtpWriter& data, std::uint32_t kind, std::span<const std::byte> contents)
{
    data.u32(static_cast<std::uint32_t>(8 + contents.size())).u32(kind).bytes(contents);
}

/// The camera's answer with a picture, or what is left of it after @p damage.
std::vector<std::byte> liveViewBlobs(
    std::span<const std::byte> jpeg, std::uint32_t jpeg_kind, std::optional<Damage> damage)
{
    std::vector<std::byte> garbage;
    PtpWriter data;
    if (damage == Damage::UnknownZero)
        data.u32(0).u32(kBlobZoom);
    if (damage == Damage::Garbage) {
        garbage.resize(jpeg.size());
        fillClip(0, garbage);
        jpeg = garbage;
    }
    if (damage == Damage::Torn)
        jpeg = jpeg.first(jpeg.size() * 9 / 10); // in the scan, behind what fills it up
    if (damage == Damage::Empty)
        jpeg = {};
    if (damage == Damage::BlobTooShort)
        data.u32(4).u32(jpeg_kind);
    else if (damage == Damage::BlobTooLong)
        data.u32(static_cast<std::uint32_t>(jpeg.size() + 100'000)).u32(jpeg_kind).bytes(jpeg);
    else if (damage != Damage::NoPicture)
        appendBlob(data, jpeg_kind, jpeg);
    if (damage == Damage::BlobTooLong)
        return data.take();
    appendBlob(data, kBlobZoom, PtpWriter().u32(1).take());
    appendBlob(data, kBlobHistogram, std::vector<std::byte>(kHistogramBytes));
    return data.take();
}

BusyWith busyKind(Op operation)
{
    switch (operation) {
    case Op::OpenSession:
        return BusyWith::OpenSession;
    case Op::EosKeepDeviceOn:
        return BusyWith::KeepDeviceOn;
    case Op::EosGetEvent:
        return BusyWith::GetEvent;
    case Op::EosGetViewFinderData:
        return BusyWith::GetViewFinderData;
    case Op::EosSetDevicePropValueEx:
        return BusyWith::SetProperty;
    default:
        return {};
    }
}

} // namespace

Answer EosCore::answer(const Command& command, std::stop_token stop)
{
    const base::Lock lock(mutex_);
    const base::Nanos now = base::monotonicNow();
    settle(now);
    if (const BusyWith kind = busyKind(command.operation); kind != BusyWith {} && saysBusy(kind))
        return refusal(Code::DeviceBusy);
    if (command.operation == Op::GetDeviceInfo)
        return deviceInfo();
    if (command.operation == Op::OpenSession) {
        if (session_)
            return refusal(Code::SessionAlreadyOpen);
        session_ = true;
        return {};
    }
    if (!session_)
        return refusal(Code::SessionNotOpen);
    if (static_cast<std::uint16_t>(command.operation) < 0x9000)
        return answerStandard(command, now);
    return answerEos(command, std::move(stop), now);
}

Answer EosCore::answerStandard(const Command& command, base::Nanos now)
{
    const std::uint32_t first = command.parameters[0];
    const std::uint32_t storage = card_.present ? kStorage : kEmptyStorage;
    switch (command.operation) {
    case Op::CloseSession:
        endSession(now);
        return {};
    case Op::GetStorageIds:
        return withData(PtpWriter().u32Array(std::span(&storage, 1)).take());
    case Op::GetStorageInfo:
        if (first != kStorage)
            return refusal(Code::InvalidStorageId);
        return card_.present ? withData(card_.storageInfo()) : refusal(Code::StoreNotAvailable);
    case Op::GetNumObjects: {
        Answer answer;
        answer.parameters = { static_cast<std::uint32_t>(card_.everything().size()) };
        return answer;
    }
    case Op::GetObjectHandles: {
        const std::uint32_t folder = command.parameters[2];
        return withData(
            PtpWriter().u32Array(folder == 0 ? card_.everything() : card_.children(folder)).take());
    }
    case Op::GetObjectInfo:
        return card_.has(first) ? withData(card_.objectInfo(first)) : refusal(Code::InvalidObjectHandle);
    case Op::GetObject:
        return object(first, 0, UINT64_MAX);
    case Op::GetPartialObject:
        return object(first, command.parameters[1], command.parameters[2]);
    case Op::DeleteObject: {
        const Clip* const clip = card_.find(first);
        if (clip == nullptr || !card_.present)
            return refusal(Code::InvalidObjectHandle);
        note("deleted " + clip->name, now);
        card_.remove(first);
        return {};
    }
    default:
        return refusal(Code::OperationNotSupported);
    }
}

Answer EosCore::answerEos(const Command& command, std::stop_token stop, base::Nanos now)
{
    const std::uint32_t first = command.parameters[0];
    const std::uint32_t storage = card_.present ? kStorage : kEmptyStorage;
    Property& output = *properties_.find(property::kEvfOutput);
    Property& mode = *properties_.find(property::kEvfMode);
    switch (command.operation) {
    case Op::EosSetRemoteMode:
    case Op::EosSetUiLock:
    case Op::EosResetUiLock:
    case Op::EosKeepDeviceOn:
    case Op::EosTransferComplete:
    case Op::EosSetObjectAttributes:
    case Op::EosDoAf:
    case Op::EosAfCancel:
    case Op::EosDriveLens:
        return {};
    case Op::EosGetRemoteMode: {
        Answer answer;
        answer.parameters = { 1 };
        return answer;
    }
    case Op::EosSetEventMode:
        return refusal(setEventMode(first != 0));
    case Op::EosGetEvent:
        return takeEvents();
    case Op::EosGetDeviceInfoEx:
        return eosDeviceInfo();
    case Op::EosSetDevicePropValueEx:
        return setProperty(command, now);
    case Op::EosRequestDevicePropValue: {
        const Property* const property = properties_.find(static_cast<std::uint16_t>(first));
        if (property == nullptr)
            return refusal(Code::GeneralError);
        queue(valueRecord(*property));
        return {};
    }
    case Op::EosPcHddCapacity: {
        Property& shots = *properties_.find(property::kShotsLeft);
        if (shots.value == 0 && properties_.value(property::kCaptureDestination) == kDestinationHost)
            shots.value = kShotsOnHost;
        queue(valueRecord(shots));
        return {};
    }
    case Op::EosGetStorageIds:
        return withData(PtpWriter().u32Array(std::span(&storage, 1)).take());
    case Op::EosGetStorageInfo:
        return withData(card_.storageInfo());
    case Op::EosGetObjectInfoEx:
        return withData(card_.eosFolder(command.parameters[1]));
    case Op::EosGetObject:
        return object(first, 0, UINT64_MAX);
    case Op::EosGetPartialObject:
        return object(first, command.parameters[1], command.parameters[2]);
    case Op::EosRemoteRelease:
    case Op::EosRemoteReleaseOn:
    case Op::EosRemoteReleaseOff:
        // Takes no still; the body is only busy for a moment.
        queueNumber(Event::CameraStatusChanged, 1);
        queueNumber(Event::CameraStatusChanged, 0);
        note("release", now);
        return {};
    case Op::EosMovieSelectSwOn:
    case Op::EosMovieSelectSwOff:
        if (!options_.switches_remotely)
            return refusal(Code::OperationNotSupported);
        turnMovieSwitch(command.operation == Op::EosMovieSelectSwOn, now);
        return {};
    case Op::EosInitiateViewfinder:
        change(mode, 1, now);
        change(output, output.value | kOutputPc, now);
        return {};
    case Op::EosTerminateViewfinder:
        change(output, (output.value & ~kOutputPc) | kOutputScreen, now);
        return {};
    case Op::EosGetViewFinderData:
        return options_.live_view ? picture(std::move(stop)) : refusal(Code::OperationNotSupported);
    default:
        return refusal(Code::OperationNotSupported);
    }
}

Answer EosCore::deviceInfo() const
{
    static constexpr Op kOperations[] = { Op::GetDeviceInfo, Op::OpenSession, Op::CloseSession,
        Op::GetStorageIds, Op::GetStorageInfo, Op::GetNumObjects, Op::GetObjectHandles, Op::GetObjectInfo,
        Op::GetObject, Op::DeleteObject, Op::GetPartialObject, Op::EosGetStorageIds, Op::EosGetStorageInfo,
        Op::EosGetObject, Op::EosGetPartialObject, Op::EosGetDeviceInfoEx, Op::EosGetObjectInfoEx,
        Op::EosSetObjectAttributes, Op::EosRemoteRelease, Op::EosSetDevicePropValueEx, Op::EosGetRemoteMode,
        Op::EosSetRemoteMode, Op::EosSetEventMode, Op::EosGetEvent, Op::EosTransferComplete,
        Op::EosPcHddCapacity, Op::EosSetUiLock, Op::EosResetUiLock, Op::EosKeepDeviceOn,
        Op::EosRequestDevicePropValue, Op::EosRemoteReleaseOn, Op::EosRemoteReleaseOff,
        Op::EosMovieSelectSwOn, Op::EosMovieSelectSwOff, Op::EosDoAf, Op::EosDriveLens, Op::EosAfCancel };
    std::vector<std::uint16_t> operations;
    for (const Op operation : kOperations)
        operations.push_back(static_cast<std::uint16_t>(operation));
    if (options_.live_view) {
        for (const Op operation :
            { Op::EosInitiateViewfinder, Op::EosTerminateViewfinder, Op::EosGetViewFinderData })
            operations.push_back(static_cast<std::uint16_t>(operation));
    }
    static constexpr std::uint16_t kEvents[] = { 0x4004, 0x4005 };
    static constexpr std::uint16_t kImageFormats[] = { 0x3001, 0x3801, 0x300D, 0xB103 };
    PtpWriter data;
    data.u16(100).u32(kCanonExtension).u16(100).string("").u16(0);
    data.u16Array(operations).u16Array(kEvents).u16Array({}).u16Array({}).u16Array(kImageFormats);
    data.string("Canon Inc.").string("Canon EOS-1D C").string("3-1.4.1");
    return withData(data.string("00000000000000000000000123017000").take());
}

Answer EosCore::eosDeviceInfo() const
{
    static constexpr std::uint32_t kEvents[] = { 0xC181, 0xC182, 0xC185, 0xC189, 0xC18A, 0xC18B, 0xC192,
        0xC193, 0xC195 };
    static constexpr std::uint32_t kMore[] = { 0xD1B0 };
    std::vector<std::uint32_t> codes;
    for (const Property& property : properties_.all())
        codes.push_back(property.code);
    PtpWriter lists;
    lists.u32Array(kEvents).u32Array(codes).u32Array(kMore);
    const auto contents = lists.take();
    return withData(PtpWriter().u32(static_cast<std::uint32_t>(4 + contents.size())).bytes(contents).take());
}

Answer EosCore::object(std::uint32_t handle, std::uint64_t offset, std::uint64_t most) const
{
    const Clip* const clip = card_.find(handle);
    if (clip == nullptr || !card_.present)
        return refusal(Code::InvalidObjectHandle);
    if (offset > clip->bytes)
        return refusal(Code::InvalidParameter);
    Answer answer;
    answer.has_data = true;
    answer.clip = ClipRange { offset, std::min(most, clip->bytes - offset) };
    answer.parameters = { static_cast<std::uint32_t>(answer.clip->bytes) };
    return answer;
}

Code EosCore::setEventMode(bool on)
{
    events_.clear();
    event_mode_ = on;
    for (const Property& property : properties_.all()) {
        queue(valueRecord(property));
        if (!property.choices.empty())
            queue(choicesRecord(property));
    }
    return Code::Ok;
}

Answer EosCore::takeEvents()
{
    PtpWriter data;
    for (const auto& record : events_)
        data.bytes(record);
    events_.clear();
    return withData(data.bytes(eventRecord(Event::End, {})).take());
}

Answer EosCore::setProperty(const Command& command, base::Nanos now)
{
    const auto size = u32At(command.data, 0);
    const auto code = u32At(command.data, 4);
    if (!size || !code || *size != command.data.size())
        return refusal(Code::InvalidParameter);
    Property* const property = properties_.find(static_cast<std::uint16_t>(*code));
    if (property == nullptr)
        return refusal(Code::PropertyNotSupported);
    if (!property->settable || properties_.refused.contains(property->name)) {
        note("refused " + property->name, now);
        return refusal(Code::AccessDenied);
    }
    if (property->is_text) {
        const std::string_view text(reinterpret_cast<const char*>(command.data.data()) + 8, *size - 8);
        property->text = text.substr(0, text.find('\0'));
        queue(valueRecord(*property));
        return {};
    }
    const auto value = u32At(command.data, 8);
    if (!value)
        return refusal(Code::InvalidParameter);
    if (property->code == property::kEvfRecord) {
        if (*value == kRecordToCard)
            return refusal(startRecording(now));
        if (*value != 0)
            return refusal(Code::InvalidPropertyValue);
        stopRecording(now);
        return {};
    }
    const auto& choices = property->choices;
    const bool listed = choices.empty() || std::find(choices.begin(), choices.end(), *value) != choices.end();
    const bool screen_and_pc =
        property->code == property::kEvfOutput && *value == (kOutputScreen | kOutputPc);
    if (!listed || (screen_and_pc && !options_.allows_screen_and_pc)) {
        note("refused " + property->name + " " + wordOf(*property, *value), now);
        return refusal(Code::InvalidPropertyValue);
    }
    change(*property, *value, now);
    return {};
}

void EosCore::prepare(std::uint64_t number)
{
    if (jpeg_.bytes.empty() || jpeg_.number != number)
        jpeg_ = painter_.paint(number);
}

Answer EosCore::picture(std::stop_token stop)
{
    base::Nanos now = base::monotonicNow();
    if (!grid_.running())
        return refusal(Code::GeneralError);
    const auto isThere = [&]() REQUIRES(mutex_) {
        now = base::monotonicNow();
        return grid_.newest(now).has_value() && !grid_.collected();
    };
    bool there = isThere();
    while (!there && pacing_ == Pacing::Hold && grid_.running() && !stop.stop_requested()) {
        const std::uint64_t next = grid_.next(now);
        prepare(next);
        changed_.waitUntil(mutex_, stop, grid_.timeOf(next),
            [&]() REQUIRES(mutex_) { return pacing_ != Pacing::Hold || !grid_.running(); });
        there = isThere();
    }
    if (!grid_.running())
        return refusal(Code::GeneralError);
    const bool again = !there && pacing_ == Pacing::Repeat && grid_.collected();
    if (!there && !again) {
        prepare(grid_.next(now));
        return refusal(options_.not_ready_code ? Code::EosNotReady : Code::DeviceBusy);
    }
    return liveViewData();
}

Answer EosCore::liveViewData()
{
    prepare(*grid_.newest(base::monotonicNow()));
    if (!jpeg_.stamped)
        stamp(jpeg_, base::monotonicNow());
    std::optional<Damage> damage;
    if (!damages_.empty()) {
        damage = damages_.front();
        damages_.pop_front();
    }
    const bool first = !grid_.collected();
    grid_.collect(damage.has_value());
    if (damage == Damage::GeneralError)
        return refusal(Code::GeneralError);
    Answer answer =
        withData(liveViewBlobs(jpeg_.bytes, static_cast<std::uint32_t>(options_.jpeg_blob_type), damage));
    if (first && !damage)
        answer.frame = jpeg_.number;
    if (damage == Damage::PromisesMore || damage == Damage::CutOff)
        answer.line_damage = damage;
    return answer;
}

} // namespace backtake::testing
