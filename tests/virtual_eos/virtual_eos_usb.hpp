/// The same virtual EOS-1D C behind umockdev: a USB device 04a9:3252 in /sys and /dev/bus/usb, for those
/// processes alone that are started with environment().
#pragma once

#include "tests/virtual_eos/virtual_eos.hpp"

namespace backtake::testing {

/// The body on a USB cable. Room: any thread may steer it. Ends: the destructor unplugs it. A client that
/// still has it open then must be gone first: the preload ends a process whose camera vanishes with its
/// server.
class VirtualEosUsb : public EosBody {
public:
    explicit VirtualEosUsb(VirtualEosOptions options = {});
    ~VirtualEosUsb();
    [[nodiscard]] std::string port() const; ///< "usb:001,007"; another one after each plugIn().
    [[nodiscard]] std::string spec() const; ///< "gphoto:usb:001,007".
    /// "NAME=VALUE" of what a process needs to see it. Its children see it, too; nothing else of /sys is
    /// there for them. A sanitised program also needs ASAN_OPTIONS=verify_asan_link_order=0.
    [[nodiscard]] static std::vector<std::string> environment();

    // The line
    void unplug(); ///< Transfers end with "no device", the device leaves /sys, the kernel's news says so.
    void plugIn(); ///< It comes back at a new address.
    void silence(bool on); ///< Lets every transfer wait, as a frozen body.
    void hold(bool on);    ///< As if another program had claimed it.
    void stallOnce();      ///< The next transfer to the host stalls.

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace backtake::testing
