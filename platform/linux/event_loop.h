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
    // full when watch_count_max are watched, io_error when the kernel refuses.
    Status watch(int fd, std::uint32_t events, EventHandler handler);

    // From now on nobody is called for `fd`, not even for what the kernel has said already. Before
    // the descriptor is closed; handlers may do it, to their own descriptor or to others. Nothing
    // happens when it is not watched.
    void unwatch(int fd);

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

    // A slot is used again. Its generation tells events for its owner from those, still in the
    // batch at hand, for the owner before.
    struct Watched {
        int fd_plus_one = 0;  // 0: nobody's
        std::uint32_t generation = 0;
        EventHandler handler;
    };

    int wait_ms() const;
    Watched* watched(int fd);
    void call(std::uint64_t key, std::uint32_t ready);

    int epoll_ = -1;
    bool is_stopped_ = false;
    Watched watched_[watch_count_max] = {};
    Hook hooks_[hook_count_max] = {};
    std::size_t hook_count_ = 0;
};

}  // namespace nma
