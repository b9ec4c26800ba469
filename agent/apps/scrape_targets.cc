#include "agent/apps/scrape_targets.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>

#include "platform/base/check.h"
#include "platform/base/time_units.h"
#include "platform/linux/clock.h"
#include "platform/linux/event_descriptor.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

// The older format first: its names are those that the old system showed.
constexpr std::string_view accept =
    "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1";

constexpr int http_ok = 200;

constexpr std::uint64_t slow_ns = limits::scrape_slow_ms * (ns_per_second / 1000);

bool is_openmetrics(std::string_view content_type) {
    return content_type.starts_with("application/openmetrics-text");
}

constexpr std::uint32_t group_of(ScrapeIndex index) {
    return index + 1;
}

const char* fault_of(Status status) {
    switch (status) {
        case Status::timeout:
            return "no whole answer came in time";
        case Status::truncated:
            return "its answer is too large, or no HTTP";
        case Status::gone:
            return "it closed before its answer's end";
        case Status::malformed:
            return "its answer is no HTTP";
        default:
            return "it takes no connection";
    }
}

}  // namespace

void ScrapeTargets::init(Arena& arena) {
    schedule_.init(arena);
    figures_ = arena.take<Figures>("scrape targets", limits::scrape_target_count_max);
}

bool ScrapeTargets::start(EventLoop& loop, HttpFetcher& fetcher, const ScrapeSink& sink,
                          const ScrapeOptions& options) {
    fetcher_ = &fetcher;
    sink_ = sink;
    options_ = options;
    schedule_.set_interval(options.interval_s);
    timer_ = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    work_ = open_event();
    const bool is_open = timer_ >= 0 && work_ >= 0 &&
                         loop.watch(timer_, EPOLLIN, {on_timer, this}) == Status::ok &&
                         loop.watch(work_, EPOLLIN, {on_work, this}) == Status::ok;
    if (!is_open) close_all();
    return is_open;
}

void ScrapeTargets::stop() {
    close_all();
}

void ScrapeTargets::close_all() {
    for (int* descriptor : {&timer_, &work_}) {
        if (*descriptor >= 0) close(*descriptor);
        *descriptor = -1;
    }
}

void ScrapeTargets::set_targets(ScrapeSource source, std::span<const ScrapeTargetSpec> specs) {
    const std::uint32_t refused_count =
        schedule_.set(source, specs, boottime_ns(), {on_removed, this});
    report_refused(source, refused_count);
    start_due();
}

void ScrapeTargets::report_refused(ScrapeSource source, std::uint32_t count) {
    const bool is_discovered = source == ScrapeSource::discovered;
    std::uint32_t& reported = is_discovered ? refused_discovered_ : refused_configured_;
    if (count == reported) return;
    reported = count;
    if (count == 0) return;
    log_line(LogLevel::warning,
             "%u Prometheus endpoints of %s are not asked: there is room for %zu in all, of which "
             "%u are taken, and each needs a container's ID and a URL of an IP address; have "
             "fewer, or correct them",
             count, is_discovered ? "tasks" : "prometheus.targets", limits::scrape_target_count_max,
             schedule_.target_count());
}

void ScrapeTargets::on_removed(void* self, ScrapeIndex index) {
    ScrapeTargets& targets = *static_cast<ScrapeTargets*>(self);
    const ScrapeSink& sink = targets.sink_;
    targets.figures_[index] = {};
    const std::string_view id = targets.schedule_.target(index).container_id.view();
    const std::uint32_t container = sink.find(sink.context, id);
    if (container == ScrapeSink::no_container) return;
    // A series that was put at this very moment is gone, too.
    sink.end_group(sink.context, container, group_of(index), boottime_ns() + 1);
}

// Asking
// -------------------------------------------------------------------------------------------

void ScrapeTargets::on_timer(void* self, std::uint32_t) {
    ScrapeTargets& targets = *static_cast<ScrapeTargets*>(self);
    drain_event(targets.timer_);
    targets.start_due();
}

