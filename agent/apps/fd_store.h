// systemd's store of descriptors (sd_notify(3), FDSTORE=1): it keeps sockets while the agent is
// restarted, so that no packet is lost meanwhile, and hands them to the next agent as it does
// with sockets that it made: $LISTEN_FDS of them from 3 on, named in $LISTEN_FDNAMES.
//
// Needs FileDescriptorStoreMax= in the unit, as large as there may be registrations. Nothing here
// waits: a message that systemd has no room for is lost, which the caller learns.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/base/status.h"

namespace nma {

using FdStoreName = FixedText<16>;

// "statsd-8125".
FdStoreName fd_store_name(std::uint16_t port);

// Whether a name of $LISTEN_FDNAMES is one of ours: such sockets are for Registry::adopt.
[[nodiscard]] bool is_fd_store_name(std::string_view name);

// `notify_socket` is what $NOTIFY_SOCKET says: a path, or '@' and an abstract name. absent: no such
// socket, or none is named; timeout: it is full; io_error.
Status store_descriptor(const char* notify_socket, const FdStoreName& name, int descriptor);
Status forget_descriptor(const char* notify_socket, const FdStoreName& name);

}  // namespace nma
