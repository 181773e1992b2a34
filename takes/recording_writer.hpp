/// Writes one recording: picture.mjpeg, picture.index, sound.wav and take.json in a folder of its own. Append
/// only.
#pragma once

#include "takes/disk.hpp"
#include "takes/take_facts.hpp"

#include <memory>
#include <span>

namespace backtake::takes {

/// An id for a take that is about to be rolled, never drawn before.
std::string drawTakeId();

/// Room: the recorder thread. Time: every call may wait for the disk.
/// Owns: the files, until the destructor. Destroyed without close(), the recording stays as a crash would
/// leave it.
///
/// A disk that refuses harms nothing that is there: where the good data ends is known, what lies behind it is
/// written over, or cut off at close. Room for the take.json of the end and for the records of the next
/// minute is taken in advance, so that a take can be ended in good order on a disk that is full to the last
/// byte.
class RecordingWriter {
public:
    /// Makes `SHOOT/media/12A-003-A/` with its files and a first take.json (closed = false). A part that
    /// continues another (facts.continues) gets `12A-003-A.part2`. The take's id is drawn here unless
    /// @p facts has one.
    /// @param disk outlives the writer.
    /// @return Fault::Exists when that take is there already (nothing is touched), OutOfSpace, Denied,
    /// NotFound, each with the operator's line.
    static base::Result<std::unique_ptr<RecordingWriter>> create(
        const std::filesystem::path& shoot, const TakeFacts& facts, Disk& disk = kernelDisk());
    ~RecordingWriter();
    RecordingWriter(const RecordingWriter&) = delete;
    RecordingWriter& operator=(const RecordingWriter&) = delete;

    /// Appends frames in captured order: their JPEGs in one gathered write without a copy, then their index
    /// records, so that the index is never ahead of its pictures. Lost frames (Loss != None) get a record
    /// without picture, so captured frame n is always record n. A frame captured before the one ahead of it
    /// gets that one's time: times never fall within a file.
    /// @return OutOfSpace, Denied, Failed …: as many of the frames as arrived whole are kept, frames() says
    /// how many; the others may be appended again when there is room.
    /// @param timecodes of each frame, frames since midnight; empty: counted on from facts().start_timecode.
    base::Outcome append(
        std::span<const base::FramePtr> frames, std::span<const std::int64_t> timecodes = {});
    /// Interleaved little endian PCM of @p format's bits that follows what was appended before. The first
    /// call fixes rate, bits, channels and `starts_after_picture`; the last `rate_error_ppm` that is not 0
    /// counts. All of it is kept or nothing.
    base::Outcome appendSound(std::span<const std::byte> pcm, const SoundFacts& format);
    /// No frame gets a time before @p captured_at: that of the last frame in the part before this one.
    void startNotBefore(base::Nanos captured_at);
    /// Leaves out all frames from @p count on, and the sound behind them: the take had ended before, which
    /// was learned late, or they may not have reached the disk. Appending goes on there; what was written of
    /// them is cut off at close(). Time: 64 bytes are read for every frame since the last good sync, or from
    /// the beginning when @p count lies before it.
    /// @return Fault::Corrupt, Denied when the index cannot be read back: then all frames stay.
    base::Outcome keepFirst(base::FrameIndex count);
    /// fdatasync of what was appended. The recorder calls it at least every 0.5 s.
    /// @return a fault: what was appended since the last good sync may never reach the disk, even if a later
    /// sync succeeds. keepFirst(syncedFrames()) and append it again, here or elsewhere.
    base::Outcome sync();
    /// Frames that the last good sync made durable.
    [[nodiscard]] base::FrameIndex syncedFrames() const;
    /// Syncs, writes the final take.json (id, frames, duration, segments, lost, bytes and sound are filled in
    /// from what was appended; the rest comes from @p facts) and ends the recording. May be called again:
    /// when it failed, after keepFirst(), or with other facts.
    base::Result<TakeFacts> close(TakeFacts facts);
    /// What close() would write just now.
    [[nodiscard]] TakeFacts factsToClose(TakeFacts facts) const;
    /// Takes the recording off the disk again: it turned out to hold nothing. Only the destructor may follow.
    void discard();

    [[nodiscard]] const std::filesystem::path& folder() const;
    /// As given to create(), with the id, or as close() left them.
    [[nodiscard]] const TakeFacts& facts() const;
    [[nodiscard]] base::FrameIndex frames() const;
    [[nodiscard]] const std::optional<SoundFacts>& sound() const;
    [[nodiscard]] std::uint64_t bytes() const;

private:
    RecordingWriter();
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace backtake::takes
