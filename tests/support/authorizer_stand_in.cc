#include "tests/support/authorizer_stand_in.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

namespace nma::test {

namespace {

using Connection = StandIn::Connection;

void need(bool is_good) {
    if (!is_good) abort();
}

void end(Connection& connection) {
    if (connection.fd_plus_one == 0) return;
    connection.owner->loop->unwatch(connection.fd_plus_one - 1);
    close(connection.fd_plus_one - 1);
    --connection.owner->open_count;
    connection = {};
}

void say(const Connection& connection, const char* text) {
    (void)send(connection.fd_plus_one - 1, text, strlen(text), MSG_NOSIGNAL);
}

void answer(Connection& connection) {
    StandIn& stand_in = *connection.owner;
    if (stand_in.is_closing) return end(connection);
    if (stand_in.answer == nullptr) return;
    say(connection, stand_in.answer);
    connection.has_asked = false;
    connection.is_half_answered = true;
}

void on_question(void* context, std::uint32_t) {
    auto& connection = *static_cast<Connection*>(context);
    StandIn& stand_in = *connection.owner;
    char text[1024];
    const ssize_t count = recv(connection.fd_plus_one - 1, text, sizeof text, MSG_DONTWAIT);
    if (count <= 0) return end(connection);
    need(stand_in.question.assign({text, static_cast<std::size_t>(count)}));
    ++stand_in.question_count;
    connection.has_asked = true;
    if (stand_in.question_count < stand_in.held_until) return;
    for (Connection& held : stand_in.connections) {
        if (held.has_asked) answer(held);
    }
}

void on_connection(void* context, std::uint32_t) {
    auto& stand_in = *static_cast<StandIn*>(context);
    const int fd = accept4(stand_in.listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    auto* free = std::find_if(std::begin(stand_in.connections), std::end(stand_in.connections),
                              [](const Connection& c) { return c.fd_plus_one == 0; });
    need(free != std::end(stand_in.connections));
    *free = {&stand_in, fd + 1, false, false};
    need(stand_in.loop->watch(fd, EPOLLIN, {on_question, free}) == Status::ok);
    stand_in.open_count_max = std::max(stand_in.open_count_max, ++stand_in.open_count);
}

// The rest goes out one turn after the first part.
int soon_if_half_answered(void* context) {
    for (const Connection& connection : static_cast<StandIn*>(context)->connections) {
        if (connection.is_half_answered) return 1;
    }
    return -1;
}

void send_rest(void* context) {
    auto& stand_in = *static_cast<StandIn*>(context);
    for (Connection& connection : stand_in.connections) {
        if (connection.is_half_answered) say(connection, stand_in.rest);
        connection.is_half_answered = false;
    }
}

}  // namespace

void stand_in_make(StandIn& stand_in, const Tree& tree, EventLoop& loop, int backlog) {
    stand_in = StandIn{};
    stand_in.loop = &loop;
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    FixedText<sizeof address.sun_path> path;
    need(path.assign(tree.path.view()) && path.append("/authorizer.sock"));
    path.view().copy(address.sun_path, sizeof address.sun_path - 1);
    unlink(path.c_str());
    stand_in.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    need(bind(stand_in.listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    need(listen(stand_in.listener, backlog) == 0);
    need(loop.watch(stand_in.listener, EPOLLIN, {on_connection, &stand_in}) == Status::ok);
    need(loop.add_hook({soon_if_half_answered, send_rest, &stand_in}) == Status::ok);
}

void stand_in_remove(StandIn& stand_in) {
    for (Connection& connection : stand_in.connections)
        end(connection);
    stand_in.loop->unwatch(stand_in.listener);
    close(stand_in.listener);
}

}  // namespace nma::test
