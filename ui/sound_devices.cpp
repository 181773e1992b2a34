#include "ui/sound_devices.hpp"

#include "base/thread_marks.hpp"

namespace backtake::ui {

SoundDevices::~SoundDevices()
{
    thread_.request_stop();
    if (looking())
        thread_.detach();
}

void SoundDevices::look()
{
    desk_->questions.put(++asked_);
    if (!thread_.joinable())
        thread_ = std::jthread([desk = desk_](const std::stop_token& stop) {
            base::nameThisThread("bt-devices");
            while (const auto question = desk->questions.take(stop))
                desk->answers.put(std::make_shared<const Answer>(Answer { *question, desk->list() }));
        });
}

const std::vector<std::string>& SoundDevices::names()
{
    if (auto newest = desk_->answers.peek())
        shown_ = std::move(*newest);
    return shown_->names;
}

bool SoundDevices::looking() const
{
    const auto newest = desk_->answers.peek();
    return asked_ != (newest ? (*newest)->question : 0);
}

} // namespace backtake::ui
