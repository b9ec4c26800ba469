// Registrations as JSON: what a client posts, what it is answered, and what a state file holds are
// one object, {"container_id", "statsd_host", "statsd_port"}.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/apps/ip_address.h"
#include "platform/base/json_arena.h"
#include "platform/base/text_sink.h"
#include "platform/limits.h"

namespace nma {

using RegistrationId = FixedText<limits::name_bytes_max + 1>;

// What somebody asks for. Texts are good as long as the tree that they are in.
struct RegistrationRequest {
    std::string_view container_id;
    std::string_view statsd_host;   // empty: the configured one
    std::uint16_t statsd_port = 0;  // 0: any
};

// A container that sends to an UDP port of its own.
struct Registration {
    RegistrationId id;
    IpAddress host;
    std::uint16_t port = 0;  // 0: this place is free
    int socket = -1;         // the registry's
};

// A container's ID: 1 to 255 of letters, digits, '.', '_' and '-', and no dot in front. So it is a
// file name that is never a way, nor hidden, and needs no escapes in JSON or in a URL. Mesos makes
// UUIDs, and takes the others for containers that somebody names; a nested container is registered
// by its own value, and "parent.child" is an ID as well.
[[nodiscard]] bool is_registration_id(std::string_view text);

// One object; members with other names are nobody's business. An empty host and port 0 are the same
// as none. malformed, and `request` untouched: no JSON, no object, a member twice, no container_id,
// something that is not of its type, more than limits::registration_bytes_max. Resets `json`.
Status parse_registration(JsonArena& json, std::string_view text, RegistrationRequest& request);

void write_registration(TextSink& sink, const Registration& registration);

}  // namespace nma
