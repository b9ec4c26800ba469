#include "agent/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/doctor.h"
#include "agent/identity.h"
#include "api/answers.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr const char* default_listen = "127.0.0.1:61092";

// Room for what `once` prints: more than any datapoint needs on average, touched only as far as
// used.
constexpr std::size_t once_bytes_per_sample = 512;

// The end takes 2 s at most, and answers on their way need some of it.
constexpr std::uint32_t stop_wait_ms = 1000;

void stop_loop(void* loop, std::uint32_t) {
    static_cast<EventLoop*>(loop)->stop();
}

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
    const ServerOptions options = {.is_accept_required = config.is_accept_required,
                                   .connection_count_max = config.connection_count_max};
    readers_.init(arena, config.capacities);
    sampler_.init(arena, config.capacities);
    server_.init(arena, config.capacities, Readers::catalogue(), identity_, options);
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
    Arena measuring;
    lay_out(measuring, config);
    if (!arena_.map(measuring.used_bytes())) {
        log_line(LogLevel::error, "no room for %zu bytes; lower limits.containers",
                 measuring.used_bytes());
        return false;
    }
    lay_out(arena_, config);
    discover_identity(root_, readers_.file_reader(), identity_);
    return true;
}

bool Program::start_readers(const Config& config) {
    if (!rights_.give_away(config, root_, readers_.file_reader())) return false;
    readers_.start(root_, discovery_);
    return true;
}

bool Program::open_listeners(const Config& config) {
    listener_count_ = config.listen_count == 0 ? 1 : config.listen_count;
    for (std::size_t i = 0; i < listener_count_; ++i) {
        const char* text = config.listen_count == 0 ? default_listen : config.listen[i].c_str();
        ListenAddress address;
        FixedText<256> error;
        if (!parse_listen_address(text, address, error) || !server_.listen(address, error)) {
            log_line(LogLevel::error, "cannot listen on %s: %s", text, error.c_str());
            return false;
        }
    }
    return true;
}

bool Program::watch_signals() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    // Before any thread is made, so that all of them leave these signals to the loop.
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    signal(SIGPIPE, SIG_IGN);
    signals_ = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals_ >= 0 && loop_.watch(signals_, EPOLLIN, {stop_loop, &loop_}) == Status::ok;
}

// Who connected before waits in the queues of the sockets: the first answer has figures.
void Program::publish(void* self, const Snapshot& snapshot) {
    Program& program = *static_cast<Program*>(self);
    program.server_.publish(&snapshot);
    if (!program.is_open_ && !program.open_doors()) program.loop_.stop();
}

bool Program::open_doors() {
    is_open_ = server_.attach(loop_);
    if (is_open_) {
        announce();
        limit_log_rate();
    } else {
        log_line(LogLevel::error, "the kernel does not let us wait for connections");
        has_failed_ = true;
    }
    return is_open_;
}

void Program::announce() const {
    for (std::size_t i = 0; i < listener_count_; ++i) {
        log_line(LogLevel::info, "listening on %s", server_.address(i).c_str());
    }
    const FixedText<256> address = server_.address(0);
    constexpr std::string_view unix_prefix = "unix:";
    if (address.view().starts_with(unix_prefix)) {
        log_line(LogLevel::info, "try: curl -s --unix-socket %s http://localhost/v0/node",
                 address.c_str() + unix_prefix.size());
    } else {
        log_line(LogLevel::info, "try: curl -s %s/v0/node", address.c_str());
    }
}

int Program::run(const Config& config) {
    if (loop_.open() != Status::ok || !watch_signals()) {
        log_line(LogLevel::error, "the kernel gives no epoll or signal descriptor");
        return 1;
    }
    // Sockets first: their ports and directories may take rights that are given away then.
    if (!prepare(config)) return 1;
    if (!open_listeners(config) || !start_readers(config)) {
        server_.stop();
        return 1;
    }
    // Under the filter from the first reading on, and with the loop at work: that may last.
    const bool is_up =
        sampler_.start_with_first(readers_, {publish, this}, loop_, config.interval_s) &&
        rights_.filter_calls();
    if (is_up) {
        loop_.run();
        log_line(LogLevel::info, "stopping: asked to by a signal; readings skipped: %llu",
                 static_cast<unsigned long long>(sampler_.skipped_tick_count()));
    }
    const int status = is_up && !has_failed_ ? 0 : 1;
    const bool has_ended = sampler_.stop(stop_wait_ms);
    server_.stop();
    // What a stuck reading still looks at must stay; the exit ends its thread.
    if (!has_ended) _exit(status);
    readers_.stop();
    return status;
}

const Snapshot* Program::take_one(const Config& config) {
    // Where things are found is for who runs the agent; here only the answer counts.
    set_log_level(LogLevel::warning);
    if (!prepare(config) || !start_readers(config) || !rights_.filter_calls()) return nullptr;
    static const Snapshot* taken = nullptr;
    sampler_.take_first(readers_,
                        {[](void*, const Snapshot& snapshot) { taken = &snapshot; }, nullptr});
    return taken;
}

int Program::doctor(const Config& config) {
    const Snapshot* taken = take_one(config);
    if (taken == nullptr) return 2;
    const int status = run_doctor(root_, readers_.file_reader(), *taken);
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
    const std::size_t listener_count = config.listen_count == 0 ? 1 : config.listen_count;
    const std::size_t connection_count = listener_count * config.connection_count_max;
    printf("%12zu  libmicrohttpd: %zu connections of %zu, on all addresses\n",
           connection_count * Server::connection_bytes, connection_count, Server::connection_bytes);
    printf("%12zu  stacks: the sampler and %zu threads that ask file systems\n",
           limits::thread_stack_bytes * (1 + limits::statfs_thread_count),
           limits::statfs_thread_count);
    return 0;
}

}  // namespace nma
