#include "cgroups/pressure_level.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "platform/base/check.h"

namespace nma {

namespace {

constexpr const char* level_names[PressureLevels::level_count] = {"low", "medium", "critical"};

// "<eventfd> <descriptor of the events' file> <level>[,<mode>]", written to cgroup.event_control.
// Kernels before 4.13 know no modes.
Status listen(int control, int event, int file, const char* level) {
    char text[64];
    for (const char* mode : {",hierarchy", ""}) {
        const int size = snprintf(text, sizeof text, "%d %d %s%s", event, file, level, mode);
        if (write(control, text, static_cast<std::size_t>(size)) == size) return Status::ok;
        if (errno != EINVAL) break;
    }
    return status_from_errno(errno);
}

Status open_file(int cgroup, const char* name, int flags, int& file) {
    file = openat(cgroup, name, flags | O_CLOEXEC | O_NOFOLLOW);
    if (file >= 0) return Status::ok;
    return errno == EROFS ? Status::denied : status_from_errno(errno);
}

Status listen_to_level(int control, int file, const char* level, std::int32_t& event_plus_one) {
    const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0) return errno == EMFILE || errno == ENFILE ? Status::full : Status::io_error;
    event_plus_one = event + 1;
    return listen(control, event, file, level);
}

}  // namespace

void PressureLevels::init(Arena& arena, std::size_t container_count_max) {
    listeners_ = arena.take<Listener>("memory pressure", container_count_max);
}

// The files are needed for listening to begin, not for it to go on.
Status PressureLevels::open(int memory_cgroup, Slot& slot) {
    if (used_count_ == listeners_.size() || file_count() + level_count > file_count_max_)
        return Status::full;
    while (listeners_[next_].event_plus_one[0] != 0)
        next_ = (next_ + 1) % listeners_.size();
    Listener& listener = listeners_[next_];
    int file = -1;
    Status status = open_file(memory_cgroup, "memory.pressure_level", O_RDONLY, file);
    if (status != Status::ok) return status;
    int control = -1;
    status = open_file(memory_cgroup, "cgroup.event_control", O_WRONLY, control);
    listener = Listener{};
    ++used_count_;
    for (std::size_t i = 0; i < level_count && status == Status::ok; ++i)
        status = listen_to_level(control, file, level_names[i], listener.event_plus_one[i]);
    if (control >= 0) ::close(control);
    ::close(file);
    const Slot taken = static_cast<Slot>(next_) + 1;
    if (status == Status::ok) {
        slot = taken;
    } else {
        close(taken);
    }
    return status;
}

PressureLevels::Counts PressureLevels::read(Slot slot) {
    NMA_CHECK(slot != no_slot && slot <= listeners_.size());
    Listener& listener = listeners_[slot - 1];
    Counts counts = {};
    for (std::size_t i = 0; i < level_count; ++i) {
        std::uint64_t more = 0;
        const int event = listener.event_plus_one[i] - 1;
        if (::read(event, &more, sizeof more) == sizeof more) listener.count[i] += more;
        counts[i] = listener.count[i];
    }
    return counts;
}

void PressureLevels::close(Slot slot) {
    NMA_CHECK(slot != no_slot && slot <= listeners_.size());
    for (const std::int32_t event_plus_one : listeners_[slot - 1].event_plus_one) {
        if (event_plus_one != 0) ::close(event_plus_one - 1);
    }
    listeners_[slot - 1] = Listener{};
    --used_count_;
}

void PressureLevels::close_all() {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        if (listeners_[i].event_plus_one[0] != 0) close(static_cast<Slot>(i) + 1);
    }
}

}  // namespace nma
