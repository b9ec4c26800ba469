#include "api/auth/acl_table.h"

#include <cstdio>

#include "platform/limits.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::size_t arena_bytes = 4 * limits::acl_json_bytes;

Arena arena;
AclTable table;
AuthError error;

// Large texts, made by tests.
char large[limits::acl_text_bytes];

int make_table(void**) {
    if (!arena.map(arena_bytes)) return -1;
    table.init(arena);
    error.clear();
    return 0;
}

int remove_table(void**) {
    arena.unmap();
    table = AclTable{};
    return 0;
}

const char* read(std::string_view text) {
    return status_name(table.read("acl.json", text, error));
}

bool may(std::string_view uid, std::string_view route = "node", std::string_view id = {}) {
    const Identity identity = {.uid = uid};
    return table.allows({identity, Permission::agent, route, id});
}

void a_table_of_nothing_allows_nobody(void**) {
    assert_false(may("root"));
    assert_string_equal(read("{}"), "ok");
    assert_false(may("root"));
    assert_false(may("*"));
}

void a_uid_may_what_its_list_says(void**) {
    assert_string_equal(read("{\"zoe\": [\"dcos:superuser\"], \"al\": [\"dcos:mesos:x\", "
                             "\"dcos:adminrouter:system:agent\"], \"bob\": [], "
                             "\"side\": [\"node-metrics-agent:container:web\"]}"),
                        "ok");
    assert_int_equal(table.uid_count(), 4);
    assert_true(may("zoe"));
    assert_true(may("al"));
    assert_false(may("bob"));
    assert_false(may("side"));
    assert_true(may("side", "container", "web"));
    assert_false(may("side", "container", "web2"));
    for (const std::string_view other : {"", "a", "all", "AL", "zo", "zoe ", "*", "Zoe"})
        assert_false(may(other));
}

void everybody_may_what_the_star_says_besides_their_own(void**) {
    assert_string_equal(read("{\"*\": [\"node-metrics-agent:route:ping\"], \"al\": "
                             "[\"node-metrics-agent:route:node\"]}"),
                        "ok");
    assert_true(may("al", "ping") && may("al", "node"));
    assert_true(may("whoever", "ping"));
    assert_false(may("whoever", "node"));
}

void uids_are_compared_as_they_are(void**) {
    assert_string_equal(read("{\"caf\\u00e9\": [\"*\"], \"a\\\"b\": [\"*\"], \"c d\": [\"*\"]}"),
                        "ok");
    assert_true(may("caf\xc3\xa9") && may("a\"b") && may("c d"));
    assert_false(may("cafe\xcc\x81"));
}

struct Fault {
    std::string_view text;
    const char* error;
};

constexpr Fault faults[] = {
    {"",
     "acl.json:1: it is not valid JSON here (a comma, a bracket or a quote too many or too "
     "few?)"},
    {"{\n\"al\": [\"*\"],\n}",
     "acl.json:3: it is not valid JSON here (a comma, a bracket or a quote "
     "too many or too few?)"},
    {"{\n\"al\": [\"*\"]\n}\n}",
     "acl.json:4: it is not valid JSON here (a comma, a bracket or a "
     "quote too many or too few?)"},
    {"[]", "acl.json: it must be one JSON object: {\"uid\": [\"permission\"]}"},
    {"null", "acl.json: it must be one JSON object: {\"uid\": [\"permission\"]}"},
    {"{\"\": []}", "acl.json: a uid is empty or has control characters: no token has such one"},
    {"{\"a\\n\": []}", "acl.json: a uid is empty or has control characters: no token has such one"},
    {"{\"al\": \"*\"}",
     "acl.json: the permissions of \"al\": they must be a list of strings: [\"permission\"]"},
    {"{\"al\": {\"b\": []}}",
     "acl.json: the permissions of \"al\": they must be a list of strings: [\"permission\"]"},
    {"{\"al\": [1]}",
     "acl.json: the permissions of \"al\": each must be a string that is not empty"},
    {"{\"al\": [\"\"]}",
     "acl.json: the permissions of \"al\": each must be a string that is not empty"},
    {"{\"al\": [\"*\"], \"bo\": [], \"al\": []}",
     "acl.json: the permissions of \"al\": they are there twice: write all of them into one list"},
    {"{\"al\": [\"dcos:*:agent\"]}",
     "acl.json: the permissions of \"al\": \"dcos:*:agent\" has a * that is not its last segment: "
     "write * alone, or something like dcos:adminrouter:*"},
    {"{\"al\": [\"node-metrics-agent:route:nodes\"]}",
     "acl.json: the permissions of \"al\": \"node-metrics-agent:route:nodes\" names no route: use "
     "index, ping, node, containers, container, app or app_metric"},
};

