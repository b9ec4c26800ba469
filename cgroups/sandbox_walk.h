// Adds up the disk blocks of a directory tree that a container may change while we look, a few
// entries at a time. The figure is that of du(1): st_blocks of every entry, the top included.
//
// The tree is hostile: no symbolic link is followed, no file is opened, directories are entered
// by descriptors relative to the one above and only as O_DIRECTORY | O_NOFOLLOW. What is on another
// device, or is the root of a mount (statx says so from Linux 5.8 on), is passed over. A file with
// several names counts once: the inodes of such files are remembered, up to a limit. What is
// created, removed or moved while the walk is on its way may be counted or not, as with du.
// A tree that exceeds a limit has no figure, rather than one that is too small.
#pragma once

#include <cstdint>
#include <span>

#include "platform/base/arena.h"
#include "platform/base/bounded_list.h"
#include "platform/base/status.h"
#include "platform/limits.h"
#include "platform/linux/dir_reader.h"

namespace nma {

class SandboxWalk {
  public:
    void init(Arena& arena);

    // Starts anew at `directory`, an O_PATH descriptor that the walk takes over. With
    // `must_see_mounts` the walk fails as `unsupported` on kernels that do not tell the root of a
    // mount. ok, or why the directory cannot be listed; then nothing is running.
    Status start(int directory, bool must_see_mounts);

    // Looks at no more than `entry_budget` entries, which it counts down, and stops at
    // `deadline_ns` (CLOCK_BOOTTIME). timeout: call again; ok: used_bytes() is the sum; others: the
    // walk failed. Nothing is running after ok and failures.
    Status step(std::size_t& entry_budget, std::uint64_t deadline_ns);

    void stop();
    bool is_running() const { return depth_plus_one_ != 0; }

    std::uint64_t used_bytes() const { return used_bytes_; }

  private:
    // A directory that was listed but not entered yet. Its name is at the end of names_.
    struct Pending {
        std::uint32_t name_bytes;
        std::uint32_t depth;
    };

    Status visit(const DirEntry& entry);
    Status enter_next();
    Status push_directory(const char* name);
    bool take_link(std::uint64_t inode, bool& is_new);
    void close_below(std::size_t depth);
    int current() const { return directories_[depth_plus_one_ - 1]; }

    DirReader dirs_;
    BoundedList<Pending> pending_;
    BoundedList<char> names_;
    std::span<std::uint64_t> linked_;  // open addressing; inode + 1, 0 is empty
    std::size_t linked_count_ = 0;
    std::size_t entry_count_ = 0;
    std::uint64_t used_bytes_ = 0;
    std::uint32_t device_major_ = 0;
    std::uint32_t device_minor_ = 0;
    bool must_see_mounts_ = false;
    std::size_t depth_plus_one_ = 0;
    int directories_[limits::walk_depth_max] = {};
};

}  // namespace nma
