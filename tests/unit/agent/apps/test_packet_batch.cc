#include "agent/apps/packet_batch.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "platform/limits.h"
#include "tests/support/emulator.h"
#include "tests/support/registry_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

PacketBatch& batch() {
    static Arena arena;
    static PacketBatch result;
    if (arena.is_measuring()) {
        Arena measuring;
        result.init(measuring);
        NMA_CHECK(arena.map(measuring.used_bytes()));
        result.init(arena);
    }
    return result;
}

struct Pair {
    int receiver;
    int sender;
};

Pair udp_pair(ReceiveBufferBytes buffer_bytes = 0) {
    Pair pair = {open_udp_socket(loopback(), 0, buffer_bytes), socket(AF_INET, SOCK_DGRAM, 0)};
    sockaddr_storage target;
    const socklen_t bytes = fill_socket_address(loopback(), bound_port(pair.receiver), target);
    NMA_CHECK(connect(pair.sender, reinterpret_cast<sockaddr*>(&target), bytes) == 0);
    return pair;
}

Pair unix_pair() {
    int both[2];
    NMA_CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, both) == 0);
    bool is_unix = false;
    NMA_CHECK(adopt_datagram_socket(both[0], 0, is_unix) && is_unix);
    return {both[0], both[1]};
}

void close_pair(const Pair& pair) {
    close(pair.receiver);
    close(pair.sender);
}

void send_text(const Pair& pair, std::string_view text) {
    assert_int_equal(send(pair.sender, text.data(), text.size(), 0), text.size());
}

std::string text_of(std::uint32_t index) {
    const Packet packet = batch().packet(index);
    return {packet.bytes.data(), packet.bytes.size()};
}

void packets_come_in_order_and_in_batches(void**) {
    const Pair pair = udp_pair();
    assert_int_equal(batch().receive(pair.receiver), 0);
    for (std::size_t i = 0; i < limits::packets_per_batch + 2; ++i)
        send_text(pair, std::to_string(i));
    send_text(pair, "");
    assert_int_equal(batch().receive(pair.receiver), limits::packets_per_batch);
    assert_string_equal(text_of(0).c_str(), "0");
    constexpr std::uint32_t last = limits::packets_per_batch - 1;
    assert_string_equal(text_of(last).c_str(), std::to_string(last).c_str());
    assert_int_equal(batch().receive(pair.receiver), 3);
    assert_string_equal(text_of(1).c_str(), std::to_string(last + 2).c_str());
    assert_string_equal(text_of(2).c_str(), "");
    assert_int_equal(batch().packet(0).sender, 0);
    assert_int_equal(batch().receive(pair.receiver), 0);
    close_pair(pair);
}

void what_is_larger_than_the_buffer_is_cut_and_says_so(void**) {
    const Pair pair = udp_pair();
    send_text(pair, std::string(limits::packet_bytes_max, 'a'));
    send_text(pair, std::string(limits::packet_bytes_max + 1, 'b'));
    send_text(pair, "c");
    assert_int_equal(batch().receive(pair.receiver), 3);
    assert_int_equal(batch().packet(0).bytes.size(), limits::packet_bytes_max);
    assert_false(batch().packet(0).is_truncated);
    assert_int_equal(batch().packet(1).bytes.size(), limits::packet_bytes_max);
    assert_true(batch().packet(1).is_truncated);
    assert_string_equal(text_of(2).c_str(), "c");
    assert_false(batch().packet(2).is_truncated);
    close_pair(pair);
}

void the_kernel_names_the_sender_on_a_unix_socket(void**) {
    const Pair pair = unix_pair();
    send_text(pair, "a");
    assert_int_equal(batch().receive(pair.receiver), 1);
    assert_int_equal(batch().packet(0).sender, getpid());
    std::uint32_t drop_count = 0;
    assert_false(batch().drop_count(0, drop_count));
    close_pair(pair);
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    DIR* directory = opendir("/proc/self/fd");
    while (readdir(directory) != nullptr)
        ++count;
    closedir(directory);
    return count;
}

void descriptors_that_a_sender_passes_along_do_not_pile_up(void**) {
    skip_if_emulated("packet_batch.descriptors",
                     "the emulator takes more of them than it hands over, and keeps the rest");
    const Pair pair = unix_pair();
    int passed[8];
    for (int& descriptor : passed)
        descriptor = dup(0);
    char byte = 'a';
    iovec vector = {&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof passed)] = {};
    msghdr message = {};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed);
    memcpy(CMSG_DATA(header), passed, sizeof passed);
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 5; ++i)
        assert_int_equal(sendmsg(pair.sender, &message, 0), 1);
    assert_int_equal(batch().receive(pair.receiver), 5);
    for (std::uint32_t i = 0; i < 5; ++i) {
        assert_int_equal(batch().packet(i).sender, getpid());
        assert_int_equal(batch().packet(i).bytes.size(), 1);
    }
    assert_int_equal(open_descriptors(), before);
    for (const int descriptor : passed)
        close(descriptor);
    close_pair(pair);
}

void drops_are_told_with_the_next_packet_and_by_the_socket(void**) {
    skip_if_emulated("packet_batch.drops", emulator_has_no_drop_counts);
    const Pair pair = udp_pair(8 * 1024);
    const std::string text(1000, 'x');
    for (int i = 0; i < 200; ++i)
        send_text(pair, text);
    std::uint32_t of_socket = 0;
    assert_true(read_drop_count(pair.receiver, of_socket));
    std::uint32_t received_count = 0;
    for (std::uint32_t count = 1; count > 0; received_count += count)
        count = batch().receive(pair.receiver);
    assert_int_equal(received_count + of_socket, 200);
    assert_true(of_socket > 100);
    send_text(pair, text);
    assert_int_equal(batch().receive(pair.receiver), 1);
    std::uint32_t of_packet = 0;
    assert_true(batch().drop_count(0, of_packet));
    assert_int_equal(of_packet, of_socket);
    close_pair(pair);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(packets_come_in_order_and_in_batches),
        cmocka_unit_test(what_is_larger_than_the_buffer_is_cut_and_says_so),
        cmocka_unit_test(the_kernel_names_the_sender_on_a_unix_socket),
        cmocka_unit_test(descriptors_that_a_sender_passes_along_do_not_pile_up),
        cmocka_unit_test(drops_are_told_with_the_next_packet_and_by_the_socket),
    };
    return cmocka_run_group_tests_name("packet_batch", tests, nullptr, nullptr);
}
