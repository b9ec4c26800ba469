#include "tests/support/odd_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

namespace nma::test {

namespace {

int listener = -1;
pthread_t accepting;
std::atomic<int> count;
std::atomic<int> open_count;
std::atomic<int> open_count_max;
std::mutex text_mutex;
std::string_view current_text;

bool send_all(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

// Until the client closes.
void wait_for_end(int connection) {
    char bytes[4096];
    while (recv(connection, bytes, sizeof bytes, 0) > 0) {
    }
}

bool is_end(int connection) {
    char byte = 0;
    return recv(connection, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

void send_without_end(int connection, const std::string& bytes) {
    while (send_all(connection, bytes)) {
    }
}

std::string read_request(int connection) {
    std::string request;
    char bytes[4096];
    while (request.find("\r\n\r\n") == request.npos ||
           (request.starts_with("POST") && request.find('}') == request.npos)) {
        const ssize_t size = recv(connection, bytes, sizeof bytes, 0);
        if (size <= 0) break;
        request.append(bytes, static_cast<std::size_t>(size));
    }
    return request;
}

std::string with_length(std::string_view type, std::string_view body) {
    std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: ";
    answer.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
    return answer.append("\r\n\r\n").append(body);
}

std::string in_chunks(std::string_view body) {
    std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (; !body.empty(); body.remove_prefix(std::min<std::size_t>(7, body.size()))) {
        const std::string_view chunk = body.substr(0, 7);
        answer.append(std::to_string(chunk.size())).append("\r\n").append(chunk).append("\r\n");
    }
    return answer.append("0\r\n\r\n");
}

std::string some_random_bytes() {
    std::string bytes = "HTTP/1.1 200";
    const long size = random() % 2000;
    for (long i = 0; i < size; ++i) {
        // What the parser looks for comes often.
        static constexpr char frequent[] = "\r\n\r\n :0123456789ab100 chunked";
        const long choice = random() % 64;
        bytes += choice < 48 ? frequent[choice % 28] : static_cast<char>(random());
    }
    return bytes;
}

// Answers that end. Empty for other paths.
std::string answer_of(std::string_view path, std::string_view request, std::string_view text) {
    if (path == "/slow") usleep(1'200'000);
    if (path == "/ok" || path == "/slow") return with_length("text/plain; version=0.0.4", text);
    if (path == "/openmetrics") return with_length("application/openmetrics-text; version=1", text);
    if (path == "/chunked") return in_chunks(text);
    if (path == "/until-close") return "HTTP/1.1 200 OK\r\n\r\n" + std::string(text);
    if (path == "/echo") return with_length("text/plain", request);
    if (path == "/empty") return with_length("text/plain", "");
    if (path == "/bare") return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    if (path.starts_with("/status/"))
        return "HTTP/1.1 " + std::string(path.substr(8)) +
               " So\r\nLocation: /ok\r\nContent-Length: 2\r\n\r\nno";
    if (path == "/early") return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx 1\n";
    if (path == "/early-chunk")
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx 1\n";
    if (path == "/bad-chunk")
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nx 1\n";
    if (path == "/garbage") return "\x16\x03\x01 this is no HTTP\r\n\r\n\r\n";
    if (path == "/random") return some_random_bytes();
    return {};
}

void misbehave(int connection, std::string_view path) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    if (path == "/silent") wait_for_end(connection);
    if (path == "/trickle") {
        while (!is_end(connection) && send_all(connection, "H"))
            usleep(10'000);
    }
    if (path == "/huge") {
        if (send_all(connection, ok + "Content-Length: 1073741824\r\n\r\n"))
            wait_for_end(connection);
    }
    if (path == "/flood" && send_all(connection, ok + "\r\n"))
        send_without_end(connection, std::string(65536, 'f'));
    if (path == "/headers" && send_all(connection, ok))
        send_without_end(connection, "X-More: and more\r\n");
    const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
    if (path == "/line" && send_all(connection, chunked))
        send_without_end(connection, std::string(65536, '0'));
    if (path == "/big-chunk" && send_all(connection, chunked + "200000\r\n"))
        send_without_end(connection, std::string(65536, 'c'));
    if (path == "/continue")
        send_without_end(connection, "HTTP/1.1 100 Continue\r\nX-More: and more\r\n\r\n");
}

void* serve(void* context) {
    const int connection = *static_cast<int*>(context);
    delete static_cast<int*>(context);
    const std::string request = read_request(connection);
    const std::size_t start = request.find(' ') + 1;
    const std::string path = request.substr(start, request.find(' ', start) - start);
    std::string_view text;
    {
        const std::lock_guard<std::mutex> lock(text_mutex);
        text = current_text;
    }
    const std::string answer = answer_of(path, request, text);
    if (!answer.empty()) send_all(connection, answer);
    misbehave(connection, path);
    shutdown(connection, SHUT_WR);
    close(connection);
    --open_count;
    return nullptr;
}

void* accept_all(void*) {
    for (;;) {
        const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return nullptr;
        ++count;
        const int now = ++open_count;
        if (now > open_count_max) open_count_max = now;
        pthread_t thread;
        if (pthread_create(&thread, nullptr, serve, new int(connection)) != 0) std::abort();
        pthread_detach(thread);
    }
}

std::uint16_t listen_somewhere(int& descriptor) {
    descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    if (bind(descriptor, plain, size) != 0 || getsockname(descriptor, plain, &size) != 0)
        std::abort();
    return ntohs(address.sin_port);
}

}  // namespace

std::uint16_t odd_server_start() {
    count = 0;
    open_count_max = 0;
    const std::uint16_t port = listen_somewhere(listener);
    if (listen(listener, 64) != 0) std::abort();
    if (pthread_create(&accepting, nullptr, accept_all, nullptr) != 0) std::abort();
    return port;
}

void odd_server_stop() {
    shutdown(listener, SHUT_RDWR);  // wakes accept
    pthread_join(accepting, nullptr);
    close(listener);
    for (int i = 0; i < 500 && open_count > 0; ++i)
        usleep(10'000);
    if (open_count > 0) std::abort();
}

void odd_server_say(std::string_view text) {
    const std::lock_guard<std::mutex> lock(text_mutex);
    current_text = text;
}

int odd_server_count() {
    return count;
}

int odd_server_open_count() {
    return open_count;
}

int odd_server_open_count_max() {
    return open_count_max;
}

std::uint16_t unused_port() {
    int descriptor = -1;
    const std::uint16_t port = listen_somewhere(descriptor);
    close(descriptor);
    return port;
}

}  // namespace nma::test
