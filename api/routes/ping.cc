#include "api/route.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

Status write_ping(const RouteContext&, TextSink& sink) {
    sink.append("{\"ok\":true,\"timestamp\":\"");
    sink.append_rfc3339(read_instants().realtime_ns);
    sink.append("\"}");
    return sink.status();
}

}  // namespace

extern constexpr Route ping_route = {.name = "ping", .pattern = "ping", .write = write_ping};

}  // namespace nma
