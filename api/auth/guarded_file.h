// Files that decide who gets in: read with a look at who else could write or read them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/auth/auth_error.h"
#include "platform/base/status.h"

namespace nma {

enum class Secrecy : std::uint8_t {
    secret,   // nobody but its owner and its group may read it
    printed,  // anybody may read it
};

// All of a regular file into `buffer`; `text` is what was read, and untouched unless ok. Others may
// not write the file, nor may a group but root's, and only root or the agent's own user may own it:
// denied otherwise, and when we may not read it. Symbolic links are followed, for orchestrators
// mount secrets so. absent, unsupported (no regular file), truncated (larger than the buffer),
// io_error. `error` is set, and nothing of the file is in the buffer, unless ok.
Status read_guarded_file(const char* path, Secrecy secrecy, std::span<char> buffer,
                         std::string_view& text, AuthError& error);

// Whether read_guarded_file would read it now, as far as that shows without reading: the same
// statuses and errors, but truncated.
Status try_guarded_file(const char* path, Secrecy secrecy, AuthError& error);

}  // namespace nma
