#include "api/peer.h"
#include "tests/support/emulator.h"

#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

// The other end is this process, as it was then.
int end_of_pair() {
    int ends[2] = {-1, -1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    close(ends[1]);
    return ends[0];
}

PeerList users(uid_t first, uid_t second) {
    PeerList peers;
    peers.uids[peers.uid_count++] = first;
    peers.uids[peers.uid_count++] = second;
    return peers;
}

PeerList groups(gid_t first, gid_t second) {
    PeerList peers;
    peers.gids[peers.gid_count++] = first;
    peers.gids[peers.gid_count++] = second;
    return peers;
}

void process_is_served_by_its_user(void**) {
    const int socket = end_of_pair();
    uid_t uid = 12345;
    assert_true(read_peer_uid(socket, uid));
    assert_int_equal(uid, geteuid());
    assert_true(peer_is_allowed(socket, users(77777, geteuid())));
    assert_false(peer_is_allowed(socket, users(77777, 77778)));
    assert_false(peer_is_allowed(socket, PeerList{}));
    close(socket);
}

// Group 0 is in the memory of every list, behind its end.
void process_is_served_by_its_group(void**) {
    const int socket = end_of_pair();
    assert_true(peer_is_allowed(socket, groups(77777, getegid())));
    close(socket);
}

void process_is_served_by_a_further_group(void**) {
    skip_if_emulated("peer.groups", "the emulator knows no SO_PEERGROUPS");
    const gid_t further[] = {77001, 77002};
    gid_t before[64];
    const int count = getgroups(64, before);
    if (setgroups(2, further) != 0) {
        print_message("SKIP peer.groups: this process may not change its groups\n");
        skip();
    }
    const int socket = end_of_pair();
    assert_int_equal(setgroups(static_cast<std::size_t>(count), before), 0);
    assert_true(peer_is_allowed(socket, groups(77777, 77002)));
    assert_false(peer_is_allowed(socket, groups(77777, 77003)));
    assert_false(peer_is_allowed(socket, users(77001, 77002)));
    close(socket);
}

void what_is_no_unix_socket_is_nobody(void**) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uid_t uid = 12345;
    (void)read_peer_uid(socket, uid);
    assert_false(peer_is_allowed(socket, users(0, geteuid())));
    assert_false(peer_is_allowed(socket, groups(0, getegid())));
    assert_false(peer_is_allowed(-1, users(0, geteuid())));
    assert_false(read_peer_uid(-1, uid));
    close(socket);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(process_is_served_by_its_user),
        cmocka_unit_test(process_is_served_by_its_group),
        cmocka_unit_test(process_is_served_by_a_further_group),
        cmocka_unit_test(what_is_no_unix_socket_is_nobody),
    };
    return cmocka_run_group_tests_name("peer", tests, nullptr, nullptr);
}
