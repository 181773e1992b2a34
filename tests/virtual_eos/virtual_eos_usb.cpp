#include "tests/virtual_eos/virtual_eos_usb.hpp"

#include "base/thread_marks.hpp"
#include "tests/virtual_eos/eos_core.hpp"
#include "tests/virtual_eos/usb_line.hpp"
#include "tests/virtual_eos/usb_news.hpp"

#include <fmt/format.h>

#include <atomic>
#include <stdexcept>

namespace backtake::testing {
namespace {

constexpr int kBus = 1;
constexpr int kFirstAddress = 7;
/// Major number of USB device nodes.
constexpr int kMajor = 189;
constexpr const char* kPreload = "libumockdev-preload.so.0";
constexpr const char* kController = "/devices/pci0000:00/0000:00:14.0/usb1";

/// Device, configuration, interface (still image, PTP) and its endpoints: bulk in, bulk out, interrupt in.
constexpr const char* kDescriptors = "12010002000000"     // USB 2.0
                                     "40A904523202000000" // 04a9:3252, no names
                                     "0001"
                                     "09022700010100C001" // one interface, powered by itself
                                     "090400000306010100"
                                     "07058102000200"
                                     "07050202000200"
                                     "07058303080009";

/// umockdev's test bed, one for the process: it says where it is by the environment.
class TestBed {
public:
    static std::shared_ptr<TestBed> shared()
    {
        static base::Mutex mutex;
        static std::weak_ptr<TestBed> only;
        const base::Lock lock(mutex);
        auto bed = only.lock();
        if (!bed)
            only = bed = std::make_shared<TestBed>();
        return bed;
    }
    TestBed()
        : bed_(GRef<UMockdevTestbed>::adopt(umockdev_testbed_new()))
    {
    }
    UMockdevTestbed* get() const { return bed_.get(); }
    /// Ports of the one bus and addresses on it are given out once.
    int nextPort() { return next_port_++; }
    int nextAddress() { return next_address_++; }

private:
    GRef<UMockdevTestbed> bed_;
    std::atomic<int> next_port_ = 1;
    std::atomic<int> next_address_ = kFirstAddress;
};

constexpr const char* kDevice = "usb_device";
constexpr const char* kInterface = "usb_interface";
constexpr const char* kInterfaceProperties = "PRODUCT=4a9/3252/2\nTYPE=0/0/0\nINTERFACE=6/1/1\n";

/// Properties as umockdev reads them.
std::string described(const char* kind, const std::string& properties)
{
    std::string text = fmt::format("E: SUBSYSTEM=usb\nE: DEVTYPE={}\n", kind);
    for (std::size_t at = 0; at < properties.size();) {
        const std::size_t end = properties.find('\n', at) + 1;
        text += "E: " + properties.substr(at, end - at);
        at = end;
    }
    return text;
}

void addDevice(UMockdevTestbed* bed, const std::string& description)
{
    GError* error = nullptr;
    if (umockdev_testbed_add_from_string(bed, description.c_str(), &error) == FALSE) {
        const std::string why = error->message;
        g_error_free(error);
        throw std::runtime_error("umockdev does not take the virtual camera: " + why);
    }
}

} // namespace

struct VirtualEosUsb::State {
    explicit State(std::shared_ptr<EosCore> core)
        : bed(TestBed::shared())
        , port(bed->nextPort())
        , line(std::move(core))
    {
    }

    [[nodiscard]] std::string devicePath() const { return fmt::format("{}/1-{}", kController, port); }
    [[nodiscard]] std::string node() const REQUIRES(mutex)
    {
        return fmt::format("/dev/bus/usb/{:03}/{:03}", kBus, address);
    }

    [[nodiscard]] std::string interfacePath() const { return fmt::format("{}/1-{}:1.0", devicePath(), port); }

    /// What udev says of the device, beside its path and kind.
    [[nodiscard]] std::string deviceProperties() const REQUIRES(mutex)
    {
        return fmt::format("DEVNAME={}\nDRIVER=usb\nBUSNUM={:03}\nDEVNUM={:03}\nMAJOR={}\nMINOR={}\n"
                           "PRODUCT=4a9/3252/2\nTYPE=0/0/0\nID_BUS=usb\nID_VENDOR_ID=04a9\nID_MODEL_ID=3252\n"
                           "ID_VENDOR=Canon_Inc.\nID_MODEL=Canon_Digital_Camera\n"
                           "ID_SERIAL=Canon_Inc._Canon_Digital_Camera\nID_USB_INTERFACES=:060101:\n"
                           "ID_GPHOTO2=1\nGPHOTO2_DRIVER=PTP\n",
            node(), kBus, address, kMajor, minor());
    }
    [[nodiscard]] int minor() const REQUIRES(mutex) { return (kBus - 1) * 128 + address - 1; }

