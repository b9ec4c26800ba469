#include "agent/apps/registration_json.h"

#include <cjson/cJSON.h>

#include <algorithm>

#include "platform/base/json_value.h"

namespace nma {

namespace {

constexpr double port_max = 65535;

bool is_id_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
}

// As clients in Go leave out what they do not know: by a member that is not there, null or "".
bool take_text(const cJSON* object, const char* key, std::string_view& text) {
    const cJSON* member = json_member(object, key);
    if (member != nullptr && cJSON_IsNull(member) == 0 && cJSON_IsString(member) == 0) return false;
    text = json_text(member);
    return true;
}

bool take_port(const cJSON* object, std::uint16_t& port) {
    const cJSON* member = json_member(object, "statsd_port");
    if (member == nullptr || cJSON_IsNull(member) != 0) return true;
    if (cJSON_IsNumber(member) == 0) return false;
    const double value = member->valuedouble;
    if (!(value >= 0 && value <= port_max)) return false;
    port = static_cast<std::uint16_t>(value);
    return value == static_cast<double>(port);
}

}  // namespace

bool is_registration_id(std::string_view text) {
    return !text.empty() && text.size() <= limits::name_bytes_max && text.front() != '.' &&
           std::all_of(text.begin(), text.end(), is_id_character);
}

Status parse_registration(JsonArena& json, std::string_view text, RegistrationRequest& request) {
    if (text.size() > limits::registration_bytes_max) return Status::malformed;
    json.reset();
    const cJSON* tree = nullptr;
    if (json.parse(text, tree) != Status::ok) return Status::malformed;
    if (cJSON_IsObject(tree) == 0 || json_has_twins(tree)) return Status::malformed;
    RegistrationRequest found;
    const bool is_good = take_text(tree, "container_id", found.container_id) &&
                         take_text(tree, "statsd_host", found.statsd_host) &&
                         take_port(tree, found.statsd_port);
    if (!is_good || found.container_id.empty()) return Status::malformed;
    request = found;
    return Status::ok;
}

void write_registration(TextSink& sink, const Registration& registration) {
    sink.append("{\"container_id\":\"");
    sink.append(registration.id.view());
    sink.append("\",\"statsd_host\":\"");
    sink.append(ip_text(registration.host).view());
    sink.append("\",\"statsd_port\":");
    sink.append_u64(registration.port);
    sink.append('}');
}

}  // namespace nma
