// threaded
#include "agent/apps/http_fetch.h"

#include <event2/event.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

#include "platform/linux/clock.h"
#include "tests/support/odd_server.h"
#include "tests/support/open_descriptors.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Arena arena;
EventLoop loop;
HttpFetcher fetcher;
std::uint16_t port;
int guard = -1;  // ends a test that hangs
std::string text;

// The last result that came, its texts copied, and how many came.
FetchResult last;
std::string last_type;
std::string last_body;
int result_count;
int wanted_count;

// What libevent holds of the heap, and the most that it held.
std::atomic<std::size_t> live_bytes;
std::atomic<std::size_t> peak_bytes;

void* note_taken(void* memory) {
    live_bytes += malloc_usable_size(memory);
    if (live_bytes > peak_bytes) peak_bytes = live_bytes.load();
    return memory;
}

void* counted_malloc(std::size_t bytes) {
    return note_taken(malloc(bytes));
}

void* counted_realloc(void* memory, std::size_t bytes) {
    live_bytes -= malloc_usable_size(memory);
    return note_taken(realloc(memory, bytes));
}

void counted_free(void* memory) {
    live_bytes -= malloc_usable_size(memory);
    free(memory);
}

void abort_test(void*, std::uint32_t) {
    std::abort();
}

void take_result(void*, FetchId id, const FetchResult& result) {
    last = result;
    last_type = result.content_type;
    last_body = result.body;
    fetcher.release(id);
    if (++result_count == wanted_count) loop.stop();
}

int start(void**) {
    port = odd_server_start();
    Arena measuring;
    static HttpFetcher measured;
    measured.init(measuring);
    const itimerspec time = {{0, 0}, {60, 0}};
    guard = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    const bool is_ready = arena.map(measuring.used_bytes()) && loop.open() == Status::ok &&
                          timerfd_settime(guard, 0, &time, nullptr) == 0 &&
                          loop.watch(guard, EPOLLIN, {abort_test, nullptr}) == Status::ok;
    fetcher.init(arena);
    text = "x 1\ny 2\n";
    odd_server_say(text);
    result_count = 0;
    return is_ready && fetcher.start(loop) ? 0 : -1;
}

int stop(void**) {
    fetcher.stop();
    loop.close();
    close(guard);
    arena.unmap();
    odd_server_stop();
    return 0;
}

Status post(const char* path, std::uint32_t timeout_ms, std::size_t body_bytes_max,
            std::uint16_t to_port = 0) {
    FetchRequest request;
    request.host = "127.0.0.1";
    request.port = to_port != 0 ? to_port : port;
    request.path = path;
    request.accept = "text/plain";
    request.timeout_ms = timeout_ms;
    request.body_bytes_max = body_bytes_max;
    FetchId id = no_fetch;
    return fetcher.post(request, {take_result, nullptr}, id);
}

void wait_for(int count) {
    wanted_count = result_count + count;
    loop.run();
}

Status fetch(const char* path, std::uint32_t timeout_ms = 5000,
             std::size_t body_bytes_max = 1 << 20) {
    if (post(path, timeout_ms, body_bytes_max) != Status::ok) return Status::unsupported;
    wait_for(1);
    return last.status;
}

void a_good_answer_comes_whole(void**) {
    for (const char* path : {"/ok", "/chunked", "/until-close"}) {
        assert_int_equal(fetch(path), Status::ok);
        assert_int_equal(last.http_status, 200);
        assert_string_equal(last_body.c_str(), text.c_str());
        assert_true(last.duration_ns > 0);
    }
    assert_int_equal(fetch("/ok"), Status::ok);
    assert_string_equal(last_type.c_str(), "text/plain; version=0.0.4");
    assert_int_equal(fetch("/bare"), Status::ok);
    assert_string_equal(last_type.c_str(), "");
    assert_int_equal(fetch("/empty"), Status::ok);
    assert_int_equal(last_body.size(), 0);
}

