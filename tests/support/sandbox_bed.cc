#include "tests/support/sandbox_bed.h"

#include <sys/stat.h>

#include <cstdio>

#include "cgroups/controller.h"
#include "platform/base/text_cursor.h"

#include "tests/support/cmocka.h"

namespace nma {
extern const Controller disk_controller;
}

namespace nma::test {

SandboxBed bed;

static constexpr const char* root_mount = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n";

void write_mounts(const char* more) {
    static char text[4096];
    snprintf(text, sizeof text, "%s%s", root_mount, more);
    tree_write(bed.tree, "proc/1/mountinfo", text);
}

int sandbox_bed_set_up(void**) {
    tree_make(bed.tree);
    write_mounts("");
    bed.now_ns = 100 * second_ns;
    return 0;
}

void start(std::size_t capacity, std::uint32_t walk_entries_per_s, std::string_view work_dir) {
    Capacities capacities;
    capacities.containers = capacity;
    SandboxOptions options;
    assert_true(options.work_dir.assign(work_dir));
    options.walk_entries_per_s = walk_entries_per_s;
    assert_true(bed.arena.map(std::size_t{64} << 20U));
    bed.reader.init(bed.arena);
    bed.dirs.init(bed.arena);
    bed.sandboxes = Sandboxes{};
    bed.sandboxes.init(bed.arena, capacities);
    bed.snapshot.init(bed.arena, capacities);
    assert_int_equal(bed.root.open(bed.tree.path.c_str()), Status::ok);
    bed.sandboxes.start(options);
}

int sandbox_bed_tear_down(void**) {
    bed.sandboxes.stop();
    bed.sandboxes = Sandboxes{};
    bed.root.close();
    bed.arena.unmap();
    bed.arena = Arena{};
    tree_remove(bed.tree);
    return 0;
}

void tick(const char* ids, std::uint64_t seconds) {
    bed.now_ns += seconds * second_ns;
    const HostContext context = {bed.root, bed.reader, bed.dirs};
    bed.sandboxes.begin(context, bed.now_ns);
    std::string_view rest = ids;
    while (!rest.empty()) {
        const std::string_view id = take_word(rest);
        if (!id.empty()) bed.sandboxes.want(id);
    }
    bed.sandboxes.refresh(context, bed.now_ns);
}

const char* path_found(const char* id) {
    const Sandbox* sandbox = bed.sandboxes.find(id);
    return sandbox == nullptr ? "" : sandbox->place.path.c_str();
}

const char* figures_of(const char* id) {
    static char text[1024];
    Container container;
    assert_true(container.id.assign(id));
    bed.writer.start(bed.snapshot, 1, {0, bed.now_ns});
    bed.writer.end_node();
    assert_true(bed.writer.begin_container(id, 1));
    bed.writer.begin(0);
    const HostContext context = {bed.root, bed.reader, bed.dirs};
    ContainerReading reading = {.host = context,
                                .table = bed.table,
                                .hierarchies = {},
                                .container = container,
                                .pids = container.pids,
                                .pids_status = Status::ok,
                                .memory = container.memory,
                                .sandboxes = &bed.sandboxes};
    bed.writer.end(disk_controller.run(reading, bed.writer));
    bed.writer.end_container();
    std::size_t size = 0;
    text[0] = '\0';
    const ContainerEntry& entry = bed.snapshot.containers[0];
    for (const Sample& sample : bed.snapshot.samples_of(entry)) {
        const Subject& subject = bed.snapshot.subjects[sample.subject];
        const std::string_view name = bed.snapshot.text(subject.name);
        const bool is_volume = subject.kind == SubjectKind::container_volume;
        size += static_cast<std::size_t>(
            snprintf(text + size, sizeof text - size, "%s%s%.*s%s %llu ",
                     disk_controller.specs[sample.spec].name, is_volume ? "{" : "",
                     is_volume ? static_cast<int>(name.size()) : 0, name.data(),
                     is_volume ? "}" : "", static_cast<unsigned long long>(sample.value)));
    }
    for (const MissingGroup& missing : bed.snapshot.missing_of(entry))
        size += static_cast<std::size_t>(snprintf(text + size, sizeof text - size, "%s: %s ",
                                                  missing.group, reason_name(missing.reason)));
    return text;
}

std::uint64_t blocks_of(const char* path) {
    static char whole[1024];
    struct stat found = {};
    snprintf(whole, sizeof whole, "%s/%s", bed.tree.path.c_str(), path);
    assert_int_equal(lstat(whole, &found), 0);
    return static_cast<std::uint64_t>(found.st_blocks) * 512;
}

}  // namespace nma::test
