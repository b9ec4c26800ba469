// The whole program as one object: configuration, memory, readers, sampler, server.
#pragma once

#include "agent/applications.h"
#include "agent/config.h"
#include "agent/process_rights.h"
#include "agent/readers.h"
#include "agent/sampler.h"
#include "agent/service.h"
#include "api/server.h"

namespace nma {

class Program {
  public:
    // Each returns the exit status: 0 when all went well, 1 for a failure that was logged.
    int run(const Config& config);
    int once(const Config& config, const Options& options);
    // 0 when nothing is missing that could be had, 1 when something is, 2 when it could not run.
    int doctor(const Config& config);
    // 0, or 2 when a file that it names is not good; its keys were tried out then.
    int check(const Config& config);
    static int print_budget(const Config& config);

  private:
    // All memory of our own: over a measuring arena it only adds up.
    void lay_out(Arena& arena, const Config& config);
    // False when there is not as much; that was logged.
    bool map_memory(const Config& config);
    bool prepare(const Config& config);
    // Before threads are made.
    bool give_rights_away(const Config& config);
    // Null when it could not be prepared; that was logged.
    const Snapshot* take_one(const Config& config);
    // The last steps of it, when rights were given away.
    const Snapshot* take_confined();
    bool open_listeners(const Config& config);
    bool read_keys(const Config& config);
    bool try_names_and_certificates(const Config& config);
    static void publish(void* self, const Snapshot& snapshot);
    // Answers from now on. False when the kernel refuses; that was logged.
    bool open_doors();
    void announce() const;

    Arena arena_;
    HostRoot root_;
    NodeIdentity identity_;
    DiscoveryOptions discovery_;
    ProcessRights rights_;
    Readers readers_;
    Sampler sampler_;
    Server server_;
    Applications apps_;
    EventLoop loop_;
    Service service_;
    bool is_open_ = false;
    bool has_failed_ = false;
};

}  // namespace nma
