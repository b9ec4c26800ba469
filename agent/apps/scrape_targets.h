// Asks the tasks' Prometheus endpoints, each once in every interval, and puts what they say with
// the rest of what their containers say. One that hangs, lies or floods harms no other: times,
// sizes and counts are bounded, those whose last scrape failed or was slow share few of the slots,
// and a large text is parsed in slices between everything else that the event loop does.
//
// Each target has datapoints of its own, with the tag `url`:
//   up                       1: it answered 200 with a text of which something could be read (or
//                            that was empty); 0: it did not, and none of its samples are shown
//   scrape_duration_seconds  from the start of the request to the last byte or the failure
//   scrape_samples_scraped   samples that were put
//   scrape_dropped           lines that could not be read, samples beyond the limits, and those
//                            that the container has no room for
// While a text is read, they are those of the scrape before it. They get their room before the
// samples do, so that a container that has none left still says so.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/apps/http_fetch.h"
#include "agent/apps/prometheus_text.h"
#include "agent/apps/scrape_schedule.h"
#include "platform/linux/event_loop.h"

namespace nma {

// Where the samples go. A group is one target's series: 1 and up.
struct ScrapeSink {
    void* context = nullptr;

    // The container's handle; no_container when it is not there (`find`), or has no room (`open`).
    std::uint32_t (*find)(void* context, std::string_view container_id) = nullptr;
    std::uint32_t (*open)(void* context, std::string_view container_id) = nullptr;

    // Replaces the value of the series. `tags` are "key\0value\0" and so on, sorted by key. False
    // when there is no room for the series.
    bool (*put)(void* context, std::uint32_t container, std::string_view name,
                std::string_view tags, double value, std::uint32_t group,
                std::uint64_t now_ns) = nullptr;

    // Drops the group's series that were not put since `began_ns`.
    void (*end_group)(void* context, std::uint32_t container, std::uint32_t group,
                      std::uint64_t began_ns) = nullptr;

    static constexpr std::uint32_t no_container = 0xffffffff;
};

struct ScrapeOptions {
    std::uint32_t interval_s = limits::interval_s_default;
    std::uint32_t timeout_ms = limits::scrape_timeout_ms_default;
    std::uint32_t samples_max = limits::scrape_sample_count_default;  // of one scrape
};

class ScrapeTargets {
  public:
    void init(Arena& arena);

    // The fetcher must be started. False, and nothing left behind, when the system gives no
    // descriptors. The object must stay where it is.
    bool start(EventLoop& loop, HttpFetcher& fetcher, const ScrapeSink& sink,
               const ScrapeOptions& options);

    // After the fetcher was stopped: no answer may come any more.
    void stop();

    // All targets of that source from now on; after start. What was shown of one that is gone is
    // dropped at once. How many were refused is logged when it changes. Call it before a container
    // is closed: later answers do not open it again.
    void set_targets(ScrapeSource source, std::span<const ScrapeTargetSpec> specs);

  private:
    // A scrape, from its request to the last of its text.
    struct Scrape {
        ScrapeIndex target = no_scrape_target;
        FetchId fetch = no_fetch;
        std::uint64_t began_ns = 0;
        bool is_suspect = false;
        FetchResult answer;
    };

    // What the last scrape of a target came to.
    struct Figures {
        bool is_up = false;
        double duration_s = 0;
        std::uint64_t samples = 0;
        std::uint64_t dropped = 0;
        bool is_told_down = false;  // in the log
    };

    static void on_timer(void* self, std::uint32_t ready);
    static void on_work(void* self, std::uint32_t ready);
    static void on_fetched(void* self, FetchId id, const FetchResult& result);
    static void on_sample(void* self, const PrometheusSample& sample);
    static void on_removed(void* self, ScrapeIndex index);

    void close_all();
    void report_refused(ScrapeSource source, std::uint32_t count);
    void start_due();
    bool start_one(ScrapeIndex index, std::uint64_t now_ns);
    void set_timer(std::uint64_t now_ns);
    void parse_slice();
    void begin_text(const Scrape& scrape);
    void end_text();
    void find_container(const Scrape& scrape);
    void report(const Scrape& scrape, bool is_up, std::uint64_t samples, std::uint64_t dropped);
    void tell(const Scrape& scrape, bool is_up);
    void put_figures(ScrapeIndex index, std::uint64_t now_ns);
    void end_scrape(const Scrape& scrape, bool is_well);

    HttpFetcher* fetcher_ = nullptr;
    ScrapeSink sink_;
    ScrapeOptions options_;
    ScrapeSchedule schedule_;
    std::span<Figures> figures_;            // by ScrapeIndex
    std::uint32_t refused_discovered_ = 0;  // as it was logged
    std::uint32_t refused_configured_ = 0;
    int timer_ = -1;
    int work_ = -1;  // eventfd; stays readable while there is text to parse

    Scrape scrapes_[fetch_slot_count_all];  // by FetchId
    std::size_t scrape_count_ = 0;          // under way
    std::size_t suspect_count_ = 0;         // of them
    bool is_starved_ = false;               // somebody else has the slots

    FetchId texts_[fetch_slot_count_all];  // to be parsed, first come first
    std::size_t text_count_ = 0;
    bool is_parsing_ = false;  // texts_[0]
    std::uint32_t container_ = ScrapeSink::no_container;
    std::uint64_t put_ns_ = 0;
    std::uint64_t put_count_ = 0;
    std::uint64_t lost_count_ = 0;  // samples beyond the limit or without room
    PrometheusParser parser_;
};

}  // namespace nma
