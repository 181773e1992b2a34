/// The clip of the golden files: 960 frames at 24 per second from 01:00:05:00, reel A001, scene 12, take 3.
#pragma once

#include "takes/handover/timeline.hpp"

namespace backtake::handover {

inline Clip clipOf(FrameIndex in, FrameIndex out, int speed_percent, FrameIndex frames = 960)
{
    Clip clip;
    clip.file = "/handover/A001C003.mov";
    clip.reel = "A001";
    clip.slate = { "12", 3, 'A' };
    clip.timecode = { { 24, 1 }, false };
    clip.start = 86'520; // (1 h 0 min 5 s) * 24
    clip.frames = frames;
    clip.in = in;
    clip.out = out;
    clip.speed_percent = speed_percent;
    clip.width = 1920;
    clip.height = 1080;
    clip.day = "2026-11-21";
    return clip;
}

inline Timeline timelineOf(std::vector<Clip> clips)
{
    Timeline timeline;
    timeline.title = "Day 1";
    timeline.timecode = { { 24, 1 }, false };
    timeline.start = 86'400;
    timeline.clips = std::move(clips);
    timeline.folder = "/handover";
    return timeline;
}

} // namespace backtake::handover
