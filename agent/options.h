// The command line.
#pragma once

#include <cstddef>
#include <cstdint>

#include "api/listener_options.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

enum class Command : std::uint8_t {
    run,
    once_node,
    once_containers,
    once_container,
    check_config,
    budget,
    datapoints,
    doctor,
    token_new,
    version,
    help,
};

// Texts point into argv.
struct Options {
    Command command = Command::run;
    const char* config_path = nullptr;
    const char* host_root = nullptr;
    const char* listen[limits::listener_count_max] = {};
    std::size_t listen_count = 0;
    AuthMode auth = AuthMode::token;  // of all of `listen`
    bool has_auth = false;
    std::uint32_t interval_s = 0;  // 0: not given
    const char* container_id = nullptr;
    bool is_full_view = false;
    const char* token_uid = nullptr;
    const char* const* permissions = nullptr;
    std::size_t permission_count = 0;
};

// False, and `error` says what is wrong and how to put it right.
bool parse_options(int argc, char** argv, Options& options, FixedText<256>& error);

void print_help();

}  // namespace nma