void a_request_has_what_servers_need(void**) {
    assert_int_equal(fetch("/echo"), Status::ok);
    char expected[512];
    snprintf(expected, sizeof expected,
             "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n"
             "User-Agent: node-metrics-agent/" NMA_VERSION "\r\nAccept: text/plain\r\n\r\n",
             port);
    assert_string_equal(last_body.c_str(), expected);
}

void a_post_sends_its_body(void**) {
    FetchRequest request;
    request.method = HttpMethod::post;
    request.host = "localhost";
    request.port = port;
    request.path = "/echo";
    request.accept = "application/json";
    request.content_type = "application/json";
    request.body = "{\"type\":\"GET_STATE\"}";
    request.timeout_ms = 5000;
    request.body_bytes_max = limits::fetch_large_body_bytes;
    FetchId id = no_fetch;
    assert_int_equal(fetcher.post(request, {take_result, nullptr}, id), Status::ok);
    assert_int_equal(id, limits::fetch_slot_count);
    wait_for(1);
    assert_int_equal(last.status, Status::ok);
    assert_true(last_body.starts_with("POST /echo HTTP/1.1\r\n"));
    assert_non_null(strstr(last_body.c_str(), "\r\nContent-Length: 20\r\n"));
    assert_non_null(strstr(last_body.c_str(), "\r\nContent-Type: application/json\r\n"));
    assert_true(last_body.ends_with("\r\n\r\n{\"type\":\"GET_STATE\"}"));
}

void other_statuses_are_told_and_redirects_not_followed(void**) {
    assert_int_equal(fetch("/status/302"), Status::ok);
    assert_int_equal(last.http_status, 302);
    assert_int_equal(fetch("/status/404"), Status::ok);
    assert_int_equal(last.http_status, 404);
    assert_string_equal(last_body.c_str(), "no");
    assert_int_equal(fetch("/status/204"), Status::ok);
    assert_int_equal(odd_server_count(), 3);
}

