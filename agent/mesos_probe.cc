#include "agent/mesos_probe.h"

#include "agent/apps/authorization_file.h"
#include "agent/apps/http_fetch.h"
#include "platform/linux/event_loop.h"

namespace nma {

namespace {

struct Question {
    Question();  // out of line: the compiler would put 54 KB of nothing into the program

    EventLoop loop;
    HttpFetcher fetcher;
    AppFacts* facts = nullptr;
};

[[gnu::noinline]] Question::Question() = default;

void on_done(void* self, FetchId id, const FetchResult& result) {
    auto& question = *static_cast<Question*>(self);
    question.facts->mesos = judge_mesos_answer(result);
    question.facts->mesos_http_status = result.http_status;
    question.fetcher.release(id);
    question.loop.stop();
}

void ask(Question& question, const AuthorizationText& authorization) {
    UrlParts url;
    if (!parse_scrape_url(question.facts->mesos_url.view(), url)) return;
    FetchRequest request;
    request.method = HttpMethod::post;
    request.host = url.host;
    request.port = url.port;
    request.path = "/api/v1";
    request.accept = "application/json";
    request.content_type = "application/json";
    request.authorization = authorization.view();
    request.body = R"({"type":"GET_STATE"})";
    request.timeout_ms = limits::mesos_timeout_ms;
    request.body_bytes_max = limits::mesos_state_bytes_max;
    FetchId id = no_fetch;
    if (question.fetcher.post(request, {on_done, &question}, id) == Status::ok) question.loop.run();
}

}  // namespace

MesosProbe judge_mesos_answer(const FetchResult& result) {
    if (result.status == Status::io_error) return MesosProbe::unreachable;
    if (result.status == Status::timeout) return MesosProbe::no_answer;
    if (result.http_status == 401 || result.http_status == 403) return MesosProbe::refused;
    const bool is_state = result.status == Status::ok && result.http_status == 200 &&
                          result.body.find("\"get_state\"") != std::string_view::npos;
    return is_state ? MesosProbe::ok : MesosProbe::no_state;
}

void ask_mesos(const MesosConfig& config, AppFacts& facts) {
    static Question question;  // too big for a stack; one doctor at a time
    if (config.url.empty()) return;
    facts.mesos_url = config.url;
    facts.authorization_path = config.authorization_file;
    AuthorizationText authorization;
    if (!config.authorization_file.empty()) {
        facts.authorization =
            read_authorization_file(config.authorization_file.c_str(), authorization);
        if (facts.authorization != Status::ok) {
            facts.mesos = MesosProbe::no_authorization;
            return;
        }
    }
    Arena measuring;
    Arena arena;
    question.fetcher.init(measuring);
    if (!arena.map(measuring.used_bytes()) || question.loop.open() != Status::ok) return;
    question.fetcher.init(arena);
    question.facts = &facts;
    if (question.fetcher.start(question.loop)) ask(question, authorization);
    question.fetcher.stop();
    question.loop.close();
    arena.unmap();
}

}  // namespace nma
