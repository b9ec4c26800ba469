#include "cgroups/change_watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr std::uint32_t made_mask = IN_CREATE | IN_MOVED_TO;
constexpr std::uint32_t removed_mask = IN_DELETE | IN_MOVED_FROM;
constexpr std::uint32_t directory_mask = made_mask | removed_mask | IN_ONLYDIR;

constexpr std::uint32_t block_slots = 64;

}  // namespace

void ChangeWatch::init(Arena& arena, const Capacities& capacities) {
    const char* part = "cgroup watches";
    const std::size_t count =
        capacities.entries() * limits::watches_per_container + limits::watch_reserve_count;
    slots_ = arena.take<Watched>(part, std::bit_ceil(2 * count));
    old_slots_ = arena.take<Watched>(part, std::bit_ceil(2 * count));
    paths_ = BoundedList<char>(arena.take<char>(part, count * limits::watch_path_bytes));
    events_ = arena.take<char>(part, limits::watch_event_bytes);
}

void ChangeWatch::start() {
    inotify_plus_one_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) + 1;
    has_failed_ = false;
}

void ChangeWatch::stop() {
    if (inotify_plus_one_ != 0) close(inotify_plus_one_ - 1);
    inotify_plus_one_ = 0;
}

// What had no room before may have some now.
void ChangeWatch::begin_search() {
    std::swap(slots_, old_slots_);
    // What is free stays untouched: that is most of it, and takes no memory until it is written.
    for (Watched& slot : slots_) {
        if (slot.number != 0) slot = Watched{};
    }
    paths_.clear();
    watched_count_ = 0;
    has_failed_ = false;
}

void ChangeWatch::end_search() {
    for (Watched& old : old_slots_) {
        if (old.number == 0) continue;
        const Watched* now = slot_of(slots_, old.number);
        const bool is_left = now == nullptr || now->number == 0;
        if (is_left) inotify_rm_watch(inotify_plus_one_ - 1, old.number);
        old = Watched{};
    }
    if (!has_failed_) has_reported_ = false;
}

// inotify takes paths only; /proc/self/fd is the path of what we hold open.
void ChangeWatch::add(int directory, std::uint8_t hierarchy, std::string_view path,
                      bool has_events) {
    if (!is_reliable()) return;
    Watched watched = {0, static_cast<std::uint32_t>(paths_.size()),
                       static_cast<std::uint16_t>(path.size()), hierarchy, false};
    if (!paths_.append({path.data(), path.size()})) return fail("no room for more");
    char name[48];
    snprintf(name, sizeof name, "/proc/self/fd/%d", directory);
    add_path(name, directory_mask, watched);
    if (!has_events) return;
    watched.is_events = true;
    snprintf(name, sizeof name, "/proc/self/fd/%d/cgroup.events", directory);
    add_path(name, IN_MODIFY, watched);
}

void ChangeWatch::fail(const char* why) {
    has_failed_ = true;
    if (has_reported_) return;
    has_reported_ = true;
    log_line(LogLevel::warning, "cannot watch cgroups (%s): searching them each time", why);
}

void ChangeWatch::add_path(const char* path, std::uint32_t mask, Watched watched) {
    watched.number = inotify_add_watch(inotify_plus_one_ - 1, path, mask);
    if (watched.number < 0) {
        if (errno == ENOENT || errno == ENODEV) return;
        return fail(strerror(errno));
    }
    Watched* slot = slot_of(slots_, watched.number);
    if (slot == nullptr || watched_count_ >= slots_.size() / 2) {
        inotify_rm_watch(inotify_plus_one_ - 1, watched.number);
        return fail("no room for more");
    }
    if (slot->number == 0) ++watched_count_;
    *slot = watched;
}

// The slot that holds the number or is free for it; half of them are free. Null without any. The
// kernel counts the numbers up: those that follow each other stay together, so that few pages are
// touched, in blocks that are spread, so that a full one mostly has room beside it.
ChangeWatch::Watched* ChangeWatch::slot_of(std::span<Watched> slots, std::int32_t number) {
    if (slots.empty()) return nullptr;
    const std::size_t mask = slots.size() - 1;
    const auto bits = static_cast<std::uint32_t>(number);
    std::size_t at = ((bits / block_slots * 2654435761U * block_slots) | bits % block_slots) & mask;
    while (slots[at].number != 0 && slots[at].number != number)
        at = (at + 1) & mask;
    return &slots[at];
}

bool ChangeWatch::fill() {
    for (;;) {
        const ssize_t size = read(inotify_plus_one_ - 1, events_.data(), events_.size());
        if (size < 0 && errno == EINTR) continue;
        events_at_ = 0;
        events_size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
        if (size < 0 && errno != EAGAIN) has_failed_ = true;
        return size > 0;
    }
}

bool ChangeWatch::next(CgroupChange& change) {
    if (!is_reliable()) return false;
    for (;;) {
        if (events_at_ + sizeof(inotify_event) > events_size_ && !fill()) return false;
        inotify_event event;
        std::memcpy(&event, events_.data() + events_at_, sizeof event);
        const char* name = event.len == 0 ? "" : events_.data() + events_at_ + sizeof event;
        events_at_ += sizeof event + event.len;
        if (describe(event.wd, event.mask, name, change)) return true;
    }
}

// False for what says nothing: IN_IGNORED tells that a watch went with its cgroup, which was heard
// of from above, and files that are made in a cgroup are no cgroups.
bool ChangeWatch::describe(std::int32_t number, std::uint32_t mask, const char* name,
                           CgroupChange& change) {
    if ((mask & IN_IGNORED) != 0) return false;
    change.kind = CgroupChange::Kind::unknown;
    const Watched* watched = number <= 0 ? nullptr : slot_of(slots_, number);
    if (watched == nullptr || watched->number == 0) return true;
    change.hierarchy = watched->hierarchy;
    change.path.clear();
    const bool is_whole =
        change.path.append({paths_.begin() + watched->path_first, watched->path_bytes}) &&
        (*name == '\0' || change.path.empty() || change.path.append("/")) &&
        change.path.append(name);
    if (!is_whole) return true;
    if (watched->is_events) {
        change.kind = CgroupChange::Kind::emptied;
        return true;
    }
    if ((mask & IN_ISDIR) == 0) return false;
    change.kind = (mask & made_mask) != 0 ? CgroupChange::Kind::made : CgroupChange::Kind::removed;
    return true;
}

}  // namespace nma
