#include "agent/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/doctor.h"
#include "agent/identity.h"
#include "api/answers.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

// Room for what `once` prints: more than any datapoint needs on average, touched only as far as
// used.
constexpr std::size_t once_bytes_per_sample = 512;

// The end takes 2 s at most, and answers on their way need some of it.
constexpr std::uint32_t stop_wait_ms = 700;

// Everything in one go: a pipe's reader may be slow.
bool write_all(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

Status write_answer(const Options& options, const Snapshot& snapshot, const NodeIdentity& identity,
                    TextSink& sink) {
    const View view = options.is_full_view ? View::full : View::standard;
    const Catalogue catalogue = Readers::catalogue();
    switch (options.command) {
        case Command::once_containers:
            return write_containers(snapshot, false, sink);
        case Command::once_container:
            return write_container(snapshot, catalogue, identity, options.container_id, view, sink);
        default:
            return write_node(snapshot, catalogue, identity, view, sink);
    }
}

// Each failure is told: nobody should have to guess why nothing was printed.
bool print_answer(const Options& options, const Snapshot& snapshot, const NodeIdentity& identity,
                  TextSink& sink) {
    const Status status = write_answer(options, snapshot, identity, sink);
    sink.append('\n');
    if (status == Status::absent) {
        log_line(LogLevel::error, "no container %s on this node; see `once containers`",
                 options.container_id);
        return false;
    }
    if (status != Status::ok || sink.status() != Status::ok) {
        log_line(LogLevel::error, "no room for the answer");
        return false;
    }
    if (write_all(sink.view())) return true;
    log_line(LogLevel::error, "cannot write the answer: %s", strerror(errno));
    return false;
}

}  // namespace

void Program::lay_out(Arena& arena, const Config& config) {
    ServerOptions options = {
        .is_accept_required = config.is_accept_required,
        .connection_count_max = 0,
        .has_registrations = has_listener(config, ListenerService::registration)};
    for (const ConfiguredListener& listener : config.listen)
        options.connection_count_max += listener.options.connection_count_max;
    Capacities answers = config.capacities;
    if (Applications::can_send(config)) {
        answers.app_containers = config.apps.capacities.containers;
        answers.app_series_per_container = config.apps.capacities.series_per_container;
    }
    readers_.init(arena, config.capacities);
    sampler_.init(arena, config.capacities);
    server_.init(arena, answers, Readers::catalogue(), identity_, options);
    apps_.init(arena, config);
}

bool Program::map_memory(const Config& config) {
    Arena measuring;
    lay_out(measuring, config);
    if (!arena_.map(measuring.used_bytes())) {
        log_line(LogLevel::error, "no room for %zu bytes; lower limits.containers",
                 measuring.used_bytes());
        return false;
    }
    lay_out(arena_, config);
    return true;
}

bool Program::prepare(const Config& config) {
    const Status status = root_.open(config.host_root.c_str());
    if (status != Status::ok) {
        log_line(LogLevel::error,
                 "%s: its proc directory is %s; give the directory where the "
                 "host's / is mounted with --host-root",
                 config.host_root.c_str(), status_name(status));
        return false;
    }
    identity_ = config.node;
    discovery_.services = config.has_services;
    discovery_.mesos_root = config.mesos_cgroups_root;
    discovery_.sandbox = config.sandbox;
    discovery_.idle_age_s = config.idle_age_s;
    discovery_.exited_age_s = config.exited_age_s;
    discovery_.reserved_file_count = Applications::file_count(config);
    if (!map_memory(config)) return false;
    discover_identity(root_, readers_.file_reader(), identity_);
    return true;
}

bool Program::give_rights_away(const Config& config) {
    return rights_.give_away(config, root_, readers_.file_reader());
}

bool Program::open_listeners(const Config& config) {
    for (const ConfiguredListener& listener : config.listen) {
        ListenError error;
        if (server_.listen(listener.options, error)) continue;
        log_line(LogLevel::error, "cannot listen on %s: %s", listener.text.c_str(), error.c_str());
        return false;
    }
    return true;
}

