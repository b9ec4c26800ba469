// Where StatsD packets come in: a socket for each registered container, UDP ports that several
// share, and unix datagram sockets, whose senders the kernel names.
//
// The event loop has few places, so all sockets are in one epoll of our own, and the loop watches
// that. A socket gives one batch of packets, then it is the next one's turn; after
// limits::inlet_turn_us the loop's others have theirs. So a flood at one socket delays the rest and
// starves nobody.
//
// A full unix datagram socket makes its sender wait, or fail with EAGAIN. The kernel drops nothing
// there, and counts nothing; net.unix.max_dgram_qlen is how many packets wait.
//
// What was dropped on a shared port is nobody's in particular, and in the totals only. The kernel
// counts from a socket's making: of one that was kept while there was no agent, what was dropped
// meanwhile is told, and with it what the agent before may have told.
#pragma once

#include <cstdint>
#include <span>

#include "agent/apps/packet_batch.h"
#include "agent/apps/registry.h"
#include "agent/apps/sender_container.h"
#include "agent/apps/statsd_intake.h"
#include "platform/linux/event_loop.h"

namespace nma {

struct InletOptions {
    ReceiveBufferBytes receive_buffer_bytes = 0;  // of shared sockets
    std::string_view nobody_id;                   // see StatsdIntake
};

struct InletCounts {
    std::uint64_t packets = 0;
    std::uint64_t dropped_packets = 0;  // by the kernel, at all sockets that ever were
};

class Inlets {
  public:
    void init(Arena& arena, std::size_t registration_count_max);

    // Before everything else. io_error: the kernel has no room. `root` is where senders are looked
    // up, and lives as long as this.
    Status start(AppStore& store, const HostRoot& root, const ContainerQuestions& questions,
                 const InletOptions& options);

    // Once, when it is known which containers there are: before, what names one would be dropped.
    // Until then packets wait in their sockets. io_error, full: the loop has no room.
    Status watch(EventLoop& loop);

    // What the registry tells its changes to. At a removal the packets that wait are read first, as
    // many as one turn has time for.
    RegistrySink sink() { return {on_added, on_removed, this}; }

    // Shared sockets. -1, and `error` says why; else the socket, which is ours. `mode` is of the
    // file: who may write may send. adopt takes one that somebody else made, and closes it with the
    // others; refused, it stays the caller's.
    int listen_udp(const IpAddress& address, std::uint16_t port, FixedText<256>& error);
    int listen_unix(const char* path, mode_t mode, FixedText<256>& error);
    int adopt(int socket, FixedText<256>& error);

    // Every few seconds: drops after which no packet came.
    void tick(std::uint64_t now_ns);

    // Closes the shared sockets, and watches no other any more: what waits there is not read. The
    // registry is closed at the same time, before or after.
    void stop();

    const InletCounts& counts() const { return counts_; }
    const IntakeCounts& intake_counts() const { return intake_.counts(); }

  private:
    struct Inlet {
        const Registration* registration;  // null: shared
        int socket_plus_one;               // 0: a free place
        std::uint32_t drop_count;
        bool is_unix;
    };

    static void on_ready(void* self, std::uint32_t ready);
    static void on_added(void* self, std::uint32_t index, const Registration& registration);
    static void on_removed(void* self, std::uint32_t index, const Registration& registration);

    bool watch_socket(std::uint32_t index, const Inlet& inlet);
    int add_shared(int socket, bool is_unix, const char* what, FixedText<256>& error);
    void tell_if_blind(const char* what) const;
    std::uint32_t read_batch(Inlet& inlet, std::uint64_t now_ns);
    void take_packet(const Inlet& inlet, const Packet& packet, std::uint64_t now_ns);
    void note_drops(Inlet& inlet, std::uint32_t drop_count, std::uint64_t now_ns);
    void drain(Inlet& inlet);

    int epoll_ = -1;
    InletOptions options_;
    PacketBatch batch_;
    SenderContainers senders_;
    StatsdIntake intake_;
    std::span<Inlet> inlets_;  // the registry's indexes, then the shared ones
    std::uint32_t registered_max_ = 0;
    std::uint32_t shared_count_ = 0;
    InletCounts counts_;
};

}  // namespace nma
