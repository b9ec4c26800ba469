// The containers that the last search found, with their cgroups held open. All memory is set
// aside at start; what does not fit is counted.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cgroups/container_name.h"
#include "platform/base/arena.h"
#include "platform/base/bounded_list.h"
#include "platform/base/status.h"
#include "platform/limits.h"
#include "platform/linux/file_reader.h"

namespace nma {

// A cgroup by its descriptor, or by its path where no more descriptors may be had.
struct CgroupPlace {
    std::int32_t directory_plus_one = 0;
    std::uint32_t path_plus_one = 0;  // offset into the table's paths
    std::uint8_t hierarchy = 0;

    bool is_known() const { return directory_plus_one != 0 || path_plus_one != 0; }
};

// One of the cgroups that hold a container's processes. A list through indexes.
struct MemberCgroup {
    CgroupPlace place;
    std::uint32_t next_plus_one = 0;
};

inline constexpr std::uint32_t no_container = 0xffffffff;

struct Container {
    ContainerId id;
    std::uint64_t inode = 0;  // of its cgroup in its home hierarchy
    std::uint8_t home = 0;    // the hierarchy in which it was found first
    CgroupPlace places[limits::cgroup_hierarchy_count_max] = {};
    std::uint32_t member_first_plus_one = 0;
    std::uint64_t absent_files = 0;  // bit per file of the controllers: not there, do not ask again
};

class ContainerTable {
  public:
    void init(Arena& arena, const Capacities& capacities);

    // How many descriptors the table may hold.
    void set_file_budget(std::size_t file_count_max) { file_count_max_ = file_count_max; }

    // Closes and forgets everything.
    void clear();

    // The index of a container, new or known; no_container when there is no room (counted).
    std::uint32_t find_or_add(std::string_view id, std::uint8_t hierarchy, std::uint64_t inode);

    // Keeps the cgroup `path` of `hierarchy`, below its mount point. Takes over `directory`, which
    // it closes when over budget.
    CgroupPlace keep(int directory, std::string_view path, std::uint8_t hierarchy);

    // False, and counted, when there is no room.
    bool add_member(std::uint32_t container, CgroupPlace place);
    const MemberCgroup* first_member(const Container& container) const;
    const MemberCgroup* next_member(const MemberCgroup& member) const;

    // Reads a file of a cgroup.
    Status read(FileReader& reader, int hierarchy_directory, CgroupPlace place, const char* file,
                std::string_view& text) const;

    // Fixes the order in which sorted() gives the containers: by id.
    void sort();
    std::span<const std::uint32_t> sorted() const { return {order_.begin(), order_.size()}; }

    Container& operator[](std::uint32_t index) { return containers_[index]; }
    std::size_t size() const { return containers_.size(); }
    std::uint32_t overflow_count() const { return overflow_count_; }
    std::uint32_t member_overflow_count() const { return member_overflow_count_; }
    std::size_t file_count() const { return file_count_; }

  private:
    std::uint32_t& slot_of(std::string_view id);

    BoundedList<Container> containers_;
    BoundedList<MemberCgroup> members_;
    BoundedList<char> paths_;
    BoundedList<std::uint32_t> order_;
    std::span<std::uint32_t> slots_;  // open addressing; index + 1
    std::size_t file_count_ = 0;
    std::size_t file_count_max_ = 0;
    std::uint32_t overflow_count_ = 0;
    std::uint32_t member_overflow_count_ = 0;
};

}  // namespace nma
