// A program on this host that is asked by a socket, if there is one. It comes last: who has a
// permission by the ACL is not asked about.
#include "api/auth/external_authorizer.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr std::uint32_t ms_per_s = 1000;

void write_warning(void*, const char* line) {
    log_line(LogLevel::warning, "%s", line);
}

Status refuse(const char* why, AuthError& error) {
    (void)error.assign(why);
    return Status::malformed;
}

class ExternalHolder {
  public:
    void init(Arena& arena) { authorizer_.init(arena, {write_warning, nullptr}); }

    // The socket need not be there yet.
    Status load(const AuthorizationOptions& options, AuthError& error) {
        if (!options.socket.empty() && options.socket.view().front() != '/') {
            return refuse("the external authorizer's socket must be an absolute path", error);
        }
        if (options.timeout_ms == 0 || options.timeout_ms > limits::authorizer_timeout_ms_max) {
            return refuse("the external authorizer's time must be 1 to 10000 ms", error);
        }
        if (options.cache_s == 0 || options.cache_s > limits::authorizer_cache_s_max) {
            return refuse("the external authorizer's answers must be kept for 1 to 3600 s", error);
        }
        loaded_ = {options.socket, options.timeout_ms, options.cache_s * ms_per_s,
                   limits::authorizer_failure_s * ms_per_s};
        return Status::ok;
    }

    void accept() { authorizer_.configure(loaded_); }

    bool attach(EventLoop& loop, EventHandler on_answer) {
        return authorizer_.attach(loop, on_answer);
    }

    Opinion decide(const AccessQuestion& question) {
        return authorizer_.decide(question.identity.uid, question.permission);
    }

  private:
    ExternalAuthorizer authorizer_;
    ExternalOptions loaded_;
};

ExternalHolder& holder(void* state) {
    return *static_cast<ExternalHolder*>(state);
}

Opinion decide_external(void* state, const AccessQuestion& question) {
    return holder(state).decide(question);
}

Status load_external(void* state, const AuthorizationOptions& options, AuthError& error) {
    return holder(state).load(options, error);
}

void accept_external(void* state) {
    holder(state).accept();
}

bool attach_external(void* state, EventLoop& loop, EventHandler on_answer) {
    return holder(state).attach(loop, on_answer);
}

}  // namespace

extern constexpr Authorizer external_authorizer = {
    .name = "external",
    .decide = decide_external,
    .make = make_state<ExternalHolder>,
    .load = load_external,
    .accept = accept_external,
    .attach = attach_external,
};

}  // namespace nma
