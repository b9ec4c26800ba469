// What `doctor` says of figures that are missing: why, on this host, and the cure. Tables only;
// nothing here looks at the machine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/host_facts.h"
#include "platform/metrics/reason.h"

namespace nma {

// Groups of the node and of containers may have the same name ("pressure").
enum class Scope : std::uint8_t { node, container };

// Texts may hold {names} that `doctor` fills in; see doctor.cc.
struct Advice {
    bool is_fault;     // can be had on this host: counts in the exit status
    const char* why;   // never null
    const char* cure;  // null when there is nothing to do
};

// A row holds for a group and for all below it ("memory" for "memory.peak"); null is any group.
struct CureRow {
    Reason reason;
    const char* group;
    bool (*applies)(const HostFacts& facts);  // null: on every host
    Advice advice;
};

// What a check is about: of those about one thing, which stand together, the first that applies is
// said.
enum class Topic : std::uint8_t {
    cgroups,
    processes,
    proc_subset,
    hidden_processes,
    watches,
    files,
    key_files,
    statsd_buffer,
    statsd_senders,
    statsd_reach,
    registration_directory,
    registration_host,
    registration_files,
    kept_sockets,
    mesos
};

// A trouble of the host that makes figures wrong or missing as a whole.
struct HostCheck {
    Topic topic;
    bool (*applies)(const HostFacts& facts);
    const char* what;
    Advice advice;
};

// What a group of figures is, in a few words. Null when there is no such group.
const char* group_meaning(Scope scope, std::string_view group);

// The first row that fits; there is one for every reason. `reason` must not be none.
const Advice& advice_for(Scope scope, std::string_view group, Reason reason,
                         const HostFacts& facts);

std::span<const HostCheck> host_checks();

// The same of what applications say, and of who gets in.
std::span<const HostCheck> app_checks();

// The rows of a scope, and those for where none of them fits; most particular ones first.
std::span<const CureRow> node_cures();
std::span<const CureRow> container_cures();
std::span<const CureRow> common_cures();

// True for "memory" and "memory.peak" when `wanted` is "memory".
bool is_in_group(std::string_view group, std::string_view wanted);

}  // namespace nma
