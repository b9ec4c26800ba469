// `node-metrics-agent doctor`: explains to a person what is missing on this host, and the cure.
#pragma once

#include <cstdint>

#include "agent/cures.h"
#include "platform/base/text_sink.h"
#include "platform/metrics/snapshot.h"

namespace nma {

struct Diagnosis {
    std::uint32_t fault_count = 0;  // have a cure
    std::uint32_t note_count = 0;   // have none here, or need none
};

// Writes all findings, faults first: those of the host, then each group and reason once.
Diagnosis write_diagnosis(const HostFacts& facts, const Snapshot& snapshot, TextSink& sink);

// Reads the host's facts and prints the diagnosis, with that of `apps`, on standard output. The
// exit status: 0 when nothing is missing that could be had, 1 when something is, 2 for want of
// memory or output.
int run_doctor(const HostRoot& root, FileReader& reader, const Snapshot& snapshot,
               const AppFacts& apps);

// Appends the mount points of file systems that may be remote and have no figures in `snapshot`.
// Pure; `text` is a mount table. What does not fit is left out.
void find_silent_mounts(std::string_view text, const Snapshot& snapshot, FixedText<512>& found);

}  // namespace nma
