// A scraper that asks an odd server, and a store of what was scraped, as simple as can be, behind
// its ScrapeSink. For one test program.
#pragma once

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/apps/scrape_targets.h"
#include "tests/support/odd_server.h"

#include "tests/support/cmocka.h"

namespace nma::test {

inline EventLoop loop;
inline std::uint16_t port;  // of all URLs

struct Series {
    std::uint32_t container;
    std::uint32_t group;
    std::string name;
    std::string tags;
    double value;
    std::uint64_t put_ns;
};
inline std::vector<std::string> containers;
inline std::map<std::string, Series> store;  // by all that tells them apart
inline int end_count;                        // of end_group
inline int wanted_count;                     // of it, to stop the loop
inline int put_count;
inline bool is_full;           // no room for a container
inline std::size_t room;       // for series, of all containers together
inline int wanted_open_count;  // of times that there was none, to stop the loop
inline void (*on_put)();       // does something in the midst of a text

inline std::uint32_t find_container(void*, std::string_view id) {
    for (std::size_t i = 0; i < containers.size(); ++i) {
        if (containers[i] == id) return static_cast<std::uint32_t>(i);
    }
    return ScrapeSink::no_container;
}

inline std::uint32_t open_container(void*, std::string_view id) {
    const std::uint32_t found = find_container(nullptr, id);
    if (found == ScrapeSink::no_container && is_full && --wanted_open_count == 0) loop.stop();
    if (found != ScrapeSink::no_container || is_full) return found;
    containers.emplace_back(id);
    return static_cast<std::uint32_t>(containers.size() - 1);
}

inline bool put(void*, std::uint32_t container, std::string_view name, std::string_view tags,
                double value, std::uint32_t group, std::uint64_t now_ns) {
    ++put_count;
    if (on_put != nullptr) on_put();
    std::string key = std::to_string(container) + ' ' + std::to_string(group) + ' ';
    key.append(name).append(1, ' ').append(tags);
    if (store.size() >= room && !store.contains(key)) return false;
    store[key] = {container, group, std::string(name), std::string(tags), value, now_ns};
    return true;
}

inline void end_group(void*, std::uint32_t container, std::uint32_t group, std::uint64_t began_ns) {
    std::erase_if(store, [=](const auto& entry) {
        const Series& series = entry.second;
        return series.container == container && series.group == group && series.put_ns < began_ns;
    });
    if (++end_count == wanted_count) loop.stop();
}

// The value of container `id`'s series, whatever its other tags; -1 when there is none.
inline double value_of(std::string_view id, std::string_view name, std::string_view path) {
    const std::string url = "http://127.0.0.1:" + std::to_string(port) + std::string(path);
    const std::uint32_t container = find_container(nullptr, id);
    for (const auto& [key, series] : store) {
        if (series.container == container && series.name == name &&
            series.tags.find(url) != std::string::npos) {
            return series.value;
        }
    }
    return -1;
}

// The scraper, with an odd server to ask
// ---------------------------------------------------------------------------

inline Arena arena;
inline HttpFetcher fetcher;
inline ScrapeTargets targets;
inline int guard = -1;
inline std::string text;

inline void abort_test(void*, std::uint32_t) {
    std::abort();
}

inline int start_with(const ScrapeOptions& options) {
    port = odd_server_start();
    Arena measuring;
    static HttpFetcher measured;
    static ScrapeTargets measured_targets;
    measured.init(measuring);
    measured_targets.init(measuring);
    containers.clear();
    store.clear();
    end_count = put_count = 0;
    is_full = false;
    room = SIZE_MAX;
    on_put = nullptr;
    text = "# TYPE x gauge\nx 1\ny{a=\"b\"} 2\n";
    odd_server_say(text);
    const itimerspec time = {{0, 0}, {60, 0}};
    guard = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    const bool is_ready = arena.map(measuring.used_bytes()) && loop.open() == Status::ok &&
                          timerfd_settime(guard, 0, &time, nullptr) == 0 &&
                          loop.watch(guard, EPOLLIN, {abort_test, nullptr}) == Status::ok;
    fetcher.init(arena);
    targets.~ScrapeTargets();
    new (&targets) ScrapeTargets();
    targets.init(arena);
    const ScrapeSink sink = {nullptr, find_container, open_container, put, end_group};
    return is_ready && fetcher.start(loop) && targets.start(loop, fetcher, sink, options) ? 0 : -1;
}

inline ScrapeOptions fast() {
    ScrapeOptions options;
    options.interval_s = 1;
    options.timeout_ms = 5'000;
    return options;
}

inline int start(void**) {
    return start_with(fast());
}

inline int stop(void**) {
    fetcher.stop();
    targets.stop();
    loop.close();
    close(guard);
    arena.unmap();
    odd_server_stop();
    return 0;
}

// For endpoints that are slow, or never answer.
inline void start_with_timeout(std::uint32_t timeout_ms) {
    stop(nullptr);
    ScrapeOptions options = fast();
    options.timeout_ms = timeout_ms;
    assert_int_equal(start_with(options), 0);
}

inline ScrapeTargetSpec spec(const char* id, const char* path) {
    return {id, {"127.0.0.1", port, path}};
}

inline void wait_for_ends(int count) {
    wanted_count = end_count + count;
    loop.run();
}

inline void set(std::span<const ScrapeTargetSpec> specs) {
    targets.set_targets(ScrapeSource::discovered, specs);
}

}  // namespace nma::test
