#include "api/auth/external_authorizer.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "platform/base/text_sink.h"
#include "platform/linux/clock.h"
#include "platform/metrics/agent_counters.h"

namespace nma {

namespace {

using State = AnswerCache::State;

constexpr std::uint64_t ns_per_ms = 1'000'000;
constexpr std::uint64_t retry_ns = 10 * ns_per_ms;

// Each byte of the uid may take three; then the space, the permission and the newline.
constexpr std::size_t question_bytes_max = 3 * limits::authorizer_uid_bytes_max + 64;

constexpr std::string_view allow_line = "allow\n";
constexpr std::string_view deny_line = "deny\n";

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void append_encoded(TextSink& sink, std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_unreserved(c)) {
            sink.append(c);
        } else {
            sink.append('%');
            sink.append(digits[byte >> 4]);
            sink.append(digits[byte & 15]);
        }
    }
}

const char* cause_of_errno(int number) {
    switch (number) {
        case ENOENT:
            return "there is no such socket: is the authorizer running?";
        case ECONNREFUSED:
            return "nobody listens on the socket: is the authorizer running?";
        case EACCES:
        case EPERM:
            return "the agent's user may not write to the socket";
        case EMFILE:
        case ENFILE:
            return "no descriptor is left for a connection";
        default:
            return "the connection failed";
    }
}

}  // namespace

void ExternalAuthorizer::init(Arena& arena, FailureSink sink) {
    connections_ = arena.take<Connection>("authorization", limits::authorizer_connection_count_max);
    cache_.init(arena);
    log_.init(arena, "external authorizer", sink);
}

void ExternalAuthorizer::configure(const ExternalOptions& options) {
    for (Connection& connection : connections_) {
        if (connection.entry != nullptr) close(connection);
    }
    has_news_ = has_news_ || cache_.unanswered_count() != 0;
    cache_.clear();
    retry_at_ns_ = 0;
    options_ = options;
}

bool ExternalAuthorizer::attach(EventLoop& loop, EventHandler on_answer) {
    loop_ = &loop;
    on_answer_ = on_answer;
    const auto timeout = [](void* self) {
        return static_cast<ExternalAuthorizer*>(self)->timeout_ms();
    };
    const auto after = [](void* self) { static_cast<ExternalAuthorizer*>(self)->after(); };
    return loop.add_hook({timeout, after, this}) == Status::ok;
}

Opinion ExternalAuthorizer::decide(std::string_view uid, Permission permission) {
    if (options_.socket.empty() || loop_ == nullptr) return Opinion::none;
    const std::uint64_t now_ns = boottime_ns();
    const AnswerCache::Entry* entry = cache_.find(uid, permission, now_ns);
    if (entry == nullptr) return ask(uid, permission, now_ns);
    if (entry->state != State::known) return Opinion::pending;
    return entry->is_allowed ? Opinion::allow : Opinion::deny;
}

// Asks at once when nobody waits: most often there is a failure at once, or none.
Opinion ExternalAuthorizer::ask(std::string_view uid, Permission permission, std::uint64_t now_ns) {
    const std::uint64_t until_ns = now_ns + options_.timeout_ms * ns_per_ms;
    const AnswerCache::Entry* entry = cache_.add(uid, permission, until_ns);
    if (entry == nullptr) {
        note("too many questions at once, or too long a uid", now_ns);
        return Opinion::deny;
    }
    start_waiting(now_ns);
    return entry->state == State::known ? Opinion::deny : Opinion::pending;
}

void ExternalAuthorizer::start_waiting(std::uint64_t now_ns) {
    if (retry_at_ns_ > now_ns) return;
    retry_at_ns_ = 0;
    while (retry_at_ns_ == 0) {
        Connection* connection = connection_of(nullptr);
        AnswerCache::Entry* entry = cache_.first(State::waiting);
        if (connection == nullptr || entry == nullptr) return;
        start(*connection, *entry, now_ns);
    }
}

// A unix socket is connected at once or not at all: EAGAIN means that its queue is full, and that
// nothing will tell when it is not.
void ExternalAuthorizer::start(Connection& connection, AnswerCache::Entry& entry,
                               std::uint64_t now_ns) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    options_.socket.view().copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return fail(entry, cause_of_errno(errno), now_ns);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int failure = errno;
        ::close(fd);
        if (failure != EAGAIN) return fail(entry, cause_of_errno(failure), now_ns);
        retry_at_ns_ = now_ns + retry_ns;
        return;
    }
    entry.state = State::asking;
    connection = {this, &entry, fd, 0, {}};
    const char* cause = send_question(connection);
    if (cause != nullptr) fail(connection, cause);
}

