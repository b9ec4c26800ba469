#include "agent/apps/metadata.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "platform/linux/log.h"
#include "tests/support/log_capture.h"
#include "tests/support/mesos_bed.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::uint64_t s = 1'000'000'000;

// A client that keeps what it is told.
struct FakeClient {
    bool has_room = true;
    int begin_count = 0;
    int release_count = 0;
    FixedText<64> body;
    FixedText<64> authorization;
    MetadataRequest request;
};

struct Bed {
    Arena arena;
    Tree tree;
    Metadata metadata;
    FakeClient client;
    std::uint64_t now_ns;
};
Bed bed;

bool begin(void* self, const MetadataRequest& request) {
    auto& client = *static_cast<FakeClient*>(self);
    if (!client.has_room) return false;
    ++client.begin_count;
    client.request = request;
    return client.body.assign(request.body) && client.authorization.assign(request.authorization);
}

void release(void* self) {
    ++static_cast<FakeClient*>(self)->release_count;
}

void configure(std::string_view authorization_file = {}) {
    static MetadataOptions options;
    set_default_label_rules(options.state.labels);
    assert_true(options.state.node_address.assign("192.0.2.1"));
    assert_true(options.authorization_file.assign(authorization_file));
    bed.metadata.configure(options, {&bed.client, begin, release});
}

int make(void**) {
    set_log_level(LogLevel::error);
    bed = {};
    Arena measuring;
    bed.metadata.init(measuring, 16);
    if (!bed.arena.map(measuring.used_bytes())) return -1;
    bed.metadata.init(bed.arena, 16);
    tree_make(bed.tree);
    configure();
    bed.now_ns = 1000 * s;
    return 0;
}

int remove(void**) {
    bed.arena.unmap();
    tree_remove(bed.tree);
    return 0;
}

void note(const char* id) {
    if (bed.metadata.find(id) == nullptr) bed.metadata.note_unknown(id, bed.now_ns);
}

// Seconds go by, with a tick in each; true when a question went out.
bool wait(unsigned seconds, const char* id = nullptr) {
    const int before = bed.client.begin_count;
    for (unsigned i = 0; i < seconds; ++i) {
        bed.now_ns += s;
        if (id != nullptr) note(id);
        bed.metadata.tick(bed.now_ns);
    }
    return bed.client.begin_count > before;
}

void answer(std::string_view body, int http_status = 200) {
    const int before = bed.client.release_count;
    bed.metadata.on_answer({MetadataAnswer::Kind::answered, http_status, body, {}}, bed.now_ns);
    while (bed.metadata.work(bed.now_ns))
        assert_true(bed.metadata.is_working());
    assert_int_equal(bed.client.release_count, before + 1);
}

void fail(MetadataAnswer::Kind kind, std::string_view error) {
    bed.metadata.on_answer({kind, 0, {}, error}, bed.now_ns);
}

// What is logged while `act` goes on.
template <class Act>
const char* log_of(Act act) {
    set_log_level(LogLevel::warning);
    const char* const log = capture(act);
    set_log_level(LogLevel::error);
    return log;
}

const char* log_of_answer(std::string_view body, int http_status = 200) {
    return log_of([=] { answer(body, http_status); });
}

void nothing_is_asked_before_somebody_is_unknown(void**) {
    assert_false(wait(100));
    assert_true(bed.metadata.due_at_ns() == UINT64_MAX);
    assert_int_equal(bed.metadata.state(), MetadataState::never_asked);
    assert_null(bed.metadata.find("c-web"));
}

