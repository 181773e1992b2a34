/// For tests: sound devices as a server lists them that is in no hurry.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace backtake::ui {

/// Room: any thread. Time: a list waits for answer(), but not for ever: who is held up by it comes back and
/// sees that it was.
class SlowServer {
public:
    /// For SoundDevices; may outlive this.
    [[nodiscard]] std::function<std::vector<std::string>()> list() const
    {
        return [state = state_] {
            ++state->lists;
            state->answered.wait_for(std::chrono::seconds(20));
            ++state->done;
            return std::vector<std::string> { "Desk", "Headphones" };
        };
    }
    void answer() { state_->answer.set_value(); }
    /// Whether a list waits now.
    [[nodiscard]] bool isAsked() const { return state_->lists > state_->done; }
    /// How many were asked for so far.
    [[nodiscard]] int lists() const { return state_->lists; }

private:
    struct State {
        std::promise<void> answer;
        std::shared_future<void> answered = answer.get_future().share();
        std::atomic<int> lists = 0;
        std::atomic<int> done = 0;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

} // namespace backtake::ui
