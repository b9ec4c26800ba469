// URLs of Prometheus endpoints: http:// and an address, no name but localhost, because nothing here
// asks a name server.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

using ScrapeUrl = FixedText<limits::scrape_url_bytes>;

// Views are of the text that was parsed.
struct UrlParts {
    std::string_view host;  // IPv4 or IPv6 address (without brackets), or "localhost"
    std::uint16_t port = 0;
    std::string_view path;  // with the query; begins with "/"
};

// "http://10.0.0.1:9100/metrics", "http://[::1]:80/x?y=1". Port 80 and path "/" when left out.
// False when it is no such URL: other schemes, names, users and fragments are not supported.
[[nodiscard]] bool parse_scrape_url(std::string_view url, UrlParts& parts);

// Whether parts can be sent in a request and fit into our limits.
bool is_sendable(const UrlParts& parts);

// The whole URL. Parts must be sendable.
void write_scrape_url(const UrlParts& parts, ScrapeUrl& url);

// An address as the library and inet_pton(3) take it: "localhost" becomes 127.0.0.1. False when it
// is no address.
[[nodiscard]] bool resolve_host(std::string_view host,
                                FixedText<limits::fetch_host_bytes>& address);

// "host:port" of a request's Host header, with brackets around an IPv6 address.
using Authority = FixedText<limits::fetch_host_bytes + 16>;
void write_authority(std::string_view host, std::uint16_t port, Authority& authority);

}  // namespace nma
