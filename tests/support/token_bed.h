// A token checker over files of a tree, and tokens made to order with a shared secret.
#pragma once

#include <string_view>

#include "api/auth/token_checker.h"
#include "tests/support/tree.h"

namespace nma::test {

// Claims that are good until the year 2100.
inline constexpr std::string_view good_claims = R"({"uid":"alice","exp":4102444800})";

inline constexpr std::string_view bed_secret = "0123456789abcdef0123456789abcdef";
inline constexpr std::int64_t bed_now_s = 1'700'000'000;

struct TokenBed {
    Tree tree;
    Arena arena;
    const char* memory;  // where the arena begins
    TokenChecker checker;
    TokenFiles files;
    AuthError error;
    Identity identity;  // of the last token that was good
};

// A checker without files. The bed must be static.
void token_bed_make(TokenBed& bed);
void token_bed_remove(TokenBed& bed);

// Writes the files and names them; an empty text is no such file.
struct TokenTexts {
    std::string_view secret = {};
    std::string_view public_key = {};
    std::string_view jwks = {};
    std::string_view tokens = {};
};
void token_bed_write(TokenBed& bed, const TokenTexts& texts);

Status token_bed_load(TokenBed& bed);

// Writes and loads; fails the test unless that is ok.
void token_bed_use(TokenBed& bed, const TokenTexts& texts);

// Compares what is said about the token, for a failed test to show. After cmocka.h.
#define assert_fault(bed, token, fault)                                \
    assert_string_equal(token_fault_text(token_bed_check(bed, token)), \
                        token_fault_text(TokenFault::fault))

TokenFault token_bed_check(TokenBed& bed, std::string_view token, std::int64_t now_s = bed_now_s);

// base64url of header and payload, and their HMAC by that secret. Static memory, good until the
// call after the next.
std::string_view make_hs256(std::string_view header, std::string_view payload,
                            std::string_view secret = bed_secret);

// The same with the usual header.
std::string_view make_hs256_claims(std::string_view payload);

// Header and payload in base64url, a dot after each, and this in place of a signature.
std::string_view make_unsigned(std::string_view header, std::string_view payload,
                               std::string_view signature);

// `text` with `word` in place of its one "%s". Static memory.
const char* fill_in(std::string_view text, std::string_view word);

}  // namespace nma::test
