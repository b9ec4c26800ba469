#include "tests/support/command_bed.h"

#include <atomic>
#include <cstring>

#include "tests/support/http_client.h"
#include "tests/support/sample_snapshot.h"
#include "tests/support/server_bed.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace nma::test {

namespace {

SampleSnapshot snapshot;
Tree tree;
ListenerOptions listeners[command_listener_count];
std::atomic<unsigned> count;

void fill(TextSink& sink, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
        sink.append(static_cast<char>('a' + i % 26));
}

// Says what it was asked.
CommandAnswer answer_command(void* self, std::string_view method, std::string_view path,
                             std::string_view body, TextSink& sink) {
    ++*static_cast<std::atomic<unsigned>*>(self);
    CommandAnswer answer;
    answer.status = 200;
    if (path == "/large") {
        fill(sink, large_bytes);
    } else if (path == "/all") {
        while (sink.status() == Status::ok)
            fill(sink, 4096);
        sink.rewind(sink.size() - 1);
    } else if (path == "/nothing") {
        answer.status = 204;
    } else if (path.starts_with("/container")) {
        for (const std::string_view piece : {method, std::string_view(" "), path, body})
            sink.append(piece);
        if (method == "POST") answer.status = 201;
        if (path == "/container/known") {
            answer.status = 303;
            (void)answer.location.assign("/container/c1");
        }
        if (method == "PUT") {
            answer.status = 405;
            answer.allow = "GET, HEAD, DELETE";
        }
    } else {
        answer.status = 404;
        sink.append("{}");
    }
    return answer;
}

void set_handler(Server& server) {
    server.set_commands({&count, answer_command});
}

}  // namespace

int command_bed_make(void**) {
    sample_make(snapshot, 16);
    sample_fill(snapshot, 1250, 2);
    return 0;
}

int command_bed_start(void**) {
    tree_make(tree);
    const std::string directory(tree.path.view());
    const std::string addresses[] = {"127.0.0.1:0", "unix:" + directory + "/open.sock",
                                     "unix:" + directory + "/peer.sock", "127.0.0.1:0",
                                     "unix:" + directory + "/hasty.sock"};
    for (std::size_t i = 0; i < command_listener_count; ++i) {
        listeners[i] = listener_on(addresses[i].c_str());
        if (i != metrics) listeners[i].service = ListenerService::registration;
    }
    listeners[for_peers].auth = AuthMode::peer;
    listeners[for_peers].peers.uids[0] = 4'000'000'000;
    listeners[for_peers].peers.uid_count = 1;
    listeners[on_tcp].connections_per_address_max = 64;
    listeners[hasty].idle_s_max = 1;
    count = 0;
    ServerOptions options;
    options.has_registrations = true;
    server_start(listeners, AuthOptions{}, options);
    command_bed_set_handler();
    server_publish(snapshot.snapshot);
    return 0;
}

int command_bed_stop(void**) {
    server_stop();
    tree_remove(tree);
    return 0;
}

void command_bed_set_handler() {
    server_do(set_handler);
}

void command_bed_drop_handler() {
    server_do([](Server& server) { server.set_commands({}); });
}

const ListenerOptions& command_listener(std::size_t index) {
    return listeners[index];
}

unsigned asked_count() {
    return count;
}

std::string post(std::string_view body, const char* headers, const char* path) {
    return std::string("POST ") + path + " HTTP/1.1\r\nHost: x\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string begun_post(const char* headers) {
    return std::string("POST /container HTTP/1.1\r\nHost: x\r\n") + headers + "\r\n";
}

std::string last(std::string request) {
    return request.insert(request.find("Host:"), "Connection: close\r\n");
}

bool is_json_error(std::string_view answer, int status) {
    return http_status(answer) == status &&
           http_header(answer, "Content-Type") == "application/json" &&
           http_body(answer).starts_with("{\"error\":{\"status\":" + std::to_string(status) + ",");
}

bool is_closing(std::string_view answer) {
    return http_header(answer, "Connection") == "close";
}

bool is_echo(std::string_view answer, const std::string& text) {
    return http_status(answer) == 201 &&
           http_header(answer, "Content-Type") == "application/json" && http_body(answer) == text;
}

}  // namespace nma::test
