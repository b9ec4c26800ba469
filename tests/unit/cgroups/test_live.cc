// Containers that this test makes in the machine's own cgroups, compared with what the kernel's
// files say at the same moment. Skipped where that is not permitted.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/container_bed.h"
#include "tests/support/emulator.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

// Of this process alone: two runs at the same time must not see each other's containers.
static char id[65];
constexpr const char* bases[] = {"/sys/fs/cgroup/memory/", "/sys/fs/cgroup/pids/",
                                 "/sys/fs/cgroup/cpu/",    "/sys/fs/cgroup/cpuacct/",
                                 "/sys/fs/cgroup/blkio/",  "/sys/fs/cgroup/"};

static ContainerBed bed;

std::string path_of(const char* base, const char* tail) {
    return std::string(base) + "nma-test-live-" + std::to_string(getpid()) + tail;
}

std::string top() {
    return std::string("/docker/") + id;
}

bool is_hierarchy(const char* base) {
    return access((std::string(base) + "cgroup.procs").c_str(), F_OK) == 0;
}

bool make_all() {
    bool is_any = false;
    for (const char* base : bases) {
        if (!is_hierarchy(base)) continue;
        if (mkdir(path_of(base, "").c_str(), 0755) != 0) return false;
        mkdir(path_of(base, "/docker").c_str(), 0755);
        is_any = mkdir(path_of(base, top().c_str()).c_str(), 0755) == 0;
    }
    return is_any;
}

void remove_all() {
    for (const char* base : bases) {
        rmdir(path_of(base, top().c_str()).c_str());
        rmdir(path_of(base, "/docker").c_str());
        rmdir(path_of(base, "").c_str());
    }
}

std::string read_of(const char* base, const char* file) {
    std::ifstream in(path_of(base, top().c_str()) + "/" + file);
    std::stringstream text;
    text << in.rdbuf();
    std::string whole = text.str();
    if (!whole.empty() && whole.back() == '\n') whole.pop_back();
    return whole;
}

void put(const char* base, const char* file, const std::string& text) {
    std::ofstream out(path_of(base, top().c_str()) + "/" + file);
    out << text;
}

bool has_line(const std::string& tail) {
    const std::string line = std::string(id) + " " + tail + "\n";
    const bool is_there = strstr(container_bed_dump(bed), line.c_str()) != nullptr;
    if (!is_there) print_error("missing: %s in:\n%s", line.c_str(), container_bed_dump(bed));
    return is_there;
}

static pid_t child;

void start_child() {
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }
    for (const char* base : bases) {
        if (is_hierarchy(base)) put(base, "cgroup.procs", std::to_string(child));
    }
}

void end_child() {
    if (child <= 0) return;
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    child = 0;
}

// Also after a failure, or the next run would see what this one left.
int clean_up(void**) {
    end_child();
    remove_all();
    return 0;
}

void figures_are_the_kernels(void**) {
    skip_if_emulated("live.figures",
                     "the emulator has threads and memory of its own in the cgroup");
    if (!make_all()) {
        print_message("SKIP figures_are_the_kernels: cannot make cgroups: %s\n", strerror(errno));
        remove_all();
        skip();
    }
    start_child();
    container_bed_start_live(bed, limits::container_count_max / 4);
    container_bed_tick(bed);
    assert_non_null(strstr(container_bed_ids(bed), id));
    assert_true(has_line("container.processes 1"));
    assert_true(has_line("container.threads 1"));
    if (is_hierarchy(bases[0])) {
        put(bases[0], "memory.limit_in_bytes", "67108864");
        put(bases[2], "cpu.cfs_quota_us", "25000");
        container_bed_tick(bed);
        assert_true(has_line("mem.total_bytes " + read_of(bases[0], "memory.usage_in_bytes")));
        assert_true(has_line("mem.limit_bytes 67108864"));
        assert_true(has_line("cpus.limit 0.25"));
        assert_true(has_line("cpus.soft_limit 1"));
        assert_true(has_line("cpus.nr_periods 0"));
    }
    end_child();
    remove_all();
    container_bed_tick(bed);
    assert_null(strstr(container_bed_ids(bed), id));
    container_bed_remove(bed);
}

void made_and_removed_containers_show_at_the_next_reading(void**) {
    container_bed_start_live(bed, limits::container_count_max / 4);
    container_bed_tick(bed);
    if (!make_all()) {
        print_message("SKIP made_and_removed: cannot make cgroups: %s\n", strerror(errno));
        remove_all();
        container_bed_remove(bed);
        skip();
    }
    container_bed_tick(bed);
    assert_non_null(strstr(container_bed_ids(bed), id));
    const std::uint64_t inode = bed.snapshot.find_container(id)->inode;
    remove_all();
    container_bed_tick(bed);
    assert_null(strstr(container_bed_ids(bed), id));
    assert_true(make_all());
    container_bed_tick(bed);
    assert_non_null(strstr(container_bed_ids(bed), id));
    assert_true(bed.snapshot.find_container(id)->inode != inode);
    remove_all();
    container_bed_remove(bed);
}

}  // namespace

int main() {
    snprintf(id, sizeof id, "%064x", static_cast<unsigned>(getpid()));
    const CMUnitTest tests[] = {
        cmocka_unit_test_teardown(figures_are_the_kernels, clean_up),
        cmocka_unit_test_teardown(made_and_removed_containers_show_at_the_next_reading, clean_up)};
    return cmocka_run_group_tests_name("cgroups.live", tests, nullptr, nullptr);
}
