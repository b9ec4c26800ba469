// Connections that come, ask, are answered and go in any order: two bytes are one event.
#include <netinet/in.h>

#include <cstdint>
#include <cstdlib>

#include "api/connection_table.h"

namespace {

using nma::Connection;
using State = Connection::State;

constexpr std::size_t place_count = 8;
constexpr std::uint64_t step_ns = 100'000'000;
constexpr std::uint64_t idle_ns = 3'000'000'000;
constexpr std::uint64_t request_ns = 2'000'000'000;
constexpr unsigned per_address_max = 3;

Connection places[place_count];
nma::ConnectionTable table;
std::uint64_t now_ns = 0;

void require(bool condition) {
    if (!condition) std::abort();
}

// Never of one that was hung up before.
void hang_up(const Connection& connection) {
    require(connection.state == State::waiting || connection.state == State::answering);
}

nma::ClientAddress address_of(std::uint8_t number) {
    sockaddr_in6 address = {};
    address.sin6_family = AF_INET6;
    address.sin6_addr.s6_addr[0] = 0x20;
    address.sin6_addr.s6_addr[7] = number % 4;  // of four networks
    address.sin6_addr.s6_addr[15] = number;
    return nma::client_address_of(reinterpret_cast<const sockaddr&>(address));
}

void admit(std::uint8_t number) {
    Connection* place = nullptr;
    const auto verdict = table.admit(address_of(number), number, now_ns, place);
    require((verdict == nma::ConnectionTable::Verdict::admitted) == (place != nullptr));
    require(place == nullptr || place->state == State::waiting);
}

void expire() {
    table.expire(now_ns, hang_up);
    for (const Connection& place : places) {
        require(place.state != State::waiting || place.since_ns + idle_ns > now_ns);
        require(place.state != State::answering || place.since_ns + request_ns > now_ns);
    }
    require(table.next_deadline_ns() > now_ns);
}

void evict() {
    const Connection* evicted = table.evict(now_ns, [](const Connection&) {});
    if (evicted == nullptr) return;
    require(evicted->state == State::ending);
}

void act(std::uint8_t event, std::uint8_t argument) {
    Connection& place = places[argument % place_count];
    const bool is_free = place.state == State::free;
    switch (event % 8) {
        case 0:
            admit(argument);
            break;
        case 1:
            if (!is_free) table.note_request(place, now_ns);
            break;
        case 2:
            if (!is_free && table.note_answered(place, now_ns))
                require(place.state == State::ending);
            break;
        case 3:
            if (!is_free) table.release(place);
            break;
        case 4:
            now_ns += argument * step_ns;
            expire();
            break;
        case 5:
            evict();
            break;
        case 6:
            table.end_after_answer();
            break;
        case 7:
            table.end_waiting(hang_up);
            break;
    }
}

void check() {
    std::size_t count = 0;
    std::size_t answering_count = 0;
    for (const Connection& place : places) {
        count += place.state == State::free ? 0 : 1;
        answering_count += place.state == State::answering ? 1 : 0;
        std::size_t same_count = 0;
        for (const Connection& other : places)
            same_count += other.state != State::free && place.state != State::free &&
                                  nma::is_same_client(place.address, other.address)
                              ? 1
                              : 0;
        require(same_count <= per_address_max);
    }
    require(count == table.count() && answering_count == table.answering_count());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    now_ns = 1;
    table.init(
        places,
        {.per_address_max = per_address_max, .idle_ns_max = idle_ns, .request_ns_max = request_ns});
    for (std::size_t i = 0; i + 1 < size; i += 2) {
        act(data[i], data[i + 1]);
        check();
    }
    return 0;
}
