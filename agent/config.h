// What can be configured, and where it comes from: defaults, then the file, then the command line.
// Every key of the file is described in packaging/node-metrics-agent.json.
#pragma once

#include <cstddef>
#include <cstdint>

#include "agent/options.h"
#include "api/node_identity.h"
#include "cgroups/sandbox.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"
#include "platform/linux/privileges.h"

namespace nma {

// What the running agent keeps of its rights.
struct ProcessConfig {
    FixedText<64> user;  // empty: stay who we are
    CapabilitySet capabilities = 0;
    bool has_seccomp = true;
    bool has_landlock = true;
};

struct Config {
    FixedText<256> listen[limits::listener_count_max];
    std::size_t listen_count = 0;  // 0: the default address
    std::uint32_t interval_s = limits::interval_s_default;
    FixedText<limits::path_bytes> host_root;
    NodeIdentity node;  // empty fields are discovered
    bool has_services = false;
    FixedText<256> mesos_cgroups_root;
    SandboxOptions sandbox;
    std::uint32_t idle_age_s = limits::idle_age_s_default;
    std::uint32_t exited_age_s = limits::exited_age_s_default;
    bool is_accept_required = false;
    std::uint32_t connection_count_max = 64;
    ProcessConfig process;
    Capacities capacities;
};

using ConfigError = FixedText<1024>;

void set_defaults(Config& config);

// Reads the file into `config`, which holds the defaults. False on the first thing that is wrong:
// `error` then names the file, the line, the key's path and the cure. Allocates while it runs
// (cJSON), so it is for the start only.
bool read_config_file(const char* path, Config& config, ConfigError& error);

// The same from a text; `name` is what errors call it.
bool read_config_text(const char* name, std::string_view text, Config& config, ConfigError& error);

// What the command line says wins. False when an address is none, or one that others could reach.
bool apply_options(const Options& options, Config& config, ConfigError& error);

}  // namespace nma
