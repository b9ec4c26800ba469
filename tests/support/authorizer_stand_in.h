// An external authorizer that lives in the test's own event loop, behind a socket in a tree.
#pragma once

#include <cstddef>

#include "platform/base/fixed_text.h"
#include "platform/linux/event_loop.h"
#include "tests/support/tree.h"

namespace nma::test {

inline constexpr std::size_t stand_in_connection_count_max = 32;

// What it sends for each question.
struct StandIn {
    const char* answer = "allow\n";  // null: nothing, ever
    const char* rest = "";           // and this, in a later turn of the loop
    bool is_closing = false;         // closes instead of answering
    std::size_t held_until = 0;      // answers nobody before so many have asked

    std::size_t question_count = 0;
    std::size_t open_count = 0;
    std::size_t open_count_max = 0;
    FixedText<1024> question;  // the last one, with its newline

    // Its own.
    EventLoop* loop = nullptr;
    int listener = -1;
    struct Connection {
        StandIn* owner;
        int fd_plus_one;
        bool has_asked;
        bool is_half_answered;
    };
    Connection connections[stand_in_connection_count_max] = {};
};

// Listens on <tree>/authorizer.sock with room for `backlog` that were not accepted yet.
void stand_in_make(StandIn& stand_in, const Tree& tree, EventLoop& loop, int backlog = 64);
void stand_in_remove(StandIn& stand_in);

}  // namespace nma::test
