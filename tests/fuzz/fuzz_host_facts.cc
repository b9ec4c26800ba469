// The texts that `doctor` reads of a host: whatever stands in them, texts fit and bits are known.
#include "agent/host_facts.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    constexpr unsigned all = (1U << nma::controller_kind_count) - 1;
    nma::HostFacts facts;
    nma::scan_release(text, facts);
    nma::scan_mounts(text, facts);
    facts.boot = nma::scan_command_line(text);
    facts.self = nma::scan_status(text);
    if (facts.self.group_count > nma::Credentials::group_count_max) std::abort();
    (void)facts.is_proc_hidden();
    nma::ControllerSet enabled = 0;
    nma::ControllerSet disabled = 0;
    nma::scan_cgroup_list(text, enabled, disabled);
    if (((enabled | disabled | nma::scan_controllers(text) | facts.in_use) & ~all) != 0)
        std::abort();
    return 0;
}