void what_is_no_acl_is_refused_with_place_and_cure_and_allows_nobody(void**) {
    for (const Fault& fault : faults) {
        error.clear();
        assert_string_equal(read("{\"al\": [\"*\"]}"), "ok");
        assert_string_equal(read(fault.text), "malformed");
        assert_string_equal(error.c_str(), fault.error);
        assert_false(may("al"));
    }
}

void every_prefix_of_an_acl_is_refused(void**) {
    constexpr std::string_view text = "{\"al\": [\"dcos:superuser\", \"*\"], \"b\": []}";
    for (std::size_t size = 0; size < text.size(); ++size) {
        assert_string_equal(read(text.substr(0, size)), "malformed");
        assert_false(may("al"));
    }
    assert_string_equal(read(text), "ok");
}

void a_nul_does_not_cut_a_uid_short(void**) {
    assert_string_equal(read("{\"al\\u0000x\": [\"*\"]}"), "malformed");
    assert_string_equal(read({"{\"al\0x\": [\"*\"]}", 15}), "malformed");
    assert_false(may("al"));
}

std::size_t write_uids(std::size_t count, const char* permissions) {
    std::size_t used = static_cast<std::size_t>(snprintf(large, sizeof large, "{"));
    for (std::size_t i = 0; i < count; ++i) {
        // Backwards, so that sorting has to do something.
        used += static_cast<std::size_t>(snprintf(large + used, sizeof large - used,
                                                  "%s\"u%05zu\":[%s]", i == 0 ? "" : ",", count - i,
                                                  permissions));
    }
    used += static_cast<std::size_t>(snprintf(large + used, sizeof large - used, "}"));
    assert_true(used < sizeof large);
    return used;
}

void as_many_uids_as_limits_allow_are_found_each(void**) {
    const std::size_t used =
        write_uids(limits::acl_uid_count_max,
                   "\"node-metrics-agent:container:0123456789abcdef0123456789abcdef0123456789abcdef"
                   "0123456789abcdef\"");
    assert_string_equal(read({large, used}), "ok");
    char uid[16];
    for (std::size_t i = 1; i <= limits::acl_uid_count_max; ++i) {
        snprintf(uid, sizeof uid, "u%05zu", i);
        assert_true(may(uid, "container",
                        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
    }
    assert_false(may("u00000", "container", "x"));
}

void more_than_limits_allow_is_refused(void**) {
    assert_string_equal(read({large, write_uids(limits::acl_uid_count_max + 1, "")}), "full");
    assert_string_equal(error.c_str(),
                        "acl.json: it has more than 1024 uids or 4096 permissions: use wildcards, "
                        "or \"*\" for what everybody may");
    assert_string_equal(read({large, write_uids(820, "\"*\",\"a\",\"b\",\"c\",\"*\"")}), "full");
    assert_int_equal(table.uid_count(), 0);
    assert_false(may("u00001"));
    assert_string_equal(read({large, write_uids(819, "\"*\",\"a\",\"b\",\"c\",\"*\"")}), "ok");
}

void long_texts_do_not_cut_off_the_cure(void**) {
    std::size_t used = static_cast<std::size_t>(snprintf(large, sizeof large, "{\""));
    for (int i = 0; i < 3000; ++i)
        large[used++] = 'u';
    used += static_cast<std::size_t>(snprintf(large + used, sizeof large - used, "\":[\""));
    for (int i = 0; i < 3000; ++i)
        large[used++] = '*';
    used += static_cast<std::size_t>(snprintf(large + used, sizeof large - used, "\"]}"));
    assert_string_equal(read({large, used}), "malformed");
    assert_true(error.view().ends_with("write * alone, or something like dcos:adminrouter:*"));
}

}  // namespace

#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, make_table, remove_table)

int main() {
    const CMUnitTest tests[] = {
        WITH_TABLE(a_table_of_nothing_allows_nobody),
        WITH_TABLE(a_uid_may_what_its_list_says),
        WITH_TABLE(everybody_may_what_the_star_says_besides_their_own),
        WITH_TABLE(uids_are_compared_as_they_are),
        WITH_TABLE(what_is_no_acl_is_refused_with_place_and_cure_and_allows_nobody),
        WITH_TABLE(every_prefix_of_an_acl_is_refused),
        WITH_TABLE(a_nul_does_not_cut_a_uid_short),
        WITH_TABLE(as_many_uids_as_limits_allow_are_found_each),
        WITH_TABLE(more_than_limits_allow_is_refused),
        WITH_TABLE(long_texts_do_not_cut_off_the_cure),
    };
    return cmocka_run_group_tests_name("acl_table", tests, nullptr, nullptr);
}
