#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "platform/base/check.h"

namespace nma::test {

namespace {

constexpr std::size_t response_bytes_max = std::size_t{4} << 20;
char memory[response_bytes_max];

int connect_to(const sockaddr* address, socklen_t bytes) {
    const int connection = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience = {10, 0};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connection >= 0 && connect(connection, address, bytes) == 0) return connection;
    if (connection >= 0) close(connection);
    return -1;
}

bool receive_more(int connection, std::size_t& size) {
    const ssize_t count = read(connection, memory + size, response_bytes_max - size);
    if (count <= 0) return false;
    size += static_cast<std::size_t>(count);
    return true;
}

}  // namespace

int http_connect(std::string_view address) {
    if (address.starts_with("unix:")) {
        sockaddr_un path = {};
        path.sun_family = AF_UNIX;
        address.substr(5).copy(path.sun_path, sizeof path.sun_path - 1);
        return connect_to(reinterpret_cast<sockaddr*>(&path), sizeof path);
    }
    const auto port = htons(static_cast<std::uint16_t>(
        atoi(std::string(address.substr(address.rfind(':') + 1)).c_str())));
    if (address.find('[') != address.npos) {
        sockaddr_in6 ipv6 = {};
        ipv6.sin6_family = AF_INET6;
        ipv6.sin6_port = port;
        ipv6.sin6_addr = in6addr_loopback;
        return connect_to(reinterpret_cast<sockaddr*>(&ipv6), sizeof ipv6);
    }
    sockaddr_in ipv4 = {};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = port;
    ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect_to(reinterpret_cast<sockaddr*>(&ipv4), sizeof ipv4);
}

void http_send(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return;  // the server hung up, which may be what the test wants
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

std::string_view http_receive_all(int connection) {
    std::size_t size = 0;
    while (receive_more(connection, size)) {
    }
    return {memory, size};
}

std::string_view http_receive_one(int connection, bool is_head) {
    std::size_t size = 0;
    while (receive_more(connection, size)) {
        const std::string_view text(memory, size);
        const std::size_t end = text.find("\r\n\r\n");
        if (end == text.npos) continue;
        const std::string length(http_header(text, "Content-Length"));
        const auto body_bytes = static_cast<std::size_t>(is_head ? 0 : atol(length.c_str()));
        if (size >= end + 4 + body_bytes) break;
    }
    return {memory, size};
}

std::string_view http_ask(std::string_view address, std::string_view bytes) {
    const int connection = http_connect(address);
    NMA_CHECK(connection >= 0);
    http_send(connection, bytes);
    const std::string_view response = http_receive_all(connection);
    close(connection);
    return response;
}

std::string_view http_get(std::string_view address, std::string_view request,
                          std::string_view headers) {
    std::string text(request);
    text.append(" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n").append(headers).append("\r\n");
    return http_ask(address, text);
}

int http_status(std::string_view response) {
    return response.starts_with("HTTP/1.") ? atoi(std::string(response.substr(9, 3)).c_str()) : 0;
}

std::string_view http_body(std::string_view response) {
    const std::size_t end = response.find("\r\n\r\n");
    return end == response.npos ? std::string_view() : response.substr(end + 4);
}

std::string_view http_header(std::string_view response, std::string_view name) {
    std::string_view head = response.substr(0, response.find("\r\n\r\n") + 2);
    for (std::size_t end = head.find("\r\n"); end != head.npos; end = head.find("\r\n")) {
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 2);
        if (line.size() > name.size() && line[name.size()] == ':' &&
            strncasecmp(line.data(), name.data(), name.size()) == 0) {
            return line.substr(name.size() + 2);
        }
    }
    return {};
}

}  // namespace nma::test
