#include "platform/base/clear_used.h"

#include <sys/mman.h>

#include <cstdint>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

void what_is_not_zero_becomes_zero(void**) {
    std::uint32_t numbers[] = {0, 1, 0xffffffff, 0, 5};
    clear_used(std::span<std::uint32_t>(numbers));
    for (const std::uint32_t number : numbers)
        assert_int_equal(number, 0);
    clear_used(std::span<std::uint32_t>());
}

// Memory that may not be written: who did it would end here.
void what_is_zero_is_not_written(void**) {
    constexpr std::size_t count = 4096;
    void* memory =
        mmap(nullptr, count * sizeof(std::uint32_t), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    const std::span numbers(static_cast<std::uint32_t*>(memory), count);
    clear_used(numbers);
    assert_int_equal(numbers[count - 1], 0);
    assert_int_equal(munmap(memory, count * sizeof(std::uint32_t)), 0);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_zero_becomes_zero),
        cmocka_unit_test(what_is_zero_is_not_written),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
