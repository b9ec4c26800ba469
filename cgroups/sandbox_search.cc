// Where the sandboxes are: a search through the Mesos agent's work_dir.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cgroups/sandbox.h"
#include "cgroups/sandbox_path.h"
#include "platform/linux/mount_table.h"

namespace nma {

namespace {

constexpr int directory_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

// Where DC/OS has its work_dir, and where Mesos' own packages have it.
constexpr std::string_view usual_work_dirs[] = {"/var/lib/mesos/slave", "/var/lib/mesos"};

// What is listed below a name of each level: of an agent, a framework, an executor.
constexpr std::string_view below_level[] = {"/frameworks", "/executors", "/runs"};
constexpr std::uint32_t run_level = 3;

constexpr std::uint32_t level_shift = 16;  // a pending name: its level and its length
static_assert(limits::name_bytes_max < (1U << level_shift));

bool read_path(int directory, FixedText<limits::path_bytes>& path) {
    char link[32];
    char target[limits::path_bytes];
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    const ssize_t size = readlink(link, target, sizeof target);
    return size > 0 && path.assign({target, static_cast<std::size_t>(size)});
}

}  // namespace

struct Sandboxes::Search {
    DirReader& dirs;
    std::size_t unfound_count = 0;
    std::size_t directory_count = 0;
    FixedText<limits::sandbox_path_bytes> path;
    std::size_t ends[run_level + 1] = {};

