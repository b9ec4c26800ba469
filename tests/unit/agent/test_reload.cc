#include "agent/reload.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "platform/linux/clock.h"
#include "tests/support/sample_snapshot.h"
#include "tests/support/tree.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint32_t often_ms = 100;

constexpr const char* one_line =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000 alice\n";
constexpr const char* two_lines =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000 alice\n"
    "sha256:1111111111111111111111111111111111111111111111111111111111111111 bob\n";

struct Bed {
    Tree tree;
    Arena arena;
    NodeIdentity identity;
    EventLoop loop;
    Server server;
    Config config;
    Reload reload;
    std::size_t wanted_count = 0;
    std::uint64_t until_ns = 0;
};

Bed bed;

int wait_ms(void*) {
    return 20;
}

void after_wait(void*) {
    const bool is_there = bed.server.tokens().static_token_count() == bed.wanted_count;
    if (is_there || monotonic_ns() >= bed.until_ns) bed.loop.stop();
}

bool path_of(const char* name, FixedText<256>& path) {
    return path.assign(bed.tree.path.view()) && path.append("/") && path.append(name);
}

void write_tokens(const char* name, const char* text) {
    tree_write(bed.tree, name, text);
    tree_chmod(bed.tree, name, 0600);
}

int make(void**) {
    bed = Bed{};
    tree_make(bed.tree);
    assert_true(bed.arena.map(std::size_t{64} << 20));
    bed.server.init(bed.arena, {}, sample_catalogue(), bed.identity, {});
    assert_true(bed.loop.open() == Status::ok);
    assert_true(bed.loop.add_hook({wait_ms, after_wait, nullptr}) == Status::ok);
    return 0;
}

int remove(void**) {
    bed.reload.stop();
    bed.server.stop();
    bed.loop.close();
    bed.arena.unmap();
    tree_remove(bed.tree);
    return 0;
}

void start(const char* tokens, std::uint32_t look_interval_ms) {
    AuthError error;
    assert_true(path_of(tokens, bed.config.auth.tokens.tokens));
    assert_true(bed.server.load_auth(bed.config.auth, error));
    assert_true(bed.reload.start(bed.loop, bed.server, bed.config, look_interval_ms));
}

// Whether there are that many tokens before the time is over.
bool runs_until(std::size_t token_count, std::uint64_t duration_ns) {
    bed.wanted_count = token_count;
    bed.until_ns = monotonic_ns() + duration_ns;
    bed.loop.run();
    return bed.server.tokens().static_token_count() == token_count;
}

char captured[4096];

// What starting writes to standard error.
const char* capture_start() {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    const int saved = dup(STDERR_FILENO);
    assert_true(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    const bool is_started = bed.reload.start(bed.loop, bed.server, bed.config);
    if (is_started) bed.reload.tell_unreadable();
    assert_true(dup2(saved, STDERR_FILENO) == STDERR_FILENO);
    const ssize_t size = read(ends[0], captured, sizeof captured - 1);
    for (const int fd : {saved, ends[0], ends[1]})
        close(fd);
    captured[size < 0 ? 0 : size] = '\0';
    assert_true(is_started);
    return captured;
}

void changed_file_is_read_without_a_look(void**) {
    write_tokens("tokens", one_line);
    start("tokens", Reload::look_interval_ms_default);
    write_tokens("tokens", two_lines);
    assert_true(runs_until(2, 5 * second_ns));
}

void file_in_another_directory_than_its_link_is_read_by_the_look(void**) {
    write_tokens("far/tokens", one_line);
    tree_mkdir(bed.tree, "near");
    tree_symlink(bed.tree, "../far/tokens", "near/tokens");
    start("near/tokens", often_ms);
    write_tokens("far/tokens", two_lines);
    assert_true(runs_until(2, 5 * second_ns));
    write_tokens("far/tokens", one_line);
    assert_true(runs_until(1, 5 * second_ns));
}

void file_in_a_directory_that_was_replaced_is_read(void**) {
    write_tokens("keys/tokens", one_line);
    write_tokens("next/tokens", two_lines);
    start("keys/tokens", Reload::look_interval_ms_default);
    tree_delete(bed.tree, "keys");
    FixedText<256> from;
    FixedText<256> to;
    assert_true(path_of("next", from));
    assert_true(path_of("keys", to));
    assert_int_equal(rename(from.c_str(), to.c_str()), 0);
    assert_true(runs_until(2, 5 * second_ns));
    write_tokens("keys/tokens", one_line);
    assert_true(runs_until(1, 5 * second_ns));
}

void file_in_a_directory_that_comes_much_later_is_read_by_the_look(void**) {
    write_tokens("keys/tokens", one_line);
    start("keys/tokens", often_ms);
    tree_delete(bed.tree, "keys");
    assert_false(runs_until(2, second_ns));
    write_tokens("keys/tokens", two_lines);
    assert_true(runs_until(2, 5 * second_ns));
}

void key_that_cannot_be_read_again_is_told_at_start(void**) {
    if (geteuid() != 0) SKIP_BECAUSE("takes root");
    TlsFiles& files = bed.config.listen.add()->options.tls;
    tree_write(bed.tree, "server.pem", "a certificate");
    tree_write(bed.tree, "server.key", "a key");
    tree_chmod(bed.tree, "server.key", 0600);
    assert_true(path_of("server.pem", files.certificate));
    assert_true(path_of("server.key", files.key));
    assert_true(become_nobody());
    const char* lines = capture_start();
    become_root_again();
    assert_non_null(strstr(lines, "warning: "));
    assert_non_null(strstr(lines, "/server.key: Permission denied"));
    assert_non_null(strstr(lines, "uid 65534"));
    assert_null(strstr(lines, "server.pem"));
    assert_int_equal(strchr(lines, '\n') - lines, strlen(lines) - 1);
}

void files_that_can_be_read_again_are_no_matter(void**) {
    TlsFiles& files = bed.config.listen.add()->options.tls;
    tree_write(bed.tree, "server.pem", "a certificate");
    tree_write(bed.tree, "server.key", "a key");
    tree_chmod(bed.tree, "server.key", 0600);
    assert_true(path_of("server.pem", files.certificate));
    assert_true(path_of("server.key", files.key));
    assert_string_equal(capture_start(), "");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changed_file_is_read_without_a_look, make, remove),
        cmocka_unit_test_setup_teardown(file_in_another_directory_than_its_link_is_read_by_the_look,
                                        make, remove),
        cmocka_unit_test_setup_teardown(file_in_a_directory_that_was_replaced_is_read, make,
                                        remove),
        cmocka_unit_test_setup_teardown(
            file_in_a_directory_that_comes_much_later_is_read_by_the_look, make, remove),
        cmocka_unit_test_setup_teardown(key_that_cannot_be_read_again_is_told_at_start, make,
                                        remove),
        cmocka_unit_test_setup_teardown(files_that_can_be_read_again_are_no_matter, make, remove),
    };
    return cmocka_run_group_tests_name("reload", tests, nullptr, nullptr);
}
