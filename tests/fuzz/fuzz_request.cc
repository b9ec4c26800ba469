// The request path: routes, Accept and listen addresses, from one input of three lines.
#include <cstdint>
#include <cstdlib>

#include "api/accept.h"
#include "api/listener_options.h"
#include "api/router.h"

namespace {

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    return line;
}

void check_route(std::string_view path) {
    nma::NodeIdentity identity;
    if (!identity.mesos_id.assign("a1-S0")) std::abort();
    nma::RouteMatch match;
    const nma::RouteStatus status = nma::match_route(path, identity, match);
    if ((status == nma::RouteStatus::found) != (match.route != nullptr)) std::abort();
    const bool has_prefix = path.starts_with("/v0") || path.starts_with("/system/v1/metrics/v0") ||
                            path.starts_with("/system/v1/agent/a1-S0/metrics/v0") ||
                            path.starts_with("http://");
    if (match.route != nullptr && !has_prefix) std::abort();
    if (match.container_id.size() > path.size()) std::abort();
}

void check_address(std::string_view text) {
    nma::ListenerOptions options;
    nma::ListenError error;
    options.auth = nma::AuthMode::none;
    const bool is_good = nma::parse_listen_address(text, options.address, error);
    if (!is_good && error.empty()) std::abort();
    if (!is_good) return;
    const bool is_systemd = options.address.kind == nma::ListenAddress::Kind::systemd;
    const bool is_open = nma::check_listener(options, error);
    if (is_open != (is_systemd || nma::is_local(options.address))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    check_route(take_line(text));
    check_address(take_line(text));
    nma::AcceptJudge judge;
    while (!text.empty())
        judge.add(take_line(text));
    (void)judge.accepts_json(true);
    return 0;
}
