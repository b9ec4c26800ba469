// Hears from the kernel that cgroups were made or removed, or that the last process of one ended
// (inotify(7), cgroup-v2.rst "[Un]populated Notification"), so that the tree is searched only when
// there is something to find, and what lives shortly is seen at all.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/arena.h"
#include "platform/base/bounded_list.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

struct CgroupChange {
    enum class Kind : std::uint8_t {
        made,
        removed,
        emptied,  // or filled again: its cgroup.events changed
        unknown,  // something was missed: search everything
    };
    Kind kind = Kind::unknown;
    std::uint8_t hierarchy = 0;
    FixedText<limits::path_bytes> path;  // below the hierarchy's mount point
};

class ChangeWatch {
  public:
    void init(Arena& arena, const Capacities& capacities);
    void start();
    void stop();

    // A search adds all watches again, between these two. Those that it does not add end: the
    // kernel keeps them, and what they watch, even when the cgroup is gone.
    void begin_search();
    void end_search();

    // Watches the directory behind a descriptor, which is at `path` of `hierarchy`; with
    // `has_events` its cgroup.events, too. Watching it again changes nothing.
    void add(int directory, std::uint8_t hierarchy, std::string_view path, bool has_events);

    // The next change. False when there is none: then one system call was made.
    [[nodiscard]] bool next(CgroupChange& change);

    bool is_reliable() const { return inotify_plus_one_ != 0 && !has_failed_; }

    // Readable when there are changes; -1 when there is none to wait for.
    int descriptor() const { return inotify_plus_one_ - 1; }

  private:
    struct Watched {
        std::int32_t number;  // the kernel's; 0 is a free slot
        std::uint32_t path_first;
        std::uint16_t path_bytes;
        std::uint8_t hierarchy;
        bool is_events;
    };

    void add_path(const char* path, std::uint32_t mask, Watched watched);
    void fail(const char* why);
    static Watched* slot_of(std::span<Watched> slots, std::int32_t number);
    bool fill();
    bool describe(std::int32_t number, std::uint32_t mask, const char* name, CgroupChange& change);

    int inotify_plus_one_ = 0;
    bool has_failed_ = false;
    bool has_reported_ = false;
    std::span<Watched> slots_;      // open addressing
    std::span<Watched> old_slots_;  // those before the search that is going on
    std::size_t watched_count_ = 0;
    BoundedList<char> paths_;
    std::span<char> events_;  // inotify_events of one read, at any address
    std::size_t events_size_ = 0;
    std::size_t events_at_ = 0;
};

}  // namespace nma