    void tell(const char* action) REQUIRES(mutex)
    {
        gchar* const root = umockdev_testbed_get_root_dir(bed->get());
        const UsbNews device { action, devicePath(), kDevice, deviceProperties() };
        const UsbNews interface {
            action, interfacePath(), kInterface, kInterfaceProperties
        };
        const bool comes = std::string_view(action) == "add";
        tellUdev(root, comes ? device : interface);
        tellUdev(root, comes ? interface : device);
        g_free(root);
    }

    void plugIn() REQUIRES(mutex)
    {
        address = bed->nextAddress();
        addDevice(bed->get(),
            fmt::format("P: {}\nN: bus/usb/{:03}/{:03}\n{}"
                        "A: busnum={}\\n\nA: devnum={}\\n\nA: dev={}:{}\nA: devpath={}\\n\n"
                        "A: idVendor=04a9\\n\nA: idProduct=3252\\n\nA: bcdDevice=0002\\n\n"
                        "A: bConfigurationValue=1\\n\nA: bNumConfigurations=1\\n\nA: bNumInterfaces= 1\\n\n"
                        "A: bDeviceClass=00\\n\nA: speed=480\\n\nA: version= 2.00\\n\n"
                        "A: manufacturer=Canon Inc.\\n\nA: product=Canon Digital Camera\\n\n"
                        "H: descriptors={}\n",
                devicePath(), kBus, address, described(kDevice, deviceProperties()), kBus, address, kMajor,
                minor(), port, kDescriptors));
        addDevice(bed->get(),
            fmt::format("P: {}\n{}"
                        "A: bInterfaceNumber=00\\n\nA: bInterfaceClass=06\\n\nA: bInterfaceSubClass=01\\n\n"
                        "A: bInterfaceProtocol=01\\n\nA: bNumEndpoints=03\\n\n",
                interfacePath(), described(kInterface, kInterfaceProperties)));
        line.plug(node());
        GError* error = nullptr;
        if (umockdev_testbed_attach_ioctl(bed->get(), node().c_str(), line.handler(), &error) == FALSE)
            throw std::runtime_error("umockdev does not take the virtual camera's line");
        plugged = true;
        tell("add");
    }

    void unplug() REQUIRES(mutex)
    {
        line.unplug();
        umockdev_testbed_detach_ioctl(bed->get(), node().c_str(), nullptr);
        umockdev_testbed_remove_device(bed->get(), ("/sys" + interfacePath()).c_str());
        umockdev_testbed_remove_device(bed->get(), ("/sys" + devicePath()).c_str());
        plugged = false;
        tell("remove");
    }

    const std::shared_ptr<TestBed> bed;
    const int port;
    UsbLine line;
    base::Mutex mutex;
    int address GUARDED_BY(mutex) = 0;
    bool plugged GUARDED_BY(mutex) = false;
};

VirtualEosUsb::VirtualEosUsb(VirtualEosOptions options)
    : EosBody(std::make_shared<EosCore>(options))
    , state_(std::make_unique<State>(core_))
{
    plugIn();
}

VirtualEosUsb::~VirtualEosUsb() { unplug(); }

std::string VirtualEosUsb::port() const
{
    const base::Lock lock(state_->mutex);
    return fmt::format("usb:{:03},{:03}", kBus, state_->address);
}

std::string VirtualEosUsb::spec() const { return "gphoto:" + port(); }

std::vector<std::string> VirtualEosUsb::environment()
{
    gchar* const root = umockdev_testbed_get_root_dir(TestBed::shared()->get());
    std::vector<std::string> variables { fmt::format("LD_PRELOAD={}", kPreload),
        fmt::format("UMOCKDEV_DIR={}", root) };
    g_free(root);
    return variables;
}

void VirtualEosUsb::unplug()
{
    const base::Lock lock(state_->mutex);
    if (state_->plugged)
        state_->unplug();
}

void VirtualEosUsb::plugIn()
{
    const base::Lock lock(state_->mutex);
    if (!state_->plugged)
        state_->plugIn();
}

void VirtualEosUsb::silence(bool on) { state_->line.silence(on); }
void VirtualEosUsb::hold(bool on) { state_->line.hold(on); }
void VirtualEosUsb::stallOnce() { state_->line.stallOnce(); }

} // namespace backtake::testing
