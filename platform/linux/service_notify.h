// Tells the service manager how we are (sd_notify(3), "the protocol"): datagrams of lines
// "KEY=value" to the unix socket that the environment's NOTIFY_SOCKET names, by its path or, after
// an '@', by its abstract name. Without a manager nothing is sent, and everything succeeds.
//
// One thread may call its functions.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/base/status.h"

namespace nma {

class ServiceNotify {
  public:
    // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and opens the socket: before rights are
    // dropped. ok, too, when nobody wants to hear; malformed for a NOTIFY_SOCKET that is neither
    // path nor abstract name; io_error when the kernel gives no socket.
    Status open();
    void close();

    bool has_manager() const { return socket_ >= 0; }

    // Each is false when the manager could not be told; it has 100 ms to take what is sent.
    // `status` is for people; at most 200 bytes of it are sent, and control characters become '?'.
    bool ready(std::string_view status) const;      // also when a reload is over
    bool reloading(std::string_view status) const;  // followed by ready
    bool stopping(std::string_view status) const;
    bool tell(std::string_view status) const;
    bool feed_watchdog() const;

    // The manager ends us when the watchdog is not fed for so long; feed it twice as often. 0: it
    // keeps no watchdog for us.
    std::uint64_t watchdog_period_ns() const { return watchdog_period_ns_; }

  private:
    using Message = FixedText<512>;

    bool send_state(std::string_view state, std::string_view status) const;
    bool send(const Message& message) const;

    sockaddr_un address_ = {};
    socklen_t address_bytes_ = 0;
    int socket_ = -1;
    std::uint64_t watchdog_period_ns_ = 0;
};

}  // namespace nma
