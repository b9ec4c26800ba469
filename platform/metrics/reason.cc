#include "platform/metrics/reason.h"

#include "platform/base/check.h"

namespace nma {

namespace {

// In the order of Reason.
constexpr const char* names[] = {
    "none",         "controller_disabled", "not_in_cgroup_v2", "no_permission",
    "shared_netns", "kernel_too_old",      "not_available",    "timeout",
    "gone",         "limit_reached",       "unreadable",
};
static_assert(sizeof names / sizeof names[0] == reason_count);

}  // namespace

const char* reason_name(Reason reason) {
    const auto index = static_cast<unsigned>(reason);
    NMA_CHECK(index < reason_count);
    return names[index];
}

Reason reason_of(Status status) {
    switch (status) {
        case Status::ok:
            return Reason::none;
        case Status::absent:
        case Status::unsupported:
            return Reason::not_available;
        case Status::denied:
            return Reason::no_permission;
        case Status::disabled:
            return Reason::controller_disabled;
        case Status::gone:
            return Reason::gone;
        case Status::full:
        case Status::truncated:
            return Reason::limit_reached;
        case Status::timeout:
            return Reason::timeout;
        case Status::malformed:
        case Status::io_error:
            break;
    }
    return Reason::unreadable;
}

}  // namespace nma
