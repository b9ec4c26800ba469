// Reads keys, tokens, the ACL and certificates again: when one of their files was changed, or when
// somebody asks. What is broken stays as it was, and that is logged. What the kernel does not tell
// of (see FileWatch) is seen by a look now and then.
#pragma once

#include "agent/config.h"
#include "api/server.h"
#include "platform/linux/event_loop.h"
#include "platform/linux/file_watch.h"

namespace nma {

class Reload {
  public:
    // Between two looks; with the wait for files that belong together, 30 s is never exceeded.
    static constexpr std::uint32_t look_interval_ms_default = 29'000;

    // From now on; call it before the files are read, and no change is missed. Both must outlive
    // it. A directory that cannot be watched is logged: then only looks tell. False when the loop
    // has no room, or the kernel no timer.
    [[nodiscard]] bool start(EventLoop& loop, Server& server, const Config& config,
                             std::uint32_t look_interval_ms = look_interval_ms_default);

    // After rights were given away: logs which certificates and keys cannot be read again without
    // them.
    void tell_unreadable() const;

    // False when something is broken.
    bool now();

    void stop();

  private:
    static void on_event(void* self, std::uint32_t);
    static void on_timer(void* self, std::uint32_t);

    void watch(const char* path);
    bool start_timer(EventLoop& loop);
    void settle();

    Server* server_ = nullptr;
    const Config* config_ = nullptr;
    FileWatch files_;
    int timer_ = -1;
    std::uint32_t look_interval_ms_ = 0;
    bool is_settling_ = false;  // the timer is for reading, not for a look
};

}  // namespace nma
