#include "agent/apps/registry.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bit>

#include "platform/base/check.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

constexpr std::uint16_t unprivileged_port_first = 1024;
constexpr std::size_t port_count = 65536;
constexpr std::size_t bits_per_word = 64;

// FNV-1a. IDs come from Mesos alone, and a chain of all of them would still be walked in a tenth of
// a millisecond.
std::uint64_t hash_of(std::string_view id) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : id)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

RegistryStatus status_of_bind(int error) {
    switch (error) {
        case EADDRINUSE:
            return RegistryStatus::port_taken;
        case EADDRNOTAVAIL:
        case EAFNOSUPPORT:
            return RegistryStatus::host_missing;
        case EACCES:
        case EPERM:
            return RegistryStatus::bad_port;
        default:
            return RegistryStatus::no_room;
    }
}

}  // namespace

void Registry::init(Arena& arena, std::size_t registration_count_max) {
    NMA_CHECK(registration_count_max < none);
    files_.init(arena);
    json_.init(arena, "registration JSON", limits::registration_json_bytes);
    places_ = arena.take<Place>("registrations", registration_count_max);
    chains_ = arena.take<std::uint32_t>("registrations", std::bit_ceil(registration_count_max));
    adopted_ = arena.take<Adopted>("registrations", registration_count_max);
    used_ports_ = arena.take<std::uint64_t>("registrations", port_count / bits_per_word);
}

void Registry::start(const RegistryOptions& options, RegistrySink sink) {
    options_ = options;
    sink_ = sink;
    // Not the same ports again after each start: a task that is gone may still be sent for.
    const std::uint32_t span = options.port_last - options.port_first + 1u;
    next_port_ = static_cast<std::uint32_t>(boottime_ns() / 1000 % span);
}

void Registry::close() {
    for (std::uint32_t i = 0; i < touched_count_; ++i) {
        Registration& registration = places_[i].registration;
        if (registration.port == 0) continue;
        ::close(registration.socket);
        registration.port = 0;
    }
    close_adopted();
    files_.close();
    count_ = 0;
}

std::uint32_t& Registry::chain_of(std::string_view id) const {
    return chains_[static_cast<std::size_t>(hash_of(id)) & (chains_.size() - 1)];
}

const Registration* Registry::at(std::uint32_t index) const {
    NMA_CHECK(index < places_.size());
    const Registration& registration = places_[index].registration;
    return registration.port == 0 ? nullptr : &registration;
}

const Registration* Registry::find(std::string_view id) const {
    for (std::uint32_t next = chain_of(id); next != 0; next = places_[next - 1].next_plus_one) {
        const Registration& registration = places_[next - 1].registration;
        if (registration.id.view() == id) return &registration;
    }
    return nullptr;
}

RegistryStatus Registry::choose_host(std::string_view text, IpAddress& host) const {
    if (text.empty()) {
        host = options_.host;
        return RegistryStatus::created;
    }
    if (!parse_ip_address(text, host)) return RegistryStatus::bad_host;
    if (host == options_.host) return RegistryStatus::created;
    const bool is_allowed = options_.is_any_host_allowed && host.is_unicast();
    return is_allowed ? RegistryStatus::created : RegistryStatus::bad_host;
}

bool Registry::is_port_allowed(std::uint16_t port) const {
    if (options_.port_first == 0) return port >= unprivileged_port_first;
    return port >= options_.port_first && port <= options_.port_last;
}

int Registry::open_named(const IpAddress& host, std::uint16_t port, RegistryStatus& status) {
    const int socket = open_udp_socket(host, port, options_.receive_buffer_bytes);
    if (socket < 0) status = status_of_bind(errno);
    return socket;
}

// From one after the last that was given out, so that a port rests as long as possible before
// another container gets it.
int Registry::open_of_range(const IpAddress& host, RegistryStatus& status) {
    const std::uint32_t span = options_.port_last - options_.port_first + 1u;
    std::uint32_t tries = 0;
    for (std::uint32_t i = 0; i < span && tries < limits::port_tries_max; ++i) {
        const std::uint32_t port = options_.port_first + (next_port_ + i) % span;
        if ((used_ports_[port / bits_per_word] >> (port % bits_per_word) & 1) != 0) continue;
        ++tries;
        const int socket = open_named(host, static_cast<std::uint16_t>(port), status);
        if (socket >= 0) {
            next_port_ = (next_port_ + i + 1) % span;
            return socket;
        }
        if (status != RegistryStatus::port_taken) return -1;
    }
    status = RegistryStatus::no_room;
    return -1;
}

int Registry::open_any(const IpAddress& host, RegistryStatus& status) {
    if (options_.port_first != 0) return open_of_range(host, status);
    const int socket = open_named(host, 0, status);
    // The kernel has no free one.
    if (socket < 0 && status == RegistryStatus::port_taken) status = RegistryStatus::no_room;
    return socket;
}

RegistryStatus Registry::add(const RegistrationRequest& request,
                             const Registration*& registration) {
    if (!is_registration_id(request.container_id)) return RegistryStatus::bad_id;
    const Registration* before = find(request.container_id);
    if (before != nullptr) {
        registration = before;
        return RegistryStatus::exists;
    }
    IpAddress host;
    RegistryStatus status = choose_host(request.statsd_host, host);
    if (status != RegistryStatus::created) return status;
    const std::uint16_t port = request.statsd_port;
    if (port != 0 && !is_port_allowed(port)) return RegistryStatus::bad_port;
    if (count_ == places_.size()) return RegistryStatus::no_room;
    const int socket = port == 0 ? open_any(host, status) : open_named(host, port, status);
    if (socket < 0) return status;
    const Registration& placed = place(request.container_id, host, socket);
    save(placed);
    keep(placed);
    registration = &placed;
    return RegistryStatus::created;
}

const Registration& Registry::place(std::string_view id, const IpAddress& host, int socket) {
    std::uint32_t index = free_plus_one_ - 1;
    if (free_plus_one_ == 0) {
        index = touched_count_++;
    } else {
        free_plus_one_ = places_[index].next_plus_one;
    }
    Place& taken = places_[index];
    NMA_CHECK(taken.registration.id.assign(id));
    taken.registration.host = host;
    taken.registration.port = bound_port(socket);
    taken.registration.socket = socket;
    std::uint32_t& chain = chain_of(id);
    taken.next_plus_one = chain;
    chain = index + 1;
    const std::uint32_t port = taken.registration.port;
    used_ports_[port / bits_per_word] |= std::uint64_t{1} << (port % bits_per_word);
    ++count_;
    if (sink_.added != nullptr) sink_.added(sink_.context, index, taken.registration);
    return taken.registration;
}

bool Registry::remove(std::string_view id) {
    if (!is_registration_id(id)) return false;
    files_.remove(id);
    std::uint32_t* link = &chain_of(id);
    while (*link != 0 && places_[*link - 1].registration.id.view() != id)
        link = &places_[*link - 1].next_plus_one;
    if (*link == 0) return false;
    const std::uint32_t index = *link - 1;
    Place& given_back = places_[index];
    Registration& registration = given_back.registration;
    if (sink_.removed != nullptr) sink_.removed(sink_.context, index, registration);
    ::close(registration.socket);
    forget(registration.host, registration.port);
    const std::uint32_t port = registration.port;
    used_ports_[port / bits_per_word] &= ~(std::uint64_t{1} << (port % bits_per_word));
    *link = given_back.next_plus_one;
    registration.port = 0;
    registration.id.clear();
    given_back.next_plus_one = free_plus_one_;
    free_plus_one_ = index + 1;
    --count_;
    return true;
}

}  // namespace nma
