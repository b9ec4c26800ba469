// The controllers over small trees of both versions, in all the cases of a reader.
#include <stdio.h>
#include <string.h>

#include <string>

#include "tests/support/container_bed.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;
using namespace nma::test;

#define ID "5a3c1f7e-8d2b-4c6a-9e0f-1b2c3d4e5f60"

static ContainerBed bed;

struct File {
    const char* path;  // "memory/memory.stat" (v1), "unified/memory.stat" (v2)
    const char* text;
};

constexpr const char* v1_mounts[] = {"memory", "cpu,cpuacct", "blkio", "pids", "hugetlb"};
constexpr const char* v2_mounts[] = {""};

std::string path_of(const File& file) {
    const std::string path = file.path;
    const std::size_t slash = path.find('/');
    return "sys/fs/cgroup/" + path.substr(0, slash) + "/mesos/" ID + path.substr(slash);
}

void write_files(std::span<const File> files) {
    for (const File& file : files)
        tree_write(bed.tree, path_of(file).c_str(), file.text);
}

DiscoveryOptions never_resting() {
    DiscoveryOptions options;
    options.idle_age_s = 0;
    return options;
}

void start(std::span<const char* const> mounts, std::span<const File> files) {
    container_bed_make(bed);
    write_cgroup_mounts(bed.tree, mounts.data(), mounts.size());
    write_files(files);
    container_bed_start(bed, 16, never_resting());
    container_bed_tick(bed);
}

void check_dump(const char* expected) {
    std::string whole;
    const std::string text = expected;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        whole += ID " " + text.substr(at, end - at) + "\n";
        at = end + 1;
    }
    assert_string_equal(container_bed_dump(bed), whole.c_str());
}