bool Program::read_keys(const Config& config) {
    AuthError error;
    if (!server_.load_auth(config.auth, error)) {
        log_line(LogLevel::error, "%s", error.c_str());
        return false;
    }
    const TokenChecker& tokens = server_.tokens();
    for (const ConfiguredListener& listener : config.listen) {
        const bool needs_tokens =
            listener.options.auth == AuthMode::token && listener.options.tls.client_ca.empty();
        if (!needs_tokens || tokens.can_check()) continue;
        log_line(LogLevel::error,
                 "%s asks for tokens, and the files of auth hold no key and no token",
                 listener.text.c_str());
        return false;
    }
    if (tokens.can_check()) {
        log_line(LogLevel::info, "tokens: %zu keys, %zu static ones", tokens.key_count(),
                 tokens.static_token_count());
    }
    if (tokens.skipped_key_count() > 0) {
        log_line(LogLevel::warning, "%s: %zu keys are of a kind that is not used here",
                 config.auth.tokens.jwks.c_str(), tokens.skipped_key_count());
    }
    const AuthorizationOptions& permissions = config.auth.authorization;
    if (tokens.key_count() > 0 && permissions.acl.empty() && permissions.socket.empty()) {
        log_line(LogLevel::warning,
                 "nothing says what uids may do, so all JSON Web Tokens are answered 403: give "
                 "auth.acl_file or auth.authorizer_socket");
    }
    return true;
}

bool Program::try_names_and_certificates(const Config& config) {
    SystemUser user;
    FixedText<256> why;
    if (!config.process.user.empty() && !find_user(config.process.user.view(), user, why)) {
        log_line(LogLevel::error, "%s", why.c_str());
        return false;
    }
    for (const ConfiguredListener& listener : config.listen) {
        ListenError error;
        if (server_.try_out(listener.options, error)) continue;
        log_line(LogLevel::error, "%s: %s", listener.text.c_str(), error.c_str());
        return false;
    }
    return true;
}

int Program::check(const Config& config) {
    if (!map_memory(config)) return 1;
    if (!read_keys(config) || !try_names_and_certificates(config)) return 2;
    puts("The configuration is good.");
    return 0;
}

// Who connected before waits in the queues of the sockets: the first answer has figures.
void Program::publish(void* self, const Snapshot& snapshot) {
    Program& program = *static_cast<Program*>(self);
    program.apps_.publish(snapshot);
    program.server_.publish(&snapshot);
    if (!program.is_open_ && !program.open_doors()) program.loop_.stop();
}

bool Program::open_doors() {
    is_open_ = server_.attach(loop_);
    if (is_open_) {
        announce();
        service_.tell_ready();
        limit_log_rate();
    } else {
        log_line(LogLevel::error, "the kernel does not let us wait for connections");
        has_failed_ = true;
    }
    return is_open_;
}

void Program::announce() const {
    std::size_t first = server_.listener_count();  // of those that serve metrics; there is one
    for (std::size_t i = server_.listener_count(); i-- > 0;) {
        if (server_.service(i) == ListenerService::metrics) first = i;
    }
    for (std::size_t i = 0; i < server_.listener_count(); ++i) {
        const bool is_registration = server_.service(i) == ListenerService::registration;
        log_line(LogLevel::info, "listening on %s%s", server_.address(i).c_str(),
                 is_registration ? " for registrations" : "");
    }
    const FixedText<256> address = server_.address(first);
    const char* token = server_.asks_for_tokens(first) ? " -H 'Authorization: Bearer TOKEN'" : "";
    constexpr std::string_view unix_prefix = "unix:";
    if (address.view().starts_with(unix_prefix)) {
        log_line(LogLevel::info, "try: curl -sS%s --unix-socket %s http://localhost/v0/node", token,
                 address.c_str() + unix_prefix.size());
    } else {
        log_line(LogLevel::info, "try: curl -sS%s %s/v0/node", token, address.c_str());
    }
}