void a_body_may_be_as_large_as_said_and_no_larger(void**) {
    text.assign(1'000'000, 'b');
    odd_server_say(text);
    for (const char* path : {"/ok", "/until-close"}) {
        assert_int_equal(fetch(path, 5000, 1'000'000), Status::ok);
        assert_true(last_body == text);
        assert_int_equal(fetch(path, 5000, 999'999), Status::truncated);
        assert_int_equal(last_body.size(), 0);
    }
    text.resize(100'000);
    odd_server_say(text);
    assert_int_equal(fetch("/chunked", 5000, 200'000), Status::ok);
    assert_true(last_body == text);
    assert_int_equal(fetch("/chunked", 5000, 99'999), Status::truncated);
}

void the_large_slot_takes_16_mib(void**) {
    text.assign(limits::fetch_large_body_bytes, 'l');
    odd_server_say(text);
    assert_int_equal(fetch("/ok", 20'000, limits::fetch_large_body_bytes), Status::ok);
    assert_true(last_body == text);
}

void what_a_server_does_wrong_has_a_status(void**) {
    assert_int_equal(fetch("/early"), Status::gone);
    assert_int_equal(fetch("/early-chunk"), Status::gone);
    assert_int_equal(fetch("/close"), Status::gone);
    assert_int_equal(fetch("/garbage"), Status::malformed);
    assert_int_equal(fetch("/headers"), Status::malformed);
    // Which of its limits is met first depends on how fast it sends.
    const Status endless = fetch("/continue");
    assert_true(endless == Status::malformed || endless == Status::truncated);
    assert_int_equal(fetch("/bad-chunk"), Status::truncated);
    assert_int_equal(fetch("/huge"), Status::truncated);
    assert_int_equal(fetch("/flood"), Status::truncated);
    assert_int_equal(fetch("/line", 5000, limits::fetch_body_bytes), Status::truncated);
    assert_int_equal(fetch("/big-chunk", 5000, limits::fetch_body_bytes), Status::truncated);
    assert_int_equal(fetch("/ok"), Status::ok);  // and nothing is left of all that
    assert_string_equal(last_body.c_str(), text.c_str());
}

void no_answer_in_time_is_a_timeout(void**) {
    for (const char* path : {"/silent", "/trickle"}) {
        const std::uint64_t began_ns = boottime_ns();
        assert_int_equal(fetch(path, 200), Status::timeout);
        const std::uint64_t took_ms = (boottime_ns() - began_ns) / 1'000'000;
        assert_in_range(took_ms, 190, 2000);
        assert_in_range(last.duration_ns / 1'000'000, 190, 2000);
    }
}

void a_port_that_nobody_listens_on_is_an_error(void**) {
    assert_int_equal(post("/ok", 5000, 1000, unused_port()), Status::ok);
    wait_for(1);
    assert_int_equal(last.status, Status::io_error);
    assert_int_equal(last.http_status, 0);
}

void requests_that_cannot_be_sent_are_refused(void**) {
    assert_int_equal(post("/ok\r\nX: y", 1000, 1000), Status::malformed);
    assert_int_equal(post("ok", 1000, 1000), Status::malformed);
    assert_int_equal(post("/a b", 1000, 1000), Status::malformed);
    assert_int_equal(post("/ok", 1000, limits::fetch_large_body_bytes + 1), Status::malformed);
    text.assign(limits::fetch_path_bytes, '/');
    assert_int_equal(post(text.c_str(), 1000, 1000), Status::malformed);
    FetchRequest request;
    request.host = "example.com";
    request.port = 80;
    request.path = "/";
    FetchId id = no_fetch;
    assert_int_equal(fetcher.post(request, {take_result, nullptr}, id), Status::malformed);
    assert_int_equal(odd_server_count(), 0);
}

void a_hanging_server_holds_up_no_other(void**) {
    for (std::size_t i = 0; i + 1 < limits::fetch_slot_count; ++i)
        assert_int_equal(post("/silent", 2000, 1000), Status::ok);
    const std::uint64_t began_ns = boottime_ns();
    assert_int_equal(fetch("/ok"), Status::ok);
    assert_in_range((boottime_ns() - began_ns) / 1'000'000, 0, 1900);
    assert_int_equal(post("/silent", 1000, 1000), Status::ok);
    assert_int_equal(post("/ok", 1000, 1000), Status::full);
    assert_int_equal(post("/ok", 1000, limits::fetch_large_body_bytes), Status::ok);
    wait_for(2);
    assert_int_equal(last.status, Status::timeout);
    assert_int_equal(fetch("/ok"), Status::ok);  // in the slot that became free
}

void stop_breaks_off_what_is_under_way(void**) {
    assert_int_equal(post("/silent", 60'000, 1000), Status::ok);
    assert_int_equal(post("/flood", 60'000, limits::fetch_body_bytes), Status::ok);
    for (int i = 0; i < 200 && odd_server_count() < 2; ++i)
        usleep(10'000);
    assert_int_equal(odd_server_count(), 2);
    fetcher.stop();
    assert_int_equal(post("/ok", 1000, 1000), Status::io_error);
    assert_int_equal(result_count, 0);
}

// Resident pages of the arena.
std::size_t touched_bytes() {
    static unsigned char pages[16384];
    std::size_t count = 0;
    char* const base = static_cast<char*>(arena.take_bytes("probe", 0));
    char* const start = base - arena.used_bytes();
    if (mincore(start, arena.used_bytes(), pages) != 0) std::abort();
    for (std::size_t i = 0; i < (arena.used_bytes() + 4095) / 4096; ++i)
        count += pages[i] & 1U;
    return count * 4096;
}

void a_large_body_does_not_stay_in_memory(void**) {
    text.assign(limits::fetch_body_bytes, 'b');
    odd_server_say(text);
    assert_int_equal(fetch("/ok", 5000, limits::fetch_body_bytes), Status::ok);
    assert_true(last_body == text);
    const std::size_t requests_bytes = fetch_slot_count_all * sizeof(FetchSlot);
    // Either end of both may lie inside of a page.
    assert_true(touched_bytes() <= limits::fetch_kept_bytes + requests_bytes + 4 * 4096);
}

void a_thousand_fetches_leave_nothing_behind(void**) {
    static constexpr const char* paths[] = {"/ok",    "/chunked",     "/until-close", "/status/500",
                                            "/early", "/early-chunk", "/garbage",     "/close",
                                            "/huge",  "/bad-chunk"};
    const auto fetch_all = [](int rounds) {
        for (int round = 0; round < rounds; ++round) {
            for (const char* path : paths)
                (void)fetch(path, 5000, 10'000);
        }
    };
    print_message("# libevent at rest: %zu bytes\n", live_bytes.load());
    fetch_all(10);
    const std::size_t descriptors_before = open_descriptor_count();
    const std::size_t heap_before = live_bytes;
    fetch_all(100);
    const std::size_t heap_after = live_bytes;
    assert_int_equal(result_count, 1100);
    // The server's threads end a little later than their connections.
    for (int i = 0; i < 100 && open_descriptor_count() > descriptors_before; ++i)
        usleep(10'000);
    assert_true(open_descriptor_count() <= descriptors_before);
    // What the last connection had may go a moment later.
    assert_in_range(heap_before, 1, 64 * 1024);
    assert_in_range(heap_after, 1, heap_before + 16 * 1024);
}

void the_heap_of_the_library_is_bounded_whatever_a_server_sends(void**) {
    text.assign(limits::fetch_body_bytes, 'b');
    const std::size_t at_rest = live_bytes;
    odd_server_say(text);
    for (const char* path : {"/ok", "/until-close", "/flood", "/headers", "/line", "/big-chunk",
                             "/continue", "/huge"}) {
        peak_bytes = live_bytes.load();  // what the last connection had may go a moment later
        (void)fetch(path, 5000, limits::fetch_body_bytes);
        print_message("# %s: %zu bytes at most\n", path, peak_bytes - at_rest);
        assert_in_range(peak_bytes - at_rest, 1, limits::fetch_unread_bytes_max * 3 / 2);
    }
}

void random_answers_end_with_a_status(void**) {
    srandom(1);
    for (int i = 0; i < 500; ++i)
        assert_true(fetch("/random", 300) != Status::unsupported);
    assert_int_equal(fetch("/ok"), Status::ok);
}

}  // namespace

int main() {
    event_set_mem_functions(counted_malloc, counted_realloc, counted_free);
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_good_answer_comes_whole, start, stop),
        cmocka_unit_test_setup_teardown(a_request_has_what_servers_need, start, stop),
        cmocka_unit_test_setup_teardown(a_post_sends_its_body, start, stop),
        cmocka_unit_test_setup_teardown(other_statuses_are_told_and_redirects_not_followed, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_body_may_be_as_large_as_said_and_no_larger, start, stop),
        cmocka_unit_test_setup_teardown(the_large_slot_takes_16_mib, start, stop),
        cmocka_unit_test_setup_teardown(what_a_server_does_wrong_has_a_status, start, stop),
        cmocka_unit_test_setup_teardown(no_answer_in_time_is_a_timeout, start, stop),
        cmocka_unit_test_setup_teardown(a_port_that_nobody_listens_on_is_an_error, start, stop),
        cmocka_unit_test_setup_teardown(requests_that_cannot_be_sent_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(a_hanging_server_holds_up_no_other, start, stop),
        cmocka_unit_test_setup_teardown(stop_breaks_off_what_is_under_way, start, stop),
        cmocka_unit_test_setup_teardown(a_large_body_does_not_stay_in_memory, start, stop),
        cmocka_unit_test_setup_teardown(a_thousand_fetches_leave_nothing_behind, start, stop),
        cmocka_unit_test_setup_teardown(the_heap_of_the_library_is_bounded_whatever_a_server_sends,
                                        start, stop),
        cmocka_unit_test_setup_teardown(random_answers_end_with_a_status, start, stop),
    };
    return cmocka_run_group_tests_name("http_fetch", tests, nullptr, nullptr);
}
