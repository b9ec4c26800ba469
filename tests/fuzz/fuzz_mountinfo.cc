// The mount table: what is given out lies within the text, and unescapes or is refused.
#include <cstdint>
#include <cstdlib>

#include "platform/linux/mount_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    nma::MountCursor cursor(text);
    nma::MountLine mount;
    while (cursor.next(mount)) {
        if (mount.type.empty() || !mount.mount_point.starts_with('/')) std::abort();
        nma::FixedText<256> path;
        const bool is_plain = nma::unescape_mount_text(mount.mount_point, path);
        if (is_plain && path.size() > mount.mount_point.size()) std::abort();
    }
    return 0;
}
