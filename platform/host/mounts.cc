// The node's file systems: real ones, each once. The mount table (platform/linux/mount_table.h)
// also lists the kernel's own pseudo file systems, bind mounts, and one overlay for each container.
#include <algorithm>

#include "platform/host/statfs_workers.h"
#include "platform/linux/mount_table.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

constexpr MetricSpec figure(const char* name, const char* help, Unit unit) {
    return {.name = name,
            .help = help,
            .unit = unit,
            .view = View::standard,
            .about = SubjectKind::filesystem};
}

enum Index { capacity_total, capacity_used, capacity_free, inode_total, inode_used, inode_free };

constexpr MetricSpec specs[] = {
    figure("filesystem.capacity.total", "Size of the file system", Unit::bytes),
    figure("filesystem.capacity.used", "Space in use", Unit::bytes),
    figure("filesystem.capacity.free", "Space that users without privilege can still fill",
           Unit::bytes),
    figure("filesystem.inode.total", "Inodes that there can be", Unit::count),
    figure("filesystem.inode.used", "Inodes in use", Unit::count),
    figure("filesystem.inode.free", "Inodes that are left", Unit::count),
};
static_assert(std::size(specs) <= limits::samples_per_mount_max);

// Not storage: interfaces of the kernel, memory, views of other file systems, and read-only images
// that are always full. README lists them, too.
constexpr std::string_view pseudo_types[] = {
    "autofs",     "binder",      "binfmt_misc", "bpf",        "cgroup",
    "cgroup2",    "configfs",    "cramfs",      "debugfs",    "devfs",
    "devpts",     "devtmpfs",    "efivarfs",    "functionfs", "fuse.gvfsd-fuse",
    "fuse.lxcfs", "fuse.portal", "fusectl",     "hugetlbfs",  "mqueue",
    "nfsd",       "none",        "nsfs",        "overlay",    "pipefs",
    "proc",       "pstore",      "ramfs",       "resctrl",    "rootfs",
    "rpc_pipefs", "securityfs",  "selinuxfs",   "smackfs",    "sockfs",
    "squashfs",   "sysfs",       "tmpfs",       "tracefs",    "usbfs"};

// Their device numbers in the table are not those that stat says.
constexpr std::string_view types_without_device[] = {"btrfs", "overlay", "zfs"};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::string_view (&words)[N]) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// The overlay that is the root of a live system, or of the container in which we look around.
bool is_real(const MountLine& mount) {
    if (mount.type == "overlay") return mount.mount_point == "/";
    return !is_one_of(mount.type, pseudo_types);
}

struct State {
    StatfsWorkers workers;
    MountLine found[limits::mount_count_max];  // texts point into the reader's buffer
    std::size_t found_count;
    // How the tick's questions were put; reported when it runs.
    Status status;
    std::uint32_t skipped_count;
    std::uint32_t overflow_count;
};

void remove_found(State& state, std::size_t index) {
    std::copy(state.found + index + 1, state.found + state.found_count, state.found + index);
    --state.found_count;
}

// What was mounted at this place before cannot be seen any more.
void remove_hidden(State& state, const MountLine& mount) {
    for (std::size_t i = 0; i < state.found_count; ++i) {
        if (state.found[i].mount_point == mount.mount_point) return remove_found(state, i);
    }
}

bool is_same_file_system(const MountLine& a, const MountLine& b) {
    if (a.major == b.major && a.minor == b.minor) return true;
    // Each subvolume of btrfs has a number of its own.
    return a.type == "btrfs" && b.type == "btrfs" && a.source == b.source;
}

// The mount that shows the whole file system, at the shortest path, stands for all of them.
bool is_better(const MountLine& a, const MountLine& b) {
    if ((a.root == "/") != (b.root == "/")) return a.root == "/";
    return a.mount_point.size() < b.mount_point.size();
}

void add_found(State& state, const MountLine& mount) {
    if (state.found_count == std::size(state.found)) {
        ++state.overflow_count;
    } else {
        state.found[state.found_count++] = mount;
    }
}

// Only when all is read: a mount that stood for others may have been hidden by a later line.
void remove_doubles(State& state) {
    for (std::size_t i = 0; i < state.found_count; ++i) {
        for (std::size_t j = i + 1; j < state.found_count;) {
            if (!is_same_file_system(state.found[i], state.found[j])) {
                ++j;
                continue;
            }
            if (is_better(state.found[j], state.found[i])) state.found[i] = state.found[j];
            remove_found(state, j);
        }
    }
}

