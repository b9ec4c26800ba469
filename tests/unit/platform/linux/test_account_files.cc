#include "platform/linux/account_files.h"

#include <errno.h>

#include <string>

#include "platform/limits.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Tree tree;

int make(void**) {
    tree_make(tree);
    return 0;
}

int unmake(void**) {
    tree_remove(tree);
    return 0;
}

void check_user(const char* text, const char* name, int failure, uid_t uid = 0, gid_t gid = 0) {
    tree_write(tree, "passwd", text);
    Account account;
    assert_int_equal(
        find_account_in((std::string(tree.path.c_str()) + "/passwd").c_str(), name, account),
        failure);
    assert_int_equal(account.uid, uid);
    assert_int_equal(account.gid, gid);
}

constexpr char users[] =
    "root:x:0:0:root:/root:/bin/bash\n"
    "alice:x:1000:100:Alice,,,:/home/alice:/bin/sh\n"
    "alicia:x:1001:101::/:\n";

void a_user_is_found_by_its_whole_name(void**) {
    check_user(users, "alice", 0, 1000, 100);
    check_user(users, "alicia", 0, 1001, 101);
    check_user(users, "root", 0, 0, 0);
    check_user(users, "ali", ENOENT);
    check_user(users, "x", ENOENT);
}

void malformed_lines_are_no_users(void**) {
    check_user("", "a", ENOENT);
    check_user(
        "a\na:\na:x\na:x:\na:x:1\na:x:-1:2:\na:x:one:2:\na:x:4294967295:1:\na:x:1:4294967296:\n",
        "a", ENOENT);
    check_user("a:x:one:2:\na:x:7:8:\n", "a", 0, 7, 8);
    check_user("+\n-a:x:1:1:\n\n", "a", ENOENT);
    check_user("a:x:7", "a", ENOENT);
}

void the_last_line_needs_no_end(void**) {
    check_user("b:x:1:1:\na:x:7:8:", "a", 0, 7, 8);
}

void a_line_over_the_limit_is_skipped_whole(void**) {
    const std::string rest(limits::user_entry_bytes * 2, ':');
    check_user(("long:x:1:2" + rest + "\nshort:x:3:4::\n").c_str(), "short", 0, 3, 4);
    check_user(("long:x:1:2" + rest + "\nshort:x:3:4::\n").c_str(), "long", ENOENT);
    check_user((std::string("a:x:1:1:\n") + std::string(limits::user_entry_bytes - 4, 'x') +
                "\nb:x:5:6:\n")
                   .c_str(),
               "b", 0, 5, 6);
}

void a_file_that_cannot_be_read_says_why(void**) {
    Account account;
    gid_t gid = 7;
    gid_t groups[4];
    std::size_t count = 0;
    const std::string absent = std::string(tree.path.c_str()) + "/absent";
    assert_int_equal(find_account_in(absent.c_str(), "a", account), ENOENT);
    assert_int_equal(find_group_in(tree.path.c_str(), "a", gid), EISDIR);
    assert_int_equal(gid, 7);
    assert_int_equal(find_groups_in(absent.c_str(), "a", 5, groups, count), ENOENT);
    assert_int_equal(count, 1);
    assert_int_equal(groups[0], 5);
}

constexpr char group_text[] =
    "root:x:0:\n"
    "audio:x:29:alice,bob\n"
    "bad:x:many:bob\n"
    "alice:x:100:\n"
    "video:x:44:bob\n"
    "twice:x:100:bob\n"
    "last:x:60:alicia,bob,carol\n";

void groups_of_a_user_are_those_that_name_it(void**) {
    tree_write(tree, "group", group_text);
    const std::string path = std::string(tree.path.c_str()) + "/group";
    gid_t groups[8];
    std::size_t count = 0;
    assert_int_equal(find_groups_in(path.c_str(), "bob", 100, groups, count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(groups[0], 100);
    assert_int_equal(groups[1], 29);
    assert_int_equal(groups[2], 44);
    assert_int_equal(groups[3], 60);
    assert_int_equal(find_groups_in(path.c_str(), "ali", 1, groups, count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(find_groups_in(path.c_str(), "bob", 100, std::span(groups).first(2), count),
                     0);
    assert_int_equal(count, 2);
}

void a_group_is_found_by_its_whole_name(void**) {
    tree_write(tree, "group", group_text);
    const std::string path = std::string(tree.path.c_str()) + "/group";
    gid_t gid = 7;
    assert_int_equal(find_group_in(path.c_str(), "video", gid), 0);
    assert_int_equal(gid, 44);
    assert_int_equal(find_group_in(path.c_str(), "bad", gid), ENOENT);
    assert_int_equal(find_group_in(path.c_str(), "vide", gid), ENOENT);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_found_by_its_whole_name),
        cmocka_unit_test(malformed_lines_are_no_users),
        cmocka_unit_test(the_last_line_needs_no_end),
        cmocka_unit_test(a_line_over_the_limit_is_skipped_whole),
        cmocka_unit_test(a_file_that_cannot_be_read_says_why),
        cmocka_unit_test(groups_of_a_user_are_those_that_name_it),
        cmocka_unit_test(a_group_is_found_by_its_whole_name),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
