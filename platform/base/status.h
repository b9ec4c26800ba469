// What became of an attempt to read, scan or store something: a closed list.
#pragma once

#include <cstdint>

namespace nma {

enum class Status : std::uint8_t {
    ok,
    absent,       // no such file: older kernel, or the feature is not built in
    denied,       // the file is there, we may not read it
    unsupported,  // the file is there, the feature is switched off (PSI without psi=1)
    disabled,     // the controller exists but is not enabled on this host
    gone,         // it vanished between listing and reading
    malformed,    // the text is not what the kernel documents
    truncated,    // larger than our buffer
    full,         // our table had no room; what did not fit was counted
    timeout,      // nobody answered in time
    io_error,     // anything else that the kernel said
};

inline constexpr int status_count = 11;

// The word used in logs, reports and the API. Never null.
const char* status_name(Status status);

// Classifies errno as left by open, read, statfs or a directory read.
Status status_from_errno(int errno_value);

}  // namespace nma
