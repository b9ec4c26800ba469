#include "api/json_writer.h"
#include "api/route.h"

namespace nma {

namespace {

// {"resources": ["ping", …]}: relative to the index itself, whatever its prefix.
Status write_index(const RouteContext&, TextSink& sink) {
    sink.append("{\"resources\":[");
    bool is_first = true;
    for (const Route& route : all_routes()) {
        if (route.pattern[0] == '\0') continue;
        if (!is_first) sink.append(',');
        is_first = false;
        append_json_string(sink, route.pattern);
    }
    sink.append("]}");
    return sink.status();
}

}  // namespace

extern constexpr Route index_route = {
    .name = "index", .pattern = "", .write = write_index, .is_agent_only = true};

}  // namespace nma
