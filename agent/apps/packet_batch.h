// Packets of one socket, as many at a time as one system call gives (recvmmsg), in buffers that
// were set aside at start.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>

#include "platform/base/arena.h"

namespace nma {

struct Packet {
    std::span<char> bytes;      // good until the next receive; may be changed in place
    bool is_truncated = false;  // it was larger than limits::packet_bytes_max; the rest is lost
    int sender = 0;             // process ID that the kernel vouches for; 0: it does not say
};

class PacketBatch {
  public:
    void init(Arena& arena);

    // Takes what is there, up to limits::packets_per_batch, and never waits. How many came; 0 also
    // when the socket has an error, which that takes away.
    std::uint32_t receive(int socket);

    // Of what came last. Descriptors that a sender passed along are closed.
    Packet packet(std::uint32_t index);

    // What the kernel had dropped at the socket, in all and modulo 2^32, when the packet came in.
    // False when it does not say, which it does not before the first.
    bool drop_count(std::uint32_t index, std::uint32_t& drop_count);

  private:
    void reset();

    std::span<char> bytes_;
    std::span<char> controls_;
    std::span<iovec> vectors_;
    std::span<mmsghdr> messages_;
};

}  // namespace nma
