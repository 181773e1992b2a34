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
/// Room: one thread calls, all calls. Time: none waits; the destructor waits for the list being made.
class SoundDevices {
public:
    using List = std::function<std::vector<std::string>()>;
    /// @param list what can be opened now; called on that thread.
    explicit SoundDevices(List list)
        : list_(std::move(list))
    {
    }
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
    void work(const std::stop_token& stop);

    const List list_;
    std::uint64_t asked_ = 0;
    std::shared_ptr<const Answer> shown_ = std::make_shared<const Answer>();
    base::Latest<std::uint64_t> questions_;
    base::Latest<std::shared_ptr<const Answer>> answers_;
    std::jthread thread_; ///< From the first look(); last, so that it ends first.
};

} // namespace backtake::ui
