#include "takes/recovery.hpp"

#include "takes/files.hpp"
#include "takes/recording.hpp"
#include "takes/sound_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>

namespace backtake::takes {
using base::fail;
using base::Fault;

base::Result<Recovery> recoverTake(
    const std::filesystem::path& folder, const std::function<bool(double)>& /*progress*/)
{
    const auto index = File::open(folder / "picture.index", O_RDWR, "open");
    if (!index)
        return fail(index.error());
    if (::flock(index->descriptor(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return fail(Fault::Busy, fmt::format("{} is still being recorded: cut first", folder.string()));
    const auto take = Recording::open(folder);
    if (!take)
        return fail(take.error());
    Recovery recovery;
    TakeFacts& facts = recovery.facts;
    facts = (*take)->facts();
    if (facts.closed)
        return recovery;
    if (facts.sound) {
        const auto path = folder / "sound.wav";
        const auto sound = File::open(path, O_WRONLY, "open");
        if (!sound)
            return fail(sound.error());
        const auto bytes = static_cast<std::uint64_t>(facts.sound->samples)
            * static_cast<std::uint64_t>(facts.sound->channels) * 2;
        int error_number = sound->writeAt(soundHeader(*facts.sound, bytes), 0);
        if (error_number == 0)
            error_number = sound->sync();
        if (error_number != 0)
            return fail(errorOf(error_number, "write", path));
    }
    facts.preroll_frames = std::clamp<base::FrameIndex>(facts.preroll_frames, 0, facts.frames);
    facts.closed = true;
    facts.recovered = true;
    if (auto written = writeTakeFacts(folder / "take.json", facts); !written)
        return fail(written.error());
    recovery.changed = true;
    return recovery;
}

} // namespace backtake::takes
