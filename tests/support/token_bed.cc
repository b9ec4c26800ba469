#include "tests/support/token_bed.h"

#include <cstring>

#include "api/auth/base64.h"
#include "api/auth/digest.h"
#include "platform/base/check.h"

#include "tests/support/cmocka.h"

namespace nma::test {

namespace {

constexpr std::size_t memory_bytes = 16 * 1024;

// Two take turns, so that a test can hold one while it makes another.
std::span<char> next_memory() {
    static char memories[2][memory_bytes];
    static std::size_t turn = 0;
    return memories[++turn % 2];
}

std::size_t put_part(std::span<char> memory, std::size_t used, std::string_view text) {
    return used + encode_base64url(as_bytes(text), memory.subspan(used)).size();
}

void write_file(TokenBed& bed, const char* name, std::string_view text, unsigned mode,
                FixedText<256>& path) {
    path.clear();
    if (text.empty()) return;
    tree_write(bed.tree, name, text);
    tree_chmod(bed.tree, name, mode);
    NMA_CHECK(path.assign(bed.tree.path.view()) && path.append("/") && path.append(name));
}

}  // namespace

void token_bed_make(TokenBed& bed) {
    tree_make(bed.tree);
    Arena measuring;
    TokenChecker measured;
    measured.init(measuring);
    NMA_CHECK(bed.arena.map(measuring.used_bytes() + Arena::alignment_bytes));
    bed.memory = bed.arena.take<char>("start", 1).data();
    bed.checker.init(bed.arena);
}

void token_bed_remove(TokenBed& bed) {
    tree_remove(bed.tree);
    bed.arena.unmap();
}

void token_bed_write(TokenBed& bed, const TokenTexts& texts) {
    write_file(bed, "secret", texts.secret, 0640, bed.files.secret);
    write_file(bed, "key.pem", texts.public_key, 0644, bed.files.public_key);
    write_file(bed, "jwks.json", texts.jwks, 0644, bed.files.jwks);
    write_file(bed, "tokens", texts.tokens, 0640, bed.files.tokens);
}

Status token_bed_load(TokenBed& bed) {
    bed.error.clear();
    return bed.checker.load(bed.files, bed.error);
}

void token_bed_use(TokenBed& bed, const TokenTexts& texts) {
    token_bed_write(bed, texts);
    const Status status = token_bed_load(bed);
    assert_string_equal(bed.error.c_str(), "");
    assert_int_equal(status, Status::ok);
}

TokenFault token_bed_check(TokenBed& bed, std::string_view token, std::int64_t now_s) {
    return bed.checker.check(token, now_s, bed.identity);
}

std::string_view make_hs256(std::string_view header, std::string_view payload,
                            std::string_view secret) {
    const std::span<char> memory = next_memory();
    std::size_t used = put_part(memory, 0, header);
    memory[used++] = '.';
    used = put_part(memory, used, payload);
    const Sha256Digest mac = hmac_sha256(as_bytes(secret), {memory.data(), used});
    memory[used++] = '.';
    used = put_part(memory, used, as_text(mac.bytes));
    return {memory.data(), used};
}

std::string_view make_hs256_claims(std::string_view payload) {
    return make_hs256(R"({"alg":"HS256","typ":"JWT"})", payload);
}

std::string_view make_unsigned(std::string_view header, std::string_view payload,
                               std::string_view signature) {
    const std::span<char> memory = next_memory();
    std::size_t used = put_part(memory, 0, header);
    memory[used++] = '.';
    used = put_part(memory, used, payload);
    memory[used++] = '.';
    NMA_CHECK(used + signature.size() <= memory.size());
    return {memory.data(), used + signature.copy(memory.data() + used, signature.size())};
}

const char* fill_in(std::string_view text, std::string_view word) {
    static char filled[memory_bytes];
    const std::size_t at = text.find("%s");
    NMA_CHECK(at != text.npos && text.size() + word.size() < sizeof filled);
    std::size_t size = text.copy(filled, at);
    size += word.copy(filled + size, word.size());
    size += text.substr(at + 2).copy(filled + size, text.size());
    filled[size] = '\0';
    return filled;
}

}  // namespace nma::test
