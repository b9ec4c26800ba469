// The program's one epoll loop. Handlers run one after the other on the thread that calls run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "platform/base/status.h"

namespace nma {

// What to do when a descriptor is ready. `context` is the owner's; `ready` are EPOLL flags.
struct EventHandler {
    void (*function)(void* context, std::uint32_t ready) = nullptr;
    void* context = nullptr;
};

class EventLoop {
  public:
    static constexpr std::size_t watch_count_max = 64;

    // io_error when the kernel gives no epoll descriptor.
    Status open();
    void close();

    // Calls `handler` whenever `fd` has one of `events` (EPOLLIN …), level-triggered
    // unless EPOLLET is among them.
    // full after watch_count_max, io_error when the kernel refuses.
    Status watch(int fd, std::uint32_t events, EventHandler handler);

    // Before each wait, asks `timeout` for how many milliseconds it may last (-1: for ever), and
    // after each wait, once all handlers ran, calls `after`. libmicrohttpd needs both.
    struct Hook {
        int (*timeout_ms)(void* context) = nullptr;
        void (*after)(void* context) = nullptr;
        void* context = nullptr;
    };
    Status add_hook(Hook hook);

    // Until stop is called by a handler.
    void run();
    void stop() { is_stopped_ = true; }

  private:
    static constexpr std::size_t hook_count_max = 8;

    int wait_ms() const;

    int epoll_ = -1;
    bool is_stopped_ = false;
    EventHandler handlers_[watch_count_max] = {};
    std::size_t handler_count_ = 0;
    Hook hooks_[hook_count_max] = {};
    std::size_t hook_count_ = 0;
};

}  // namespace nma
