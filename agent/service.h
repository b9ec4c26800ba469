// How the running agent is spoken to, and speaks: signals, the service manager and its watchdog.
//
// SIGHUP reads keys and certificates anew. SIGTERM and SIGINT end the agent once answers that are
// on their way were taken, after a second at most; a second one ends it at once.
#pragma once

#include "agent/reload.h"
#include "agent/sampler.h"
#include "platform/linux/service_notify.h"

namespace nma {

class Service {
  public:
    // Blocks these signals: before any thread is made, so that all of them leave them to the loop.
    // False when the kernel has no descriptor, or the loop no room.
    [[nodiscard]] bool open(EventLoop& loop);

    // From now on signals and the watchdog are looked after. All must outlive it.
    [[nodiscard]] bool start(Server& server, Sampler& sampler, const Config& config);

    // After rights were given away; see Reload.
    void tell_unreadable() const { reload_.tell_unreadable(); }

    // To the manager: clients are answered from now on.
    void tell_ready();

    void close();

  private:
    static void on_signal(void* self, std::uint32_t);
    static void on_watchdog(void* self, std::uint32_t);
    static int wait_ms(void* self);
    static void after(void* self);

    bool start_watchdog();
    void reload();
    void end();
    FixedText<64> status() const;

    EventLoop* loop_ = nullptr;
    Server* server_ = nullptr;
    Sampler* sampler_ = nullptr;
    Reload reload_;
    ServiceNotify manager_;
    int signals_ = -1;
    int watchdog_ = -1;
    bool is_ready_ = false;
    bool is_stuck_ = false;         // readings were, when the watchdog was last due
    std::uint64_t ends_at_ns_ = 0;  // 0: not ending
};

}  // namespace nma
