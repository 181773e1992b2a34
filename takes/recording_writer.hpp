/// Writes one recording: picture.mjpeg, picture.index, sound.wav and take.json in a folder of its own. Append
/// only.
#pragma once

#include "takes/take_facts.hpp"

#include <memory>
#include <span>

namespace backtake::takes {

/// Room: the recorder thread. Time: every call may wait for the disk.
/// Owns: the files, until the destructor. Destroyed without close(), the recording stays as a crash would
/// leave it.
class RecordingWriter {
public:
    /// Makes `SHOOT/media/12A-003-A/` with its files and a first take.json (closed = false).
    /// @return Fault::Exists when that take is there already (nothing is touched), OutOfSpace, Denied,
    /// NotFound, each with the operator's line.
    static base::Result<std::unique_ptr<RecordingWriter>> create(
        const std::filesystem::path& shoot, const TakeFacts& facts);
    ~RecordingWriter();
    RecordingWriter(const RecordingWriter&) = delete;
    RecordingWriter& operator=(const RecordingWriter&) = delete;

    /// Appends frames in captured order: their JPEGs in one gathered write without a copy, then their index
    /// records, so that the index is never ahead of its pictures. Lost frames (Loss != None) get a record
    /// without picture, so captured frame n is always record n.
    /// @return OutOfSpace, Denied, Failed: what was appended before stays; the call may be repeated with the
    /// same frames when there is room again.
    base::Outcome append(std::span<const base::FramePtr> frames);
    /// Interleaved 16 bit PCM that follows what was appended before. The first call fixes rate and channels.
    base::Outcome appendSound(std::span<const std::int16_t> samples, const SoundFacts& format);
    /// Leaves out all frames from @p count on, and the sound behind them: the take had ended before, which
    /// was learned late. What was written of them is cut off at close().
    /// @return Fault::Corrupt, Denied when the index cannot be read back: then all frames stay.
    base::Outcome keepFirst(base::FrameIndex count);
    /// fdatasync of what was appended. The recorder calls it at least every 0.5 s.
    base::Outcome sync();
    /// Syncs, writes the final take.json (frames, duration, segments, lost, bytes and sound are filled in
    /// from what was appended; the rest comes from @p facts) and ends the recording.
    base::Result<TakeFacts> close(TakeFacts facts);

    [[nodiscard]] const std::filesystem::path& folder() const;
    [[nodiscard]] base::FrameIndex frames() const;
    [[nodiscard]] std::uint64_t bytes() const;

private:
    RecordingWriter();
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace backtake::takes
