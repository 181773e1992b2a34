/// What a tether helper says about its camera's body, carried into the Body that the window sees.
#pragma once

#include "capture/body.hpp"
#include "capture/tether/protocol.hpp"
#include "capture/tether_line.hpp"

namespace backtake::capture {

/// Attached from opened() to the destructor. Room: the camera thread. Time: nothing here waits.
class TetherBody {
public:
    TetherBody(Body& body, std::shared_ptr<TetherLine> line)
        : body_(body)
        , line_(std::move(line))
    {
    }
    ~TetherBody();
    TetherBody(const TetherBody&) = delete;
    TetherBody& operator=(const TetherBody&) = delete;

    void take(const tether::Opened& opened, base::Nanos took);
    void take(tether::Setting setting);
    void take(const tether::Answer& answer);
    void take(const tether::Facts& facts);
    void take(const tether::Recording& recording);
    void take(const tether::ClipAdded& clip);
    void take(const tether::Progress& progress);
    void take(const tether::Note& note);
    /// What the fetches under way are told when the body goes.
    void setEnding(std::string why) { ending_ = std::move(why); }

private:
    Body& body_;
    const std::shared_ptr<TetherLine> line_;
    bool attached_ = false;
    bool recording_told_ = false;
    std::string ending_ = "the camera was closed";
};

/// The words of a battery as a number: "75%" is 75, "Low" is 5. @return nullopt for words that hold none.
std::optional<int> batteryPercent(std::string_view words);

} // namespace backtake::capture
