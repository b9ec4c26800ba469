// /proc/sys/fs/file-nr (Documentation/admin-guide/sysctl/fs.rst): "1632\t0\t9223372036854775807":
// file handles allocated, allocated but free (always 0 since 2.6), and their maximum.
#include "platform/base/text_cursor.h"
#include "platform/metrics/collector.h"

namespace nma {

namespace {

enum Index { files_open, files_max };

constexpr MetricSpec specs[] = {
    {.name = "files.open", .help = "File handles in use by all processes"},
    {.name = "files.max", .help = "File handles that there can be"},
};

Status scan_file_nr(std::string_view text, SnapshotWriter& writer) {
    std::string_view line;
    std::uint64_t allocated = 0;
    std::uint64_t unused = 0;
    std::uint64_t max = 0;
    if (!single_line(text, line) || !take_u64(line, allocated) || !take_u64(line, unused) ||
        !take_u64(line, max) || unused > allocated) {
        return Status::malformed;
    }
    writer.add(files_open, allocated - unused);
    writer.add(files_max, max);
    return Status::ok;
}

constexpr HostFile files[] = {{Below::proc, "sys/fs/file-nr", scan_only<scan_file_nr>}};

}  // namespace

extern constexpr Collector file_nr_collector = {.name = "file_nr", .specs = specs, .files = files};

}  // namespace nma
