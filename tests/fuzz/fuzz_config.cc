// The configuration: whatever the text, it is taken or refused with a message that names the file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static nma::Config config;
    static nma::ConfigError error;
    nma::set_defaults(config);
    error.clear();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const bool is_good = nma::read_config_text("fuzz", text, config, error);
    if (is_good != error.empty()) std::abort();
    if (!is_good && !error.view().starts_with("fuzz:")) std::abort();
    if (config.interval_s < 1 || config.interval_s > nma::limits::interval_s_max) std::abort();
    if (config.capacities.containers > nma::limits::container_count_max) std::abort();
    return 0;
}
