#include "platform/base/arena.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>

#include "platform/base/check.h"

namespace nma {

bool Arena::map(std::size_t bytes) {
    NMA_CHECK(base_ == nullptr && used_ == 0);
    // MAP_NORESERVE: a small box must not refuse memory that is only there for a busy day.
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return false;
    base_ = static_cast<std::byte*>(memory);
    size_ = bytes;
    return true;
}

void Arena::unmap() {
    if (base_ != nullptr) munmap(base_, size_);
    *this = Arena{};
}

void* Arena::take_bytes(const char* part, std::size_t bytes) {
    const std::size_t rounded = (bytes + alignment_bytes - 1) & ~(alignment_bytes - 1);
    // The sum of all limits must be an address: with 32 bits that is no matter of course.
    NMA_CHECK(rounded >= bytes && rounded <= SIZE_MAX - used_);
    const std::size_t offset = used_;
    used_ += rounded;
    count_part(part, rounded);
    if (base_ == nullptr) return nullptr;
    NMA_CHECK(used_ <= size_);
    return base_ + offset;
}

void Arena::count_part(const char* name, std::size_t bytes) {
    for (std::size_t i = 0; i < part_count_; ++i) {
        if (std::strcmp(parts_[i].name, name) == 0) {
            parts_[i].bytes += bytes;
            return;
        }
    }
    NMA_CHECK(part_count_ < part_count_max);
    parts_[part_count_++] = {name, bytes};
}

}  // namespace nma
