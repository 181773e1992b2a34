#include "tests/virtual_eos/virtual_eos.hpp"

#include "tests/virtual_eos/eos_core.hpp"
#include "tests/virtual_eos/ptpip_line.hpp"

#include <fmt/format.h>

namespace backtake::testing {

// ------------------------------------------------------------ the body

EosBody::EosBody(std::shared_ptr<EosCore> core)
    : core_(std::move(core))
{
}
EosBody::~EosBody() = default;

void EosBody::damage(Damage damage, int answers) { core_->damage(damage, answers); }
void EosBody::setPacing(Pacing pacing) { core_->setPacing(pacing); }
void EosBody::setBusy(bool on) { core_->setBusy(on); }
void EosBody::answerBusy(BusyWith what, int answers) { core_->answerBusy(what, answers); }
void EosBody::turnDial(const std::string& name, const std::string& value) { core_->turnDial(name, value); }
std::string EosBody::dial(const std::string& name) const { return core_->dial(name); }
void EosBody::setChoices(const std::string& name, std::vector<std::string> values)
{
    core_->setChoices(name, values);
}
void EosBody::refuseSetting(const std::string& name, bool on) { core_->refuseSetting(name, on); }
void EosBody::setBattery(int percent)
{
    // As the library reads 0xD111.
    const std::uint32_t value = percent >= 88 ? 2
        : percent >= 63                       ? 4
        : percent >= 38                       ? 1
        : percent >= 13                       ? 5
                                              : 0;
    core_->setNumber(property::kBattery, value);
}
void EosBody::setShotsLeft(int shots) { core_->setShotsLeft(shots); }
void EosBody::setTemperature(int status)
{
    core_->setNumber(property::kTemperature, static_cast<std::uint32_t>(status));
}
void EosBody::removeCard() { core_->removeCard(); }
void EosBody::insertCard() { core_->insertCard(); }
void EosBody::setMovieSwitch(bool on) { core_->setMovieSwitch(on); }
void EosBody::pressRecord() { core_->pressRecord(); }
bool EosBody::recording() const { return core_->recording(); }
std::string EosBody::addClip(std::uint64_t bytes) { return core_->addClip(bytes); }
void EosBody::removeClip(const std::string& name) { core_->removeClip(name); }
std::vector<std::string> EosBody::clips() const { return core_->clips(); }
std::vector<EosBody::Made> EosBody::made() const { return core_->made(); }
void EosBody::clearMade() { core_->clearMade(); }
std::vector<EosBody::Change> EosBody::changes() const { return core_->changes(); }
bool EosBody::connected() const { return core_->inSession(); }

// ------------------------------------------------------------ on a network

struct VirtualEos::State {
    explicit State(std::shared_ptr<EosCore> core)
        : line(std::move(core))
    {
    }
    PtpIpLine line;
};

VirtualEos::VirtualEos(VirtualEosOptions options)
    : EosBody(std::make_shared<EosCore>(options))
    , state_(std::make_unique<State>(core_))
{
    state_->line.refuse(options.wants_pairing);
}
VirtualEos::~VirtualEos() = default;

std::uint16_t VirtualEos::port() const { return state_->line.port(); }
std::string VirtualEos::spec() const { return fmt::format("gphoto:ptpip:127.0.0.1:{}", port()); }
void VirtualEos::drop() { state_->line.drop(); }
void VirtualEos::unplug() { state_->line.unplug(); }
void VirtualEos::plugIn() { state_->line.plugIn(); }
void VirtualEos::silence(bool on) { state_->line.silence(on); }
void VirtualEos::refuse(bool on) { state_->line.refuse(on); }
void VirtualEos::pair() { state_->line.refuse(false); }

} // namespace backtake::testing
