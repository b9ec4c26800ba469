// Asks a program on this host, by a unix stream socket, whether somebody has a permission. A
// connection for each question, on which we send one line and it answers with one:
//
//   bootstrapuser dcos:adminrouter:ops:system-metrics        allow
//   caf%C3%A9%20owner dcos:adminrouter:system:agent          deny
//
// Of the uid's bytes all but letters, digits and - . _ ~ are percent-encoded. It is never asked
// twice while an answer is kept. Whatever else happens (another word, the end of the connection,
// no answer in time, no socket, too many questions) is no, kept for a short while, counted and
// told in our log.
//
// Whoever may replace the socket decides who gets in: its directory must be guarded by its owner.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/auth/answer_cache.h"
#include "api/auth/authorizer.h"
#include "api/auth/failure_log.h"
#include "platform/base/fixed_text.h"
#include "platform/linux/event_loop.h"

namespace nma {

struct ExternalOptions {
    FixedText<108> socket;  // absolute path; empty: nobody is asked
    std::uint32_t timeout_ms = 0;
    std::uint32_t kept_ms = 0;          // an answer
    std::uint32_t failure_kept_ms = 0;  // a failure
};

class ExternalAuthorizer {
  public:
    // `sink` gets a line for each kind of failure, once a minute.
    void init(Arena& arena, FailureSink sink);

    // From now on these count. Forgets all answers; questions of before are asked again by those
    // who are told so by on_answer.
    void configure(const ExternalOptions& options);

    // See Authorization::attach. `this` must stay where it is.
    [[nodiscard]] bool attach(EventLoop& loop, EventHandler on_answer);

    // none when nobody is asked.
    Opinion decide(std::string_view uid, Permission permission);

  private:
    struct Connection {
        ExternalAuthorizer* owner;
        AnswerCache::Entry* entry;  // null: free
        int socket;
        std::uint32_t answer_bytes;
        char answer[8];  // longer than any known answer
    };

    Opinion ask(std::string_view uid, Permission permission, std::uint64_t now_ns);
    void start_waiting(std::uint64_t now_ns);
    void start(Connection& connection, AnswerCache::Entry& entry, std::uint64_t now_ns);
    const char* send_question(Connection& connection);
    void take_answer(Connection& connection);
    void finish(Connection& connection, bool is_allowed);
    void fail(Connection& connection, const char* cause);
    void fail(AnswerCache::Entry& entry, const char* cause, std::uint64_t now_ns);
    void note(const char* cause, std::uint64_t now_ns);
    void expire(AnswerCache::State state, std::uint64_t now_ns);
    void close(Connection& connection);
    Connection* connection_of(const AnswerCache::Entry* entry);
    int timeout_ms();
    void after();

    ExternalOptions options_;
    EventLoop* loop_ = nullptr;
    EventHandler on_answer_;
    bool has_news_ = false;          // for on_answer
    std::uint64_t retry_at_ns_ = 0;  // when its queue was full: not before
    std::span<Connection> connections_;
    AnswerCache cache_;
    FailureLog log_;
};

}  // namespace nma
