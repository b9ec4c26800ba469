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
    // no room.
    [[nodiscard]] bool start(EventLoop& loop, HttpFetcher& fetcher, const MesosConfig& config);

    Metadata& metadata() { return metadata_; }
    const Metadata& metadata() const { return metadata_; }

  private:
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
};

}  // namespace nma
