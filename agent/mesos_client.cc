#include "agent/mesos_client.h"

#include "platform/linux/clock.h"

namespace nma {

namespace {

MetadataAnswer answer_of(const FetchResult& result) {
    MetadataAnswer answer;
    if (result.status == Status::truncated) {
        answer.kind = MetadataAnswer::Kind::too_large;
    } else if (result.status == Status::ok) {
        answer.kind = MetadataAnswer::Kind::answered;
        answer.http_status = result.http_status;
        answer.body = result.body;
    } else {
        answer.error = status_name(result.status);
    }
    return answer;
}

}  // namespace

bool MesosClient::start(EventLoop& loop, HttpFetcher& fetcher, const MesosConfig& config) {
    fetcher_ = &fetcher;
    url_ = config.url;
    if (!parse_scrape_url(url_.view(), agent_)) return false;
    MetadataOptions options;
    options.state.labels = config.labels;
    options.authorization_file = config.authorization_file;
    if (!resolve_host(agent_.host, options.state.node_address)) return false;
    metadata_.configure(options, {this, begin, release});
    return loop.add_hook({wait_ms, work, this}) == Status::ok;
}

bool MesosClient::begin(void* self, const MetadataRequest& request) {
    auto& client = *static_cast<MesosClient*>(self);
    FetchRequest fetch;
    fetch.method = HttpMethod::post;
    fetch.host = client.agent_.host;
    fetch.port = client.agent_.port;
    fetch.path = request.path;
    fetch.accept = request.accept;
    fetch.content_type = request.content_type;
    fetch.authorization = request.authorization;
    fetch.body = request.body;
    fetch.timeout_ms = request.timeout_ms;
    fetch.body_bytes_max = request.answer_bytes_max;
    return client.fetcher_->post(fetch, {on_done, self}, client.fetch_) == Status::ok;
}

void MesosClient::release(void* self) {
    auto& client = *static_cast<MesosClient*>(self);
    if (client.fetch_ != no_fetch) client.fetcher_->release(client.fetch_);
    client.fetch_ = no_fetch;
}

void MesosClient::on_done(void* self, FetchId, const FetchResult& result) {
    auto& client = *static_cast<MesosClient*>(self);
    client.metadata_.on_answer(answer_of(result), boottime_ns());
}

int MesosClient::wait_ms(void* self) {
    return static_cast<const MesosClient*>(self)->metadata_.is_working() ? 0 : -1;
}

void MesosClient::work(void* self) {
    (void)static_cast<MesosClient*>(self)->metadata_.work(boottime_ns());
}

}  // namespace nma
