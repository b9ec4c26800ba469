#include "api/accept.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

struct Case {
    const char* first;
    const char* second;  // another header line, or null
    bool is_accepted;
};

constexpr Case cases[] = {
    {"application/json", nullptr, true},
    {"application/*", nullptr, true},
    {"*/*", nullptr, true},
    {"APPLICATION/Json", nullptr, true},
    {" application/json ; charset=utf-8 ", nullptr, true},
    {"text/html, application/json", nullptr, true},
    {"text/html,application/xhtml+xml,*/*;q=0.8", nullptr, true},
    {"application/json;q=0.001", nullptr, true},
    {"application/json; Q=1.000", nullptr, true},
    {"text/html", "application/json", true},
    {"application/json;q=0, application/json", nullptr, true},
    {"*/*;q=0, application/json", nullptr, true},
    {"application/json, */*;q=0", nullptr, true},
    {"application/*;q=0, application/json;q=0.5", nullptr, true},
    {",,application/json,,", nullptr, true},
    {"text/html", nullptr, false},
    {"", nullptr, false},
    {"application/json;q=0", nullptr, false},
    {"application/json;q=0.", nullptr, false},
    {"application/json ; q=0.000", nullptr, false},
    {"*/*, application/json;q=0", nullptr, false},
    {"application/json;q=0, */*", nullptr, false},
    {"application/*;q=0, */*", nullptr, false},
    {"*/*;q=0", nullptr, false},
    {"*/*", "application/json;q=0", false},
    {"application/jsonx", nullptr, false},
    {"xapplication/json", nullptr, false},
    {"application/ json", nullptr, false},
    {"application/json/", nullptr, false},
    {"*/json", nullptr, false},
    {"*", nullptr, false},
    {";q=1", nullptr, false},
    {"text/html;application/json", nullptr, false},
};

void most_specific_range_decides(void**) {
    for (const Case& row : cases) {
        AcceptJudge judge;
        judge.add(row.first);
        if (row.second != nullptr) judge.add(row.second);
        if (judge.accepts_json(true) != row.is_accepted) print_error("wrong: %s\n", row.first);
        assert_int_equal(judge.accepts_json(true), row.is_accepted);
        assert_int_equal(judge.accepts_json(false), row.is_accepted);
    }
}

void missing_header_is_a_setting(void**) {
    const AcceptJudge judge;
    assert_true(judge.accepts_json(true));
    assert_false(judge.accepts_json(false));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(most_specific_range_decides),
        cmocka_unit_test(missing_header_is_a_setting),
    };
    return cmocka_run_group_tests_name("accept", tests, nullptr, nullptr);
}
