// The file of a unix socket: whose it is, whom it lets in, and what is never removed for it.
#include "api/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "tests/support/child.h"
#include "tests/support/forbidden_calls.h"
#include "tests/support/http_client.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Tree tree;
ListenError error;

int make_tree(void**) {
    tree_make(tree);
    error.clear();
    return 0;
}

int remove_tree(void**) {
    tree_remove(tree);
    return 0;
}

std::string path_of(const char* name) {
    return std::string(tree.path.c_str()) + "/" + name;
}

ListenerOptions listener_on(const char* name) {
    ListenerOptions options;
    options.address.kind = ListenAddress::Kind::unix_socket;
    assert_true(options.address.path.assign(path_of(name)));
    return options;
}

struct stat facts_of(const char* name) {
    struct stat facts = {};
    assert_int_equal(lstat(path_of(name).c_str(), &facts), 0);
    return facts;
}

bool is_there(const char* name) {
    struct stat facts = {};
    return lstat(path_of(name).c_str(), &facts) == 0;
}

bool open_on(const ListenerOptions& options, ListenSocket& socket) {
    const bool is_open = open_unix_socket(options, socket, error);
    assert_int_equal(is_open, socket.fd >= 0);
    assert_int_equal(is_open, error.empty());
    return is_open;
}

int bound_socket(const char* name) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_of(name).copy(address.sun_path, sizeof address.sun_path - 1);
    const int bound = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bound, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return bound;
}

// What a process that was killed leaves.
void leave_dead_socket(const char* name) {
    close(bound_socket(name));
}

void mode_is_as_asked_for(void**) {
    for (const mode_t mode : {mode_t{0660}, mode_t{0600}, mode_t{0666}, mode_t{0777}}) {
        ListenSocket socket;
        ListenerOptions options = listener_on("s");
        options.mode = mode;
        const mode_t before = umask(0027);
        assert_true(open_on(options, socket));
        assert_int_equal(umask(before), 0027);  // as it was
        assert_int_equal(facts_of("s").st_mode & 07777, mode);
        close_listen_socket(socket);
        assert_false(is_there("s"));
    }
}

// A service's sandbox may forbid to give files away.
void what_is_its_group_already_takes_no_call_that_may_be_forbidden(void**) {
    const auto child = [] {
        if (!forbid_calls({SYS_fchownat})) return no_filter_status;
        ListenSocket socket;
        ListenerOptions options = listener_on("s");
        if (!open_unix_socket(options, socket, error)) return 1;
        close_listen_socket(socket);
        if (!options.group.assign(std::to_string(getegid()))) return 64;
        if (!open_unix_socket(options, socket, error)) return 2;
        close_listen_socket(socket);
        if (!options.group.assign("12345") || open_unix_socket(options, socket, error)) return 4;
        return std::strstr(error.c_str(), "have systemd make the socket") == nullptr ? 8 : 0;
    };
    const int status = in_child(child);
    if (status == no_filter_status) SKIP_BECAUSE("no filter of system calls here");
    assert_int_equal(status, 0);
}

void owner_and_group_are_given_by_name_or_number(void**) {
    if (geteuid() != 0) {
        print_message("SKIP unix_socket.owner: only root gives files away\n");
        skip();
    }
    ListenSocket socket;
    ListenerOptions options = listener_on("s");
    assert_true(options.owner.assign("nobody") && options.group.assign("12345"));
    assert_true(open_on(options, socket));
    assert_int_equal(facts_of("s").st_uid, 65534);
    assert_int_equal(facts_of("s").st_gid, 12345);
    assert_int_equal(facts_of("s").st_mode & 07777, 0660);
    close_listen_socket(socket);
    options.owner.clear();
    assert_true(options.group.assign("daemon"));
    assert_true(open_on(options, socket));
    assert_int_equal(facts_of("s").st_uid, 0);
    assert_int_equal(facts_of("s").st_gid, 1);
    close_listen_socket(socket);
}

void unknown_names_are_refused_and_leave_no_file(void**) {
    ListenSocket socket;
    ListenerOptions options = listener_on("s");
    assert_true(options.owner.assign("nobody-of-this-name"));
    assert_false(open_on(options, socket));
    assert_non_null(strstr(error.c_str(), "nobody-of-this-name"));
    assert_false(is_there("s"));
    error.clear();
    options.owner.clear();
    assert_true(options.group.assign("4294967295"));
    assert_false(open_on(options, socket));
    assert_false(is_there("s"));
}

void who_may_not_give_it_away_is_told(void**) {
    tree_chmod(tree, "", 0777 | S_ISVTX);
    if (!become_nobody()) SKIP_BECAUSE("takes root");
    ListenSocket socket;
    ListenerOptions options = listener_on("s");
    assert_true(options.group.assign("12345"));
    const bool is_open = open_on(options, socket);
    become_root_again();
    assert_false(is_open);
    assert_non_null(strstr(error.c_str(), "member of that group"));
    assert_false(is_there("s"));
}

void dead_socket_is_replaced(void**) {
    leave_dead_socket("s");
    ListenSocket socket;
    assert_true(open_on(listener_on("s"), socket));
    assert_int_equal(socket.file.inode, facts_of("s").st_ino);
    const int client = http_connect("unix:" + path_of("s"));
    assert_true(client >= 0);
    close(client);
    close_listen_socket(socket);
}

