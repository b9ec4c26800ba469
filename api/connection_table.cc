#include "api/connection_table.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "platform/base/check.h"
#include "platform/limits.h"

namespace nma {

namespace {

using State = Connection::State;
using Kind = ClientAddress::Kind;

constexpr std::size_t ipv6_network_bytes = 8;
constexpr std::size_t mapped_ipv4_offset = 12;
constexpr std::uint64_t ns_per_ms = 1'000'000;

bool is_loopback_ipv4(const ClientAddress& address) {
    return address.kind == Kind::ipv4 && address.bytes[0] == IN_LOOPBACKNET;
}

}  // namespace

ClientAddress client_address_of(const sockaddr& address) {
    ClientAddress client;
    if (address.sa_family == AF_INET) {
        client.kind = Kind::ipv4;
        memcpy(client.bytes, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
    } else if (address.sa_family == AF_INET6) {
        const in6_addr& ipv6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
        const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&ipv6);
        client.kind = is_mapped ? Kind::ipv4 : Kind::ipv6;
        memcpy(client.bytes, &ipv6.s6_addr[is_mapped ? mapped_ipv4_offset : 0], is_mapped ? 4 : 16);
    }
    return client;
}

FixedText<64> describe_client(const ClientAddress& address) {
    char text[64];
    if (address.kind == Kind::unix_socket) {
        snprintf(text, sizeof text, "unix uid %u", address.uid);
    } else {
        inet_ntop(address.kind == Kind::ipv4 ? AF_INET : AF_INET6, address.bytes, text,
                  sizeof text);
    }
    FixedText<64> described;
    (void)described.assign(text);
    return described;
}

bool is_same_client(const ClientAddress& a, const ClientAddress& b) {
    if (a.kind != b.kind || a.kind == Kind::unix_socket) return false;
    if (is_loopback_ipv4(a) && is_loopback_ipv4(b)) return true;
    return memcmp(a.bytes, b.bytes, a.kind == Kind::ipv4 ? 4 : ipv6_network_bytes) == 0;
}

void ConnectionTable::init(std::span<Connection> memory, const Limits& limits) {
    *this = ConnectionTable{};
    memory_ = memory;
    limits_ = limits;
    for (Connection& connection : memory_) {
        // What is free stays untouched, and takes no memory.
        if (connection.state != State::free) connection = Connection{};
    }
}

ConnectionTable::Verdict ConnectionTable::admit(const ClientAddress& address, int fd,
                                                std::uint64_t now_ns, Connection*& place) {
    Connection* free_place = nullptr;
    std::size_t same_count = 0;
    for (Connection& connection : memory_) {
        if (connection.state == State::free) {
            if (free_place == nullptr) free_place = &connection;
        } else if (is_same_client(connection.address, address)) {
            ++same_count;
        }
    }
    if (same_count >= limits_.per_address_max) return Verdict::address_full;
    if (free_place == nullptr) return Verdict::full;
    *free_place = Connection{};
    free_place->address = address;
    free_place->fd = fd;
    ++count_;
    enter(*free_place, State::waiting, now_ns);
    place = free_place;
    return Verdict::admitted;
}

void ConnectionTable::note_request(Connection& connection, std::uint64_t now_ns) {
    connection.is_undecided = false;
    if (connection.state == State::waiting) enter(connection, State::answering, now_ns);
}

bool ConnectionTable::note_answered(Connection& connection, std::uint64_t now_ns) {
    if (connection.state != State::answering) return false;
    enter(connection, connection.is_last_answer ? State::ending : State::waiting, now_ns);
    return connection.is_last_answer;
}

void ConnectionTable::release(Connection& connection) {
    NMA_CHECK(connection.state != State::free);
    if (connection.state == State::answering) --answering_count_;
    --count_;
    connection = Connection{};
}

Connection* ConnectionTable::evict(std::uint64_t now_ns, void (*hang_up)(const Connection&),
                                   const ClientAddress* client) {
    Connection* longest = longest_in(State::waiting, limits::undisturbed_wait_ms, now_ns, client);
    if (longest == nullptr) {
        longest = longest_in(State::answering, limits::undisturbed_answer_ms, now_ns, client);
    }
    if (longest == nullptr) return nullptr;
    hang_up(*longest);
    enter(*longest, State::ending, now_ns);
    return longest;
}

// Null when none has been in that state for so long.
Connection* ConnectionTable::longest_in(State state, std::uint64_t least_ms, std::uint64_t now_ns,
                                        const ClientAddress* client) {
    Connection* longest = nullptr;
    for (Connection& connection : memory_) {
        if (connection.state != state || connection.is_undecided) continue;
        if (client != nullptr && !is_same_client(connection.address, *client)) continue;
        if (longest == nullptr || connection.since_ns < longest->since_ns) longest = &connection;
    }
    if (longest == nullptr || longest->since_ns + least_ms * ns_per_ms > now_ns) return nullptr;
    return longest;
}

std::size_t ConnectionTable::expire(std::uint64_t now_ns, void (*hang_up)(const Connection&)) {
    if (now_ns < next_deadline_ns_) return 0;
    next_deadline_ns_ = UINT64_MAX;
    std::size_t count = 0;
    for (Connection& connection : memory_) {
        const std::uint64_t deadline = deadline_ns(connection);
        if (deadline > now_ns) {
            if (deadline < next_deadline_ns_) next_deadline_ns_ = deadline;
            continue;
        }
        hang_up(connection);
        enter(connection, State::ending, now_ns);
        ++count;
    }
    return count;
}

void ConnectionTable::end_after_answer() {
    for (Connection& connection : memory_)
        connection.is_last_answer = true;
}

void ConnectionTable::end_waiting(void (*hang_up)(const Connection&)) {
    for (Connection& connection : memory_) {
        if (connection.state != State::waiting || !connection.is_last_answer) continue;
        hang_up(connection);
        enter(connection, State::ending, connection.since_ns);
    }
}

bool ConnectionTable::has_last_answers() const {
    for (const Connection& connection : memory_) {
        if (connection.state == State::answering && connection.is_last_answer) return true;
    }
    return false;
}

std::uint64_t ConnectionTable::deadline_ns(const Connection& connection) const {
    if (connection.state == State::waiting) return connection.since_ns + limits_.idle_ns_max;
    if (connection.state == State::answering) return connection.since_ns + limits_.request_ns_max;
    return UINT64_MAX;
}

void ConnectionTable::enter(Connection& connection, State state, std::uint64_t now_ns) {
    if (connection.state == State::answering) --answering_count_;
    if (state == State::answering) ++answering_count_;
    connection.state = state;
    connection.since_ns = now_ns;
    const std::uint64_t deadline = deadline_ns(connection);
    if (deadline < next_deadline_ns_) next_deadline_ns_ = deadline;
}

}  // namespace nma
