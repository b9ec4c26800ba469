#include "platform/linux/confinement.h"

#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "tests/support/child.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using test::in_child;

ConfinementReport report;
FixedText<256> error;

bool says(const char* words) {
    const bool has_words = std::strstr(report.c_str(), words) != nullptr;
    if (!has_words) printf("# \"%s\" does not say \"%s\"\n", report.c_str(), words);
    return has_words;
}

void both_steps_say_what_is_in_force(void**) {
    if (geteuid() != 0) SKIP_BECAUSE("takes root");
    const auto child = [] {
        ConfinementOptions options;
        options.user = "nobody";
        options.capabilities = capability_of("CAP_DAC_READ_SEARCH");
        if (!confine_before_threads(options, report, error)) return 1;
        if (!says("user nobody (65534), capabilities CAP_DAC_READ_SEARCH, ")) return 2;
        if (!says("landlock")) return 3;
        if (!confine_at_last(options, report, error)) return 4;
        return says("seccomp") ? 0 : 5;
    };
    assert_int_equal(in_child(child), 0);
}

void what_is_switched_off_is_told_and_not_done(void**) {
    const auto child = [] {
        ConfinementOptions options;
        options.has_seccomp = false;
        options.has_landlock = false;
        if (!confine_before_threads(options, report, error)) return 1;
        if (!confine_at_last(options, report, error)) return 2;
        if (!says("capabilities none, no landlock (switched off), no seccomp (switched off)"))
            return 3;
        if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0) return 4;
        return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 5;
    };
    assert_int_equal(in_child(child), 0);
}

void a_user_that_is_not_there_is_an_error(void**) {
    const auto child = [] {
        ConfinementOptions options;
        options.user = "nma-nobody-has-this-name";
        if (confine_before_threads(options, report, error)) return 1;
        return std::strstr(error.c_str(), "there is no user nma-nobody") == nullptr ? 2 : 0;
    };
    assert_int_equal(in_child(child), 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(both_steps_say_what_is_in_force),
        cmocka_unit_test(what_is_switched_off_is_told_and_not_done),
        cmocka_unit_test(a_user_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests_name("confinement", tests, nullptr, nullptr);
}
