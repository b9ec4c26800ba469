#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "agent/apps/registry.h"
#include "tests/support/emulator.h"
#include "tests/support/registry_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

Tree tree;

const char* directory() {
    static FixedText<600> path;
    (void)path.assign(tree.path.view());
    (void)path.append("/run/a/state");
    return path.c_str();
}

std::string file(const char* id) {
    return std::string(directory()) + "/" + id;
}

std::string content(const char* id) {
    char text[1024] = "";
    FILE* in = fopen(file(id).c_str(), "r");
    if (in == nullptr) return "";
    const std::size_t size = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    return {text, size};
}

void write_file(const char* id, std::string_view text) {
    tree_write(tree, (std::string("run/a/state/") + id).c_str(), text);
}

std::string state(const char* id, unsigned port, const char* host = "127.0.0.1") {
    return std::string(R"({"container_id":")") + id + R"(","statsd_host":")" + host +
           R"(","statsd_port":)" + std::to_string(port) + "}";
}

std::uint16_t free_port() {
    const int probe = open_udp_socket(loopback(), 0, 0);
    const std::uint16_t port = bound_port(probe);
    close(probe);
    return port;
}

Registry& open_registry(LoadReport& report, std::size_t count = 64) {
    Registry& registry = registry_make(count);
    RegistryOptions options = registry_options();
    options.directory = directory();
    registry.start(options, {});
    report = registry.load();
    return registry;
}

int make(void**) {
    tree_make(tree);
    return 0;
}

int unmake(void**) {
    tree_remove(tree);
    return 0;
}

void registrations_survive_a_restart_with_their_ports(void**) {
    LoadReport report;
    Registry& before = open_registry(report);
    assert_int_equal(report.status, Status::ok);
    registry_add(before, "a");
    registry_add(before, "parent.child");
    registry_add(before, "gone");
    assert_true(before.remove("gone"));
    const std::uint16_t a = before.find("a")->port;
    const std::uint16_t child = before.find("parent.child")->port;
    assert_true(content("a") == state("a", a));
    assert_true(content("gone").empty());
    before.close();
    Registry& after = open_registry(report);
    assert_int_equal(report.loaded_count, 2);
    assert_int_equal(after.count(), 2);
    assert_int_equal(after.find("a")->port, a);
    assert_int_equal(after.find("parent.child")->port, child);
    assert_int_equal(registry_add(after, "a"), RegistryStatus::exists);
    after.close();
}

