#include "ui/sound_output.hpp"

#include "base/sound_buffer.hpp"

#include <SDL.h>
#include <spdlog/spdlog.h>

namespace backtake::ui {
namespace {

constexpr int kRate_hz = 48000;
constexpr Uint16 kChunk = 512;

/// SDL's sound part, which stays until the program ends: devices are told to it.
bool start()
{
    static base::Mutex mutex;
    base::Lock lock(mutex);
    return SDL_WasInit(SDL_INIT_AUDIO) != 0 || SDL_InitSubSystem(SDL_INIT_AUDIO) == 0;
}

class SoundOutput final : public base::SoundBuffer {
public:
    SoundOutput()
        : SoundBuffer(kRate_hz)
    {
    }
    ~SoundOutput() override
    {
        if (device_ != 0)
            SDL_CloseAudioDevice(device_); // waits until the callback has come back
    }
    SoundOutput(const SoundOutput&) = delete;
    SoundOutput& operator=(const SoundOutput&) = delete;

    bool open(const char* name)
    {
        SDL_AudioSpec wanted {};
        wanted.freq = kRate_hz;
        wanted.format = AUDIO_F32SYS;
        wanted.channels = base::kEars;
        wanted.samples = kChunk;
        wanted.callback = [](void* self, Uint8* stream, int bytes) {
            static_cast<SoundOutput*>(self)->take(base::monotonicNow(),
                { reinterpret_cast<float*>(stream), static_cast<std::size_t>(bytes) / sizeof(float) });
        };
        wanted.userdata = this;
        device_ = SDL_OpenAudioDevice(name, 0, &wanted, nullptr, 0);
        if (device_ != 0)
            SDL_PauseAudioDevice(device_, 0);
        return device_ != 0;
    }
    /// SDL stops a device of which it says SDL_AUDIODEVICEREMOVED.
    [[nodiscard]] bool gone() const override
    {
        return SDL_GetAudioDeviceStatus(device_) == SDL_AUDIO_STOPPED;
    }

private:
    SDL_AudioDeviceID device_ = 0;
};

} // namespace

base::Result<base::SoundSinkPtr> openSoundOutput(const std::string& device)
{
    if (!start())
        return base::fail(base::Fault::NotFound,
            "No sound: this machine has no sound device, or its sound server does not run", SDL_GetError());
    auto output = std::make_shared<SoundOutput>();
    if (!output->open(device.empty() ? nullptr : device.c_str()))
        return base::fail(base::Fault::NotFound,
            device.empty() ? "No sound: no sound device can be opened; it is tried again"
                           : "No sound: " + device
                    + " is not there or cannot be opened; it is used when it returns, F10 chooses another "
                      "one",
            SDL_GetError());
    spdlog::info("sound goes to {}", device.empty() ? "the system's choice" : device);
    return output;
}

std::vector<std::string> soundDevices()
{
    std::vector<std::string> names;
    if (!start())
        return names;
    for (int i = 0; i < SDL_GetNumAudioDevices(0); ++i)
        if (const char* name = SDL_GetAudioDeviceName(i, 0))
            names.emplace_back(name);
    return names;
}

} // namespace backtake::ui
