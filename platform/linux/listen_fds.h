// Sockets that systemd opened for us (sd_listen_fds(3)): descriptors from 3 on, told by environment
// variables.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/base/status.h"

namespace nma {

// The texts of the variables; null: not set.
struct ListenFdsTexts {
    const char* pid = nullptr;    // LISTEN_PID
    const char* count = nullptr;  // LISTEN_FDS
    const char* names = nullptr;  // LISTEN_FDNAMES: one for each, with colons between
};

ListenFdsTexts read_listen_fds_environment();

// The descriptor with this name, or at this position, counted from 0, when `name` is a number, or
// of the unix socket at this path when it begins with "/": systemd tells names from version 227 on,
// and the order of the sockets of several units is any. absent: nothing was handed to process
// `own`, or no such one; malformed; full: the name is that of several.
Status find_listen_fd(const ListenFdsTexts& texts, pid_t own, std::string_view name, int& fd);

// The descriptor at that position and its name, empty when it has none. absent past the last one;
// malformed.
Status find_listen_fd_at(const ListenFdsTexts& texts, pid_t own, std::uint64_t position,
                         FixedText<256>& name, int& fd);

// Makes a socket that was handed over as one of ours: not inherited, never blocking. unsupported
// when it is no stream socket that listens, io_error when it is not open at all.
Status adopt_listen_fd(int fd);

}  // namespace nma
