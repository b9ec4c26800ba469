// The sandboxes of Mesos containers: where they are, whose they are, and how much disk they use.
//
// The Mesos agent makes a directory for each container below its work_dir (src/slave/paths.hpp):
//     slaves/<agent>/frameworks/<framework>/executors/<executor>/runs/<container>
// and for a nested one <its parent's sandbox>/containers/<container>. Directories above
// `runs/<container>` are the agent's own; all below may be changed by the container at any time,
// so that nothing there is followed or trusted.
//
// How much a sandbox uses tells, in this order: its project quota, its own file system, a walk
// (cgroups/sandbox_walk.h), which is off unless configured. Nothing is asked of file systems that
// may be remote: they can hang for ever.
//
// Persistent volumes are known by the host's mount table: mounts inside of a sandbox that show
// <work_dir>/volumes/roles/<role>/<persistence id>. The principal of a volume is not on disk.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cgroups/container_name.h"
#include "cgroups/sandbox_walk.h"
#include "platform/base/arena.h"
#include "platform/base/bounded_list.h"
#include "platform/base/fixed_text.h"
#include "platform/base/status.h"
#include "platform/limits.h"
#include "platform/linux/project_quota.h"
#include "platform/metrics/collector.h"

namespace nma {

struct MountLine;

struct SandboxOptions {
    // The Mesos agent's work_dir on the host, absolute and without links. "" looks in
    // /var/lib/mesos/slave and /var/lib/mesos.
    FixedText<256> work_dir;
    // Entries that all walks together may look at in a second; 0: there are no walks.
    std::uint32_t walk_entries_per_s = 0;
};

// A directory whose use of disk is asked for.
struct DiskPlace {
    FixedText<limits::sandbox_path_bytes> path;  // below work_dir
    std::uint32_t trusted_bytes = 0;  // of the path: the part that only the Mesos agent changes
    bool is_local = false;            // no part of it is on a file system that may be remote
    bool is_own_file_system = false;  // a whole file system is mounted there
    bool has_mounts = false;          // inside of it
    bool has_remote_mounts = false;

    // Of the last walk that ended. timeout: none has.
    Status walk_status = Status::timeout;
    std::uint64_t walk_used_bytes = 0;
    std::uint64_t walk_ended_at_ns = 0;  // CLOCK_BOOTTIME
    std::uint64_t walk_due_at_ns = 0;
};

struct Sandbox {
    enum class State : std::uint8_t { free, unsearched, missing, found };

    ContainerId id;
    ContainerId parent;  // of a nested one, where that is known
    State state = State::free;
    bool is_wanted = false;
    bool is_fresh = false;   // found in the search at hand, or twice
    bool is_listed = false;  // and looked into
    std::uint32_t volume_count = 0;
    DiskPlace place;

    // From the path; empty unless found. Good as long as the sandbox.
    std::string_view framework_id() const;
    std::string_view executor_id() const;
    bool is_nested() const;
};

struct SandboxVolume {
    std::uint32_t sandbox_plus_one = 0;  // 0: not in use
    bool is_seen = false;
    DiskPlace place;

    std::string_view persistence_id() const;
};

struct DiskUse {
    SpaceUse space;
    bool is_walked = false;
    std::uint64_t age_ns = 0;  // time since the walk ended
};

// Memory that is all zero is one that was not started. Each tick: begin, want for every container,
// refresh, and then the questions.
class Sandboxes {
  public:
    void init(Arena& arena, const Capacities& capacities);
    void start(const SandboxOptions& options);
    void stop();

    void begin(const HostContext& context, std::uint64_t now_ns);

    // A container whose sandbox is asked for in this tick. `parent` is the container that it is
    // nested in, where that is known; "parent.child" as an id says it, too.
    void want(std::string_view id, std::string_view parent = {});

    // Forgets containers that nobody wants any more, searches for those that are new (at most every
    // 5 seconds), reads the mount table, and walks on.
    void refresh(const HostContext& context, std::uint64_t now_ns);

    // Null when the container has no sandbox, or it was not found.
    const Sandbox* find(std::string_view id);