constexpr File v1_files[] = {
    {"pids/cgroup.procs", "12\n13\n"},
    {"pids/pids.current", "5\n"},
    {"pids/pids.max", "max\n"},
    {"cpu,cpuacct/cpuacct.stat", "user 12345\nsystem 678\n"},
    {"cpu,cpuacct/cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 123456789\n"},
    {"cpu,cpuacct/cpu.shares", "512\n"},
    {"cpu,cpuacct/cpu.cfs_quota_us", "150000\n"},
    {"cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
    {"memory/memory.usage_in_bytes", "4096000\n"},
    {"memory/memory.memsw.usage_in_bytes", "5000000\n"},
    {"memory/memory.limit_in_bytes", "67108864\n"},
    {"memory/memory.soft_limit_in_bytes", "9223372036854771712\n"},
    {"memory/memory.stat",
     "cache 1\nrss 2\ntotal_cache 1000\ntotal_rss 2000\ntotal_mapped_file 300\ntotal_swap 40\n"
     "total_unevictable 5\ntotal_inactive_file 96000\n"},
    {"blkio/blkio.throttle.io_service_bytes",
     "8:0 Read 100\n8:0 Write 20\n8:0 Sync 110\n8:0 Async 10\n8:0 Discard 0\n8:0 Total 120\n"
     "253:1 Read 7\n253:1 Write 0\n253:1 Sync 7\n253:1 Async 0\n253:1 Discard 0\n253:1 Total 7\n"
     "Total 127\n"},
    {"blkio/blkio.throttle.io_serviced", "Total 0\n"},
    {"pids/pids.events", "max 3\n"},
    {"cpu,cpuacct/cpuacct.usage", "130000000999\n"},
    {"cpu,cpuacct/cpu.cfs_burst_us", "20000\n"},
    {"memory/memory.max_usage_in_bytes", "4100096\n"},
    {"memory/memory.failcnt", "8\n"},
    {"memory/memory.memsw.limit_in_bytes", "134217728\n"},
    {"memory/memory.kmem.usage_in_bytes", "77824\n"},
    {"memory/memory.kmem.tcp.usage_in_bytes", "4096\n"},
    {"memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 1\noom_kill 2\n"},
    {"hugetlb/hugetlb.2MB.usage_in_bytes", "4194304\n"},
    {"hugetlb/hugetlb.2MB.limit_in_bytes", "8388608\n"},
    {"hugetlb/hugetlb.2MB.failcnt", "5\n"},
    {"hugetlb/hugetlb.1GB.usage_in_bytes", "0\n"},
    {"hugetlb/hugetlb.1GB.limit_in_bytes", "9223372036854771712\n"},
};
constexpr const char* v1_dump =
    "container.processes 2\ncontainer.threads 5\ncontainer.threads_limit_hits 3\n"
    "cpus.user_time_secs 123.45\ncpus.system_time_secs 6.78\n"
    "cpus.usage_time_secs 130\ncpus.soft_limit 0.5\ncpus.shares 512\n"
    "cpus.nr_periods 10\ncpus.nr_throttled 3\ncpus.throttled_time_secs 0.123456789\n"
    "cpus.burst_limit_secs 0.02\ncpus.limit 1.5\ncpus.quota_secs 0.15\ncpus.period_secs 0.1\n"
    "mem.total_bytes 4096000\nmem.total_memsw_bytes 5000000\nmem.limit_bytes 67108864\n"
    "mem.limit_memsw_bytes 134217728\nmem.peak_bytes 4100096\nmem.limit_failures 8\n"
    "mem.kernel_bytes 77824\nmem.sock_bytes 4096\nmem.under_oom 1\nmem.events_oom_kill 2\n"
    "mem.cache_bytes 1000\nmem.file_bytes 1000\nmem.rss_bytes 2000\nmem.anon_bytes 2000\n"
    "mem.mapped_file_bytes 300\nmem.swap_bytes 40\nmem.unevictable_bytes 5\n"
    "mem.working_set_bytes 4000000\n"
    "blkio.io_service_bytes_read{8.0,throttling} 100\n"
    "blkio.io_service_bytes_write{8.0,throttling} 20\n"
    "blkio.io_service_bytes_sync{8.0,throttling} 110\n"
    "blkio.io_service_bytes_async{8.0,throttling} 10\n"
    "blkio.io_service_bytes_discard{8.0,throttling} 0\n"
    "blkio.io_service_bytes_total{8.0,throttling} 120\n"
    "blkio.io_service_bytes_read{253.1,throttling} 7\n"
    "blkio.io_service_bytes_write{253.1,throttling} 0\n"
    "blkio.io_service_bytes_sync{253.1,throttling} 7\n"
    "blkio.io_service_bytes_async{253.1,throttling} 0\n"
    "blkio.io_service_bytes_discard{253.1,throttling} 0\n"
    "blkio.io_service_bytes_total{253.1,throttling} 7\n"
    "blkio.io_service_bytes_read{default,throttling} 107\n"
    "blkio.io_service_bytes_write{default,throttling} 20\n"
    "blkio.io_service_bytes_sync{default,throttling} 117\n"
    "blkio.io_service_bytes_async{default,throttling} 10\n"
    "blkio.io_service_bytes_discard{default,throttling} 0\n"
    "blkio.io_service_bytes_total{default,throttling} 127\n"
    "blkio.io_serviced_total{default,throttling} 0\n"
    "hugetlb.usage_bytes{2MB} 4194304\nhugetlb.limit_bytes{2MB} 8388608\n"
    "hugetlb.limit_failures{2MB} 5\nhugetlb.usage_bytes{1GB} 0\n";

constexpr File v2_files[] = {
    {"unified/cgroup.procs", ""},
    {"unified/leaf/cgroup.procs", "12\n"},
    {"unified/cgroup.threads", ""},
    {"unified/leaf/cgroup.threads", "12\n13\n"},
    {"unified/cpu.stat",
     "usage_usec 3000003\nuser_usec 1000001\nsystem_usec 2000002\nnr_periods 4\nnr_throttled 1\n"
     "throttled_usec 5\nnr_bursts 0\nburst_usec 0\n"},
    {"unified/cpu.max", "max 100000\n"},
    {"unified/cpu.weight", "50\n"},
    {"unified/memory.current", "1000\n"},
    {"unified/memory.swap.current", "24\n"},
    {"unified/memory.max", "max\n"},
    {"unified/memory.low", "0\n"},
    {"unified/memory.stat",
     "anon 10\nfile 20\nkernel 3\nfile_mapped 4\nzswap 5\nzswapped 6\ninactive_file 1001\n"
     "unevictable 0\npgfault 9\n"},
    {"unified/memory.events", "low 0\nhigh 0\nmax 2\noom 1\noom_kill 1\noom_group_kill 0\n"},
    {"unified/io.stat", "8:0 rbytes=100 wbytes=20 rios=3 wios=4 dbytes=0 dios=0\n7:0 \n"},
    {"unified/cpu.max.burst", "0\n"},
    {"unified/memory.min", "4096\n"},
    {"unified/memory.high", "max\n"},
    {"unified/memory.peak", "1200\n"},
    {"unified/memory.swap.max", "2048\n"},
    {"unified/memory.swap.peak", "100\n"},
    {"unified/memory.swap.events", "high 0\nmax 7\nfail 8\n"},
    {"unified/cpu.pressure",
     "some avg10=1.00 avg60=2.00 avg300=3.00 total=4000000\n"
     "full avg10=0.10 avg60=0.20 avg300=0.30 total=4\n"},
    {"unified/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"},
    {"unified/io.pressure", "full avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"},
    {"unified/irq.pressure", "full avg10=0.00 avg60=0.00 avg300=9.99 total=2\n"},
    {"unified/hugetlb.2MB.current", "4194304\n"},
    {"unified/hugetlb.2MB.max", "max\n"},
    {"unified/hugetlb.2MB.events", "max 5\n"},
};
constexpr const char* v2_dump =
    "container.processes 1\ncontainer.threads 2\n"
    "cpus.user_time_secs 1.000001\ncpus.system_time_secs 2.000002\n"
    "cpus.nr_periods 4\ncpus.nr_throttled 1\ncpus.throttled_time_secs 0.000005\n"
    "cpus.nr_bursts 0\ncpus.burst_time_secs 0\ncpus.usage_time_secs 3.000003\n"
    "cpus.soft_limit 0.5\ncpus.weight 50\ncpus.burst_limit_secs 0\ncpus.limit 0.5\n"
    "mem.total_bytes 1000\nmem.swap_bytes 24\nmem.min_bytes 4096\nmem.peak_bytes 1200\n"
    "mem.swap_limit_bytes 2048\nmem.swap_peak_bytes 100\n"
    "mem.rss_bytes 10\nmem.anon_bytes 10\nmem.cache_bytes 20\nmem.file_bytes 20\n"
    "mem.kernel_bytes 3\nmem.mapped_file_bytes 4\nmem.unevictable_bytes 0\nmem.page_faults 9\n"
    "mem.zswap_bytes 5\nmem.zswapped_bytes 6\n"
    "mem.events_low 0\nmem.events_high 0\nmem.events_max 2\nmem.events_oom 1\n"
    "mem.events_oom_kill 1\nmem.events_oom_group_kill 0\nmem.swap_events_max 7\n"
    "mem.swap_events_fail 8\nmem.working_set_bytes 0\nmem.total_memsw_bytes 1024\n"
    "blkio.io_service_bytes_read{8.0,io} 100\nblkio.io_service_bytes_write{8.0,io} 20\n"
    "blkio.io_service_bytes_discard{8.0,io} 0\nblkio.io_service_bytes_total{8.0,io} 120\n"
    "blkio.io_service_bytes_read{default,io} 100\nblkio.io_service_bytes_write{default,io} 20\n"
    "blkio.io_service_bytes_discard{default,io} 0\nblkio.io_service_bytes_total{default,io} 120\n"
    "blkio.io_serviced_read{8.0,io} 3\nblkio.io_serviced_write{8.0,io} 4\n"
    "blkio.io_serviced_discard{8.0,io} 0\nblkio.io_serviced_total{8.0,io} 7\n"
    "blkio.io_serviced_read{default,io} 3\nblkio.io_serviced_write{default,io} 4\n"
    "blkio.io_serviced_discard{default,io} 0\nblkio.io_serviced_total{default,io} 7\n"
    "cpus.pressure.some.avg10 1\ncpus.pressure.some.avg60 2\ncpus.pressure.some.avg300 3\n"
    "cpus.pressure.some.total 4\ncpus.pressure.full.avg10 0.1\ncpus.pressure.full.avg60 0.2\n"
    "cpus.pressure.full.avg300 0.3\ncpus.pressure.full.total 0.000004\n"
    "mem.pressure.some.avg10 0\nmem.pressure.some.avg60 0\nmem.pressure.some.avg300 0\n"
    "mem.pressure.some.total 0\nblkio.pressure.full.avg10 0\nblkio.pressure.full.avg60 0\n"
    "blkio.pressure.full.avg300 0\nblkio.pressure.full.total 0.000001\n"
    "cpus.irq_pressure.full.avg10 0\ncpus.irq_pressure.full.avg60 0\n"
    "cpus.irq_pressure.full.avg300 9.99\ncpus.irq_pressure.full.total 0.000002\n"
    "hugetlb.usage_bytes{2MB} 4194304\nhugetlb.limit_failures{2MB} 5\n";

void version_1_gives_all_figures(void**) {
    start(v1_mounts, v1_files);
    check_dump(v1_dump);
    container_bed_remove(bed);
}

void version_2_gives_all_figures(void**) {
    start(v2_mounts, v2_files);
    check_dump(v2_dump);
    container_bed_remove(bed);
}

void files_that_are_absent_are_left_out_without_failure(void**) {
    start(v1_mounts, std::span(v1_files).first(1));
    check_dump("container.processes 2\n");
    for (const MetricSource& source : ContainerSampler::sources())
        assert_true(container_bed_report(bed, source.name).status == Status::ok);
    container_bed_remove(bed);
}

void files_that_are_denied_are_left_out_and_reported(void**) {
    start(v1_mounts, v1_files);
    tree_chmod(bed.tree, path_of(v1_files[8]).c_str(), 0);
    if (!become_nobody()) skip();
    container_bed_tick(bed);
    become_root_again();
    assert_true(container_bed_report(bed, "memory").status == Status::denied);
    assert_null(strstr(container_bed_dump(bed), "mem.total_bytes"));
    assert_non_null(strstr(container_bed_dump(bed), "mem.limit_bytes"));
    container_bed_remove(bed);
}

void check_each_denied(std::span<const char* const> mounts, std::span<const File> files,
                       const char* whole) {
    for (const File& file : files) {
        start(mounts, files);
        tree_chmod(bed.tree, path_of(file).c_str(), 0);
        if (!become_nobody()) skip();
        container_bed_tick(bed);
        become_root_again();
        std::string dump = container_bed_dump(bed);
        for (std::size_t at = dump.find(ID " "); at != dump.npos; at = dump.find(ID " ", at)) {
            dump.erase(at, strlen(ID " "));
        }
        // Nothing that is not said when all can be read.
        for (std::size_t at = 0; at < dump.size();) {
            const std::size_t end = dump.find('\n', at) + 1;
            const std::string line = dump.substr(at, end - at);
            if (strstr(whole, line.c_str()) == nullptr)
                print_error("%s: %s", file.path, line.c_str());
            assert_non_null(strstr(whole, line.c_str()));
            at = end;
        }
        container_bed_remove(bed);
    }
}

void no_denied_file_makes_figures_up(void**) {
    check_each_denied(v1_mounts, v1_files, v1_dump);
    check_each_denied(v2_mounts, v2_files, v2_dump);
}

void only_the_malformed_file_is_lost(void**) {
    start(v2_mounts, v2_files);
    tree_write(bed.tree, path_of(v2_files[11]).c_str(), "anon 10\nfile twenty\n");
    tree_write(bed.tree, path_of(v2_files[13]).c_str(), "8:0 rbytes=100\n8:1 rbytes=x\n");
    container_bed_tick(bed);
    assert_true(container_bed_report(bed, "memory").status == Status::malformed);
    assert_true(container_bed_report(bed, "io").status == Status::malformed);
    assert_null(strstr(container_bed_dump(bed), "mem.anon_bytes"));
    assert_null(strstr(container_bed_dump(bed), "blkio.io"));
    assert_non_null(strstr(container_bed_dump(bed), "mem.total_bytes"));
    container_bed_remove(bed);
}

// What a torn text yields, the whole one says, too. Lists of processes cannot tell.
void check_prefixes(std::span<const char* const> mounts, std::span<const File> files) {
    start(mounts, files);
    const std::string whole = std::string("\n") + container_bed_dump(bed);
    for (const File& file : files) {
        const std::string path = path_of(file);
        const std::string_view text = file.text;
        if (path.find("procs") != path.npos || path.find("threads") != path.npos) {
            continue;
        }
        for (std::size_t size = 0; size < text.size(); ++size) {
            tree_write(bed.tree, path.c_str(), text.substr(0, size));
            container_bed_tick(bed);
            const std::string dump = container_bed_dump(bed);
            for (std::size_t at = 0; at < dump.size();) {
                const std::size_t end = dump.find('\n', at);
                const std::string line = "\n" + dump.substr(at, end - at + 1);
                const bool is_true = whole.find(line) != whole.npos;
                if (!is_true) print_error("%s[%zu]: %s", path.c_str(), size, line.c_str());
                assert_true(is_true);
                at = end + 1;
            }
        }
        tree_write(bed.tree, path.c_str(), text);
    }
    container_bed_remove(bed);
}

void no_prefix_makes_figures_up(void**) {
    check_prefixes(v1_mounts, v1_files);
    check_prefixes(v2_mounts, v2_files);
}

void a_quota_that_makes_no_sense_is_not_taken_for_none(void**) {
    start(v1_mounts, v1_files);
    tree_write(bed.tree, path_of(v1_files[6]).c_str(), "garbage\n");
    container_bed_tick(bed);
    assert_null(strstr(container_bed_dump(bed), "cpus.limit"));
    tree_write(bed.tree, path_of(v1_files[6]).c_str(), "-1\n");
    container_bed_tick(bed);
    assert_non_null(strstr(container_bed_dump(bed), "cpus.limit 0.5\n"));
    container_bed_remove(bed);
}

void a_full_snapshot_is_counted(void**) {
    start(v2_mounts, v2_files);
    for (Snapshot& snapshot : bed.snapshots)
        snapshot.samples = BoundedList<Sample>(bed.arena.take<Sample>("test", 3));
    container_bed_tick(bed);
    assert_true(bed.snapshot.samples.size() == 3);
    assert_true(container_bed_report(bed, "memory").status == Status::full);
    container_bed_remove(bed);
}

// Files of a cgroup that was just made may still appear.
void figures_with_cgroups_below_supersede_those_without(void**) {
    start(v1_mounts, v1_files);
    tree_write(bed.tree,
               "sys/fs/cgroup/blkio/mesos/" ID "/blkio.throttle.io_service_bytes_recursive",
               "8:0 Read 500\n8:0 Total 500\nTotal 500\n");
    container_bed_tick(bed);
    const char* dump = container_bed_dump(bed);
    assert_non_null(strstr(dump, "io_service_bytes_total{default,throttling} 500\n"));
    assert_null(strstr(dump, " 127\n"));
    container_bed_remove(bed);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(version_1_gives_all_figures),
        cmocka_unit_test(version_2_gives_all_figures),
        cmocka_unit_test(files_that_are_absent_are_left_out_without_failure),
        cmocka_unit_test(files_that_are_denied_are_left_out_and_reported),
        cmocka_unit_test(only_the_malformed_file_is_lost),
        cmocka_unit_test(no_denied_file_makes_figures_up),
        cmocka_unit_test(no_prefix_makes_figures_up),
        cmocka_unit_test(a_quota_that_makes_no_sense_is_not_taken_for_none),
        cmocka_unit_test(a_full_snapshot_is_counted),
        cmocka_unit_test(figures_with_cgroups_below_supersede_those_without),
    };
    return cmocka_run_group_tests_name("cgroups.controllers", tests, nullptr, nullptr);
}
