// Who is connected to one listener, and how long we have waited for each. Pure: it opens and closes
// nothing, and is told what time it is.
//
// Each connection is in one of two waits with a hard end: for its next request as a whole, and for
// its client to take the answer. Sending or taking a byte now and then lengthens neither.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "api/client_certificate.h"

struct sockaddr;

namespace nma {

class CommandBody;

struct ClientAddress {
    enum class Kind : std::uint8_t { ipv4, ipv6, unix_socket };

    Kind kind = Kind::unix_socket;
    std::uint8_t bytes[16] = {};  // of the IP address, in network order; 4 or 16 of them
    uid_t uid = 0;                // of the process, on a unix socket
};

// From what accept(2) says. IPv4 in IPv6 (::ffff:192.0.2.7) is IPv4. Families that are not IP are
// taken for unix sockets.
ClientAddress client_address_of(const sockaddr& address);

// "192.0.2.7", "2001:db8::7" or "unix uid 1000".
FixedText<64> describe_client(const ClientAddress& address);

// Whether both count as one client: the same IPv4 address, two of 127.0.0.0/8, from all of which
// any process of this host may come, or the same /64 of IPv6, which is what one household or one
// host gets. Those of unix sockets never do.
bool is_same_client(const ClientAddress& a, const ClientAddress& b);

struct Connection {
    enum class State : std::uint8_t {
        free,
        waiting,    // for its next request
        answering,  // its request is there, its answer on the way
        ending,     // hung up; the HTTP library has not given it back yet
    };

    ClientAddress address;
    State state = State::free;
    bool is_last_answer = false;  // ends after the answer that it gets
    bool is_peer_refused = false;
    bool is_undecided = false;  // its request waits for an authorizer, not for the client
    int fd = -1;
    std::uint64_t since_ns = 0;  // of the state
    ShownCertificate certificate;
    CommandBody* body = nullptr;  // of a request on its way; given back before the release
};

class ConnectionTable {
  public:
    struct Limits {
        unsigned per_address_max = 16;
        std::uint64_t idle_ns_max = 0;
        std::uint64_t request_ns_max = 0;
    };

    enum class Verdict : std::uint8_t { admitted, address_full, full };

    // As many connections as there is memory for.
    void init(std::span<Connection> memory, const Limits& limits);

    // Writes a newcomer down, waiting for its first request; `place` is set when it was admitted.
    Verdict admit(const ClientAddress& address, int fd, std::uint64_t now_ns, Connection*& place);

    // Its request is there as a whole. Once for a request: later calls change nothing.
    void note_request(Connection& connection, std::uint64_t now_ns);

    // Its answer was taken. True when it is to be hung up now, for it was its last.
    [[nodiscard]] bool note_answered(Connection& connection, std::uint64_t now_ns);

    // The HTTP library has closed it.
    void release(Connection& connection);

    // Makes one end so that a newcomer gets its place, after `hang_up` was called with it: the one
    // that has waited longest for its next request or, when none has waited for long, the one that
    // has taken longest over its answer. Null when that is not long either.
    // With a client, only one of that client's.
    Connection* evict(std::uint64_t now_ns, void (*hang_up)(const Connection&),
                      const ClientAddress* client = nullptr);

    // Calls `hang_up` with each whose time is over, before it is ending. How many.
    std::size_t expire(std::uint64_t now_ns, void (*hang_up)(const Connection&));

    // All that are there now end after the answer that they get next.
    void end_after_answer();

    // Of those that end after their next answer, calls `hang_up` with each that still waits for its
    // request, before it is ending.
    void end_waiting(void (*hang_up)(const Connection&));

    // When to call expire at the latest; UINT64_MAX: when nothing changes, never.
    std::uint64_t next_deadline_ns() const { return next_deadline_ns_; }

    std::size_t count() const { return count_; }
    std::size_t answering_count() const { return answering_count_; }
    // Whether anybody's last answer is on its way.
    bool has_last_answers() const;

  private:
    Connection* longest_in(Connection::State state, std::uint64_t least_ms, std::uint64_t now_ns,
                           const ClientAddress* client);
    std::uint64_t deadline_ns(const Connection& connection) const;
    void enter(Connection& connection, Connection::State state, std::uint64_t now_ns);

    std::span<Connection> memory_;
    Limits limits_;
    std::size_t count_ = 0;
    std::size_t answering_count_ = 0;
    std::uint64_t next_deadline_ns_ = UINT64_MAX;  // never later than the first deadline
};

}  // namespace nma
