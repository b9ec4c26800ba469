#include "cgroups/change_watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr unsigned changes = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR;

// IN_IGNORED says that a watch went with its directory; that one was heard of from above.
bool has_change(const char* events, std::size_t size) {
    std::size_t at = 0;
    while (at + sizeof(inotify_event) <= size) {
        inotify_event event;
        std::memcpy(&event, events + at, sizeof event);
        if ((event.mask & IN_IGNORED) == 0) return true;
        at += sizeof event + event.len;
    }
    return false;
}

}  // namespace

void ChangeWatch::start() {
    inotify_plus_one_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) + 1;
    has_failed_ = false;
}

void ChangeWatch::stop() {
    if (inotify_plus_one_ != 0) close(inotify_plus_one_ - 1);
    inotify_plus_one_ = 0;
}

// inotify takes paths only; /proc/self/fd is the path of what we hold open.
void ChangeWatch::add(int directory) {
    if (!is_reliable()) return;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
    if (inotify_add_watch(inotify_plus_one_ - 1, path, changes) >= 0 || errno == ENOENT) return;
    has_failed_ = true;
    log_line(LogLevel::warning, "cannot watch cgroups (%s): searching them each time",
             strerror(errno));
}

bool ChangeWatch::take_changes() {
    if (!is_reliable()) return true;
    alignas(inotify_event) char events[4096];
    bool is_changed = false;
    for (;;) {
        const ssize_t size = read(inotify_plus_one_ - 1, events, sizeof events);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return is_changed || errno != EAGAIN;
        if (size == 0) return is_changed;
        is_changed = is_changed || has_change(events, static_cast<std::size_t>(size));
    }
}

}  // namespace nma