void an_unknown_container_is_asked_for_and_then_known(void**) {
    note("c-web");
    assert_true(bed.metadata.due_at_ns() <= bed.now_ns);
    bed.metadata.tick(bed.now_ns);
    assert_int_equal(bed.client.begin_count, 1);
    assert_string_equal(bed.client.body.c_str(), "{\"type\":\"GET_STATE\"}");
    assert_true(bed.client.request.path == "/api/v1");
    assert_true(bed.client.request.accept == "application/json");
    assert_true(bed.client.request.content_type == "application/json");
    assert_true(bed.client.authorization.empty());
    assert_int_equal(bed.client.request.answer_bytes_max, 16 << 20);
    assert_false(wait(3));
    answer(mesos_fixture("normal"));
    assert_int_equal(bed.metadata.state(), MetadataState::ok);
    assert_int_equal(bed.metadata.generation(), 1);
    assert_true(bed.metadata.answered_at_ns() == bed.now_ns);
    assert_non_null(bed.metadata.find("c-web"));
    assert_true(bed.metadata.find("c-web")->task_name == "web");
    assert_false(wait(1000, "c-web"));
}

void questions_are_five_seconds_apart(void**) {
    note("a");
    bed.metadata.tick(bed.now_ns);
    answer(mesos_fixture("empty"));
    assert_false(wait(4, "b"));
    assert_true(wait(1));
    answer(mesos_fixture("empty"));
    note("c");
    assert_true(bed.metadata.due_at_ns() == bed.now_ns + 5 * s);
}

// Who is noted while a question is out may be too new for its answer.
void a_container_that_came_meanwhile_is_asked_for_again(void**) {
    note("a");
    bed.metadata.tick(bed.now_ns);
    note("b");
    answer(mesos_fixture("empty"));
    assert_true(wait(5));
    answer(mesos_fixture("empty"));
    assert_false(wait(4));
}

// Of a container that Mesos does not know at all: 5 s, 10 s … 10 min.
void a_container_that_stays_unknown_is_asked_for_ever_more_rarely(void**) {
    int count = 0;
    for (int i = 0; i < 600; ++i) {
        if (wait(1, "dockers")) {
            ++count;
            answer(mesos_fixture("empty"));
        }
    }
    assert_in_range(count, 6, 9);
    for (int i = 0; i < 6000; ++i) {
        if (wait(1, "dockers")) {
            ++count;
            answer(mesos_fixture("empty"));
        }
    }
    assert_in_range(count, 16, 20);
}

void failures_are_asked_again_after_ever_longer_times(void**) {
    const unsigned seconds[] = {5, 10, 20, 40, 60, 60};
    note("c-web");
    bed.metadata.tick(bed.now_ns);
    for (const unsigned wanted : seconds) {
        assert_string_equal(
            log_of([] { fail(MetadataAnswer::Kind::unreachable, "connection refused"); }),
            wanted == 5 ? "warning: Mesos agent: unreachable: connection refused\n" : "");
        assert_false(wait(wanted - 1, "c-web"));
        assert_true(wait(1, "c-web"));
    }
    assert_int_equal(bed.metadata.state(), MetadataState::unreachable);
    answer(mesos_fixture("normal"));
    assert_int_equal(bed.metadata.state(), MetadataState::ok);
    note("new");
    assert_true(wait(5));
}

void each_failure_has_its_state_and_the_table_stays(void**) {
    note("c-web");
    bed.metadata.tick(bed.now_ns);
    answer(mesos_fixture("normal"));
    assert_true(wait(5, "x"));
    assert_string_equal(log_of_answer("<html>", 503),
                        "warning: Mesos agent: refused: HTTP status 503\n");
    assert_int_equal(bed.metadata.state(), MetadataState::refused);
    assert_true(wait(100, "x"));
    assert_non_null(strstr(log_of_answer("", 401), "refused: HTTP status 401: it wants a token"));
    assert_true(wait(100, "x"));
    assert_non_null(strstr(log_of_answer("{\"get_state\":{\"get_tasks\":"),
                           "malformed: it is cut short, or no JSON of GET_STATE\n"));
    assert_int_equal(bed.metadata.state(), MetadataState::malformed);
    assert_true(wait(100, "x"));
    answer("");
    assert_int_equal(bed.metadata.state(), MetadataState::malformed);
    assert_true(wait(100, "x"));
    assert_non_null(strstr(log_of([] { fail(MetadataAnswer::Kind::too_large, {}); }),
                           "too_large: the answer is larger than 16 MiB, or no HTTP\n"));
    assert_int_equal(bed.metadata.state(), MetadataState::too_large);
    assert_int_equal(bed.metadata.generation(), 1);
    assert_int_equal(bed.client.release_count, bed.client.begin_count);
    assert_non_null(bed.metadata.find("c-web"));
}

