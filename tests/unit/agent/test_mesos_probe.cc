#include "agent/mesos_probe.h"

#include "agent/apps/fetch_slots.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;

FetchResult answered(int http_status, std::string_view body) {
    FetchResult result;
    result.http_status = http_status;
    result.body = body;
    return result;
}

FetchResult failed(Status status) {
    FetchResult result;
    result.status = status;
    return result;
}

void a_state_is_what_is_wanted(void**) {
    const auto state = answered(200, R"({"type":"GET_STATE","get_state":{}})");
    assert_true(judge_mesos_answer(state) == MesosProbe::ok);
}

void what_is_said_of_who_asks_is_a_refusal(void**) {
    for (const int status : {401, 403})
        assert_true(judge_mesos_answer(answered(status, "")) == MesosProbe::refused);
}

void nobody_there_and_no_answer_are_told_apart(void**) {
    assert_true(judge_mesos_answer(failed(Status::io_error)) == MesosProbe::unreachable);
    assert_true(judge_mesos_answer(failed(Status::timeout)) == MesosProbe::no_answer);
}

void all_else_is_no_state(void**) {
    for (const Status status : {Status::gone, Status::malformed, Status::truncated})
        assert_true(judge_mesos_answer(failed(status)) == MesosProbe::no_state);
    assert_true(judge_mesos_answer(answered(200, "{}")) == MesosProbe::no_state);
    assert_true(judge_mesos_answer(answered(404, "\"get_state\"")) == MesosProbe::no_state);
}

void without_an_url_nobody_is_asked(void**) {
    AppFacts facts;
    ask_mesos(MesosConfig{}, facts);
    assert_true(facts.mesos == MesosProbe::not_asked);
    assert_true(facts.mesos_url.empty());
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_what_is_wanted),
        cmocka_unit_test(what_is_said_of_who_asks_is_a_refusal),
        cmocka_unit_test(nobody_there_and_no_answer_are_told_apart),
        cmocka_unit_test(all_else_is_no_state),
        cmocka_unit_test(without_an_url_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
