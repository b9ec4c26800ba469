// A reader of the node's figures: one constant record in one .cc file, no header, one line in
// platform/host/collectors.list.
//
// Most readers only scan: they name their files, and get the text of each. Readers that must list
// directories or ask system calls have `run` instead. State between ticks lives in memory that is
// set aside by its size, zero at start.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "platform/linux/dir_reader.h"
#include "platform/linux/file_reader.h"
#include "platform/linux/host_root.h"
#include "platform/metrics/metric.h"
#include "platform/metrics/reason.h"
#include "platform/metrics/snapshot_writer.h"

namespace nma {

struct HostContext {
    const HostRoot& root;
    FileReader& reader;
    DirReader& dirs;
};

enum class Below : std::uint8_t {
    proc,
    sys,
    net,  // proc/net, or proc/1/net: see HostRoot::net_path
};

// Scans all of one file's text and writes samples. ok, or malformed when the text is not what the
// kernel documents; then nothing of this file is kept.
using Scan = Status (*)(void* state, std::string_view text, SnapshotWriter& writer);

struct HostFile {
    Below below;
    const char* path;
    Scan scan;
    bool is_optional = false;     // not having it is no failure worth a report
    const char* group = nullptr;  // what is missing without it; null: all of the reader's figures
    Reason absent_means = Reason::not_available;
};

struct Collector {
    const char* name;
    std::span<const MetricSpec> specs;
    std::span<const HostFile> files = {};
    std::size_t state_bytes = 0;

    // Once, before the first tick: open things, start threads. May be null.
    void (*start)(void* state, const HostContext& context) = nullptr;

    // Once, at the end: close what start or run opened, end threads. May be null.
    void (*stop)(void* state) = nullptr;

    // Each tick, before any reader runs: ask for what takes others a while. May be null.
    void (*begin)(void* state, const HostContext& context) = nullptr;

    // Each tick, instead of files. Inside one open group of the writer; the returned status ends
    // it.
    Status (*run)(void* state, const HostContext& context, SnapshotWriter& writer) = nullptr;
};

// Let readers be written with their own State type.
template <class State, Status (*Function)(State&, std::string_view, SnapshotWriter&)>
Status scan_with(void* state, std::string_view text, SnapshotWriter& writer) {
    static_assert(std::is_trivially_copyable_v<State>);
    return Function(*static_cast<State*>(state), text, writer);
}

template <Status (*Function)(std::string_view, SnapshotWriter&)>
Status scan_only(void*, std::string_view text, SnapshotWriter& writer) {
    return Function(text, writer);
}

template <class State, Status (*Function)(State&, const HostContext&, SnapshotWriter&)>
Status run_with(void* state, const HostContext& context, SnapshotWriter& writer) {
    return Function(*static_cast<State*>(state), context, writer);
}

template <class State, void (*Function)(State&, const HostContext&)>
void start_with(void* state, const HostContext& context) {
    Function(*static_cast<State*>(state), context);
}

template <class State, void (*Function)(State&)>
void stop_with(void* state) {
    Function(*static_cast<State*>(state));
}

}  // namespace nma