void living_socket_stays(void**) {
    ListenSocket first;
    ListenSocket second;
    assert_true(open_on(listener_on("s"), first));
    assert_false(open_on(listener_on("s"), second));
    assert_non_null(strstr(error.c_str(), "in use: another process listens on it"));
    assert_int_equal(first.file.inode, facts_of("s").st_ino);
    close_listen_socket(first);
}

void living_socket_with_a_full_queue_stays(void**) {
    const int busy = bound_socket("s");
    assert_int_equal(listen(busy, 0), 0);
    const int waiting = http_connect("unix:" + path_of("s"));
    ListenSocket second;
    assert_false(open_on(listener_on("s"), second));
    assert_true(is_there("s"));
    close(waiting);
    close(busy);
}

void files_that_are_no_sockets_stay(void**) {
    tree_write(tree, "file", "precious");
    tree_mkdir(tree, "directory");
    leave_dead_socket("target");
    tree_symlink(tree, "target", "link");
    tree_symlink(tree, "nowhere", "dangling");
    for (const char* name : {"file", "directory", "link", "dangling"}) {
        ListenSocket socket;
        error.clear();
        assert_false(open_on(listener_on(name), socket));
        assert_non_null(strstr(error.c_str(), "is no socket"));
        assert_true(is_there(name));
    }
    assert_true(is_there("target"));
    assert_false(is_there("nowhere"));
}

void directory_that_everybody_writes_is_refused(void**) {
    tree_mkdir(tree, "open");
    tree_chmod(tree, "open", 0777);
    ListenSocket socket;
    assert_false(open_on(listener_on("open/s"), socket));
    assert_non_null(strstr(error.c_str(), ("run: chmod o-w " + path_of("open")).c_str()));
    error.clear();
    tree_chmod(tree, "open", 0777 | S_ISVTX);  // as /tmp: nobody removes files of others
    assert_true(open_on(listener_on("open/s"), socket));
    close_listen_socket(socket);
}

void missing_directory_is_named(void**) {
    ListenSocket socket;
    assert_false(open_on(listener_on("nowhere/s"), socket));
    assert_non_null(strstr(error.c_str(), path_of("nowhere").c_str()));
}

int lock_tree() {
    const int directory = open(tree.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(directory, LOCK_EX), 0);
    return directory;
}

// Finds the same dead socket as the test, and is the first to replace it.
void* be_first_agent(void* locked) {
    usleep(100'000);
    assert_int_equal(unlink(path_of("s").c_str()), 0);
    const int living = bound_socket("s");
    assert_int_equal(listen(living, 1), 0);
    close(*static_cast<int*>(locked));
    *static_cast<int*>(locked) = living;
    return nullptr;
}

void two_agents_do_not_replace_at_once(void**) {
    leave_dead_socket("s");
    int descriptor = lock_tree();
    pthread_t other = {};
    assert_int_equal(pthread_create(&other, nullptr, be_first_agent, &descriptor), 0);
    ListenSocket socket;
    const bool is_open = open_on(listener_on("s"), socket);
    pthread_join(other, nullptr);
    assert_false(is_open);
    assert_non_null(strstr(error.c_str(), "in use: another process listens on it"));
    close(descriptor);
}

void lock_that_is_never_given_back_keeps_nobody_down(void**) {
    const int directory = lock_tree();
    leave_dead_socket("s");
    ListenSocket socket;
    ListenSocket second;
    assert_true(open_on(listener_on("s"), socket));
    assert_false(open_on(listener_on("s"), second));  // the living one stays without a lock, too
    assert_int_equal(socket.file.inode, facts_of("s").st_ino);
    close(directory);
    close_listen_socket(socket);
}

void file_of_somebody_else_stays_at_the_end(void**) {
    ListenSocket socket;
    assert_true(open_on(listener_on("s"), socket));
    assert_int_equal(unlink(path_of("s").c_str()), 0);
    leave_dead_socket("s");  // a successor's
    if (facts_of("s").st_ino == socket.file.inode)
        SKIP_BECAUSE("the file system gave the inode's number again");
    close_listen_socket(socket);
    assert_true(is_there("s"));
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mode_is_as_asked_for, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(
            what_is_its_group_already_takes_no_call_that_may_be_forbidden, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(owner_and_group_are_given_by_name_or_number, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(unknown_names_are_refused_and_leave_no_file, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(who_may_not_give_it_away_is_told, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(dead_socket_is_replaced, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(living_socket_stays, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(living_socket_with_a_full_queue_stays, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(files_that_are_no_sockets_stay, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(directory_that_everybody_writes_is_refused, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(missing_directory_is_named, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(two_agents_do_not_replace_at_once, make_tree, remove_tree),
        cmocka_unit_test_setup_teardown(lock_that_is_never_given_back_keeps_nobody_down, make_tree,
                                        remove_tree),
        cmocka_unit_test_setup_teardown(file_of_somebody_else_stays_at_the_end, make_tree,
                                        remove_tree),
    };
    return cmocka_run_group_tests_name("unix_socket", tests, nullptr, nullptr);
}
