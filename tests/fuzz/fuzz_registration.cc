// Registrations, as clients post them and as files hold them, and the paths of the endpoint. The
// input's first line is "METHOD path", the rest is the body; the body is a state file, too.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "agent/apps/registration_http.h"
#include "platform/base/check.h"

namespace {

using namespace nma;

constexpr std::size_t registration_count_max = 8;

// Before each input there is one registration, of "web".
Registry& registry() {
    static Arena arena;
    static Registry result;
    if (!arena.is_measuring()) return result;
    Arena measuring;
    result.init(measuring, registration_count_max);
    NMA_CHECK(arena.map(measuring.used_bytes()));
    result.init(arena, registration_count_max);
    RegistryOptions options;
    NMA_CHECK(parse_ip_address("127.0.0.1", options.host));
    result.start(options, {});
    const Registration* web = nullptr;
    NMA_CHECK(result.add({"web", {}, 0}, web) == RegistryStatus::created);
    return result;
}

void check_place(const Registration& registration) {
    const std::string_view id = registration.id.view();
    if (!is_registration_id(id)) std::abort();
    if (id.find('/') != id.npos || id == "." || id == "..") std::abort();
    if (ip_text(registration.host).view() != "127.0.0.1") std::abort();
    if (bound_port(registration.socket) != registration.port) std::abort();
}

void check_answer(std::string_view method, std::string_view path, std::string_view body) {
    char memory[4096];
    TextSink sink(memory);
    const RegistrationAnswer answer = answer_registration(method, path, body, registry(), sink);
    if (sink.status() != Status::ok || sink.size() == 0) std::abort();
    if ((answer.status == 303) == answer.location.empty()) std::abort();
    if ((answer.status == 405) != (answer.allow != nullptr)) std::abort();
    const cJSON* tree = nullptr;
    JsonArena& json = registry().json();
    json.reset();
    if (json.parse(sink.view(), tree) != Status::ok) std::abort();
    if (answer.status == 201 && method != "POST") std::abort();
    if (answer.status == 202 && method != "DELETE") std::abort();
    if (sink.view().find("\"error\"") != std::string_view::npos && answer.status < 400)
        std::abort();
}

void forget_all() {
    for (std::uint32_t i = 0; i < registry().capacity(); ++i) {
        const Registration* registration = registry().at(i);
        if (registration == nullptr) continue;
        check_place(*registration);
        const RegistrationId id = registration->id;
        if (id.view() != "web" && !registry().remove(id.view())) std::abort();
    }
    const Registration* web = nullptr;
    (void)registry().add({"web", {}, 0}, web);
    if (registry().count() != 1 || web == nullptr) std::abort();
}

void check_text(std::string_view text) {
    RegistrationRequest request;
    if (parse_registration(registry().json(), text, request) != Status::ok) return;
    if (request.container_id.empty()) std::abort();
    Registration registration;
    if (!is_registration_id(request.container_id)) return;
    if (!parse_ip_address(request.statsd_host, registration.host)) return;
    if (!registration.id.assign(request.container_id)) std::abort();
    registration.port = request.statsd_port;
    char memory[512];
    TextSink sink(memory);
    write_registration(sink, registration);
    RegistrationRequest again;
    if (parse_registration(registry().json(), sink.view(), again) != Status::ok) std::abort();
    if (again.container_id != registration.id.view()) std::abort();
    if (again.statsd_port != registration.port) std::abort();
    IpAddress host;
    if (!parse_ip_address(again.statsd_host, host) || !(host == registration.host)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::string_view body = end == text.npos ? std::string_view() : text.substr(end + 1);
    const std::size_t space = line.find(' ');
    const std::string_view path = space == line.npos ? std::string_view() : line.substr(space + 1);
    check_text(body);
    check_answer(line.substr(0, space), path, body);
    check_answer("POST", "/container", body);
    check_answer("GET", "/containers", {});
    forget_all();
    return 0;
}
