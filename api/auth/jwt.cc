#include "api/auth/jwt.h"

#include <cjson/cJSON.h>
#include <strings.h>

#include <algorithm>
#include <cmath>

#include "api/auth/uid.h"
#include "api/auth/untrusted_json.h"
#include "platform/base/json_value.h"

namespace nma {

namespace {

// The end of the year 9999. Milliseconds taken for seconds are beyond it.
constexpr double time_s_max = 253402300799;

// Names of algorithms and types are short ASCII.
bool is_same_word(std::string_view one, const char* other) {
    return one.size() == std::string_view(other).size() &&
           strncasecmp(one.data(), other, one.size()) == 0;
}

TokenFault fault_of(JsonFault fault, TokenFault malformed) {
    return fault == JsonFault::twins ? TokenFault::twin_members : malformed;
}

TokenFault check_type(const cJSON* object) {
    const cJSON* type = json_member(object, "typ");
    if (type == nullptr) return TokenFault::none;
    const std::string_view text = json_text(type);
    const bool is_known = is_same_word(text, "JWT") || is_same_word(text, "at+jwt");
    return is_known ? TokenFault::none : TokenFault::bad_type;
}

TokenFault read_algorithm(const cJSON* object, Algorithm& algorithm) {
    const std::string_view name = json_text(object, "alg");
    if (name.empty()) return TokenFault::bad_header;
    if (is_same_word(name, "none")) return TokenFault::unsigned_token;
    algorithm = algorithm_of(name);
    return algorithm == Algorithm::unknown ? TokenFault::unsupported_algorithm : TokenFault::none;
}

TokenFault read_key_id(const cJSON* object, std::string_view& key_id) {
    const cJSON* id = json_member(object, "kid");
    if (id == nullptr) return TokenFault::none;
    key_id = json_text(id);
    const bool is_good = !key_id.empty() && key_id.size() <= limits::key_id_bytes_max;
    return is_good ? TokenFault::none : TokenFault::bad_header;
}

// A NumericDate (RFC 7519, section 2). Rounded up, which changes no comparison with whole seconds.
bool read_time(const cJSON* value, std::int64_t& time_s) {
    if (cJSON_IsNumber(value) == 0) return false;
    const double seconds = value->valuedouble;
    if (!(seconds >= 0 && seconds <= time_s_max)) return false;
    time_s = static_cast<std::int64_t>(std::ceil(seconds));
    return true;
}

}  // namespace

bool split_jwt(std::string_view token, JwtParts& parts) {
    if (std::count(token.begin(), token.end(), '.') != 2) return false;
    const std::size_t first = token.find('.');
    const std::size_t second = token.find('.', first + 1);
    parts.header = token.substr(0, first);
    parts.payload = token.substr(first + 1, second - first - 1);
    parts.signature = token.substr(second + 1);
    parts.signed_text = token.substr(0, second);
    return true;
}

TokenFault read_jwt_header(std::string_view text, JsonArena& json, JwtHeader& header) {
    json.reset();
    const cJSON* object = nullptr;
    const JsonFault json_fault = parse_untrusted_json(json, text, object);
    if (json_fault != JsonFault::none) return fault_of(json_fault, TokenFault::bad_header);
    if (json_member(object, "crit") != nullptr) return TokenFault::critical_extension;
    const cJSON* b64 = json_member(object, "b64");
    if (b64 != nullptr && cJSON_IsTrue(b64) == 0) return TokenFault::unencoded_payload;
    JwtHeader found;
    TokenFault fault = check_type(object);
    if (fault == TokenFault::none) fault = read_algorithm(object, found.algorithm);
    if (fault == TokenFault::none) fault = read_key_id(object, found.key_id);
    if (fault == TokenFault::none) header = found;
    return fault;
}

TokenFault read_jwt_claims(std::string_view text, JsonArena& json, JwtClaims& claims) {
    json.reset();
    const cJSON* object = nullptr;
    const JsonFault json_fault = parse_untrusted_json(json, text, object);
    if (json_fault != JsonFault::none) return fault_of(json_fault, TokenFault::bad_payload);
    const cJSON* expires = json_member(object, "exp");
    if (expires == nullptr) return TokenFault::no_expiry;
    JwtClaims found;
    if (!read_time(expires, found.expires_s)) return TokenFault::bad_time;
    const cJSON* not_before = json_member(object, "nbf");
    if (not_before != nullptr && !read_time(not_before, found.not_before_s)) {
        return TokenFault::bad_time;
    }
    found.uid = json_text(object, "uid");
    if (!is_good_uid(found.uid)) return TokenFault::bad_uid;
    claims = found;
    return TokenFault::none;
}

}  // namespace nma