// Null, or the cause why it was not sent. A new connection has room for more than a question.
const char* ExternalAuthorizer::send_question(Connection& connection) {
    char memory[question_bytes_max];
    TextSink question(memory);
    append_encoded(question, connection.entry->uid.view());
    question.append(' ');
    question.append(permission_name(connection.entry->permission));
    question.append('\n');
    const ssize_t sent =
        send(connection.socket, question.view().data(), question.size(), MSG_NOSIGNAL);
    if (question.status() != Status::ok || sent != static_cast<ssize_t>(question.size())) {
        return "it does not take the question";
    }
    const auto on_ready = [](void* context, std::uint32_t) {
        auto* ready = static_cast<Connection*>(context);
        ready->owner->take_answer(*ready);
    };
    return loop_->watch(connection.socket, EPOLLIN, {on_ready, &connection}) == Status::ok
               ? nullptr
               : "the agent has too many connections";
}

void ExternalAuthorizer::take_answer(Connection& connection) {
    const ssize_t count = recv(connection.socket, connection.answer + connection.answer_bytes,
                               sizeof connection.answer - connection.answer_bytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) return fail(connection, "the connection broke before an answer");
    if (count == 0) return fail(connection, "it closed the connection without an answer");
    connection.answer_bytes += static_cast<std::uint32_t>(count);
    const std::string_view answer(connection.answer, connection.answer_bytes);
    if (answer == allow_line || answer == deny_line)
        return finish(connection, answer == allow_line);
    if (!allow_line.starts_with(answer) && !deny_line.starts_with(answer)) {
        fail(connection, "its answer is neither allow nor deny");
    }
}

void ExternalAuthorizer::finish(Connection& connection, bool is_allowed) {
    cache_.answer(*connection.entry, is_allowed, boottime_ns() + options_.kept_ms * ns_per_ms);
    close(connection);
    has_news_ = true;
}

void ExternalAuthorizer::fail(Connection& connection, const char* cause) {
    AnswerCache::Entry& entry = *connection.entry;
    close(connection);
    fail(entry, cause, boottime_ns());
}

void ExternalAuthorizer::fail(AnswerCache::Entry& entry, const char* cause, std::uint64_t now_ns) {
    cache_.answer(entry, false, now_ns + options_.failure_kept_ms * ns_per_ms);
    note(cause, now_ns);
    has_news_ = true;
}

void ExternalAuthorizer::note(const char* cause, std::uint64_t now_ns) {
    count_agent(AgentCounter::external_authorizer_failures);
    log_.note(options_.socket.view(), cause, now_ns);
}

void ExternalAuthorizer::expire(State state, std::uint64_t now_ns) {
    AnswerCache::Entry* entry = cache_.first(state);
    while (entry != nullptr && entry->until_ns <= now_ns) {
        Connection* connection = connection_of(entry);
        if (connection != nullptr) close(*connection);
        fail(*entry, "it did not answer in time", now_ns);
        entry = cache_.first(state);
    }
}

void ExternalAuthorizer::close(Connection& connection) {
    loop_->unwatch(connection.socket);
    ::close(connection.socket);
    connection.entry = nullptr;
}

// Null when there is none.
ExternalAuthorizer::Connection* ExternalAuthorizer::connection_of(const AnswerCache::Entry* entry) {
    for (Connection& connection : connections_) {
        if (connection.entry == entry) return &connection;
    }
    return nullptr;
}

int ExternalAuthorizer::timeout_ms() {
    if (has_news_) return 0;
    if (cache_.unanswered_count() == 0) return -1;
    const AnswerCache::Entry* asking = cache_.first(State::asking);
    const AnswerCache::Entry* waiting = cache_.first(State::waiting);
    std::uint64_t until_ns = asking == nullptr ? waiting->until_ns : asking->until_ns;
    if (waiting != nullptr) {
        until_ns = std::min(until_ns, waiting->until_ns);
        if (retry_at_ns_ != 0) until_ns = std::min(until_ns, retry_at_ns_);
    }
    const std::uint64_t now_ns = boottime_ns();
    return until_ns <= now_ns ? 0 : static_cast<int>((until_ns - now_ns) / ns_per_ms + 1);
}

void ExternalAuthorizer::after() {
    if (cache_.unanswered_count() != 0) {
        const std::uint64_t now_ns = boottime_ns();
        expire(State::asking, now_ns);
        expire(State::waiting, now_ns);
        start_waiting(now_ns);
    }
    if (!has_news_) return;
    has_news_ = false;
    on_answer_.function(on_answer_.context, 0);
}

}  // namespace nma
