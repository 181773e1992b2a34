/// GStreamer's failures in the operator's words: what, why, what to do, in one line and without secrets.
#pragma once

#include "base/result.hpp"
#include "capture/camera_spec.hpp"
#include "capture/gst_pipeline.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace backtake::capture {

/// The Debian package that holds a GStreamer element: "srtsrc" is in "gstreamer1.0-plugins-bad". Empty when
/// not known.
std::string_view packageOfElement(std::string_view element);

/// Whether an element is installed. Room: any thread.
bool hasElement(const char* element);

/// An error whose message and detail are one line each and hold no secrets. Every error of the GStreamer
/// sources is made here.
base::Error cameraError(base::Fault fault, std::string_view message, std::string_view detail = {});

/// An element that is not installed, with the package to install. Fault::Unsupported.
base::Error missingElement(std::string_view element);

/// What it means to an operator that the pipeline of @p spec stopped. A live source that merely broke off is
/// Fault::Unplugged, so that it is opened again; what opening again cannot mend is Denied, NotFound or
/// Unsupported.
base::Error errorOf(const CameraSpec& spec, const GstTrouble& trouble);

/// Why text is no pipeline: Fault::Usage, or Fault::Unsupported for an element that is not installed.
base::Error errorOfText(const std::string& pipeline, const GError* error, GstParseContext* context);

} // namespace backtake::capture
