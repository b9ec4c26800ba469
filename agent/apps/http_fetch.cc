#include "agent/apps/http_fetch.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>

#include "platform/base/check.h"
#include "platform/linux/clock.h"
#include "platform/linux/event_descriptor.h"

namespace nma {

namespace {

// "100 Continue" may stand before an answer; each one more would add its headers to the heap.
constexpr std::uint32_t header_count_max = 2;

// What is received at most, for each byte of a body: the frames of chunks cost something, too.
constexpr std::size_t received_per_body_byte = 2;

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t millisecond_ns = 1'000'000;

std::uint64_t end_ns_of(const FetchSlot& slot) {
    return slot.started_ns + slot.timeout_ms * millisecond_ns;
}

// What goes wrong with other programs' servers is told by FetchResult.
void log_nothing(int, const char*) {}

event_base* new_base() {
    event_config* config = event_config_new();
    if (config == nullptr) return nullptr;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    event_base* const base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

Status status_of(evhttp_request_error error) {
    switch (error) {
        case EVREQ_HTTP_TIMEOUT:
            return Status::timeout;
        case EVREQ_HTTP_EOF:
            return Status::gone;
        case EVREQ_HTTP_INVALID_HEADER:
            return Status::malformed;
        case EVREQ_HTTP_DATA_TOO_LONG:
            return Status::truncated;
        case EVREQ_HTTP_BUFFER_ERROR:
        case EVREQ_HTTP_REQUEST_CANCEL:
            break;
    }
    return Status::io_error;
}

bool add_headers(const FetchSlot& slot, evhttp_request* request) {
    Authority authority;
    write_authority(slot.address.view(), slot.port, authority);
    evkeyvalq* const headers = evhttp_request_get_output_headers(request);
    const auto add = [headers](const char* name, const char* value) {
        return *value == '\0' || evhttp_add_header(headers, name, value) == 0;
    };
    return add("Host", authority.c_str()) && add("Connection", "close") &&
           add("User-Agent", "node-metrics-agent/" NMA_VERSION) &&
           add("Accept", slot.accept.c_str()) && add("Content-Type", slot.content_type.c_str()) &&
           add("Authorization", slot.authorization.c_str());
}

}  // namespace

bool HttpFetcher::start(EventLoop& loop) {
    event_set_log_callback(log_nothing);
    if (!open_all(loop)) {
        close_all();
        return false;
    }
    // Signals are the loop's thread's, and a closed connection must not end the program.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, limits::thread_stack_bytes);
    has_thread_ = pthread_create(&thread_, &attributes, run, this) == 0;
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (!has_thread_) close_all();
    return has_thread_;
}

bool HttpFetcher::open_all(EventLoop& loop) {
    is_stopping_.store(false, std::memory_order_relaxed);
    request_ = open_event();
    done_ = open_event();
    base_ = new_base();
    clock_ = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (request_ < 0 || done_ < 0 || clock_ < 0 || base_ == nullptr) return false;
    for (std::size_t i = 0; i < fetch_slot_count_all; ++i) {
        Exchange& exchange = exchanges_[i];
        exchange = {};
        exchange.fetcher = this;
        exchange.slot = &slots_[static_cast<FetchId>(i)];
        exchange.end_event = evtimer_new(base_, on_end, &exchange);
        if (exchange.end_event == nullptr) return false;
    }
    request_event_ = event_new(base_, request_, EV_READ | EV_PERSIST, on_request, this);
    clock_event_ = event_new(base_, clock_, EV_READ | EV_PERSIST, on_clock, this);
    return request_event_ != nullptr && event_add(request_event_, nullptr) == 0 &&
           clock_event_ != nullptr && event_add(clock_event_, nullptr) == 0 &&
           loop.watch(done_, EPOLLIN, {on_done, this}) == Status::ok;
}

void HttpFetcher::close_all() {
    for (Exchange& exchange : exchanges_) {
        if (exchange.end_event != nullptr) event_free(exchange.end_event);
        exchange.end_event = nullptr;
    }
    for (event** watched : {&request_event_, &clock_event_}) {
        if (*watched != nullptr) event_free(*watched);
        *watched = nullptr;
    }
    if (base_ != nullptr) event_base_free(base_);
    base_ = nullptr;
    for (int* descriptor : {&request_, &done_, &clock_}) {
        if (*descriptor >= 0) close(*descriptor);
        *descriptor = -1;
    }
}

void HttpFetcher::stop() {
    if (!has_thread_) return;
    is_stopping_.store(true, std::memory_order_release);
    signal_event(request_);
    pthread_join(thread_, nullptr);
    has_thread_ = false;
    slots_.release_all();
    close_all();
}

Status HttpFetcher::post(const FetchRequest& request, Done done, FetchId& id) {
    if (!has_thread_) return Status::io_error;
    const Status status = slots_.take(request, id);
    if (status != Status::ok) return status;
    FetchSlot& slot = slots_[id];
    slot.on_done = done.function;
    slot.context = done.context;
    slot.state.store(FetchSlot::State::posted, std::memory_order_release);
    signal_event(request_);
    return Status::ok;
}

void HttpFetcher::on_done(void* self, std::uint32_t) {
    HttpFetcher& fetcher = *static_cast<HttpFetcher*>(self);
    drain_event(fetcher.done_);
    for (FetchId id = 0; id < fetch_slot_count_all; ++id) {
        FetchSlot& slot = fetcher.slots_[id];
        const bool is_completed =
            slot.state.load(std::memory_order_acquire) == FetchSlot::State::completed;
        if (!is_completed || slot.is_announced) continue;
        slot.is_announced = true;
        slot.on_done(slot.context, id, slot.result());
    }
}

// The fetching thread
// ------------------------------------------------------------------------------

void* HttpFetcher::run(void* self) {
    HttpFetcher& fetcher = *static_cast<HttpFetcher*>(self);
    event_base_dispatch(fetcher.base_);
    for (Exchange& exchange : fetcher.exchanges_) {
        if (exchange.connection != nullptr) evhttp_connection_free(exchange.connection);
        exchange.connection = nullptr;
    }
    return nullptr;
}

void HttpFetcher::on_request(int, short, void* self) {
    HttpFetcher& fetcher = *static_cast<HttpFetcher*>(self);
    drain_event(fetcher.request_);
    if (fetcher.is_stopping_.load(std::memory_order_acquire)) {
        event_base_loopbreak(fetcher.base_);
        return;
    }
    for (Exchange& exchange : fetcher.exchanges_) {
        const bool is_posted =
            exchange.slot->state.load(std::memory_order_acquire) == FetchSlot::State::posted;
        if (is_posted && !exchange.is_running) fetcher.begin(exchange);
    }
}

void HttpFetcher::begin(Exchange& exchange) {
    exchange.received_bytes = 0;
    exchange.header_count = 0;
    exchange.is_over = false;
    exchange.is_running = true;
    exchange.slot->started_ns = boottime_ns();
    set_clock();
    if (!connect(exchange) || !send(exchange)) end(exchange, Status::io_error);
}

// The time limits are kept by a clock of our own: libevent takes them as a timeval, and on
// processors of 32 bits its package was built with a smaller one than ours.
void HttpFetcher::set_clock() {
    std::uint64_t due_ns = UINT64_MAX;
    for (const Exchange& exchange : exchanges_) {
        if (exchange.is_running && !exchange.is_over)
            due_ns = std::min(due_ns, end_ns_of(*exchange.slot));
    }
    if (due_ns == UINT64_MAX) return;  // it may go off once for nothing
    itimerspec times = {};
    times.it_value.tv_sec = static_cast<time_t>(due_ns / second_ns);
    times.it_value.tv_nsec = static_cast<long>(due_ns % second_ns);
    timerfd_settime(clock_, TFD_TIMER_ABSTIME, &times, nullptr);
}

void HttpFetcher::on_clock(int, short, void* self) {
    HttpFetcher& fetcher = *static_cast<HttpFetcher*>(self);
    drain_event(fetcher.clock_);
    const std::uint64_t now_ns = boottime_ns();
    for (Exchange& exchange : fetcher.exchanges_) {
        if (exchange.is_running && end_ns_of(*exchange.slot) <= now_ns)
            end(exchange, Status::timeout);
    }
    fetcher.set_clock();
}

// The library's own timeouts are for each read; they end after ours at the latest.
bool HttpFetcher::connect(Exchange& exchange) {
    const FetchSlot& slot = *exchange.slot;
    exchange.connection =
        evhttp_connection_base_new(base_, nullptr, slot.address.c_str(), slot.port);
    if (exchange.connection == nullptr) return false;
    evhttp_connection_set_timeout(exchange.connection,
                                  static_cast<int>(slot.timeout_ms / 1000) + 1);
    evhttp_connection_set_max_headers_size(exchange.connection, limits::fetch_header_bytes_max);
    evhttp_connection_set_max_body_size(exchange.connection,
                                        static_cast<ev_ssize_t>(slot.body_bytes_max));
    evbuffer* const input =
        bufferevent_get_input(evhttp_connection_get_bufferevent(exchange.connection));
    return evbuffer_add_cb(input, on_input, &exchange) != nullptr;
}

bool HttpFetcher::send(Exchange& exchange) {
    const FetchSlot& slot = *exchange.slot;
    evhttp_request* const request = evhttp_request_new(on_answer, &exchange);
    if (request == nullptr) return false;
    evhttp_request_set_error_cb(request, [](evhttp_request_error error, void* context) {
        end(*static_cast<Exchange*>(context), status_of(error));
    });
    evhttp_request_set_header_cb(request, on_headers);
    evhttp_request_set_chunked_cb(request, on_body);
    const bool is_post = slot.method == HttpMethod::post;
    evbuffer* const body = evhttp_request_get_output_buffer(request);
    const bool is_made =
        add_headers(slot, request) &&
        (!is_post || evbuffer_add(body, slot.request_body.c_str(), slot.request_body.size()) == 0);
    if (!is_made) {
        evhttp_request_free(request);
        return false;
    }
    // The connection owns the request from here on, whatever the result.
    return evhttp_make_request(exchange.connection, request,
                               is_post ? EVHTTP_REQ_POST : EVHTTP_REQ_GET, slot.path.c_str()) == 0;
}

// The library's callbacks come from deep inside it, where nothing may be freed. So all of them
// only leave a status, the first one counts, and on_end cleans up from the event loop.
void HttpFetcher::end(Exchange& exchange, Status status) {
    if (exchange.is_over) return;
    exchange.is_over = true;
    exchange.slot->status = status;
    event_active(exchange.end_event, EV_TIMEOUT, 0);
}

void HttpFetcher::on_input(evbuffer* input, const evbuffer_cb_info* change, void* context) {
    Exchange& exchange = *static_cast<Exchange*>(context);
    exchange.received_bytes += change->n_added;
    const std::size_t received_bytes_max =
        exchange.slot->body_bytes_max * received_per_body_byte + limits::fetch_header_bytes_max;
    if (evbuffer_get_length(input) > limits::fetch_unread_bytes_max ||
        exchange.received_bytes > received_bytes_max) {
        end(exchange, Status::truncated);
    }
}

int HttpFetcher::on_headers(evhttp_request*, void* context) {
    Exchange& exchange = *static_cast<Exchange*>(context);
    if (++exchange.header_count <= header_count_max) return 0;
    end(exchange, Status::malformed);
    return -1;
}

void HttpFetcher::on_body(evhttp_request* request, void* context) {
    Exchange& exchange = *static_cast<Exchange*>(context);
    evbuffer* const input = evhttp_request_get_input_buffer(request);
    while (!exchange.is_over && evbuffer_get_length(input) > 0) {
        const std::size_t count = evbuffer_get_contiguous_space(input);
        if (!exchange.slot->append_body(evbuffer_pullup(input, static_cast<ev_ssize_t>(count)),
                                        count)) {
            end(exchange, Status::truncated);
        }
        evbuffer_drain(input, count);
    }
}

void HttpFetcher::on_answer(evhttp_request* request, void* context) {
    Exchange& exchange = *static_cast<Exchange*>(context);
    const int http_status = request == nullptr ? 0 : evhttp_request_get_response_code(request);
    if (http_status <= 0) return end(exchange, Status::io_error);
    if (exchange.is_over) return;
    FetchSlot& slot = *exchange.slot;
    slot.http_status = http_status;
    const char* const type =
        evhttp_find_header(evhttp_request_get_input_headers(request), "Content-Type");
    if (type != nullptr && !slot.answer_type.assign(type)) slot.answer_type.clear();
    end(exchange, Status::ok);
}

void HttpFetcher::on_end(int, short, void* context) {
    Exchange& exchange = *static_cast<Exchange*>(context);
    if (exchange.connection != nullptr) evhttp_connection_free(exchange.connection);
    exchange.connection = nullptr;
    exchange.fetcher->complete(exchange);
}

// The slot is the other thread's once its state says so.
void HttpFetcher::complete(Exchange& exchange) {
    exchange.is_running = false;
    FetchSlot& slot = *exchange.slot;
    slot.duration_ns = boottime_ns() - slot.started_ns;
    slot.state.store(FetchSlot::State::completed, std::memory_order_release);
    signal_event(done_);
}

}  // namespace nma
