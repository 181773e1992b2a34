#include "capture/frame_source.hpp"
#include "capture/gst_source.hpp"
#include "capture/pattern_source.hpp"
#include "capture/tether_source.hpp"

namespace backtake::capture {

base::Result<std::unique_ptr<FrameSource>> openSource(
    const CameraSpec& spec, base::PicturePool& pool, Body& body, std::stop_token stop)
{
    switch (spec.kind) {
    case CameraSpec::Kind::Pattern:
        return openPatternSource(spec, pool);
    case CameraSpec::Kind::File:
    case CameraSpec::Kind::Gst:
    case CameraSpec::Kind::V4l2:
    case CameraSpec::Kind::Rtsp:
    case CameraSpec::Kind::Srt:
        return openGstSource(spec, pool, std::move(stop));
    case CameraSpec::Kind::Gphoto:
        return openTetherSource(spec, body, std::move(stop));
    }
    return base::fail(base::Fault::Usage, "unknown kind of camera");
}

} // namespace backtake::capture