void answers_that_nobody_asked_for_are_ignored(void**) {
    fail(MetadataAnswer::Kind::unreachable, "x");
    bed.metadata.on_answer({MetadataAnswer::Kind::answered, 200, mesos_fixture("normal"), {}},
                           bed.now_ns);
    assert_false(bed.metadata.work(bed.now_ns));
    assert_int_equal(bed.metadata.state(), MetadataState::never_asked);
}

void a_client_without_room_is_asked_later(void**) {
    bed.client.has_room = false;
    note("a");
    bed.metadata.tick(bed.now_ns);
    assert_false(wait(4));
    bed.client.has_room = true;
    assert_true(wait(1));
}

void a_container_that_waits_for_an_address_is_asked_for_again(void**) {
    note("c-12");
    bed.metadata.tick(bed.now_ns);
    answer(mesos_fixture("bad_task_label"));
    assert_true(bed.metadata.find("c-12")->is_waiting);
    bed.metadata.note_unknown("c-12", bed.now_ns);
    assert_false(wait(4));
    bed.now_ns += 6 * s;
    bed.metadata.note_unknown("c-12", bed.now_ns);
    assert_true(wait(1));
}

// The view of what was before is good until the last slice.
void a_long_answer_is_taken_in_slices(void**) {
    static char memory[8 << 20];
    const std::string_view text = mesos_make_large(1000, memory, sizeof memory);
    note("c-1");
    bed.metadata.tick(bed.now_ns);
    bed.metadata.on_answer({MetadataAnswer::Kind::answered, 200, text, {}}, bed.now_ns);
    std::size_t slice_count = 1;
    while (bed.metadata.work(bed.now_ns)) {
        assert_null(bed.metadata.find("c-1"));
        ++slice_count;
    }
    assert_in_range(slice_count, text.size() / limits::mesos_step_bytes,
                    text.size() / limits::mesos_step_bytes + 4);
    assert_non_null(bed.metadata.find("c-1"));
}

#define STATE_OF(tasks) "{\"get_state\":{\"get_tasks\":{\"launched_tasks\":[" tasks "]}}}"

const char* log_of_next(std::string_view text) {
    assert_true(wait(100, "a"));
    return log_of_answer(text);
}

void what_an_answer_has_that_is_not_shown_is_logged_when_it_changes(void**) {
    assert_string_equal(log_of_next(STATE_OF("7,{}")),
                        "warning: Mesos agent: its answer has parts that are not shown: 2 tasks, "
                        "executors or frameworks that are not as Mesos writes them (is mesos.url a "
                        "Mesos agent's?)\n");
    assert_string_equal(log_of_next(STATE_OF("7,{}")), "");
    assert_string_equal(log_of_next(mesos_fixture("empty")), "");
    assert_non_null(strstr(log_of_next(STATE_OF("7")), "not shown: 1 tasks"));
    static char memory[2 << 20];
    assert_non_null(strstr(log_of_next(mesos_make_large(200, memory, sizeof memory)),
                           "entries without room (raise limits.containers)\n"));
    assert_non_null(strstr(log_of_next(mesos_fixture("shared")),
                           "not shown: 1 containers that tasks of several executors call theirs"));
}

const char* path_of(const char* name) {
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", bed.tree.path.c_str(), name);
    return path;
}

void the_header_comes_from_a_file_read_anew(void**) {
    tree_write(bed.tree, "token", " token=abc.def \n");
    configure(path_of("token"));
    note("a");
    bed.metadata.tick(bed.now_ns);
    assert_string_equal(bed.client.authorization.c_str(), "token=abc.def");
    answer(mesos_fixture("empty"));
    tree_write(bed.tree, "token", "Bearer new\n");
    assert_true(wait(5, "b"));
    assert_string_equal(bed.client.authorization.c_str(), "Bearer new");
}

