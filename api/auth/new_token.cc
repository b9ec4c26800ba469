#include "api/auth/new_token.h"

#include <errno.h>
#include <sys/random.h>

#include <algorithm>

#include "api/auth/base64.h"
#include "api/auth/digest.h"
#include "api/auth/permission.h"
#include "api/auth/uid.h"

namespace nma {

namespace {

// Makes a token that slipped into a log or a repository easy to find.
constexpr std::string_view token_mark = "nma_";

constexpr std::size_t made_uid_digits = 8;

using HexText = FixedText<2 * Sha256Digest::size + 1>;

HexText hex_of(const Sha256Digest& digest) {
    constexpr char digits[] = "0123456789abcdef";
    HexText hex;
    for (const std::uint8_t byte : digest.bytes) {
        const char pair[] = {digits[byte >> 4], digits[byte & 15]};
        (void)hex.append({pair, sizeof pair});
    }
    return hex;
}

// A word of the file ends at a blank.
bool is_good_word_uid(std::string_view uid) {
    return is_good_uid(uid) && uid.find(' ') == uid.npos;
}

bool check_permissions(std::span<const char* const> permissions, AuthError& error) {
    if (permissions.size() > limits::static_token_permissions_max) {
        return refuse(error, {"a token may have 16 permissions at most"});
    }
    for (const std::string_view permission : permissions) {
        if (const char* fault = permission_fault(permission); fault != nullptr) {
            return refuse(error, {"permission ", permission, " ", fault});
        }
        if (permission.size() > limits::permission_bytes_max || !is_printable_word(permission)) {
            return refuse(error, {"permission ", permission,
                                  ": give 1 to 128 characters of printable ASCII, without spaces"});
        }
    }
    return true;
}

}  // namespace

bool make_token(std::span<const std::uint8_t, new_token_random_bytes> random, std::string_view uid,
                std::span<const char* const> permissions, NewToken& made, AuthError& error) {
    if (!uid.empty() && !is_good_word_uid(uid)) {
        return refuse(error, {"--uid ", uid,
                              ": give 1 to 128 bytes of UTF-8 without spaces and control "
                              "characters"});
    }
    if (!check_permissions(permissions, error)) return false;
    char base64[44];
    bool fits =
        made.token.assign(token_mark) && made.token.append(encode_base64url(random, base64));
    const HexText hex = hex_of(sha256(made.token.view()));
    fits = fits && made.line.assign("sha256:") && made.line.append(hex.view());
    fits = fits && made.line.append(uid.empty() ? " token-" : " ");
    fits = fits && made.line.append(uid.empty() ? hex.view().substr(0, made_uid_digits) : uid);
    for (const char* permission : permissions)
        fits = fits && made.line.append(" ") && made.line.append(permission);
    wipe(base64, sizeof base64);
    return fits;
}

bool take_random(std::span<std::uint8_t, new_token_random_bytes> random) {
    ssize_t count = 0;
    do {
        count = getrandom(random.data(), random.size(), 0);
    } while (count < 0 && errno == EINTR);
    return count == static_cast<ssize_t>(random.size());
}

}  // namespace nma
