#include "platform/linux/line_limit.h"

namespace nma {

bool LineLimit::take(std::uint64_t now_ns) {
    std::uint64_t whole_at_ns = whole_at_ns_.load(std::memory_order_relaxed);
    std::uint64_t next_ns = 0;
    do {
        const std::uint64_t from_ns = whole_at_ns > now_ns ? whole_at_ns : now_ns;
        next_ns = from_ns + limits::log_line_interval_ns;
        if (next_ns - now_ns > room_ns) {
            left_out_count_.fetch_add(1, std::memory_order_relaxed);
            return false;
        }
    } while (!whole_at_ns_.compare_exchange_weak(whole_at_ns, next_ns, std::memory_order_relaxed));
    return true;
}

}  // namespace nma
