// The resources of the registration endpoint, without HTTP around them:
//
// - POST /container: 201 and the object; 303, registered before; 400, 409, 413, 503.
// - GET /container/{id}: 200 and the object, or 404.
// - DELETE /container/{id}: 202 and the object as it was, or 404.
// - GET /containers: 200 and an array of the objects.
// - GET /health: 200.
//
// HEAD is as GET. A query string is ignored, and a slash at the end. IDs are taken as they are:
// none of their characters needs an escape. Every body is JSON.
#pragma once

#include <cstdint>
#include <string_view>

#include "agent/apps/registry.h"
#include "platform/base/text_sink.h"

namespace nma {

struct RegistrationAnswer {
    std::uint16_t status = 0;
    FixedText<limits::name_bytes_max + 16> location;  // with 303; empty: no such header
    const char* allow = nullptr;                      // with 405; null: no such header
};

// `answer_body` holds what it held before and then the body; when that has no room, 503 and an
// error, for which 256 bytes are enough.
RegistrationAnswer answer_registration(std::string_view method, std::string_view path,
                                       std::string_view body, Registry& registry,
                                       TextSink& answer_body);

}  // namespace nma
