// Registrations are collected and answered without the heap, but for what the library takes.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <iterator>

#include "tests/alloc/counting_malloc.h"
#include "tests/support/command_bed.h"
#include "tests/support/http_client.h"
#include "tests/support/server_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr int round_count = 200;

int ask_in_two_pieces(const std::string& request) {
    const int client = http_connect(server_address(on_unix));
    const std::size_t half = request.size() - 3;
    http_send(client, std::string_view(request).substr(0, half));
    usleep(100);
    http_send(client, std::string_view(request).substr(half));
    const int status = http_status(http_receive_all(client));
    close(client);
    return status;
}

void answering_registrations_takes_nothing_from_the_heap(void**) {
    assert_true(find_library());
    exempt_this_thread();
    const struct {
        std::string request;
        int status;
    } cases[] = {
        {last(post("{\"container_id\": \"a\"}")), 201},
        {last(post(std::string(limits::command_body_bytes_max, 'x'))), 201},
        {post(std::string(limits::command_body_bytes_max + 1, 'x')), 413},
        {last(post("", "", "/container/known")), 303},
        {"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 200},
        {"GET /v0/node HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404},
    };
    // The C library reads the time zone for the first answer's date.
    assert_int_equal(ask_in_two_pieces(cases[0].request), cases[0].status);
    start_counting();
    int good_count = 0;
    for (int i = 0; i < round_count; ++i) {
        for (const auto& question : cases)
            good_count += ask_in_two_pieces(question.request) == question.status ? 1 : 0;
    }
    const AllocationCounts counts = stop_counting();
    printf("# %d answers; allocations: %llu ours, %llu libmicrohttpd's\n", good_count,
           static_cast<unsigned long long>(counts.ours),
           static_cast<unsigned long long>(counts.library));
    Dl_info caller = {};
    if (dladdr(counts.first_ours, &caller) != 0)
        printf("# first by %s in %s\n", caller.dli_sname, caller.dli_fname);
    assert_int_equal(good_count, round_count * std::size(cases));
    assert_int_equal(counts.ours, 0);
    assert_true(counts.library > 0);  // or else the counting does not work
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        answering_registrations_takes_nothing_from_the_heap, command_bed_start, command_bed_stop)};
    return cmocka_run_group_tests_name("no_heap_commands", tests, command_bed_make, nullptr);
}
