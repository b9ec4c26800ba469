// Tokens, with keys of all kinds loaded. The first byte of the input says how the rest is meant: t,
// a whole token; j, header and payload with a newline between, which are then signed well, so that
// the claims are reached.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "api/auth/base64.h"
#include "api/auth/token_checker.h"
#include "api/auth/uid.h"
#include "tests/fixtures/auth/keys.h"

namespace {

using namespace nma;
namespace fixtures = nma::test::fixtures;

constexpr std::string_view secret = "0123456789abcdef0123456789abcdef";
constexpr std::int64_t now_s = 1'700'000'000;

Arena arena;
TokenChecker checker;

void check(bool is_good) {
    if (!is_good) abort();
}

void write_file(const char* directory, const char* name, std::string_view text,
                FixedText<256>& path) {
    check(path.assign(directory) && path.append("/") && path.append(name));
    FILE* file = fopen(path.c_str(), "w");
    check(file != nullptr && fwrite(text.data(), 1, text.size(), file) == text.size());
    check(fclose(file) == 0 && chmod(path.c_str(), 0600) == 0);
}

// The checker knows keys from files only.
void set_up() {
    Arena measuring;
    TokenChecker measured;
    measured.init(measuring);
    check(arena.map(measuring.used_bytes()));
    checker.init(arena);
    char directory[] = "/tmp/nma-fuzz-XXXXXX";
    check(mkdtemp(directory) != nullptr);
    TokenFiles files;
    write_file(directory, "secret", secret, files.secret);
    write_file(directory, "key.pem", fixtures::rsa_a_pem, files.public_key);
    write_file(directory, "jwks.json", fixtures::jwks, files.jwks);
    // Of "abc".
    write_file(
        directory, "tokens",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad grafana a\n",
        files.tokens);
    AuthError error;
    check(checker.load(files, error) == Status::ok);
    for (const auto* path : {&files.secret, &files.public_key, &files.jwks, &files.tokens})
        unlink(path->c_str());
    rmdir(directory);
}

std::size_t put_part(std::span<char> memory, std::size_t used, std::string_view text) {
    return used + encode_base64url(as_bytes(text), memory.subspan(used)).size();
}

std::string_view sign(std::string_view text) {
    static char memory[64 * 1024];
    const std::size_t line = text.find('\n');
    std::size_t used = put_part(memory, 0, text.substr(0, line));
    memory[used++] = '.';
    used = put_part(memory, used, line == text.npos ? "" : text.substr(line + 1));
    const Sha256Digest mac = hmac_sha256(as_bytes(secret), {memory, used});
    memory[used++] = '.';
    return {memory, put_part(memory, used, as_text(mac.bytes))};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (arena.is_measuring()) set_up();
    if (size == 0 || size > 32 * 1024) return 0;
    const std::string_view text = as_text({data + 1, size - 1});
    const bool is_signed_here = data[0] == 'j';
    const std::string_view token = is_signed_here ? sign(text) : text;
    Identity identity;
    const TokenFault fault = checker.check(token, now_s, identity);
    check(std::strlen(token_fault_text(fault)) > 0);
    check((fault == TokenFault::none) == is_good_uid(identity.uid));
    check(!is_signed_here || fault != TokenFault::wrong_signature ||
          !text.starts_with("{\"alg\":\"HS256\"}\n"));
    if (fault != TokenFault::none) return 0;
    // Again, from memory.
    const std::uint64_t count = checker.verification_count();
    Identity again;
    check(checker.check(token, now_s, again) == TokenFault::none && again.uid == identity.uid);
    check(checker.verification_count() == count);
    check(again.has_own_permissions == (token == "abc"));
    return 0;
}
