#include "api/auth/gate.h"

namespace nma {

void Gate::init(Arena& arena) {
    tokens_.init(arena);
    authorization_.init(arena);
}

Status Gate::load(const AuthOptions& options, AuthError& error) {
    AuthError second;
    const Status tokens = tokens_.prepare(options.tokens, error);
    const Status permissions = authorization_.prepare(options.authorization, second);
    if (tokens == Status::ok && permissions == Status::ok) {
        tokens_.accept();
        authorization_.accept();
        return Status::ok;
    }
    tokens_.discard();
    if (permissions != Status::ok) {
        if (tokens != Status::ok) (void)error.append("; and ");
        (void)error.append(second.view().substr(0, AuthError::bytes_max - error.size()));
    }
    return tokens != Status::ok ? tokens : permissions;
}

bool Gate::attach(EventLoop& loop, EventHandler on_answer) {
    return authorization_.attach(loop, on_answer);
}

const char* Gate::identify(const ShownCredentials& credentials, std::int64_t now_s,
                           Identity& identity) {
    std::string_view token;
    switch (credentials.find(token)) {
        case ShownCredentials::Found::nothing:
            return "it brings no token";
        case ShownCredentials::Found::several:
            return "it brings several tokens";
        case ShownCredentials::Found::unknown_scheme:
            return "its Authorization is neither token=<token> nor Bearer <token>";
        case ShownCredentials::Found::token:
            break;
    }
    const TokenFault fault = tokens_.check(token, now_s, identity);
    return fault == TokenFault::none ? nullptr : token_fault_text(fault);
}

Verdict Gate::permit(const AccessQuestion& question, const Admission*& admission) {
    const Verdict verdict = authorization_.decide(question);
    if (verdict == Verdict::allow) admission = &admission_;
    return verdict;
}

}  // namespace nma
