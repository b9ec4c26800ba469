// A client that sends exactly the bytes that it is told to.
#pragma once

#include <cstdint>
#include <string_view>

namespace nma::test {

// A connection to "http://127.0.0.1:PORT", "http://[::1]:PORT" or "unix:/path"; -1 when refused.
int http_connect(std::string_view address);

void http_send(int connection, std::string_view bytes);

// Everything until the server closes, or nothing came for two seconds. Static memory; good until
// the next call.
std::string_view http_receive_all(int connection);

// One whole response with a Content-Length, or one without a body when `is_head`.
std::string_view http_receive_one(int connection, bool is_head);

// Connects, sends, receives until the server closes, disconnects.
std::string_view http_ask(std::string_view address, std::string_view bytes);

// The same with "Connection: close" and a Host: `request` is such as "GET /v0/ping".
std::string_view http_get(std::string_view address, std::string_view request,
                          std::string_view headers = {});

int http_status(std::string_view response);
std::string_view http_body(std::string_view response);
// The value of a header, empty when it is not there.
std::string_view http_header(std::string_view response, std::string_view name);

}  // namespace nma::test