    bool has_room() { return ++directory_count <= limits::sandbox_directory_count_max; }
};

// Not when the file system may be remote: opening could hang. The mount table says so before.
void Sandboxes::open_work_dir(const HostContext& context) {
    if (work_dir_plus_one_ != 0) close(work_dir());
    work_dir_plus_one_ = 0;
    std::string_view mounts;
    mounts_status_ =
        context.reader.read(context.root.proc(), context.root.mountinfo_path(), mounts);
    if (mounts_status_ != Status::ok) return;
    const std::string_view configured[] = {options_.work_dir.view()};
    const std::span<const std::string_view> candidates =
        configured[0].empty() ? std::span<const std::string_view>(usual_work_dirs) : configured;
    for (const std::string_view candidate : candidates) {
        if (!work_dir_path_.assign(candidate) || candidate.size() < 2) continue;
        if (!find_base(mounts, candidate) || !is_base_local_) continue;
        const int directory =
            openat(context.root.root(), work_dir_path_.c_str() + 1, directory_flags);
        if (directory < 0) continue;
        if (faccessat(directory, "slaves", F_OK, 0) == 0) {
            work_dir_plus_one_ = directory + 1;
            return resolve_work_dir(context);
        }
        close(directory);
    }
}

// The mount table has paths without links.
void Sandboxes::resolve_work_dir(const HostContext& context) {
    FixedText<limits::path_bytes> root;
    FixedText<limits::path_bytes> path;
    if (!read_path(context.root.root(), root) || !read_path(work_dir(), path)) return;
    const std::string_view above = root.view() == "/" ? "" : root.view();
    if (!is_at_or_in(path.view(), above) || path.size() == above.size()) return;
    (void)work_dir_path_.assign(path.view().substr(above.size()));
}

void Sandboxes::search(const HostContext& context) {
    Search search = {context.dirs, 0, 0, {}, {}};
    skipped_count_ = 0;
    search_status_ = Status::ok;
    for (Sandbox& sandbox : used_sandboxes()) {
        sandbox.is_fresh = false;
        sandbox.is_listed = false;
        const bool is_unfound =
            sandbox.state == Sandbox::State::unsearched || sandbox.state == Sandbox::State::missing;
        if (is_unfound) ++search.unfound_count;
    }
    search_runs(search);
    search_nested(search);
    for (Sandbox& sandbox : used_sandboxes()) {
        if (sandbox.state == Sandbox::State::unsearched) sandbox.state = Sandbox::State::missing;
    }
    has_unsearched_ = false;
}

// Depth first with a stack of names of our own, until all are found.
void Sandboxes::search_runs(Search& search) {
    pending_.clear();
    pending_names_.clear();
    if (!search.path.assign("slaves")) return;
    search.ends[0] = search.path.size();
    list(search, 0);
    while (!pending_.empty() && search.unfound_count > 0) {
        const std::uint32_t next = pending_[pending_.size() - 1];
        pending_.resize_down(pending_.size() - 1);
        const std::uint32_t level = next >> level_shift;
        const std::size_t bytes = next & ((1U << level_shift) - 1);
        const std::size_t name_at = pending_names_.size() - bytes;
        search.path.resize_down(search.ends[level]);
        const bool fits = search.path.append("/") &&
                          search.path.append({pending_names_.begin() + name_at, bytes}) &&
                          search.path.append(below_level[level]);
        pending_names_.resize_down(name_at);
        if (!fits) {
            skip(Status::full);
            continue;
        }
        search.ends[level + 1] = search.path.size();
        list(search, level + 1);
    }
}

// The first reason stays.
void Sandboxes::skip(Status status) {
    ++skipped_count_;
    if (search_status_ == Status::ok) search_status_ = status;
}

// Links, as "latest" is one, are no directories.
void Sandboxes::list(Search& search, std::uint32_t level) {
    const Status status =
        search.has_room() ? search.dirs.open(work_dir(), search.path.c_str()) : Status::full;
    if (status == Status::absent) return;
    if (status != Status::ok) return skip(status);
    DirEntry entry;
    while (search.unfound_count > 0 && search.dirs.next(entry)) {
        if (!entry.may_be_directory()) continue;
        const std::string_view name = entry.name;
        if (level == run_level) {
            Sandbox* sandbox = lookup(name);
            if (sandbox != nullptr) set_found(search, *sandbox, name, search.path.size());
            continue;
        }
        const std::size_t before = pending_names_.size();
        if (!pending_names_.append({name.data(), name.size()}) ||
            !pending_.push((level << level_shift) | static_cast<std::uint32_t>(name.size()))) {
            pending_names_.resize_down(before);
            skip(Status::full);
        }
    }
    search.dirs.close();
}

// The first `trusted` bytes of the path are the Mesos agent's own. A nested sandbox that is there
// twice is none of the two: a container can make directories of any name in its own.
void Sandboxes::set_found(Search& search, Sandbox& sandbox, std::string_view name,
                          std::size_t trusted) {
    if (sandbox.is_fresh) {
        if (sandbox.is_nested()) sandbox.state = Sandbox::State::missing;
        return;
    }
    if (sandbox.state == Sandbox::State::found) return;
    FixedText<limits::sandbox_path_bytes>& path = sandbox.place.path;
    if (!path.assign(search.path.view()) || !path.append("/") || !path.append(name)) {
        path.clear();
        return skip(Status::full);
    }
    sandbox.place.trusted_bytes = static_cast<std::uint32_t>(trusted);
    sandbox.state = Sandbox::State::found;
    sandbox.is_fresh = true;
    if (search.unfound_count > 0) --search.unfound_count;
}

// Only in sandboxes of containers that there are now, and in all of those.
void Sandboxes::search_nested(Search& search) {
    if (search.unfound_count == 0) return;
    for (std::size_t depth = 0; depth < limits::sandbox_nesting_max; ++depth) {
        for (Sandbox& parent : used_sandboxes()) {
            if (parent.state == Sandbox::State::found && !parent.is_listed)
                list_nested(search, parent);
        }
    }
}

void Sandboxes::list_nested(Search& search, Sandbox& parent) {
    parent.is_listed = true;
    if (!search.has_room() || !search.path.assign(parent.place.path.view()) ||
        !search.path.append("/containers")) {
        return skip(Status::full);
    }
    DiskPlace place;
    place.trusted_bytes = parent.place.trusted_bytes;
    if (!place.path.assign(search.path.view())) return;
    int above = -1;
    const int directory = open_place(place, above);
    if (directory < 0) return;
    close(above);
    DirEntry entry;
    std::size_t count = 0;
    const Status status = search.dirs.open(directory, ".");
    if (status != Status::ok) skip(status);
    while (search.dirs.next(entry)) {
        if (++count > limits::sandbox_entries_per_directory_max) {
            skip(Status::full);
            break;
        }
        if (!entry.may_be_directory()) continue;
        Sandbox* sandbox = lookup_nested(parent, entry.name);
        if (sandbox != nullptr) set_found(search, *sandbox, entry.name, place.trusted_bytes);
    }
    search.dirs.close();
    close(directory);
}

}  // namespace nma
