#include "api/server_request.h"

#include <string.h>

#include <charconv>

#include "api/accept.h"

namespace nma {

namespace {

constexpr std::size_t uri_bytes_max = 8 * 1024;
constexpr int header_count_max = 100;

MHD_Result add_accept(void* judge, MHD_ValueKind, const char* key, const char* value) {
    if (value != nullptr && strcasecmp(key, "Accept") == 0)
        static_cast<AcceptJudge*>(judge)->add(value);
    return MHD_YES;
}

struct BodyHeaders {
    unsigned length_count = 0;
    bool has_coding = false;
    bool has_bad_name = false;
};

// The characters of a field's name (RFC 9110, section 5.6.2). One with a blank at its end is taken
// for the field by some, and for another by others.
bool is_field_name(std::string_view name) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    for (const char c : name) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool is_digit = c >= '0' && c <= '9';
        if (!is_letter && !is_digit && marks.find(c) == marks.npos) return false;
    }
    return !name.empty();
}

MHD_Result add_body_header(void* headers, MHD_ValueKind, const char* key, const char*) {
    auto& found = *static_cast<BodyHeaders*>(headers);
    if (strcasecmp(key, "Content-Length") == 0) ++found.length_count;
    if (strcasecmp(key, "Transfer-Encoding") == 0) found.has_coding = true;
    if (!is_field_name(key)) found.has_bad_name = true;
    return MHD_YES;
}

// A key that takes one of two words, the first unless the query has it. False for other words.
bool choose(MHD_Connection* connection, const char* key, const char* first, const char* second,
            bool& is_second) {
    const char* word = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, key);
    is_second = word != nullptr && strcmp(word, second) == 0;
    return word == nullptr || is_second || strcmp(word, first) == 0;
}

MHD_Result add_length(void* sum, MHD_ValueKind, const char* key, const char* value) {
    *static_cast<std::size_t*>(sum) += strlen(key) + (value == nullptr ? 0 : strlen(value)) + 2;
    return MHD_YES;
}

bool is_name(const char* key, std::size_t key_bytes, std::string_view name) {
    return key_bytes == name.size() && strncasecmp(key, name.data(), name.size()) == 0;
}

MHD_Result add_header(void* context, MHD_ValueKind, const char* key, std::size_t key_bytes,
                      const char* value, std::size_t value_bytes) {
    auto& credentials = *static_cast<ShownCredentials*>(context);
    if (is_name(key, key_bytes, "Cookie")) credentials.add_cookie_line();
    if (!is_name(key, key_bytes, "Authorization")) return MHD_YES;
    credentials.add_authorization(value == nullptr ? std::string_view()
                                                   : std::string_view(value, value_bytes));
    return MHD_YES;
}

MHD_Result add_cookie(void* credentials, MHD_ValueKind, const char* key, std::size_t key_bytes,
                      const char* value, std::size_t value_bytes) {
    static_cast<ShownCredentials*>(credentials)
        ->add_cookie({key, key_bytes},
                     value == nullptr ? std::string_view() : std::string_view(value, value_bytes));
    return MHD_YES;
}

}  // namespace

// The library has taken the query apart already: the path, and each "&key=value".
bool has_long_uri(MHD_Connection* connection, const char* path) {
    std::size_t bytes = strlen(path);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_length, &bytes);
    return bytes > uri_bytes_max;
}

bool has_large_headers(MHD_Connection* connection, std::size_t bytes_max) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return (info != nullptr && info->header_size > bytes_max) ||
           MHD_get_connection_values(connection, MHD_HEADER_KIND, nullptr, nullptr) >
               header_count_max;
}

// A body whose length stands before it is all that anybody here needs.
bool has_doubtful_end(MHD_Connection* connection) {
    BodyHeaders found;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_body_header, &found);
    return found.length_count > 1 || found.has_coding || found.has_bad_name;
}

std::uint64_t announced_body_bytes(MHD_Connection* connection) {
    const char* text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    if (text == nullptr) return 0;
    const std::string_view digits = text;
    std::uint64_t bytes = 0;
    const auto [end, fault] = std::from_chars(digits.begin(), digits.end(), bytes);
    return fault == std::errc() && end == digits.end() ? bytes : UINT64_MAX;
}

bool accepts_json(MHD_Connection* connection, bool if_missing) {
    AcceptJudge judge;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_accept, &judge);
    return judge.accepts_json(if_missing);
}

bool read_query(MHD_Connection* connection, RouteContext& context) {
    bool is_full = false;
    if (!choose(connection, "view", "standard", "full", is_full)) return false;
    context.view = is_full ? View::full : View::standard;
    return choose(connection, "state", "running", "all", context.has_exited);
}

void collect_credentials(MHD_Connection* connection, ShownCredentials& credentials) {
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, add_header, &credentials);
    MHD_get_connection_values_n(connection, MHD_COOKIE_KIND, add_cookie, &credentials);
}

}  // namespace nma
