// The mount table, /proc/PID/mountinfo (proc(5)), one line for each mount:
//     36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//     id parent device root mount-point options optional… - type source super-options
// Spaces, tabs, newlines and backslashes in paths come as \040, \011, \012 and \134.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/base/text_cursor.h"

namespace nma {

// Texts point into the table, with their escapes.
struct MountLine {
    std::uint32_t major = 0;  // of the file system's device; 0 for those without one
    std::uint32_t minor = 0;
    std::string_view root;  // what of the file system is mounted: "/" is all of it
    std::string_view mount_point;
    std::string_view type;
    std::string_view source;
    std::string_view super_options;
};

class MountCursor {
  public:
    explicit MountCursor(std::string_view text) : lines_(text) {}

    // The next mount, in the order in which they were mounted. Lines that make no sense are passed
    // over and counted; so is a torn last one.
    [[nodiscard]] bool next(MountLine& mount);

    std::uint32_t skipped_count() const { return skipped_count_; }

  private:
    LineCursor lines_;
    std::uint32_t skipped_count_ = 0;
    bool is_at_end_ = false;
};

// Asking file systems of this type, a word of the table, never leaves the machine. What is not
// known here may be remote.
bool is_local_file_system(std::string_view type);

// Writes `text` without its escapes. False when it does not fit, or holds a NUL.
template <std::size_t N>
bool unescape_mount_text(std::string_view text, FixedText<N>& plain) {
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    plain.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
            is_octal(text[i + 3])) {
            c = static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                  (text[i + 3] - '0'));
            i += 3;
        }
        if (c == '\0' || !plain.append({&c, 1})) return false;
    }
    return true;
}

}  // namespace nma
