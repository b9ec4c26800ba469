// Reads keys, tokens, the ACL and certificates again: when one of their files was changed, or when
// somebody asks. What is broken stays as it was, and that is logged.
#pragma once

#include "agent/config.h"
#include "api/server.h"
#include "platform/linux/event_loop.h"
#include "platform/linux/file_watch.h"

namespace nma {

class Reload {
  public:
    // From now on; call it before the files are read. Both must outlive it. False when the loop has
    // no room, or the kernel no timer.
    // A directory that cannot be watched is logged: then only SIGHUP tells.
    [[nodiscard]] bool start(EventLoop& loop, Server& server, const Config& config);

    // False when something is broken.
    bool now();

    void stop();

  private:
    static void on_event(void* self, std::uint32_t);
    static void on_timer(void* self, std::uint32_t);

    void watch(const char* path);

    Server* server_ = nullptr;
    const Config* config_ = nullptr;
    FileWatch files_;
    int timer_ = -1;
};

}  // namespace nma
