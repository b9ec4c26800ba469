// Sockets that StatsD packets come in by: never blocking, closed on exec.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "agent/apps/ip_address.h"

namespace nma {

// What a socket may keep until we come to read it, in bytes as the kernel counts them (a packet
// takes about 800 more than it holds); 0 leaves the kernel's default (net.core.rmem_default). More
// than twice net.core.rmem_max needs CAP_NET_ADMIN, and is cut to that without.
using ReceiveBufferBytes = std::uint32_t;

// Bound to that address and no other; port 0 is any free one. Counts what the kernel drops
// (SO_RXQ_OVFL). -1 and errno: EADDRINUSE, EADDRNOTAVAIL (not an address of this machine), EACCES
// (a port below 1024), EMFILE …
int open_udp_socket(const IpAddress& address, std::uint16_t port, ReceiveBufferBytes buffer_bytes);

// The port that an UDP socket is bound to; 0 when it is none.
std::uint16_t bound_port(int socket);

// What an UDP socket is bound to, also one that somebody else made. False when it is none.
[[nodiscard]] bool read_bound_address(int socket, IpAddress& address, std::uint16_t& port);

// A datagram socket at `path`, whose file gets `mode`: who may write to it may send. Each packet
// comes with its sender's credentials. A file that was left behind by a dead agent is replaced.
// -1 and errno: EADDRINUSE (somebody reads there, or it is another kind of file), ENAMETOOLONG,
// ENOENT, EACCES …
int open_unix_datagram_socket(const char* path, mode_t mode, ReceiveBufferBytes buffer_bytes);

// Options of ours on a socket that somebody else made, as systemd does. False when it is no
// datagram socket.
bool adopt_datagram_socket(int socket, ReceiveBufferBytes buffer_bytes, bool& is_unix);

// How many packets the kernel dropped at this socket so far, modulo 2^32. False where it does not
// say (before Linux 4.12). SO_RXQ_OVFL alone tells only when another packet gets through.
bool read_drop_count(int socket, std::uint32_t& drop_count);

}  // namespace nma
