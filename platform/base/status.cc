#include "platform/base/status.h"

#include <cerrno>

namespace nma {

const char* status_name(Status status) {
    static constexpr const char* names[status_count] = {
        "ok",        "absent",    "denied", "unsupported", "disabled", "gone",
        "malformed", "truncated", "full",   "timeout",     "io_error",
    };
    const auto index = static_cast<unsigned>(status);
    return index < status_count ? names[index] : "io_error";
}

Status status_from_errno(int errno_value) {
    switch (errno_value) {
        case 0:
            return Status::ok;
        case ENOENT:
        case ENOTDIR:
            return Status::absent;
        case EACCES:
        case EPERM:
            return Status::denied;
        case EOPNOTSUPP:
        case ENOSYS:
            return Status::unsupported;
        case ENODEV:  // a control file of a removed cgroup
        case ESRCH:   // a file of an ended process
            return Status::gone;
        case ETIMEDOUT:
            return Status::timeout;
        default:
            return Status::io_error;
    }
}

}  // namespace nma
