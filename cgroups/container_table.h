// The containers that are known, with their cgroups held open. They keep their place from one
// search to the next, so that what is known of one (when it was read, what it used) stays with it.
// All memory is set aside at start; what does not fit is counted, and the first of it named.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cgroups/activity.h"
#include "cgroups/cgroup_file.h"
#include "cgroups/container_name.h"
#include "cgroups/pressure_level.h"
#include "platform/base/arena.h"
#include "platform/base/bounded_list.h"
#include "platform/base/status.h"
#include "platform/limits.h"
#include "platform/linux/clock.h"
#include "platform/linux/file_reader.h"
#include "platform/metrics/reason.h"

namespace nma {

// A cgroup by its descriptor, or by its path where no more descriptors may be had.
struct CgroupPlace {
    std::uint64_t inode = 0;
    std::int32_t directory_plus_one = 0;
    std::uint32_t path_plus_one = 0;  // offset into the table's paths, good until the next search

    bool is_known() const { return directory_plus_one != 0 || path_plus_one != 0; }
};

// One of the cgroups that hold a container's processes. A list through indexes.
struct MemberCgroup {
    CgroupPlace place;
    std::uint32_t next_plus_one = 0;
    bool is_borrowed = false;  // the descriptor is that of the container's own place
};

inline constexpr std::uint32_t no_container = 0xffffffff;
inline constexpr std::size_t controller_file_count_max = 128;

// What the runtime's files say of a container; the texts are ContainerNames'.
struct ContainerNote {
    std::uint32_t text_first = 0;
    std::uint16_t name_bytes = 0;
    std::uint16_t image_bytes = 0;
    std::uint16_t pod_bytes = 0;
    std::uint16_t labels_bytes = 0;
    const char* source = nullptr;  // null: nothing is known
    bool is_sandbox = false;
    std::uint8_t tries_left = limits::name_tries_max;
    std::uint16_t overflow_count = 0;  // labels and texts that had no room
    Status status = Status::timeout;   // of the last try; timeout: there was none yet
};

// What controllers keep of a container from one of its readings to the next.
struct ControllerMemory {
    std::uint64_t start_time = 0;   // as start_time.cc writes it; 0: not known yet
    std::uint32_t network_pid = 0;  // a process in its own network, by the last reading; 0: none
    Reason network_reason = Reason::none;  // why there is none
    PressureLevels::Slot pressure_slot = PressureLevels::no_slot;
    std::uint64_t critical_count = 0;          // the last of its counts
    Status pressure_status = Status::timeout;  // why there is no slot; timeout: not tried yet
};

struct Container {
    ContainerId id;           // as the path of its cgroup has it
    FixedText<64> other_id;   // under which it is shown; empty: under `id`
    std::uint64_t inode = 0;  // of its cgroup in its home hierarchy
    std::uint8_t home = 0;    // the hierarchy in which it was found first
    Runtime runtime = {};
    std::uint8_t seen_in = 0;       // bit per hierarchy, in the last search
    std::uint32_t seen_by = 0;      // number of the last search that found it
    bool has_sandbox = false;       // of Mesos, and it was found
    bool has_lost_members = false;  // some of its cgroups had no room
    std::uint64_t ended_at_ns = 0;  // wall time; 0: it lives
    std::uint32_t member_first_plus_one = 0;
    CgroupPlace places[limits::cgroup_hierarchy_count_max] = {};
    std::uint64_t absent_files[controller_file_count_max / 64] = {};  // bit per controllers' file
    ContainerNote note;
    Activity activity;
    ControllerMemory memory;
    PidList pids;  // when it was last read in full
    Status pids_status = Status::ok;

    std::string_view shown_id() const { return other_id.empty() ? id.view() : other_id.view(); }

    // Files that were not there are asked for again.
    void forget_absent_files() {
        for (std::uint64_t& word : absent_files)
            word = 0;
    }
};

class ContainerTable {
  public:
    void init(Arena& arena, const Capacities& capacities);

