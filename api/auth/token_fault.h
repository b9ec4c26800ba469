// Why a token was refused.
#pragma once

#include <cstdint>

namespace nma {

// For our log, never for the client: it would tell somebody who guesses how far they have come.
enum class TokenFault : std::uint8_t {
    none,
    absent,                 // the empty text
    too_long,               // limits::token_bytes_max
    unknown_token,          // no static token of ours, and no JWT
    bad_encoding,           // not base64url in its one right spelling, or no printable ASCII
    bad_header,             // no JSON object, or a member of the wrong type
    twin_members,           // of header or payload
    bad_type,               // `typ` says that it is something else
    critical_extension,     // `crit`
    unencoded_payload,      // `b64` (RFC 7797)
    unsigned_token,         // `alg` is "none", or the signature was cut off
    unsupported_algorithm,  // we know no such `alg`
    wrong_algorithm,        // no key of ours is for that `alg`
    unknown_key,            // no key of ours has that `kid`
    wrong_signature,
    bad_payload,  // no JSON object
    no_expiry,    // no `exp`: it would never end
    bad_time,     // `exp` or `nbf` is no time in seconds since 1970
    expired,
    not_yet_valid,
    bad_uid,  // no `uid`, or no text that names somebody
};

inline constexpr int token_fault_count = 21;

// A short clause: "its signature is wrong". Never null.
const char* token_fault_text(TokenFault fault);

}  // namespace nma
