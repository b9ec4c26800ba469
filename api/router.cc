#include "api/router.h"

namespace nma {

namespace {

constexpr std::string_view plain_prefixes[] = {"/v0", "/system/v1/metrics/v0"};
constexpr std::string_view agent_prefix = "/system/v1/agent/";
constexpr std::string_view agent_suffix = "/metrics/v0";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Raw bytes beyond ASCII are let through: names of containers may be anything.
bool is_in_no_uri(char c) {
    // A char has a sign on some processors alone.
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
}

bool is_good_path(std::string_view path) {
    for (const char c : path) {
        if (is_in_no_uri(c)) return false;
    }
    for (std::size_t i = path.find('%'); i != path.npos; i = path.find('%', i + 1)) {
        if (i + 2 >= path.size() || hex_value(path[i + 1]) < 0 || hex_value(path[i + 2]) < 0) {
            return false;
        }
    }
    return true;
}

template <std::size_t N>
void decode(std::string_view segment, FixedText<N>& text) {
    text.clear();
    for (std::size_t i = 0; i < segment.size(); ++i) {
        char c = segment[i];
        if (c == '%') {
            c = static_cast<char>(hex_value(segment[i + 1]) * 16 + hex_value(segment[i + 2]));
            i += 2;
        }
        if (!text.append({&c, 1})) return;
    }
}

// "http://127.0.0.1:61092/v0/node" is "/v0/node".
void drop_authority(std::string_view& path) {
    constexpr std::string_view scheme = "http://";
    if (!path.starts_with(scheme)) return;
    const std::size_t slash = path.find('/', scheme.size());
    path.remove_prefix(slash == path.npos ? path.size() : slash);
}

// Takes `prefix` off when it is all of the path or ends before a slash.
bool take_prefix(std::string_view& path, std::string_view prefix) {
    if (!path.starts_with(prefix)) return false;
    const std::string_view rest = path.substr(prefix.size());
    if (!rest.empty() && rest.front() != '/') return false;
    path = rest;
    return true;
}

bool take_agent_prefix(std::string_view& path, std::string_view mesos_id) {
    if (mesos_id.empty() || !path.starts_with(agent_prefix)) return false;
    std::string_view rest = path.substr(agent_prefix.size());
    return take_prefix(rest, mesos_id) && take_prefix(rest, agent_suffix) && (path = rest, true);
}

bool take_any_prefix(std::string_view& path, const NodeIdentity& identity) {
    for (const std::string_view prefix : plain_prefixes) {
        if (take_prefix(path, prefix)) return true;
    }
    return take_agent_prefix(path, identity.mesos_id.view());
}

std::string_view take_segment(std::string_view& path) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
    return segment;
}

bool matches(std::string_view pattern, std::string_view path, RouteMatch& match) {
    const auto count_slashes = [](std::string_view text) {
        std::size_t count = 0;
        for (const char c : text)
            count += c == '/' ? 1U : 0U;
        return count;
    };
    if (count_slashes(pattern) != count_slashes(path)) return false;
    while (!pattern.empty()) {
        const std::string_view wanted = take_segment(pattern);
        const std::string_view segment = take_segment(path);
        if (segment.empty()) return false;
        if (wanted == "{id}") {
            decode(segment, match.container_id);
        } else if (wanted == "{metric-id}") {
            decode(segment, match.metric_id);
        } else if (wanted != segment) {
            return false;
        }
    }
    return path.empty();
}

}  // namespace

Permission permission_of(std::string_view path) {
    drop_authority(path);
    return path.starts_with(agent_prefix) ? Permission::agent : Permission::system_metrics;
}

RouteStatus match_route(std::string_view path, const NodeIdentity& identity, RouteMatch& match) {
    if (!is_good_path(path)) return RouteStatus::bad_path;
    drop_authority(path);
    if (!take_any_prefix(path, identity)) return RouteStatus::not_found;
    if (path.starts_with('/')) path.remove_prefix(1);
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    for (const Route& route : all_routes()) {
        if (route.is_agent_only && identity.role == Role::master) continue;
        if (!matches(route.pattern, path, match)) continue;
        match.route = &route;
        return RouteStatus::found;
    }
    return RouteStatus::not_found;
}

}  // namespace nma
