// A registry on loopback for tests, with a directory of its own for state files.
#pragma once

#include <string_view>

#include "agent/apps/registry.h"
#include "platform/base/check.h"
#include "tests/support/tree.h"

namespace nma::test {

inline IpAddress loopback() {
    IpAddress address;
    NMA_CHECK(parse_ip_address("127.0.0.1", address));
    return address;
}

// As large as asked for, and empty; the one before is gone, its files are not. On loopback, any
// port, no files: set `options` and call start.
inline Registry& registry_make(std::size_t registration_count_max) {
    static Arena arena;
    static Registry registry;
    arena.unmap();
    arena = Arena();
    registry = Registry();
    Arena measuring;
    registry.init(measuring, registration_count_max);
    NMA_CHECK(arena.map(measuring.used_bytes()));
    registry.init(arena, registration_count_max);
    return registry;
}

inline RegistryOptions registry_options() {
    RegistryOptions options;
    options.host = loopback();
    return options;
}

inline RegistryStatus registry_add(Registry& registry, std::string_view id,
                                   std::string_view host = {}, std::uint16_t port = 0) {
    const Registration* registration = nullptr;
    const RegistryStatus status = registry.add({id, host, port}, registration);
    const bool is_given = status == RegistryStatus::created || status == RegistryStatus::exists;
    NMA_CHECK(is_given == (registration != nullptr));
    NMA_CHECK(!is_given || registration->id.view() == id);
    return status;
}

}  // namespace nma::test