    // Why find says null: absent; denied, full: the search could not look everywhere; timeout: it
    // has not been searched for yet.
    Status why_missing(std::string_view id);

    // The volumes of a sandbox: the first, and the one after that; null at the end.
    const SandboxVolume* first_volume(const Sandbox& sandbox) const;
    const SandboxVolume* next_volume(const SandboxVolume& volume) const;

    // ok; unsupported: there is no quota and walks are off, or it may be remote; timeout: no walk
    // has ended within the last hour; full: it exceeds a walk's limits; denied; gone; io_error.
    Status measure(const DiskPlace& place, std::uint64_t now_ns, DiskUse& use) const;

    // Sandboxes and volumes that had no room in this tick.
    std::uint32_t overflow_count() const { return overflow_count_; }
    // Directories that the last search left out: too many, too long, or not readable.
    std::uint32_t skipped_count() const { return skipped_count_; }

  private:
    struct Search;

    std::uint32_t& slot_of(std::string_view id);
    Sandbox* lookup(std::string_view id);
    Sandbox* lookup_nested(const Sandbox& parent, std::string_view name);
    Sandbox* new_sandbox();
    const SandboxVolume* volume_of(std::uint32_t sandbox_plus_one, std::size_t first) const;
    void forget_unwanted();
    void forget(DiskPlace& place);
    void rebuild_slots();
    std::span<Sandbox> used_sandboxes() { return sandboxes_.first(sandbox_count_); }
    std::span<SandboxVolume> used_volumes() { return volumes_.first(volume_count_); }
    int work_dir() const { return work_dir_plus_one_ - 1; }

    // sandbox_search.cc
    void open_work_dir(const HostContext& context);
    void resolve_work_dir(const HostContext& context);
    void search(const HostContext& context);
    void search_runs(Search& search);
    void skip(Status status);
    void list(Search& search, std::uint32_t level);
    void search_nested(Search& search);
    void list_nested(Search& search, Sandbox& parent);
    void set_found(Search& search, Sandbox& sandbox, std::string_view name, std::size_t trusted);

    // sandbox_mounts.cc
    void read_mounts(const HostContext& context);
    bool find_base(std::string_view text, std::string_view path);
    void reset_places();
    void scan_mount(const MountLine& mount, std::string_view path);
    void mark_remote(std::string_view path);
    Sandbox* owner_of(std::string_view path);
    void add_volume(std::uint32_t sandbox, std::string_view path);
    void sweep_volumes();

    // sandbox_measure.cc
    void walk(std::uint64_t now_ns);
    bool start_walk(std::uint64_t now_ns);
    bool try_walk(DiskPlace& place, std::uint64_t now_ns);
    DiskPlace* place_at(std::size_t index);
    int open_place(const DiskPlace& place, int& above) const;

    SandboxOptions options_;
    int work_dir_plus_one_ = 0;
    FixedText<limits::path_bytes> work_dir_path_;  // absolute on the host
    std::uint64_t opened_at_ns_ = 0;
    bool has_unsearched_ = false;
    std::uint64_t searched_at_ns_ = 0;
    Status search_status_ = Status::ok;  // of what the last search had to leave out

    // The file system that work_dir is on.
    Status mounts_status_ = Status::absent;
    bool is_base_local_ = false;
    std::uint32_t base_major_ = 0;
    std::uint32_t base_minor_ = 0;
    FixedText<limits::path_bytes> base_root_;  // work_dir as a path of that file system

    std::span<Sandbox> sandboxes_;
    std::size_t sandbox_count_ = 0;   // those after it were never used
    std::span<std::uint32_t> slots_;  // open addressing; index + 1
    std::span<SandboxVolume> volumes_;
    std::size_t volume_count_ = 0;
    BoundedList<char> pending_names_;  // of a search: its names, and their levels and lengths
    BoundedList<std::uint32_t> pending_;
    std::uint32_t overflow_count_ = 0;
    std::uint32_t skipped_count_ = 0;

    SandboxWalk walk_;
    DiskPlace* walked_ = nullptr;  // where the walk is
    std::size_t next_walk_ = 0;
    std::uint64_t walked_at_ns_ = 0;
};

}  // namespace nma
