#include "cgroups/sandbox_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/base/clear_used.h"
#include "platform/base/fixed_text.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

constexpr std::uint64_t block_bytes = 512;  // the unit of st_blocks, whatever the file system's

// No sum of blocks that a disk could have comes near it; so no addition below can wrap around.
constexpr std::uint64_t blocks_max = 1ULL << 53U;

constexpr int directory_flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// Names that went, or became something else, after they were listed.
bool is_vanished(int failure) {
    return failure == ENOENT || failure == ENOTDIR || failure == ELOOP;
}

std::uint64_t hash_of(std::uint64_t inode) {
    return (inode * 0x9e3779b97f4a7c15U) >> 32U;
}

}  // namespace

void SandboxWalk::init(Arena& arena) {
    const char* part = "sandbox walk";
    dirs_.init(arena);
    pending_ = BoundedList<Pending>(arena.take<Pending>(part, limits::walk_pending_count_max));
    names_ = BoundedList<char>(arena.take<char>(part, limits::walk_pending_bytes));
    linked_ = arena.take<std::uint64_t>(part, 2 * limits::walk_linked_count_max);
}

Status SandboxWalk::start(int directory, bool must_see_mounts) {
    stop();
    directories_[0] = directory;
    depth_plus_one_ = 1;
    must_see_mounts_ = must_see_mounts;
    entry_count_ = 0;
    if (linked_count_ > 0) clear_used(linked_);
    linked_count_ = 0;
    struct statx top = {};
    Status status = Status::ok;
    if (statx(directory, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &top) != 0)
        status = status_from_errno(errno);
    if (status == Status::ok && top.stx_blocks > blocks_max) status = Status::malformed;
    if (status == Status::ok) status = dirs_.open(directory, ".");
    used_bytes_ = top.stx_blocks * block_bytes;
    device_major_ = top.stx_dev_major;
    device_minor_ = top.stx_dev_minor;
    if (status != Status::ok) stop();
    return status;
}

Status SandboxWalk::step(std::size_t& entry_budget, std::uint64_t deadline_ns) {
    Status status = Status::ok;
    while (is_running()) {
        if (entry_budget == 0 || boottime_ns() >= deadline_ns) return Status::timeout;
        DirEntry entry;
        if (dirs_.next(entry)) {
            --entry_budget;
            status = visit(entry);
        } else if (dirs_.status() != Status::ok && dirs_.status() != Status::absent) {
            status = dirs_.status();  // absent: removed while it was listed
        } else if (pending_.empty()) {
            break;
        } else {
            status = enter_next();
        }
        if (status != Status::ok) break;
    }
    stop();
    return status;
}

// Opening what a directory holds could block, or do things; asking for its attributes does not.
Status SandboxWalk::visit(const DirEntry& entry) {
    if (++entry_count_ > limits::walk_entry_count_max) return Status::full;
    struct statx found = {};
    const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    if (statx(current(), entry.name, flags, STATX_BASIC_STATS, &found) != 0)
        return is_vanished(errno) ? Status::ok : status_from_errno(errno);
    if (found.stx_dev_major != device_major_ || found.stx_dev_minor != device_minor_)
        return Status::ok;
#ifdef STATX_ATTR_MOUNT_ROOT
    if ((found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) return Status::ok;
    const bool sees_mounts = (found.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0;
#else
    const bool sees_mounts = false;
#endif
    if (must_see_mounts_ && !sees_mounts) return Status::unsupported;
    const bool is_directory = S_ISDIR(found.stx_mode);
    bool is_new = true;
    if (!is_directory && found.stx_nlink > 1 && !take_link(found.stx_ino, is_new))
        return Status::full;
    if (!is_new) return Status::ok;
    if (found.stx_blocks > blocks_max - used_bytes_ / block_bytes) return Status::malformed;
    used_bytes_ += found.stx_blocks * block_bytes;
    return is_directory ? push_directory(entry.name) : Status::ok;
}

Status SandboxWalk::push_directory(const char* name) {
    const std::string_view text = name;
    if (depth_plus_one_ == limits::walk_depth_max) return Status::full;
    if (!names_.append({text.data(), text.size()})) return Status::full;
    const bool is_kept = pending_.push(
        {static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(depth_plus_one_)});
    return is_kept ? Status::ok : Status::full;
}

// The directory that the name was listed in is still open: those that were listed after it, and
// have been entered since, are deeper.
Status SandboxWalk::enter_next() {
    const Pending next = pending_[pending_.size() - 1];
    pending_.resize_down(pending_.size() - 1);
    close_below(next.depth);
    FixedText<limits::name_bytes_max + 1> name;
    const std::size_t name_at = names_.size() - next.name_bytes;
    const bool fits = name.assign({names_.begin() + name_at, next.name_bytes});
    names_.resize_down(name_at);
    if (!fits) return Status::malformed;
    const int directory = openat(current(), name.c_str(), directory_flags);
    if (directory < 0) return is_vanished(errno) ? Status::ok : status_from_errno(errno);
    directories_[depth_plus_one_++] = directory;
    struct statx found = {};
    if (statx(directory, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &found) != 0)
        return status_from_errno(errno);
    const bool is_ours =
        found.stx_dev_major == device_major_ && found.stx_dev_minor == device_minor_;
    const Status status = is_ours ? dirs_.open(directory, ".") : Status::ok;
    return status == Status::absent ? Status::ok : status;
}

// False when there is no room for one more.
bool SandboxWalk::take_link(std::uint64_t inode, bool& is_new) {
    auto at = static_cast<std::size_t>(hash_of(inode) % linked_.size());
    while (linked_[at] != 0 && linked_[at] != inode + 1)
        at = (at + 1) % linked_.size();
    is_new = linked_[at] == 0;
    if (!is_new) return true;
    if (linked_count_ == limits::walk_linked_count_max) return false;
    ++linked_count_;
    linked_[at] = inode + 1;
    return true;
}

void SandboxWalk::close_below(std::size_t depth) {
    while (depth_plus_one_ > depth)
        close(directories_[--depth_plus_one_]);
}

void SandboxWalk::stop() {
    close_below(0);
    dirs_.close();
    pending_.clear();
    names_.clear();
}

}  // namespace nma
