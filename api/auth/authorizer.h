// Somebody who may say whether a question is permitted: one constant record in
// api/auth/authorizers/NAME.cc and one line in authorizers.list. They are asked in that order, and
// the first that has an opinion decides.
#pragma once

#include <cstdint>
#include <span>

#include "api/auth/authorization.h"

namespace nma {

enum class Opinion : std::uint8_t {
    none,  // has nothing to say: the next is asked
    allow,
    deny,     // whatever others would say
    pending,  // has to ask somebody: it calls when told
};

struct Authorizer {
    const char* name;

    // Never allocates, never waits. `state` is what make gave.
    Opinion (*decide)(void* state, const AccessQuestion& question);

    // Memory that lasts. Null while the arena measures. May be null: it needs none.
    void* (*make)(Arena& arena) = nullptr;

    // Reads the files of the options, and keeps what it read aside until accept, which is called
    // when all authorizers are content. `error` is set unless ok. Both may be null.
    Status (*load)(void* state, const AuthorizationOptions& options, AuthError& error) = nullptr;
    void (*accept)(void* state) = nullptr;

    // Once; see Authorization::attach. May be null.
    bool (*attach)(void* state, EventLoop& loop, EventHandler on_answer) = nullptr;
};

// In the order of authorizers.list.
std::span<const Authorizer> all_authorizers();

// For authorizers whose state is a type with init(Arena&), which is small: its tables are spans.
template <class State>
void* make_state(Arena& arena) {
    State state;
    state.init(arena);
    State* kept = arena.make<State>("authorization");
    if (kept != nullptr) *kept = state;
    return kept;
}

}  // namespace nma