void files_and_their_directory_are_private(void**) {
    LoadReport report;
    Registry& registry = open_registry(report);
    const mode_t before = umask(0);
    registry_add(registry, "a");
    umask(before);
    struct stat info = {};
    assert_int_equal(stat(directory(), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_int_equal(stat(file("a").c_str(), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(access(file(".new").c_str(), F_OK), -1);
    registry.close();
}

void what_was_half_written_is_removed_at_the_start(void**) {
    write_file(".new", "{\"contai");
    LoadReport report;
    open_registry(report).close();
    assert_int_equal(report.foreign_count, 0);
    assert_int_equal(access(file(".new").c_str(), F_OK), -1);
}

void hostile_files_are_skipped_counted_and_stay(void**) {
    const std::uint16_t port = free_port();
    tree_write(tree, "outside", state("link", port));
    tree_mkdir(tree, "run/a/state/directory");
    tree_symlink(tree, "../../../outside", "run/a/state/link");
    tree_symlink(tree, "nowhere", "run/a/state/dangling");
    assert_int_equal(mkfifo(file("fifo").c_str(), 0600), 0);
    write_file(".hidden", state(".hidden", port));
    write_file("with space", state("with space", port));
    write_file("writable", state("writable", port));
    assert_int_equal(chmod(file("writable").c_str(), 0666), 0);
    LoadReport report;
    Registry& registry = open_registry(report);
    assert_int_equal(report.foreign_count, 7);
    assert_int_equal(report.malformed_count, 0);
    assert_int_equal(report.loaded_count, 0);
    assert_int_equal(registry.count(), 0);
    assert_int_equal(access(file("writable").c_str(), F_OK), 0);
    registry.close();
}

void files_of_other_users_are_skipped(void**) {
    if (geteuid() != 0) skip();
    write_file("a", state("a", free_port()));
    assert_int_equal(chown(file("a").c_str(), 65534, 65534), 0);
    LoadReport report;
    open_registry(report).close();
    assert_int_equal(report.foreign_count, 1);
}

void a_directory_of_another_user_is_not_believed(void**) {
    if (geteuid() != 0) skip();
    write_file("a", state("a", free_port()));
    assert_int_equal(chown(directory(), 65534, 65534), 0);
    LoadReport report;
    open_registry(report).close();
    assert_int_equal(report.status, Status::denied);
    assert_int_equal(report.loaded_count, 0);
    // It is good for an agent that runs as that user.
    assert_int_equal(chmod(tree.path.c_str(), 0755), 0);
    assert_int_equal(chown(file("a").c_str(), 65534, 65534), 0);
    assert_int_equal(seteuid(65534), 0);
    open_registry(report).close();
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(report.status, Status::ok);
    assert_int_equal(report.loaded_count, 1);
}

void malformed_and_mismatching_files_are_skipped(void**) {
    const std::uint16_t port = free_port();
    write_file("empty", "");
    write_file("torn", R"({"container_id":"torn","statsd_ho)");
    write_file("other", state("another", port));
    write_file("traversal", state("../../outside", port));
    write_file("no-port", R"({"container_id":"no-port"})");
    write_file("port-0", state("port-0", 0));
    write_file("port-large", state("port-large", 65536));
    write_file("large", state("large", port) + std::string(5000, ' '));
    write_file("nul", std::string(100, '\0'));
    LoadReport report;
    Registry& registry = open_registry(report);
    assert_int_equal(report.malformed_count, 9);
    assert_int_equal(report.loaded_count, 0);
    assert_int_equal(registry.count(), 0);
    registry.close();
}

void a_port_that_is_taken_now_is_not_exchanged(void**) {
    const int other = open_udp_socket(loopback(), 0, 0);
    write_file("a", state("a", bound_port(other)));
    LoadReport report;
    Registry& registry = open_registry(report);
    assert_int_equal(report.unbound_count, 1);
    assert_null(registry.find("a"));
    assert_true(content("a") == state("a", bound_port(other)));
    // The file goes with its container, though that is not registered.
    assert_false(registry.remove("a"));
    assert_true(content("a").empty());
    registry.close();
    close(other);
}

void an_address_that_is_not_the_configured_one_is_not_bound(void**) {
    write_file("a", state("a", free_port(), "127.0.0.2"));
    write_file("b", state("b", free_port(), "0.0.0.0"));
    LoadReport report;
    Registry& registry = open_registry(report);
    assert_int_equal(report.unbound_count, 2);
    assert_int_equal(registry.count(), 0);
    registry.close();
}

void more_files_than_there_is_room_for_are_counted(void**) {
    for (const char* id : {"a", "b", "c"})
        write_file(id, state(id, free_port()));
    LoadReport report;
    Registry& registry = open_registry(report, 2);
    assert_int_equal(report.loaded_count, 2);
    assert_int_equal(report.no_room_count, 1);
    registry.close();
}

void a_directory_that_everybody_may_write_is_not_believed(void**) {
    write_file("a", state("a", free_port()));
    assert_int_equal(chmod(directory(), 0777), 0);
    LoadReport report;
    Registry& registry = open_registry(report);
    assert_int_equal(report.status, Status::denied);
    assert_int_equal(registry.count(), 0);
    assert_int_equal(registry_add(registry, "b"), RegistryStatus::created);
    assert_true(content("b").empty());
    registry.close();
}

void a_file_that_cannot_be_written_fails_no_registration(void**) {
    LoadReport report;
    Registry& registry = open_registry(report);
    tree_delete(tree, "run/a/state");
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::created);
    assert_int_equal(registry.unsaved_count(), 1);
    assert_true(registry.remove("a"));
    registry.close();
}

void a_link_in_the_place_of_a_file_is_replaced_and_not_followed(void**) {
    tree_write(tree, "precious", "precious");
    tree_symlink(tree, "../../../precious", "run/a/state/a");
    tree_symlink(tree, "../../../precious", "run/a/state/.new");
    LoadReport report;
    Registry& registry = open_registry(report);
    tree_symlink(tree, "../../../precious", "run/a/state/.new");
    assert_int_equal(registry_add(registry, "a"), RegistryStatus::created);
    assert_true(content("../../../precious") == "precious");
    assert_true(content("a") == state("a", registry.find("a")->port));
    struct stat info = {};
    assert_int_equal(lstat(file("a").c_str(), &info), 0);
    assert_true(S_ISREG(info.st_mode));
    registry.close();
}

void a_kept_socket_of_the_same_port_at_another_address_is_another_s(void**) {
    skip_if_emulated("registry_state.another", emulator_has_no_drop_counts);
    IpAddress second;
    assert_true(parse_ip_address("127.0.0.2", second));
    const int kept = open_udp_socket(loopback(), 0, 0);
    const std::uint16_t port = bound_port(kept);
    const int other = open_udp_socket(second, port, 0);
    if (other < 0) skip();
    write_file("a", state("a", port));
    write_file("b", state("b", port, "127.0.0.2"));
    Registry& registry = registry_make(4);
    RegistryOptions options = registry_options();
    options.directory = directory();
    options.is_any_host_allowed = true;
    registry.start(options, {});
    assert_true(registry.adopt(other));
    assert_true(registry.adopt(kept));
    assert_int_equal(registry.load().loaded_count, 2);
    assert_int_equal(registry.find("a")->socket, kept);
    assert_int_equal(registry.find("b")->socket, other);
    registry.close();
}

void sockets_that_were_kept_are_taken_and_others_closed(void**) {
    skip_if_emulated("registry_state.kept", emulator_has_no_drop_counts);
    const int kept = open_udp_socket(loopback(), 0, 0);
    const int other = open_udp_socket(loopback(), 0, 0);
    const int pipe_like = dup(0);
    write_file("a", state("a", bound_port(kept)));
    Registry& registry = registry_make(4);
    RegistryOptions options = registry_options();
    options.directory = directory();
    registry.start(options, {});
    assert_true(registry.adopt(other));
    assert_true(registry.adopt(kept));
    assert_true(registry.adopt(pipe_like));
    const LoadReport report = registry.load();
    assert_int_equal(report.loaded_count, 1);
    assert_int_equal(registry.find("a")->socket, kept);
    assert_int_equal(bound_port(other), 0);
    assert_int_equal(fcntl(pipe_like, F_GETFD), -1);
    registry.close();
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(registrations_survive_a_restart_with_their_ports, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(files_and_their_directory_are_private, make, unmake),
        cmocka_unit_test_setup_teardown(what_was_half_written_is_removed_at_the_start, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(hostile_files_are_skipped_counted_and_stay, make, unmake),
        cmocka_unit_test_setup_teardown(files_of_other_users_are_skipped, make, unmake),
        cmocka_unit_test_setup_teardown(a_directory_of_another_user_is_not_believed, make, unmake),
        cmocka_unit_test_setup_teardown(malformed_and_mismatching_files_are_skipped, make, unmake),
        cmocka_unit_test_setup_teardown(a_port_that_is_taken_now_is_not_exchanged, make, unmake),
        cmocka_unit_test_setup_teardown(an_address_that_is_not_the_configured_one_is_not_bound,
                                        make, unmake),
        cmocka_unit_test_setup_teardown(more_files_than_there_is_room_for_are_counted, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_directory_that_everybody_may_write_is_not_believed, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_written_fails_no_registration, make,
                                        unmake),
        cmocka_unit_test_setup_teardown(a_link_in_the_place_of_a_file_is_replaced_and_not_followed,
                                        make, unmake),
        cmocka_unit_test_setup_teardown(
            a_kept_socket_of_the_same_port_at_another_address_is_another_s, make, unmake),
        cmocka_unit_test_setup_teardown(sockets_that_were_kept_are_taken_and_others_closed, make,
                                        unmake),
    };
    return cmocka_run_group_tests_name("registry_state", tests, nullptr, nullptr);
}
