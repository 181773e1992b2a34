/// Which sound devices there are, for the panels where one is chosen.
#pragma once

#include "base/mailbox.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace backtake::ui {

/// Lists them on a thread of its own: a sound server may take seconds to answer.
/// Room: one thread calls, all calls. Time: none waits, the destructor neither: a list that is being made
/// then is left to its thread, for a server that hangs must not keep a program from ending.
class SoundDevices {
public:
    using List = std::function<std::vector<std::string>()>;
    /// @param list what can be opened now; called on that thread.
    explicit SoundDevices(List list)
        : desk_(std::make_shared<Desk>(std::move(list)))
    {
    }
    ~SoundDevices();
    SoundDevices(const SoundDevices&) = delete;
    SoundDevices& operator=(const SoundDevices&) = delete;
    /// Asks for a new list. Asked again meanwhile it is made once more, not more often.
    void look();
    /// The newest list that is there; empty before the first. Valid until the next call.
    [[nodiscard]] const std::vector<std::string>& names();
    /// Whether a newer list is still being made.
    [[nodiscard]] bool looking() const;

private:
    struct Answer {
        std::uint64_t question = 0;
        std::vector<std::string> names;
    };
    /// What the thread works with, which may outlive its owner.
    struct Desk {
        explicit Desk(List made_by)
            : list(std::move(made_by))
        {
        }
        const List list;
        base::Latest<std::uint64_t> questions;
        base::Latest<std::shared_ptr<const Answer>> answers;
    };

    std::uint64_t asked_ = 0;
    std::shared_ptr<const Answer> shown_ = std::make_shared<const Answer>();
    const std::shared_ptr<Desk> desk_;
    std::jthread thread_; ///< From the first look() on.
};

} // namespace backtake::ui
