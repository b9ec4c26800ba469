#include "agent/apps/registration_http.h"

namespace nma {

namespace {

constexpr std::string_view container_path = "/container";

struct Refusal {
    std::uint16_t status;
    const char* reason;
    const char* message;
};

constexpr Refusal not_found = {404, "Not Found", "There is no such container."};
constexpr Refusal no_resource = {
    404, "Not Found",
    "There is no such resource. There are /container, /container/{id}, /containers and /health."};
constexpr Refusal bad_method = {405, "Method Not Allowed", "See the header Allow."};
constexpr Refusal bad_body = {400, "Bad Request",
                              "The body must be a JSON object with a container_id, and may have "
                              "statsd_host and statsd_port."};
constexpr Refusal large_body = {413, "Content Too Large",
                                "A registration takes 4096 bytes at most."};
constexpr Refusal no_space = {503, "Service Unavailable", "There is no room for the answer."};

Refusal refusal_of(RegistryStatus status) {
    switch (status) {
        case RegistryStatus::bad_id:
            return {400, "Bad Request",
                    "container_id must be 1 to 255 letters, digits, dots, dashes and underscores, "
                    "and must not begin with a dot."};
        case RegistryStatus::bad_host:
            return {400, "Bad Request",
                    "statsd_host must be the agent's configured address, or be left out."};
        case RegistryStatus::bad_port:
            return {400, "Bad Request",
                    "statsd_port must be one of the agent's configured range, or be left out."};
        case RegistryStatus::port_taken:
            return {409, "Conflict", "statsd_port is taken; leave it out to get a free one."};
        case RegistryStatus::host_missing:
            return {503, "Service Unavailable",
                    "This machine has no such address; check the agent's configured one."};
        default:
            return {
                503, "Service Unavailable",
                "There is no room for another container: no place (limits.registrations), no free "
                "port, or no file descriptor."};
    }
}

RegistrationAnswer refuse(const Refusal& refusal, TextSink& sink) {
    sink.append("{\"error\":{\"status\":");
    sink.append_u64(refusal.status);
    sink.append(",\"reason\":\"");
    sink.append(refusal.reason);
    sink.append("\",\"message\":\"");
    sink.append(refusal.message);
    sink.append("\"}}");
    RegistrationAnswer answer;
    answer.status = refusal.status;
    return answer;
}

RegistrationAnswer refuse_method(const char* allow, TextSink& sink) {
    RegistrationAnswer answer = refuse(bad_method, sink);
    answer.allow = allow;
    return answer;
}

RegistrationAnswer give(std::uint16_t status, const Registration& registration, TextSink& sink) {
    write_registration(sink, registration);
    RegistrationAnswer answer;
    answer.status = status;
    return answer;
}

RegistrationAnswer post(std::string_view body, Registry& registry, TextSink& sink) {
    if (body.size() > limits::registration_bytes_max) return refuse(large_body, sink);
    RegistrationRequest request;
    if (parse_registration(registry.json(), body, request) != Status::ok) {
        return refuse(bad_body, sink);
    }
    const Registration* registration = nullptr;
    const RegistryStatus status = registry.add(request, registration);
    if (status == RegistryStatus::created) return give(201, *registration, sink);
    if (status != RegistryStatus::exists) return refuse(refusal_of(status), sink);
    RegistrationAnswer answer = give(303, *registration, sink);
    (void)answer.location.assign("/container/");
    (void)answer.location.append(registration->id.view());
    return answer;
}

RegistrationAnswer remove(std::string_view id, Registry& registry, TextSink& sink) {
    const Registration* found = registry.find(id);
    const std::size_t before = sink.size();
    if (found != nullptr) write_registration(sink, *found);
    if (!registry.remove(id)) {
        sink.rewind(before);
        return refuse(not_found, sink);
    }
    RegistrationAnswer answer;
    answer.status = 202;
    return answer;
}

RegistrationAnswer list(const Registry& registry, TextSink& sink) {
    bool is_first = true;
    sink.append('[');
    for (std::uint32_t i = 0; i < registry.capacity(); ++i) {
        const Registration* registration = registry.at(i);
        if (registration == nullptr) continue;
        if (!is_first) sink.append(',');
        is_first = false;
        write_registration(sink, *registration);
    }
    sink.append(']');
    RegistrationAnswer answer;
    answer.status = 200;
    return answer;
}

RegistrationAnswer health(TextSink& sink) {
    sink.append("{\"ok\":true}");
    RegistrationAnswer answer;
    answer.status = 200;
    return answer;
}

RegistrationAnswer answer_one(std::string_view method, std::string_view id, Registry& registry,
                              TextSink& sink) {
    if (method == "DELETE") return remove(id, registry, sink);
    if (method != "GET" && method != "HEAD") return refuse_method("GET, HEAD, DELETE", sink);
    const Registration* found = is_registration_id(id) ? registry.find(id) : nullptr;
    return found == nullptr ? refuse(not_found, sink) : give(200, *found, sink);
}

RegistrationAnswer answer_path(std::string_view method, std::string_view path,
                               std::string_view body, Registry& registry, TextSink& sink) {
    if (path == container_path) {
        return method == "POST" ? post(body, registry, sink) : refuse_method("POST", sink);
    }
    if (path == "/containers" || path == "/health") {
        if (method != "GET" && method != "HEAD") return refuse_method("GET, HEAD", sink);
        return path == "/health" ? health(sink) : list(registry, sink);
    }
    if (path.starts_with("/container/")) {
        return answer_one(method, path.substr(container_path.size() + 1), registry, sink);
    }
    return refuse(no_resource, sink);
}

}  // namespace

RegistrationAnswer answer_registration(std::string_view method, std::string_view path,
                                       std::string_view body, Registry& registry,
                                       TextSink& answer_body) {
    path = path.substr(0, path.find('?'));
    if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    const std::size_t before = answer_body.size();
    const RegistrationAnswer answer = answer_path(method, path, body, registry, answer_body);
    if (answer_body.status() == Status::ok) return answer;
    answer_body.rewind(before);
    return refuse(no_space, answer_body);
}

}  // namespace nma