    // How many descriptors the table may hold.
    void set_file_budget(std::size_t file_count_max) { file_count_max_ = file_count_max; }

    // Closes and forgets everything.
    void clear();

    // Starts a search: forgets members and paths, keeps the containers. What the search does not
    // find ends with end_search.
    // When it could not look everywhere (`is_partial`), only those whose cgroup is gone do.
    void begin_search();
    void end_search(Instants now, bool is_partial);
    std::uint32_t search_number() const { return search_number_; }

    // The index of a container that lives; no_container when there is none.
    std::uint32_t find(std::string_view id) const;

    // A new one; `id` must not live. no_container when there is no room (counted, and named).
    std::uint32_t add(std::string_view id, std::uint8_t hierarchy, std::uint64_t inode,
                      Instants now);

    // The container is gone: closes its cgroups. It stays, findable by index only, until
    // forget_ended.
    void end(std::uint32_t index, std::uint64_t ended_at_ns);
    // Indexes of other containers change.
    void forget_ended();

    // Lists a container that lives under another id than its cgroup's, unless one that lives has
    // that already.
    void show_as(Container& container, std::string_view id);

    // Whether the cgroup is still there, as far as its descriptor tells: false for a place that is
    // known by its path.
    static bool is_there(const CgroupPlace& place);

    // Keeps the cgroup at `path` of `hierarchy`, below its mount point, as the container's own or
    // as one below it. Takes over `directory`. Of the home hierarchy each becomes a member.
    void keep(std::uint32_t container, std::uint8_t hierarchy, int directory, std::string_view path,
              std::uint64_t inode, bool is_own);
    void drop_place(std::uint32_t container, std::uint8_t hierarchy);

    const MemberCgroup* first_member(const Container& container) const;
    const MemberCgroup* next_member(const MemberCgroup& member) const;

    // Reads a file of a cgroup, or the line that it begins with.
    enum class Extent : std::uint8_t { whole, line };
    Status read(FileReader& reader, int hierarchy_directory, const CgroupPlace& place,
                const char* file, std::string_view& text, Extent extent = Extent::whole) const;

    // Those that live, by the id under which they are shown.
    std::span<const std::uint32_t> sorted();

    // All, with those that ended.
    std::span<const Container> all() const { return {containers_.begin(), containers_.size()}; }

    Container& operator[](std::uint32_t index) { return containers_[index]; }
    std::size_t living_count() const { return living_count_; }
    std::size_t ended_count() const { return containers_.size() - living_count_; }
    std::size_t file_count() const { return file_count_; }

    // Since the last search began: containers without room, and the names of the first of them.
    std::uint32_t overflow_count() const { return overflow_count_; }
    const char* overflow_names() const { return overflow_names_.c_str(); }
    std::uint32_t member_overflow_count() const { return member_overflow_count_; }

  private:
    std::size_t slot_index_of(std::string_view id) const;
    void unlink(std::string_view id);
    void note_overflow(std::string_view id);
    void close_place(CgroupPlace& place);
    void close_members(Container& container);
    CgroupPlace make_place(int directory, std::string_view path, std::uint64_t inode);
    bool add_member(Container& container, const MemberCgroup& member);
    bool has_member(const Container& container, std::uint64_t inode) const;

    BoundedList<Container> containers_;
    BoundedList<MemberCgroup> members_;
    BoundedList<char> paths_;
    BoundedList<std::uint32_t> order_;
    std::span<std::uint32_t> slots_;  // open addressing; index + 1
    std::size_t living_count_ = 0;
    std::size_t living_count_max_ = 0;
    std::size_t file_count_ = 0;
    std::size_t file_count_max_ = 0;
    std::uint32_t search_number_ = 0;
    std::uint32_t overflow_count_ = 0;
    std::uint32_t member_overflow_count_ = 0;
    FixedText<512> overflow_names_;
    bool is_order_stale_ = true;
    bool is_searching_ = false;
};

}  // namespace nma
