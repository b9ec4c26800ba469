#include "api/auth/key_set.h"

#include <algorithm>

#include "api/auth/digest.h"
#include "platform/linux/log.h"

namespace nma {

bool KeySet::add(const Key& key) {
    if (count_ == limits::token_key_count_max) return false;
    keys_[count_++] = key;
    return true;
}

bool KeySet::has_algorithm(Algorithm algorithm) const {
    return std::any_of(keys_, keys_ + count_,
                       [&](const Key& key) { return key.algorithm == algorithm; });
}

bool KeySet::has_id(std::string_view id) const {
    return !id.empty() &&
           std::any_of(keys_, keys_ + count_, [&](const Key& key) { return key.id.view() == id; });
}

bool KeySet::may_try(const Key& key, std::string_view id) const {
    if (id.empty()) return true;
    return has_id(id) ? key.id.view() == id : key.id.empty();
}

void KeySet::clear() {
    wipe(keys_, count_ * sizeof keys_[0]);
    count_ = 0;
    skipped_count_ = 0;
}

bool read_secret_key(const char* path, std::string_view text, KeySet& keys, AuthError& error) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    // Whoever has the public key could sign with it.
    if (text.find("-----BEGIN") != text.npos) {
        return refuse(error, {path,
                              ": it is a PEM file and no shared secret; name a public key as "
                              "the public key"});
    }
    Key key;
    const char* why = set_secret_key(key, text);
    if (why != nullptr) {
        return refuse(error, {path, ": ", why,
                              "; make a secret of 32 to 512 bytes, such as by: "
                              "openssl rand -hex 32"});
    }
    if (text.size() < limits::token_secret_bytes_advised) {
        log_line(LogLevel::warning, "%s: the secret has only %u bytes; RFC 7518 wants 32 or more",
                 path, static_cast<unsigned>(text.size()));
    }
    const bool has_room = keys.add(key);
    wipe(&key, sizeof key);
    return has_room || refuse(error, {path, ": there are too many keys: at most ",
                                      NumberText(limits::token_key_count_max), " in all files"});
}

}  // namespace nma