void without_the_file_nothing_is_asked_until_it_is_there(void**) {
    configure(path_of("token"));
    note("a");
    assert_string_equal(log_of([] { bed.metadata.tick(bed.now_ns); }),
                        "warning: Mesos agent: no_authorization: the file for the header "
                        "Authorization is absent\n");
    assert_int_equal(bed.client.begin_count, 0);
    assert_int_equal(bed.metadata.state(), MetadataState::no_authorization);
    assert_int_equal(bed.client.release_count, 0);
    tree_write(bed.tree, "token", "token=x\n");
    assert_true(wait(5, "a"));
}

void files_that_are_no_header_are_refused(void**) {
    static AuthorizationText text;
    static char large[5000];
    memset(large, 'x', sizeof large);
    const char* path = path_of("token");
    tree_write(bed.tree, "token", "token=a\r\nX-Other: b\n");
    assert_int_equal(read_authorization_file(path, text), Status::malformed);
    tree_write(bed.tree, "token", " \n");
    assert_int_equal(read_authorization_file(path, text), Status::malformed);
    tree_write(bed.tree, "token", {"a\0b", 3});
    assert_int_equal(read_authorization_file(path, text), Status::malformed);
    tree_write(bed.tree, "token", {large, 4097});
    assert_int_equal(read_authorization_file(path, text), Status::truncated);
    tree_write(bed.tree, "token", {large, 4096});
    assert_int_equal(read_authorization_file(path, text), Status::ok);
    assert_int_equal(text.size(), 4096);
    assert_int_equal(read_authorization_file("/dev/null", text), Status::unsupported);
    assert_int_equal(read_authorization_file(bed.tree.path.c_str(), text), Status::unsupported);
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_int_equal(read_authorization_file(path_of("pipe"), text), Status::unsupported);
    assert_true(text.empty());
}

void every_state_has_a_name(void**) {
    assert_string_equal(metadata_state_name(MetadataState::never_asked), "never_asked");
    assert_string_equal(metadata_state_name(MetadataState::no_authorization), "no_authorization");
}

// 16 containers have 32 notes; 1,000 that are unknown must not end the questions, nor break them.
void more_unknown_containers_than_notes_are_asked_for(void**) {
    int count = 0;
    for (int round = 0; round < 60; ++round) {
        for (int i = 0; i < 1000; ++i) {
            char id[32];
            snprintf(id, sizeof id, "unknown-%d", i);
            note(id);
        }
        if (wait(10)) {
            ++count;
            answer(mesos_fixture("empty"));
        }
    }
    assert_in_range(count, 50, 60);
}

}  // namespace

int main() {
#define IN_BED(test) cmocka_unit_test_setup_teardown(test, make, remove)
    const CMUnitTest tests[] = {
        IN_BED(nothing_is_asked_before_somebody_is_unknown),
        IN_BED(an_unknown_container_is_asked_for_and_then_known),
        IN_BED(questions_are_five_seconds_apart),
        IN_BED(a_container_that_came_meanwhile_is_asked_for_again),
        IN_BED(a_container_that_stays_unknown_is_asked_for_ever_more_rarely),
        IN_BED(failures_are_asked_again_after_ever_longer_times),
        IN_BED(each_failure_has_its_state_and_the_table_stays),
        IN_BED(answers_that_nobody_asked_for_are_ignored),
        IN_BED(a_client_without_room_is_asked_later),
        IN_BED(a_container_that_waits_for_an_address_is_asked_for_again),
        IN_BED(a_long_answer_is_taken_in_slices),
        IN_BED(what_an_answer_has_that_is_not_shown_is_logged_when_it_changes),
        IN_BED(the_header_comes_from_a_file_read_anew),
        IN_BED(without_the_file_nothing_is_asked_until_it_is_there),
        IN_BED(files_that_are_no_header_are_refused),
        IN_BED(every_state_has_a_name),
        IN_BED(more_unknown_containers_than_notes_are_asked_for),
    };
    return cmocka_run_group_tests_name("metadata", tests, nullptr, nullptr);
}
