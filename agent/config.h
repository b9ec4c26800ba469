// What can be configured, and where it comes from: defaults, then the file, then the command line.
// Every key of the file is described in packaging/node-metrics-agent.json.
#pragma once

#include <cstddef>
#include <cstdint>

#include "agent/apps_config.h"
#include "agent/options.h"
#include "api/auth/gate.h"
#include "api/listener_options.h"
#include "api/node_identity.h"
#include "cgroups/sandbox.h"
#include "platform/base/fixed_list.h"
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

struct ConfiguredListener {
    FixedText<256> text;      // the address as it was written
    bool has_auth = false;    // "auth" was given
    ListenerOptions options;  // a limit of 0 means Config::listener_defaults until finish_config
};

struct Config {
    Config();  // of our own: without it `Config()` would zero, and so touch, all 97 KB

    FixedList<ConfiguredListener, limits::listener_count_max> listen;
    ListenerOptions listener_defaults;  // limits only
    AuthOptions auth;
    std::uint32_t interval_s = limits::interval_s_default;
    FixedText<limits::path_bytes> host_root;
    NodeIdentity node;  // empty fields are discovered
    bool has_services = false;
    FixedText<256> mesos_cgroups_root;
    SandboxOptions sandbox;
    std::uint32_t idle_age_s = limits::idle_age_s_default;
    std::uint32_t exited_age_s = limits::exited_age_s_default;
    bool is_accept_required = false;
    ProcessConfig process;
    AppsConfig apps;
    Capacities capacities;
};

using ConfigError = FixedText<1024>;

inline constexpr std::size_t config_bytes_max = 256 * 1024;

void set_defaults(Config& config);

// Reads the file into `config`, which holds the defaults. False on the first thing that is wrong:
// `error` then names the file, the line, the key's path and the cure. Allocates while it runs
// (cJSON), so it is for the start only.
bool read_config_file(const char* path, Config& config, ConfigError& error);

// The same from a text; `name` is what errors call it.
bool read_config_text(const char* name, std::string_view text, Config& config, ConfigError& error);

// Whether one of the listeners serves that.
bool has_listener(const Config& config, ListenerService service);

// What the command line says wins. False when an address is none.
bool apply_options(const Options& options, Config& config, ConfigError& error);

// Last: fills in what nobody said, 127.0.0.1:61092 for everybody on this machine when no address
// for metrics was given. False when a listener lets in whom it must not, or asks for tokens of
// which none could be good.
bool finish_config(Config& config, ConfigError& error);

}  // namespace nma
