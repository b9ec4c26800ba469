#include <malloc.h>
#include <stdio.h>

#include "agent/datapoints.h"
#include "agent/program.h"
#include "agent/token_command.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr int usage_status = 2;

bool load_config(const Options& options, Config& config) {
    ConfigError error;
    set_defaults(config);
    const bool is_good =
        (options.config_path == nullptr || read_config_file(options.config_path, config, error)) &&
        apply_options(options, config, error) && finish_config(config, error);
    if (!is_good) log_line(LogLevel::error, "%s", error.c_str());
    return is_good;
}

int run_command(const Options& options) {
    // Static, for it is too big for a stack; never destroyed, for threads may still look at it.
    static Config config;
    static Program program;
    if (options.command == Command::datapoints) return print_datapoints();
    if (options.command == Command::token_new) return print_new_token(options);
    if (!load_config(options, config)) return usage_status;
    switch (options.command) {
        case Command::check_config:
            return program.check(config);
        case Command::budget:
            return Program::print_budget(config);
        case Command::doctor:
            return program.doctor(config);
        case Command::run:
            return program.run(config);
        default:
            return program.once(config, options);
    }
}

}  // namespace

}  // namespace nma

int main(int argc, char** argv) {
#ifdef M_ARENA_MAX
    // One heap for all threads: glibc's second one would take 64 MiB of addresses for nothing.
    mallopt(M_ARENA_MAX, 1);
#endif
    nma::start_log();
    nma::Options options;
    nma::FixedText<256> error;
    if (!nma::parse_options(argc, argv, options, error)) {
        nma::log_line(nma::LogLevel::error, "%s", error.c_str());
        return nma::usage_status;
    }
    if (options.command == nma::Command::help) {
        nma::print_help();
        return 0;
    }
    if (options.command == nma::Command::version) {
        puts("node-metrics-agent " NMA_VERSION);
        return 0;
    }
    return nma::run_command(options);
}
