// systemd's store of descriptors (sd_notify(3), FDSTORE=1): it keeps sockets while the agent is
// restarted, so that no packet is lost meanwhile, and hands them to the next agent as it does
// with sockets that it made: $LISTEN_FDS of them from 3 on, named in $LISTEN_FDNAMES.
//
// Needs FileDescriptorStoreMax= in the unit, as large as there may be registrations. A message that
// systemd has no room for (net.unix.max_dgram_qlen of them wait) is lost, which the caller learns.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/apps/ip_address.h"
#include "platform/base/status.h"

namespace nma {

// systemd takes up to 255 characters, and no colon.
using FdStoreName = FixedText<64>;

// "statsd-8125" at the `usual` address. Others may have the same port, so they are named:
// "statsd-8125-198.51.100.1", "statsd-8125-fd00__1" for fd00::1.
FdStoreName fd_store_name(const IpAddress& host, std::uint16_t port, const IpAddress& usual);

// Whether a name of $LISTEN_FDNAMES is one of ours: such sockets are for Registry::adopt.
[[nodiscard]] bool is_fd_store_name(std::string_view name);

// Where messages go, and how long each may take when there is no room for it.
struct FdStore {
    const char* notify_socket = "";  // $NOTIFY_SOCKET: a path, or '@' and an abstract name
    std::uint32_t wait_ms = 0;
};

// absent: no such socket, or none is named; timeout: it is full; io_error.
Status store_descriptor(const FdStore& store, const FdStoreName& name, int descriptor);
Status forget_descriptor(const FdStore& store, const FdStoreName& name);

}  // namespace nma