void find_mounts(State& state, std::string_view text) {
    MountCursor mounts(text);
    MountLine mount;
    while (mounts.next(mount)) {
        remove_hidden(state, mount);
        if (is_real(mount)) add_found(state, mount);
    }
    state.skipped_count += mounts.skipped_count();
    remove_doubles(state);
}

// False when the path is longer than there is room for.
bool make_question(const MountLine& mount, MountQuestion& question) {
    question.major = mount.major;
    question.minor = mount.minor;
    question.is_local = is_local_file_system(mount.type);
    question.has_own_device = !is_one_of(mount.type, types_without_device);
    return unescape_mount_text(mount.mount_point, question.path);
}

void post_all(State& state) {
    MountQuestion question;
    for (std::size_t i = 0; i < state.found_count; ++i) {
        if (!make_question(state.found[i], question) || !state.workers.post(question)) {
            ++state.overflow_count;
        }
    }
}

// The answers come while the other readers read.
void begin_mounts(State& state, const HostContext& context) {
    state.found_count = 0;
    state.skipped_count = 0;
    state.overflow_count = 0;
    state.workers.begin();
    std::string_view text;
    state.status = context.reader.read(context.root.proc(), context.root.mountinfo_path(), text);
    if (state.status != Status::ok) return;
    find_mounts(state, text);
    post_all(state);
}

void add_answer(std::string_view path, const MountAnswer& answer, SnapshotWriter& writer) {
    if (answer.status != Status::ok) return writer.count_skipped();
    if (answer.total_bytes == 0 && answer.total_inodes == 0) return;
    const std::uint32_t subject = writer.add_subject(SubjectKind::filesystem, node_subject, path);
    if (answer.total_bytes != 0) {
        writer.add(capacity_total, answer.total_bytes, subject);
        writer.add(capacity_used, answer.used_bytes, subject);
        writer.add(capacity_free, answer.free_bytes, subject);
    }
    if (answer.total_inodes != 0) {
        writer.add(inode_total, answer.total_inodes, subject);
        writer.add(inode_used, answer.used_inodes, subject);
        writer.add(inode_free, answer.free_inodes, subject);
    }
}

// Why file systems are missing, in one word: of several, the one about which most can be done.
// One that is not seen at its place was covered, unmounted just now, or never handed to our
// container.
class WhyMissing {
  public:
    void add(Status status) {
        if (status == Status::ok) return;
        if (status == Status::gone) status = Status::absent;
        if (rank(status) > rank(status_)) status_ = status;
    }

    Status status() const { return status_; }

  private:
    static int rank(Status status) {
        constexpr Status ranks[] = {Status::ok, Status::absent, Status::io_error, Status::denied,
                                    Status::timeout};
        const auto* const found = std::find(std::begin(ranks), std::end(ranks), status);
        return found == std::end(ranks) ? 2 : static_cast<int>(found - ranks);
    }

    Status status_ = Status::ok;
};

Status run_mounts(State& state, const HostContext&, SnapshotWriter& writer) {
    if (state.status != Status::ok) return state.status;
    if (state.skipped_count > 0) writer.count_skipped(state.skipped_count);
    if (state.overflow_count > 0) writer.count_overflow(state.overflow_count);
    state.workers.wait();
    WhyMissing why;
    for (std::size_t i = 0; i < state.workers.posted_count(); ++i) {
        const MountAnswer answer = state.workers.answer(i);  // the next time it may have come
        why.add(answer.status);
        add_answer(state.workers.path(i), answer, writer);
    }
    writer.note(why.status());
    return Status::ok;
}

void start_mounts(State& state, const HostContext& context) {
    state.workers.start(context.root);
}

void stop_mounts(State& state) {
    state.workers.stop();
}

}  // namespace

extern constexpr Collector mounts_collector = {
    .name = "mounts",
    .specs = specs,
    .state_bytes = sizeof(State),
    .start = start_with<State, start_mounts>,
    .stop = stop_with<State, stop_mounts>,
    .begin = start_with<State, begin_mounts>,
    .run = run_with<State, run_mounts>,
};

}  // namespace nma
