#include "platform/linux/event_descriptor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "platform/base/check.h"

namespace nma {

int open_event() {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void signal_event(int event) {
    const std::uint64_t one = 1;
    NMA_CHECK(write(event, &one, sizeof one) == sizeof one);
}

bool drain_event(int event) {
    std::uint64_t count = 0;
    return read(event, &count, sizeof count) == sizeof count;
}

}  // namespace nma
