#include "agent/mesos_client.h"

#include <stdio.h>

#include "agent/apps/ip_address.h"
#include "agent/apps/task_address.h"

#include "platform/linux/clock.h"

namespace nma {

namespace {

// Empty when neither is an address that others have.
FixedText<64> node_address(std::string_view agent_host, std::string_view node_ip) {
    FixedText<64> text;
    IpAddress address;
    const std::string_view chosen = is_container_address(agent_host) ? agent_host : node_ip;
    if (parse_ip_address(chosen, address)) (void)text.assign(chosen);
    return text;
}

}  // namespace

MetadataAnswer MesosClient::answer_of(const FetchResult& result) {
    MetadataAnswer answer;
    if (result.status == Status::truncated) {
        answer.kind = MetadataAnswer::Kind::too_large;
    } else if (result.status == Status::ok) {
        answer.kind = MetadataAnswer::Kind::answered;
        answer.http_status = result.http_status;
        answer.body = result.body;
    } else {
        char text[decltype(error_)::bytes_max + 1];
        const char* what = result.status == Status::io_error  ? "takes no connection"
                           : result.status == Status::timeout ? "did not answer in time"
                                                              : "sent no whole answer";
        snprintf(text, sizeof text, "%s %s; is it what mesos.url should be?", url_.c_str(), what);
        (void)error_.assign(text);
        answer.error = error_.view();
    }
    return answer;
}

bool MesosClient::start(EventLoop& loop, HttpFetcher& fetcher, const MesosConfig& config,
                        std::string_view node_ip) {
    fetcher_ = &fetcher;
    url_ = config.url;
    if (!parse_scrape_url(url_.view(), agent_)) return false;
    MetadataOptions options;
    options.state.labels = config.labels;
    options.authorization_file = config.authorization_file;
    options.state.node_address = node_address(agent_.host, node_ip);
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
    client.metadata_.on_answer(client.answer_of(result), boottime_ns());
}

int MesosClient::wait_ms(void* self) {
    return static_cast<const MesosClient*>(self)->metadata_.is_working() ? 0 : -1;
}

void MesosClient::work(void* self) {
    (void)static_cast<MesosClient*>(self)->metadata_.work(boottime_ns());
}

}  // namespace nma
