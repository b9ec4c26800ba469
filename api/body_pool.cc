#include "api/body_pool.h"

#include "platform/base/check.h"

namespace nma {

void BodyPool::init(Arena& arena, std::size_t bytes) {
    const std::size_t page_count = (bytes + page_bytes - 1) / page_bytes;
    memory_ = arena.take<char>("bodies of answers", page_count * page_bytes);
    run_pages_ = arena.take<std::uint32_t>("bodies of answers", page_count);
}

// Walks from run to run: a few dozen steps, for there are no more answers on their way than
// connections. The first of equals wins, so that low pages, touched before, are used again.
std::span<char> BodyPool::longest_free() const {
    std::size_t best_start = 0;
    std::size_t best_count = 0;
    std::size_t free_start = 0;
    for (std::size_t page = 0; page <= run_pages_.size();) {
        const bool is_end = page == run_pages_.size();
        if (!is_end && run_pages_[page] == 0) {
            ++page;
            continue;
        }
        if (page - free_start > best_count) {
            best_start = free_start;
            best_count = page - free_start;
        }
        if (is_end) break;
        page += run_pages_[page];
        free_start = page;
    }
    return memory_.subspan(best_start * page_bytes, best_count * page_bytes);
}

void BodyPool::take(std::span<char> run, std::size_t used_bytes) {
    const auto offset = static_cast<std::size_t>(run.data() - memory_.data());
    NMA_CHECK(offset % page_bytes == 0);
    NMA_CHECK(used_bytes <= run.size());
    const std::size_t pages = used_bytes == 0 ? 1 : (used_bytes + page_bytes - 1) / page_bytes;
    NMA_CHECK(run_pages_[offset / page_bytes] == 0);
    run_pages_[offset / page_bytes] = static_cast<std::uint32_t>(pages);
    pages_in_use_ += pages;
}

void BodyPool::give_back(const char* body) {
    const auto offset = static_cast<std::size_t>(body - memory_.data());
    NMA_CHECK(offset < memory_.size() && offset % page_bytes == 0);
    std::uint32_t& pages = run_pages_[offset / page_bytes];
    NMA_CHECK(pages != 0);
    pages_in_use_ -= pages;
    pages = 0;
}

}  // namespace nma