int Program::run(const Config& config) {
    if (loop_.open() != Status::ok || !service_.open(loop_)) {
        log_line(LogLevel::error, "the kernel gives no epoll or signal descriptor");
        return 1;
    }
    // Changes of files are heard of from before the files are read: none is missed.
    if (!prepare(config) || !service_.start(server_, sampler_, config)) return 1;
    // Sockets come next: their ports and directories may take rights that are given away then.
    // Clients wait in them until there is a reading to show.
    if (!open_listeners(config) || !apps_.open(root_, identity_, config) ||
        !give_rights_away(config) || !read_keys(config) || !apps_.start(loop_)) {
        server_.stop();
        apps_.stop();
        return 1;
    }
    service_.tell_unreadable();
    server_.set_commands(apps_.commands());
    server_.set_sources(apps_.apps(), apps_.tasks());
    readers_.start(root_, discovery_);
    // The first reading may last; the loop is at work meanwhile.
    const bool is_up =
        sampler_.start_with_first(readers_, {publish, this}, loop_, config.interval_s) &&
        rights_.filter_calls();
    if (is_up) loop_.run();
    const int status = is_up && !has_failed_ ? 0 : 1;
    const bool has_ended = sampler_.stop(stop_wait_ms);
    server_.stop();
    apps_.stop();
    service_.close();
    // What a stuck reading still looks at must stay; the exit ends its thread.
    if (!has_ended) _exit(status);
    readers_.stop();
    return status;
}

const Snapshot* Program::take_one(const Config& config) {
    // Where things are found is for who runs the agent; here only the answer counts.
    set_log_level(LogLevel::warning);
    return prepare(config) && give_rights_away(config) ? take_confined() : nullptr;
}

const Snapshot* Program::take_confined() {
    readers_.start(root_, discovery_);
    if (!rights_.filter_calls()) return nullptr;
    static const Snapshot* taken = nullptr;
    sampler_.take_first(readers_,
                        {[](void*, const Snapshot& snapshot) { taken = &snapshot; }, nullptr});
    return taken;
}

int Program::doctor(const Config& config) {
    static AppFacts apps;  // big for a stack
    set_log_level(LogLevel::warning);
    if (!prepare(config)) return 2;
    read_app_facts_of_start(config, apps);
    if (!give_rights_away(config)) return 2;
    read_app_facts(config, apps);
    const Snapshot* taken = take_confined();
    if (taken == nullptr) return 2;
    const int status = run_doctor(root_, readers_.file_reader(), *taken, apps);
    readers_.stop();
    return status;
}

int Program::once(const Config& config, const Options& options) {
    const Snapshot* taken = take_one(config);
    if (taken == nullptr) return 1;
    Arena scratch;
    const std::size_t bytes = config.capacities.samples() * once_bytes_per_sample;
    if (!scratch.map(bytes)) return 1;
    TextSink sink(scratch.take<char>("answer", bytes));
    const bool is_written = print_answer(options, *taken, identity_, sink);
    readers_.stop();
    return is_written ? 0 : 1;
}

int Program::print_budget(const Config& config) {
    static Program program;
    Arena measuring;
    program.lay_out(measuring, config);
    printf("%12s  part\n", "bytes");
    for (const Arena::Part& part : measuring.parts())
        printf("%12zu  %s\n", part.bytes, part.name);
    printf("%12zu  set aside at start, in total (memory counts once it is touched)\n",
           measuring.used_bytes());
    printf("\nOutside of it, bounded as well:\n");
    std::size_t connection_count = 0;
    for (const ConfiguredListener& listener : config.listen)
        connection_count += listener.options.connection_count_max;
    printf("%12zu  libmicrohttpd: %zu connections of %zu, on all addresses\n",
           connection_count * Server::connection_bytes, connection_count, Server::connection_bytes);
    printf("%12zu  stacks: the sampler and %zu threads that ask file systems\n",
           limits::thread_stack_bytes * (1 + limits::statfs_thread_count),
           limits::statfs_thread_count);
    program.apps_.print_budget();
    return 0;
}

}  // namespace nma
