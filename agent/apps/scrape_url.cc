#include "agent/apps/scrape_url.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "platform/base/check.h"
#include "platform/base/text_cursor.h"
#include "platform/base/text_sink.h"

namespace nma {

namespace {

// What may stand in a request line: no blanks, no control characters, nothing that is not ASCII.
// A fragment would be sent, and is nothing that a server knows.
bool is_path(std::string_view path) {
    if (path.empty() || path.front() != '/') return false;
    for (const char c : path) {
        if (c <= ' ' || c >= '\x7f' || c == '#') return false;
    }
    return path.size() < limits::fetch_path_bytes;
}

bool is_ipv6(std::string_view host) {
    return host.find(':') != std::string_view::npos;
}

bool parse_port(std::string_view text, std::uint16_t& port) {
    std::uint64_t number = 0;
    if (!parse_u64(text, number) || number == 0 || number > 65535) return false;
    port = static_cast<std::uint16_t>(number);
    return true;
}

// Takes "1.2.3.4" or "[::1]" off the front.
bool take_host(std::string_view& rest, std::string_view& host) {
    const bool has_brackets = rest.starts_with('[');
    const std::size_t end = has_brackets ? rest.find(']') : rest.find_first_of(":/?");
    if (has_brackets && end == std::string_view::npos) return false;
    host = rest.substr(has_brackets ? 1 : 0, has_brackets ? end - 1 : end);
    rest.remove_prefix(has_brackets ? end + 1 : host.size());
    return has_brackets == is_ipv6(host);
}

}  // namespace

bool parse_scrape_url(std::string_view url, UrlParts& parts) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return false;
    std::string_view rest = url.substr(scheme.size());
    UrlParts found;
    found.port = 80;
    if (!take_host(rest, found.host)) return false;
    if (rest.starts_with(':')) {
        const std::size_t end = rest.find('/');
        if (!parse_port(rest.substr(1, end == rest.npos ? rest.npos : end - 1), found.port))
            return false;
        rest.remove_prefix(end == rest.npos ? rest.size() : end);
    }
    found.path = rest.empty() ? "/" : rest;
    if (!is_sendable(found)) return false;
    parts = found;
    return true;
}

bool is_sendable(const UrlParts& parts) {
    FixedText<limits::fetch_host_bytes> address;
    return parts.port != 0 && is_path(parts.path) && resolve_host(parts.host, address);
}

bool resolve_host(std::string_view host, FixedText<limits::fetch_host_bytes>& address) {
    if (host == "localhost") host = "127.0.0.1";
    // A view with a NUL inside would be another address for inet_pton.
    if (host.find('\0') != std::string_view::npos || !address.assign(host)) return false;
    in6_addr binary = {};
    return inet_pton(is_ipv6(host) ? AF_INET6 : AF_INET, address.c_str(), &binary) == 1;
}

void write_authority(std::string_view host, std::uint16_t port, Authority& authority) {
    char digits[8];
    TextSink sink(digits);
    sink.append_u64(port);
    authority.clear();
    const bool has_brackets = is_ipv6(host);
    NMA_CHECK(authority.append(has_brackets ? "[" : "") && authority.append(host) &&
              authority.append(has_brackets ? "]:" : ":") && authority.append(sink.view()));
}

void write_scrape_url(const UrlParts& parts, ScrapeUrl& url) {
    Authority authority;
    write_authority(parts.host, parts.port, authority);
    url.clear();
    NMA_CHECK(url.append("http://") && url.append(authority.view()) && url.append(parts.path));
}

}  // namespace nma
