#include "api/auth/pem.h"

#include "api/auth/base64.h"
#include "api/auth/der.h"
#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";

// Of a key with a modulus of 4096 bits, about 740.
constexpr std::size_t base64_bytes_max = 1024;
using Base64Text = FixedText<base64_bytes_max + 1>;

// As LineCursor, and the last line needs no newline: a key that was torn lacks its END.
bool next_line(std::string_view& rest, std::string_view& line, std::size_t& number) {
    if (rest.empty()) return false;
    const std::size_t end = rest.find('\n');
    line = trim(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    ++number;
    return true;
}

// "PUBLIC KEY" of "-----BEGIN PUBLIC KEY-----"; empty when the line is no such mark.
std::string_view label_of(std::string_view line, std::string_view mark) {
    if (!line.starts_with(mark) || !line.ends_with(dashes)) return {};
    line.remove_prefix(mark.size());
    return line.size() < dashes.size() ? line : line.substr(0, line.size() - dashes.size());
}

const char* wrong_label(std::string_view label) {
    if (label.ends_with("PRIVATE KEY")) {
        return "it is a private key, which does not belong here; write the public one by: "
               "openssl pkey -in FILE -pubout";
    }
    if (label.ends_with("CERTIFICATE")) {
        return "it is a certificate; write its public key by: openssl x509 -in FILE -pubkey -noout";
    }
    return "it is no public key: it must begin with -----BEGIN PUBLIC KEY-----";
}

const char* read_block(std::string_view label, std::string_view base64, Key& key) {
    std::uint8_t der[base64_bytes_max];
    std::size_t size = 0;
    if (!decode_base64(base64, der, size)) return "its base64 is damaged";
    const std::span<const std::uint8_t> bytes(der, size);
    return label == "PUBLIC KEY" ? read_public_key_info(bytes, key)
                                 : read_rsa_public_key(bytes, key);
}

// From the line after BEGIN to the END. Null, or why not.
const char* take_block(std::string_view label, std::string_view& rest, std::size_t& number,
                       Key& key) {
    if (label != "PUBLIC KEY" && label != "RSA PUBLIC KEY") return wrong_label(label);
    Base64Text base64;
    std::string_view line;
    while (next_line(rest, line, number)) {
        if (line.starts_with(dashes)) {
            if (label_of(line, end_mark) != label) return "it does not end as it begins";
            return read_block(label, base64.view(), key);
        }
        if (!base64.append(line)) return "it is longer than a public key";
    }
    return "its end is missing: the file was cut";
}

}  // namespace

bool read_pem_keys(const char* path, std::string_view text, KeySet& keys, AuthError& error) {
    std::string_view rest = text;
    std::string_view line;
    std::size_t number = 0;
    std::size_t key_count = 0;
    while (next_line(rest, line, number)) {
        if (line.empty()) continue;
        const std::size_t start = number;
        Key key;
        const char* why = take_block(label_of(line, begin_mark), rest, number, key);
        if (why != nullptr) return refuse(error, {path, ":", NumberText(start), ": ", why});
        if (!keys.add(key)) {
            return refuse(error,
                          {path, ":", NumberText(start), ": there are too many keys: at most ",
                           NumberText(limits::token_key_count_max), " in all files"});
        }
        ++key_count;
    }
    return key_count > 0 || refuse(error, {path, ": there is no key in it"});
}

}  // namespace nma
