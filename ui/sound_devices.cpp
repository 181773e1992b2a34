#include "ui/sound_devices.hpp"

#include "base/thread_marks.hpp"

namespace backtake::ui {

void SoundDevices::look()
{
    questions_.put(++asked_);
    if (!thread_.joinable())
        thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

void SoundDevices::work(const std::stop_token& stop)
{
    base::nameThisThread("bt-devices");
    while (const auto question = questions_.take(stop))
        answers_.put(std::make_shared<const Answer>(Answer { *question, list_() }));
}

const std::vector<std::string>& SoundDevices::names()
{
    if (auto newest = answers_.peek())
        shown_ = std::move(*newest);
    return shown_->names;
}

bool SoundDevices::looking() const
{
    const auto newest = answers_.peek();
    return asked_ != (newest ? (*newest)->question : 0);
}

} // namespace backtake::ui
