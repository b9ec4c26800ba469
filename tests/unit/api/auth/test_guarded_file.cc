#include "api/auth/guarded_file.h"

#include <sys/stat.h>
#include <unistd.h>
#include <cstring>

#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Tree tree;
char buffer[16];
std::string_view text;
AuthError error;
FixedText<600> path;

int set_up(void**) {
    tree_make(tree);
    return 0;
}

int tear_down(void**) {
    tree_remove(tree);
    return 0;
}

Status read(const char* name, Secrecy secrecy) {
    (void)path.assign(tree.path.view());
    (void)path.append("/");
    (void)path.append(name);
    error.clear();
    text = "untouched";
    memset(buffer, 0, sizeof buffer);
    const Status status = read_guarded_file(path.c_str(), secrecy, buffer, text, error);
    assert_true((status == Status::ok) == error.empty());
    AuthError trial_error;
    const Status trial = try_guarded_file(path.c_str(), secrecy, trial_error);
    if (status != Status::truncated) {
        assert_int_equal(trial, status);
        assert_string_equal(trial_error.c_str(), error.c_str());
    }
    if (status != Status::ok) {
        assert_true(text == "untouched");
        assert_true(error.view().starts_with(path.view()));
        for (const char c : buffer)
            assert_int_equal(c, 0);
    }
    return status;
}

bool has_cure(const char* cure) {
    return error.view().find(cure) != std::string_view::npos && error.view().ends_with(path.view());
}

void a_file_is_read(void**) {
    tree_write(tree, "f", "text\n");
    assert_int_equal(read("f", Secrecy::printed), Status::ok);
    assert_true(text == "text\n");
    tree_write(tree, "f", "");
    assert_int_equal(read("f", Secrecy::printed), Status::ok);
    assert_int_equal(text.size(), 0);
}

void a_file_as_large_as_the_buffer_fits_and_one_more_does_not(void**) {
    tree_write(tree, "f", "0123456789abcdef");
    assert_int_equal(read("f", Secrecy::printed), Status::ok);
    assert_int_equal(text.size(), 16);
    tree_write(tree, "f", "0123456789abcdefg");
    assert_int_equal(read("f", Secrecy::printed), Status::truncated);
    assert_non_null(strstr(error.c_str(), "more than 16 bytes"));
}

void an_absent_file_is_named(void**) {
    assert_int_equal(read("no-such", Secrecy::printed), Status::absent);
    assert_int_equal(read("f/x", Secrecy::printed), Status::absent);
}

void a_secret_is_not_for_others(void**) {
    tree_write(tree, "s", "secret");
    for (const unsigned mode : {0644U, 0604U, 0602U, 0601U, 0666U}) {
        tree_chmod(tree, "s", mode);
        assert_int_equal(read("s", Secrecy::secret), Status::denied);
        assert_true(has_cure("chmod o= "));
    }
    for (const unsigned mode : {0600U, 0400U, 0640U}) {
        tree_chmod(tree, "s", mode);
        assert_int_equal(read("s", Secrecy::secret), Status::ok);
    }
}

void what_others_may_write_is_not_believed(void**) {
    tree_write(tree, "p", "public");
    tree_chmod(tree, "p", 0646);
    assert_int_equal(read("p", Secrecy::printed), Status::denied);
    assert_true(has_cure("chmod o-w "));
    tree_chmod(tree, "p", 0644);
    assert_int_equal(read("p", Secrecy::printed), Status::ok);
}

void what_a_group_may_write_is_believed_only_when_it_is_roots(void**) {
    tree_write(tree, "g", "text");
    if (geteuid() == 0) {
        tree_chmod(tree, "g", 0660);
        assert_int_equal(read("g", Secrecy::secret), Status::ok);
        assert_int_equal(chown(path.c_str(), 0, 12345), 0);
    }
    for (const Secrecy secrecy : {Secrecy::secret, Secrecy::printed}) {
        tree_chmod(tree, "g", 0660);
        assert_int_equal(read("g", secrecy), Status::denied);
        assert_true(has_cure("chmod g-w "));
        tree_chmod(tree, "g", 0640);
        assert_int_equal(read("g", secrecy), Status::ok);
    }
}

void a_file_of_somebody_else_is_not_believed(void**) {
    if (geteuid() != 0) SKIP_BECAUSE("takes root");
    tree_write(tree, "o", "text");
    assert_int_equal(read("o", Secrecy::printed), Status::ok);
    assert_int_equal(chown(path.c_str(), 12345, 0), 0);
    assert_int_equal(read("o", Secrecy::printed), Status::denied);
    assert_true(has_cure("chown root "));
    assert_non_null(strstr(error.c_str(), "user 12345"));
}

FixedText<32> uid_text() {
    FixedText<32> uid;
    (void)uid.assign("uid ");
    (void)uid.append(NumberText(geteuid()));
    return uid;
}

void what_we_may_not_read_is_denied(void**) {
    tree_write(tree, "d", "text");
    tree_chmod(tree, "d", 0000);
    const bool is_nobody = become_nobody();
    const Status status = read("d", Secrecy::printed);
    const FixedText<32> uid = uid_text();
    if (is_nobody) become_root_again();
    assert_int_equal(status, Status::denied);
    assert_non_null(strstr(error.c_str(), "must be readable for the user that the agent runs as"));
    assert_true(error.view().ends_with(uid.view()));
}

void what_is_no_file_is_refused_at_once(void**) {
    assert_int_equal(read("proc", Secrecy::printed), Status::unsupported);
    (void)path.assign(tree.path.view());
    (void)path.append("/fifo");
    assert_int_equal(mkfifo(path.c_str(), 0600), 0);
    assert_int_equal(read("fifo", Secrecy::secret), Status::unsupported);
    tree_symlink(tree, "/dev/null", "null");
    assert_int_equal(read("null", Secrecy::printed), Status::unsupported);
}

// Kubernetes shows a secret by two links.
void links_are_followed_to_what_counts(void**) {
    tree_write(tree, "..data/key", "secret");
    tree_symlink(tree, "..data/key", "key");
    tree_chmod(tree, "..data/key", 0640);
    assert_int_equal(read("key", Secrecy::secret), Status::ok);
    tree_chmod(tree, "..data/key", 0644);
    assert_int_equal(read("key", Secrecy::secret), Status::denied);
    tree_symlink(tree, "loop", "loop");
    assert_true(read("loop", Secrecy::printed) != Status::ok);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(a_file_as_large_as_the_buffer_fits_and_one_more_does_not),
        cmocka_unit_test(an_absent_file_is_named),
        cmocka_unit_test(a_secret_is_not_for_others),
        cmocka_unit_test(what_others_may_write_is_not_believed),
        cmocka_unit_test(what_a_group_may_write_is_believed_only_when_it_is_roots),
        cmocka_unit_test(a_file_of_somebody_else_is_not_believed),
        cmocka_unit_test(what_we_may_not_read_is_denied),
        cmocka_unit_test(what_is_no_file_is_refused_at_once),
        cmocka_unit_test(links_are_followed_to_what_counts),
    };
    return cmocka_run_group_tests_name("guarded file", tests, set_up, tear_down);
}
