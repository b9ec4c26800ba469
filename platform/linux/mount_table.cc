#include "platform/linux/mount_table.h"

#include <algorithm>

namespace nma {

namespace {

constexpr std::string_view local_types[] = {
    "bcachefs", "btrfs",    "erofs", "exfat",   "ext2",  "ext3", "ext4",  "f2fs",
    "hfsplus",  "jffs2",    "jfs",   "iso9660", "msdos", "ntfs", "ntfs3", "nilfs2",
    "overlay",  "reiserfs", "ubifs", "udf",     "vfat",  "xfs",  "zfs",
};

bool parse_device(std::string_view word, MountLine& mount) {
    const std::size_t colon = word.find(':');
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    if (colon == word.npos || !parse_u64(word.substr(0, colon), major) ||
        !parse_u64(word.substr(colon + 1), minor) || (major | minor) > UINT32_MAX) {
        return false;
    }
    mount.major = static_cast<std::uint32_t>(major);
    mount.minor = static_cast<std::uint32_t>(minor);
    return true;
}

// A source may be empty: then two spaces stand around nothing, and what follows is its place.
std::string_view take_field(std::string_view& line) {
    const std::size_t end = line.find(' ');
    const std::string_view field = line.substr(0, end);
    line.remove_prefix(end == line.npos ? line.size() : end + 1);
    return field;
}

bool scan_mount(std::string_view line, MountLine& mount) {
    std::uint64_t id = 0;
    std::uint64_t parent = 0;
    if (!take_u64(line, id) || !take_u64(line, parent)) return false;
    if (!parse_device(take_word(line), mount)) return false;
    mount.root = take_word(line);
    mount.mount_point = take_word(line);
    const std::size_t dash = line.find(" - ");
    if (dash == line.npos || !mount.mount_point.starts_with('/')) return false;
    line.remove_prefix(dash + 3);
    mount.type = take_field(line);
    mount.source = take_field(line);
    mount.super_options = take_field(line);
    return !mount.type.empty();
}

}  // namespace

bool MountCursor::next(MountLine& mount) {
    std::string_view line;
    while (lines_.next(line)) {
        if (scan_mount(line, mount)) return true;
        ++skipped_count_;
    }
    if (!is_at_end_ && lines_.is_torn()) ++skipped_count_;
    is_at_end_ = true;
    return false;
}

bool is_local_file_system(std::string_view type) {
    return std::find(std::begin(local_types), std::end(local_types), type) != std::end(local_types);
}

}  // namespace nma
