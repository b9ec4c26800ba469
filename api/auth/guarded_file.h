// Files that decide who gets in: read with a look at who else could write or read them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/base/status.h"

namespace nma {

enum class Secrecy : std::uint8_t {
    secret,   // nobody but its owner and its group may read it
    printed,  // anybody may read it
};

// A sentence that names the file and the cure ("run: chmod o= /etc/…").
using AuthError = FixedText<512>;

// All of a regular file into `buffer`; `text` is what was read. Others may not write the file, and
// only root or the agent's own user may own it: denied otherwise. absent, truncated (larger than
// the buffer), io_error. `error` is set unless ok.
Status read_guarded_file(const char* path, Secrecy secrecy, std::span<char> buffer,
                         std::string_view& text, AuthError& error);

}  // namespace nma
