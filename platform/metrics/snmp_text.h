// /proc/net/snmp and netstat (net/ipv4/proc.c): lines in pairs, names and then numbers:
//     Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens …
//     Tcp: 1 200 120000 -1 17 …
// Kernels add names in the middle, so numbers are found by name. MaxConn is -1 for "no limit". Used
// for the node and for containers.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "platform/base/status.h"
#include "platform/metrics/field_table.h"
#include "platform/metrics/metric.h"

namespace nma {

// The rows of a group stand together in a table, best in the kernel's order.
struct SnmpKey {
    std::string_view group;  // with its colon: "Tcp:"
    std::string_view column;
};

struct SnmpRow {
    using Key = SnmpKey;
    std::string_view group;
    std::string_view column;
    MetricSpec spec;

    constexpr SnmpKey without_spec() const { return {group, column}; }
};

// ok, or malformed. Rows that the text does not have are not present in `found`; columns without a
// row are passed over, whatever they hold. A group that comes twice counts the last time.
Status scan_snmp(std::string_view text, std::span<const SnmpKey> keys, FieldValues& found);

}  // namespace nma
