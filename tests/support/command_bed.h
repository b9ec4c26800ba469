// A server that serves metrics and registrations, with a handler that says what it was asked.
#pragma once

#include <string>
#include <string_view>

#include "api/server.h"

namespace nma::test {

// Its listeners: TCP that serves metrics; a unix socket, one for peers of whom we are none, TCP,
// and a unix socket that waits for a second only, all for registrations.
enum : std::size_t { metrics, on_unix, for_peers, on_tcp, hasty, command_listener_count };

// The answer to /large. That to /all takes all memory for answers, that to /container... is the
// method, the path and the body, /container/known is 303, /nothing is 204, the rest 404.
constexpr std::size_t large_bytes = 100'000;

// For a group of tests, and around each.
int command_bed_make(void**);
int command_bed_start(void**);
int command_bed_stop(void**);

void command_bed_set_handler();
void command_bed_drop_handler();
const ListenerOptions& command_listener(std::size_t index);

// How often the handler was asked since the start.
unsigned asked_count();

std::string post(std::string_view body, const char* headers = "", const char* path = "/container");

// One that gives us no more than its header.
std::string begun_post(const char* headers);

// The same request as the last one of its connection.
std::string last(std::string request);

bool is_json_error(std::string_view answer, int status);
bool is_closing(std::string_view answer);
bool is_echo(std::string_view answer, const std::string& text);

}  // namespace nma::test
