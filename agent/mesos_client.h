// Brings the questions about tasks to the Mesos agent, and its answers back.
#pragma once

#include "agent/apps/http_fetch.h"
#include "agent/apps/metadata.h"
#include "agent/apps_config.h"
#include "platform/linux/event_loop.h"

namespace nma {

class MesosClient {
  public:
    // `capacity` containers.
    void init(Arena& arena, std::size_t capacity) { metadata_.init(arena, capacity); }

    // Asks by `fetcher`, which must be started before the first question. False when the loop has
    // no room. Ports of tasks on the host are at the Mesos agent's own address or, when that is
    // this machine's loopback, at `node_ip`: what serves loopback alone is nothing that tasks may
    // name.
    [[nodiscard]] bool start(EventLoop& loop, HttpFetcher& fetcher, const MesosConfig& config,
                             std::string_view node_ip);

    Metadata& metadata() { return metadata_; }
    const Metadata& metadata() const { return metadata_; }

  private:
    MetadataAnswer answer_of(const FetchResult& result);
    static bool begin(void* self, const MetadataRequest& request);
    static void release(void* self);
    static void on_done(void* self, FetchId id, const FetchResult& result);
    static int wait_ms(void* self);
    static void work(void* self);

    Metadata metadata_;
    HttpFetcher* fetcher_ = nullptr;
    ScrapeUrl url_;
    UrlParts agent_;  // of url_
    FetchId fetch_ = no_fetch;
    FixedText<128 + limits::scrape_url_bytes> error_;
};

}  // namespace nma
