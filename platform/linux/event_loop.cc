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

Status EventLoop::watch(int fd, std::uint32_t events, EventHandler handler) {
    if (handler_count_ == watch_count_max) return Status::full;
    epoll_event event = {};
    event.events = events;
    event.data.u64 = handler_count_;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return Status::io_error;
    handlers_[handler_count_++] = handler;
    return Status::ok;
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
        for (int i = 0; i < count && !is_stopped_; ++i) {
            const EventHandler& handler = handlers_[events[i].data.u64];
            handler.function(handler.context, events[i].events);
        }
        for (std::size_t i = 0; i < hook_count_; ++i)
            hooks_[i].after(hooks_[i].context);
    }
}

}  // namespace nma
