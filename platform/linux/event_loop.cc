#include "platform/linux/event_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "platform/base/check.h"

namespace nma {

Status EventLoop::open() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    return epoll_ < 0 ? status_from_errno(errno) : Status::ok;
}

void EventLoop::close() {
    if (epoll_ >= 0) ::close(epoll_);
    *this = EventLoop{};
}

EventLoop::Watched* EventLoop::watched(int fd) {
    for (Watched& slot : watched_) {
        if (slot.fd_plus_one == fd + 1) return &slot;
    }
    return nullptr;
}

Status EventLoop::watch(int fd, std::uint32_t events, EventHandler handler) {
    if (fd < 0) return Status::io_error;
    // The kernel forgets what is closed, and gives its number to another: then the slot is free.
    Watched* slot = watched(fd);
    if (slot == nullptr) slot = watched(-1);
    if (slot == nullptr) return Status::full;
    const std::uint32_t generation = slot->generation + 1;
    epoll_event event = {};
    event.events = events;
    event.data.u64 = std::uint64_t{generation} << 32 | static_cast<std::uint64_t>(slot - watched_);
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return Status::io_error;
    *slot = {fd + 1, generation, handler};
    return Status::ok;
}

void EventLoop::unwatch(int fd) {
    Watched* slot = fd < 0 ? nullptr : watched(fd);
    if (slot == nullptr) return;
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    *slot = {0, slot->generation, {}};
}

// The handler is copied: it may give its own slot away.
void EventLoop::call(std::uint64_t key, std::uint32_t ready) {
    const Watched slot = watched_[key & 0xffffffff];
    if (slot.fd_plus_one == 0 || slot.generation != key >> 32) return;
    slot.handler.function(slot.handler.context, ready);
}

Status EventLoop::add_hook(Hook hook) {
    if (hook_count_ == hook_count_max) return Status::full;
    hooks_[hook_count_++] = hook;
    return Status::ok;
}

// The shortest of what the hooks want; -1 is the longest.
int EventLoop::wait_ms() const {
    int shortest = -1;
    for (std::size_t i = 0; i < hook_count_; ++i) {
        const int wanted = hooks_[i].timeout_ms(hooks_[i].context);
        if (wanted >= 0 && (shortest < 0 || wanted < shortest)) shortest = wanted;
    }
    return shortest;
}

void EventLoop::run() {
    is_stopped_ = false;
    epoll_event events[16];
    while (!is_stopped_) {
        const int count = epoll_wait(epoll_, events, 16, wait_ms());
        // Anything but a signal is a mistake of ours, and would spin.
        NMA_CHECK(count >= 0 || errno == EINTR);
        for (int i = 0; i < count && !is_stopped_; ++i)
            call(events[i].data.u64, events[i].events);
        for (std::size_t i = 0; i < hook_count_; ++i)
            hooks_[i].after(hooks_[i].context);
    }
}

}  // namespace nma