// What finds no free slot waits for the end of another scrape.
void ScrapeTargets::start_due() {
    const std::uint64_t now_ns = boottime_ns();
    is_starved_ = false;
    for (;;) {
        const bool wants_suspects = suspect_count_ < limits::scrape_suspect_count_max;
        const ScrapeIndex index = schedule_.next_due(now_ns, wants_suspects);
        if (index == no_scrape_target || !start_one(index, now_ns)) break;
    }
    set_timer(now_ns);
}

bool ScrapeTargets::start_one(ScrapeIndex index, std::uint64_t now_ns) {
    const ScrapeTarget& target = schedule_.target(index);
    FetchRequest request;
    request.host = target.host.view();
    request.port = target.port;
    request.path = target.path.view();
    request.accept = accept;
    request.timeout_ms = options_.timeout_ms;
    request.body_bytes_max = limits::fetch_body_bytes;
    FetchId id = no_fetch;
    if (fetcher_->post(request, {on_fetched, this}, id) != Status::ok) {
        is_starved_ = true;
        return false;
    }
    schedule_.begin(index);
    scrapes_[id] = {index, id, now_ns, schedule_.is_suspect(index), {}};
    ++scrape_count_;
    if (scrapes_[id].is_suspect) ++suspect_count_;
    return true;
}

// Nobody says when a slot becomes free that somebody else had: look again after a while.
void ScrapeTargets::set_timer(std::uint64_t now_ns) {
    std::uint64_t due_ns = schedule_.due_after_ns(now_ns);
    if (is_starved_ && scrape_count_ == 0)
        due_ns = std::min(due_ns == 0 ? UINT64_MAX : due_ns, now_ns + ns_per_second);
    itimerspec times = {};  // all zero stops the timer
    times.it_value.tv_sec = static_cast<time_t>(due_ns / ns_per_second);
    times.it_value.tv_nsec = static_cast<long>(due_ns % ns_per_second);
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &times, nullptr);
}

void ScrapeTargets::on_fetched(void* self, FetchId id, const FetchResult& result) {
    ScrapeTargets& targets = *static_cast<ScrapeTargets*>(self);
    Scrape& scrape = targets.scrapes_[id];
    scrape.answer = result;
    if (result.status == Status::ok && result.http_status == http_ok) {
        targets.texts_[targets.text_count_++] = id;
        signal_event(targets.work_);
        return;
    }
    targets.report(scrape, false, 0, 0);
    targets.end_scrape(scrape, false);
}

// Reading
// ------------------------------------------------------------------------------------------

void ScrapeTargets::on_work(void* self, std::uint32_t) {
    ScrapeTargets& targets = *static_cast<ScrapeTargets*>(self);
    if (targets.text_count_ > 0) targets.parse_slice();
    if (targets.text_count_ == 0) drain_event(targets.work_);
}

void ScrapeTargets::parse_slice() {
    const Scrape& scrape = scrapes_[texts_[0]];
    find_container(scrape);
    if (!is_parsing_) begin_text(scrape);
    const bool is_wanted = !schedule_.is_removed(scrape.target);
    if (is_wanted && parser_.step(limits::scrape_slice_bytes, {on_sample, this})) return;
    end_text();
}

void ScrapeTargets::begin_text(const Scrape& scrape) {
    const ScrapeTarget& target = schedule_.target(scrape.target);
    is_parsing_ = true;
    put_ns_ = boottime_ns();
    put_count_ = 0;
    lost_count_ = 0;
    put_figures(scrape.target, put_ns_);
    parser_.begin(scrape.answer.body, target.url.view(),
                  is_openmetrics(scrape.answer.content_type));
}

// Between two slices anybody may close it, and its handle may become another's.
void ScrapeTargets::find_container(const Scrape& scrape) {
    container_ = ScrapeSink::no_container;
    if (schedule_.is_removed(scrape.target)) return;
    const ScrapeTarget& target = schedule_.target(scrape.target);
    container_ = sink_.open(sink_.context, target.container_id.view());
}

