#include "api/auth/authorization.h"

#include "api/auth/authorizer.h"

namespace nma {

void Authorization::init(Arena& arena) {
    std::size_t index = 0;
    for (const Authorizer& authorizer : all_authorizers()) {
        void*& state = states_[index++];
        if (authorizer.make != nullptr) state = authorizer.make(arena);
    }
}

Status Authorization::load(const AuthorizationOptions& options, AuthError& error) {
    const Status status = prepare(options, error);
    if (status == Status::ok) accept();
    return status;
}

Status Authorization::prepare(const AuthorizationOptions& options, AuthError& error) {
    std::size_t index = 0;
    for (const Authorizer& authorizer : all_authorizers()) {
        void* state = states_[index++];
        if (authorizer.load == nullptr) continue;
        const Status status = authorizer.load(state, options, error);
        if (status != Status::ok) return status;
    }
    return Status::ok;
}

void Authorization::accept() {
    std::size_t index = 0;
    for (const Authorizer& authorizer : all_authorizers()) {
        void* state = states_[index++];
        if (authorizer.accept != nullptr) authorizer.accept(state);
    }
}

bool Authorization::attach(EventLoop& loop, EventHandler on_answer) {
    std::size_t index = 0;
    for (const Authorizer& authorizer : all_authorizers()) {
        void* state = states_[index++];
        if (authorizer.attach != nullptr && !authorizer.attach(state, loop, on_answer)) {
            return false;
        }
    }
    return true;
}

Verdict Authorization::decide(const AccessQuestion& question) {
    std::size_t index = 0;
    for (const Authorizer& authorizer : all_authorizers()) {
        switch (authorizer.decide(states_[index++], question)) {
            case Opinion::none:
                continue;
            case Opinion::allow:
                return Verdict::allow;
            case Opinion::deny:
                return Verdict::deny;
            case Opinion::pending:
                return Verdict::pending;
        }
    }
    return Verdict::deny;
}

}  // namespace nma
