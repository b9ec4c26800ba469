#include "api/auth/base64.h"

#include "api/auth/digest.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr const char* refused = "refused";

// What it decodes to, NUL-terminated.
const char* decoded(std::string_view text, bool is_url) {
    static std::uint8_t memory[64];
    std::size_t size = 99;
    const std::span<std::uint8_t> room(memory, sizeof memory - 1);
    const bool is_good =
        is_url ? decode_base64url(text, room, size) : decode_base64(text, room, size);
    if (!is_good) assert_int_equal(size, 99);
    if (!is_good) return refused;
    memory[size] = 0;
    return reinterpret_cast<const char*>(memory);
}

// RFC 4648, section 10.
constexpr struct {
    const char* text;
    const char* padded;
    const char* url;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "+//+", "-__-"},
};

void both_alphabets_are_read(void**) {
    for (const auto& row : vectors) {
        assert_string_equal(decoded(row.padded, false), row.text);
        assert_string_equal(decoded(row.url, true), row.text);
    }
}

void what_is_written_is_read(void**) {
    char memory[16];
    for (const auto& row : vectors) {
        const std::string_view text = encode_base64url(as_bytes(row.text), memory);
        assert_true(text == row.url);
    }
}

void other_spellings_are_refused(void**) {
    for (const std::string_view odd :
         {"Zg=", "Zg==", "Z", "Zm9vY", "Zh", "Zm9", "Zm8=", "+//+", "Zm 8", "Zm8\n", " Zm8", "Zm8 ",
          "Zm8.", "Zm\xc3\xa4", "====", "="}) {
        assert_string_equal(decoded(odd, true), refused);
    }
    for (const std::string_view odd : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "-__-",
                                       "Zg==Zg==", "=Zg=", "====", "==", "Z===", "Zm8=\n"})
        assert_string_equal(decoded(odd, false), refused);
    assert_string_equal(decoded(std::string_view("Zm\0v", 4), true), refused);
}

void what_does_not_fit_is_refused(void**) {
    std::uint8_t memory[3];
    std::size_t size = 0;
    assert_true(decode_base64url("Zm9v", memory, size));
    assert_int_equal(size, 3);
    assert_false(decode_base64url("Zm9vYg", memory, size));
    assert_true(decode_base64url("", {}, size));
    assert_int_equal(size, 0);
}

// Every single byte as the last digit: exactly 4 of 256 end a text of two digits.
void one_text_for_each_byte(void**) {
    std::uint8_t byte = 0;
    std::size_t size = 0;
    unsigned good_count = 0;
    for (unsigned last = 0; last < 256; ++last) {
        const char text[] = {'A', static_cast<char>(last)};
        good_count += decode_base64url({text, 2}, {&byte, 1}, size);
    }
    assert_int_equal(good_count, 4);
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(both_alphabets_are_read),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(one_text_for_each_byte),
    };
    return cmocka_run_group_tests_name("base64", tests, nullptr, nullptr);
}
