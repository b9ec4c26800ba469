#include "tests/alloc/counting_malloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <atomic>
#include <new>

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);
}

namespace nma::test {

namespace {

std::atomic<bool> is_counting = false;
std::atomic<std::uint64_t> our_count = 0;
std::atomic<std::uint64_t> library_count = 0;
std::atomic<const void*> first_ours = nullptr;
thread_local bool is_exempt = false;
std::uintptr_t library_start = 0;
std::uintptr_t library_end = 0;

void count(const void* caller) {
    if (!is_counting.load(std::memory_order_relaxed) || is_exempt) return;
    const auto address = reinterpret_cast<std::uintptr_t>(caller);
    if (address >= library_start && address < library_end) {
        library_count.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const void* nobody = nullptr;
    first_ours.compare_exchange_strong(nobody, caller);
    our_count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

bool find_library() {
    FILE* maps = fopen("/proc/self/maps", "r");
    char line[1024];
    while (maps != nullptr && fgets(line, sizeof line, maps) != nullptr) {
        std::uintptr_t start = 0;
        std::uintptr_t end = 0;
        char mode[8] = "";
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &start, &end, mode) != 3) continue;
        if (strstr(line, "libmicrohttpd") == nullptr || strchr(mode, 'x') == nullptr) continue;
        library_start = start;
        library_end = end;
    }
    if (maps != nullptr) fclose(maps);
    return library_end != 0;
}

void start_counting() {
    our_count = 0;
    library_count = 0;
    first_ours = nullptr;
    is_counting = true;
}

AllocationCounts stop_counting() {
    is_counting = false;
    return {our_count, library_count, first_ours};
}

void exempt_this_thread() {
    is_exempt = true;
}

}  // namespace nma::test

extern "C" {

void* malloc(size_t bytes) {
    nma::test::count(__builtin_return_address(0));
    return __libc_malloc(bytes);
}

void* calloc(size_t count, size_t bytes) {
    nma::test::count(__builtin_return_address(0));
    return __libc_calloc(count, bytes);
}

void* realloc(void* memory, size_t bytes) {
    nma::test::count(__builtin_return_address(0));
    return __libc_realloc(memory, bytes);
}

void* memalign(size_t alignment, size_t bytes) {
    nma::test::count(__builtin_return_address(0));
    return __libc_memalign(alignment, bytes);
}

void* aligned_alloc(size_t alignment, size_t bytes) {
    nma::test::count(__builtin_return_address(0));
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** memory, size_t alignment, size_t bytes) {
    nma::test::count(__builtin_return_address(0));
    *memory = __libc_memalign(alignment, bytes);
    return *memory == nullptr ? ENOMEM : 0;
}

// The C library's own would ask for memory in the C library's name, whoever called it.
char* strdup(const char* text) {
    nma::test::count(__builtin_return_address(0));
    const size_t bytes = strlen(text) + 1;
    void* memory = __libc_malloc(bytes);
    return memory == nullptr ? nullptr : static_cast<char*>(memcpy(memory, text, bytes));
}

void free(void* memory) {
    __libc_free(memory);
}
}
