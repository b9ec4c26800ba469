// How much disk sandboxes and volumes use.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "cgroups/sandbox.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

constexpr int directory_flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

constexpr std::uint64_t second_ns = 1'000'000'000;

// A walk is no longer believed after this.
constexpr std::uint64_t walk_age_max_ns = 3600 * second_ns;

// The next walk over the same place: small sandboxes are not walked all the time, those that exceed
// the limits take little from the others.
constexpr std::uint64_t walk_interval_ns = 60 * second_ns;
constexpr std::uint64_t walk_retry_ns = 900 * second_ns;

// On a slow disk one entry takes as long as a seek; the tick must not wait for a thousand of them.
constexpr std::uint64_t walk_time_max_ns = second_ns / 10;

}  // namespace

// An O_PATH descriptor of the place, and one of the directory above it; -1 and errno. Where a
// container could put a link no link is followed.
int Sandboxes::open_place(const DiskPlace& place, int& above) const {
    const std::string_view path = place.path.view();
    FixedText<limits::sandbox_path_bytes> part;
    if (!part.assign(path.substr(0, place.trusted_bytes))) return -1;
    above = openat(work_dir(), part.c_str(), directory_flags);
    int directory = above;
    for (std::size_t at = place.trusted_bytes; directory >= 0 && at < path.size();) {
        const std::size_t end = std::min(path.find('/', at + 1), path.size());
        if (directory != above) {
            close(above);
            above = directory;
        }
        (void)part.assign(path.substr(at + 1, end - at - 1));
        directory = openat(above, part.c_str(), directory_flags);
        at = end;
    }
    if (directory >= 0) return directory;
    const int failure = errno;
    if (above >= 0) close(above);
    above = -1;
    errno = failure;
    return -1;
}

Status Sandboxes::measure(const DiskPlace& place, std::uint64_t now_ns, DiskUse& use) const {
    use = DiskUse{};
    if (mounts_status_ != Status::ok) return mounts_status_;
    if (!place.is_local) return Status::unsupported;
    int above = -1;
    const int directory = open_place(place, above);
    if (directory < 0) {
        const bool is_gone = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
        return is_gone ? Status::gone : status_from_errno(errno);
    }
    const Status status = place.is_own_file_system ? own_file_system(directory, above, use.space)
                                                   : project_quota(directory, above, use.space);
    close(directory);
    close(above);
    if (status == Status::ok && use.space.has_used) return status;
    const std::uint64_t age_ns = now_ns - std::min(now_ns, place.walk_ended_at_ns);
    if (place.walk_status == Status::ok && age_ns <= walk_age_max_ns) {
        use.space.used_bytes = place.walk_used_bytes;
        use.space.has_used = true;
        use.is_walked = true;
        use.age_ns = age_ns;
    }
    if (use.space.has_used || use.space.has_limit) return Status::ok;
    if (options_.walk_entries_per_s == 0)
        return status == Status::absent ? Status::unsupported : status;
    return place.walk_status == Status::ok ? Status::timeout : place.walk_status;
}

// As many entries as the time since the last tick allows, and never more than those of one second:
// ticks are seconds apart, and a burst of more would be one.
void Sandboxes::walk(std::uint64_t now_ns) {
    const std::uint64_t elapsed_ns = std::min(now_ns - walked_at_ns_, second_ns);
    auto budget = static_cast<std::size_t>(options_.walk_entries_per_s * elapsed_ns / second_ns);
    if (budget == 0) return;
    walked_at_ns_ = now_ns;
    const std::uint64_t deadline_ns = boottime_ns() + walk_time_max_ns;
    if (walked_ != nullptr && (!walked_->is_local || walked_->has_remote_mounts)) forget(*walked_);
    while (budget > 0 && boottime_ns() < deadline_ns) {
        if (walked_ == nullptr) {
            if (!start_walk(now_ns)) return;
            --budget;  // for the top
        }
        const Status status = walk_.step(budget, deadline_ns);
        if (status == Status::timeout) return;
        walked_->walk_status = status;
        walked_->walk_used_bytes = walk_.used_bytes();
        walked_->walk_ended_at_ns = now_ns;
        walked_->walk_due_at_ns =
            now_ns + (status == Status::ok ? walk_interval_ns : walk_retry_ns);
        walked_ = nullptr;
    }
}

DiskPlace* Sandboxes::place_at(std::size_t index) {
    if (index >= sandbox_count_) {
        SandboxVolume& volume = volumes_[index - sandbox_count_];
        return volume.sandbox_plus_one == 0 ? nullptr : &volume.place;
    }
    return sandboxes_[index].state == Sandbox::State::found ? &sandboxes_[index].place : nullptr;
}

// In turn, so that each gets its walk. False when none is due.
bool Sandboxes::start_walk(std::uint64_t now_ns) {
    const std::size_t count = sandbox_count_ + volume_count_;
    for (std::size_t tried = 0; tried < count; ++tried) {
        next_walk_ = next_walk_ + 1 < count ? next_walk_ + 1 : 0;
        DiskPlace* place = place_at(next_walk_);
        if (place != nullptr && now_ns >= place->walk_due_at_ns && try_walk(*place, now_ns))
            return true;
    }
    return false;
}

// False when the place needs no walk, or cannot have one.
bool Sandboxes::try_walk(DiskPlace& place, std::uint64_t now_ns) {
    if (!place.is_local || place.has_remote_mounts || place.is_own_file_system) {
        place.walk_status = Status::unsupported;
        return false;
    }
    place.walk_due_at_ns = now_ns + walk_interval_ns;
    int above = -1;
    const int directory = open_place(place, above);
    if (directory < 0) return false;
    SpaceUse quota;
    const bool has_quota = project_quota(directory, above, quota) == Status::ok && quota.has_used;
    close(above);
    if (has_quota) {
        close(directory);
        return false;
    }
    const Status status = walk_.start(directory, place.has_mounts);
    if (status != Status::ok) {
        place.walk_status = status;
        place.walk_due_at_ns = now_ns + walk_retry_ns;
        return false;
    }
    walked_ = &place;
    return true;
}

}  // namespace nma