void ScrapeTargets::on_sample(void* self, const PrometheusSample& sample) {
    ScrapeTargets& targets = *static_cast<ScrapeTargets*>(self);
    const ScrapeSink& sink = targets.sink_;
    const std::uint32_t container = targets.container_;
    const ScrapeIndex index = targets.scrapes_[targets.texts_[0]].target;
    const bool is_put = targets.put_count_ < targets.options_.samples_max &&
                        container != ScrapeSink::no_container &&
                        sink.put(sink.context, container, sample.name, sample.tags, sample.value,
                                 group_of(index), targets.put_ns_);
    ++(is_put ? targets.put_count_ : targets.lost_count_);
}

void ScrapeTargets::end_text() {
    const Scrape& scrape = scrapes_[texts_[0]];
    const PrometheusCounts& counts = parser_.counts();
    const std::uint64_t unread_count = counts.malformed + counts.oversized;
    const bool is_up = counts.samples > 0 || unread_count == 0;
    report(scrape, is_up, put_count_, unread_count + lost_count_);
    is_parsing_ = false;
    --text_count_;
    std::memmove(texts_, texts_ + 1, text_count_ * sizeof texts_[0]);
    end_scrape(scrape, is_up && scrape.answer.duration_ns <= slow_ns);
}

// A target that is gone may have put samples after its series were dropped. What the scrape before
// put and this one did not is dropped first: the figures may need its room.
void ScrapeTargets::report(const Scrape& scrape, bool is_up, std::uint64_t samples,
                           std::uint64_t dropped) {
    if (schedule_.is_removed(scrape.target)) return on_removed(this, scrape.target);
    tell(scrape, is_up);
    figures_[scrape.target] = {is_up, static_cast<double>(scrape.answer.duration_ns) / 1e9, samples,
                               dropped, !is_up};
    find_container(scrape);
    if (container_ == ScrapeSink::no_container) return;
    sink_.end_group(sink_.context, container_, group_of(scrape.target), scrape.began_ns);
    put_figures(scrape.target, boottime_ns());
}

// When it changes: an endpoint that is away stays so for long.
void ScrapeTargets::tell(const Scrape& scrape, bool is_up) {
    const bool was_told = figures_[scrape.target].is_told_down;
    if (is_up != was_told) return;
    const ScrapeTarget& target = schedule_.target(scrape.target);
    if (is_up) {
        log_line(LogLevel::info, "%s of container %s is up again", target.url.c_str(),
                 target.container_id.c_str());
        return;
    }
    char status[32];
    snprintf(status, sizeof status, "it answered %d", scrape.answer.http_status);
    const bool is_answered = scrape.answer.status == Status::ok;
    const char* why = !is_answered                           ? fault_of(scrape.answer.status)
                      : scrape.answer.http_status != http_ok ? status
                                                             : "its answer has no sample";
    log_line(LogLevel::warning, "%s of container %s is down: %s", target.url.c_str(),
             target.container_id.c_str(), why);
}

void ScrapeTargets::put_figures(ScrapeIndex index, std::uint64_t now_ns) {
    if (schedule_.is_removed(index) || container_ == ScrapeSink::no_container) return;
    const ScrapeTarget& target = schedule_.target(index);
    const Figures& figures = figures_[index];
    char tags[4 + limits::scrape_url_bytes] = {'u', 'r', 'l', '\0'};
    std::memcpy(tags + 4, target.url.c_str(), target.url.size() + 1);
    const std::string_view tag_view(tags, 4 + target.url.size() + 1);
    const auto put = [&](std::string_view name, double value) {
        (void)sink_.put(sink_.context, container_, name, tag_view, value, group_of(index), now_ns);
    };
    put("up", figures.is_up ? 1 : 0);
    put("scrape_duration_seconds", figures.duration_s);
    put("scrape_samples_scraped", static_cast<double>(figures.samples));
    put("scrape_dropped", static_cast<double>(figures.dropped));
}

void ScrapeTargets::end_scrape(const Scrape& scrape, bool is_well) {
    fetcher_->release(scrape.fetch);
    --scrape_count_;
    if (scrape.is_suspect) --suspect_count_;
    schedule_.end(scrape.target, is_well, boottime_ns());
    start_due();
}

}  // namespace nma
