#include "api/auth/static_tokens.h"

#include <algorithm>

#include "api/auth/permission.h"
#include "api/auth/uid.h"
#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr std::string_view digest_mark = "sha256:";
constexpr const char* part = "static tokens";

// 16 for anything that is no lower-case hex digit.
unsigned hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    return 16;
}

bool read_digest(std::string_view word, Sha256Digest& digest) {
    if (!word.starts_with(digest_mark)) return false;
    word.remove_prefix(digest_mark.size());
    if (word.size() != 2 * Sha256Digest::size) return false;
    for (std::size_t i = 0; i < Sha256Digest::size; ++i) {
        const unsigned high = hex_digit(word[2 * i]);
        const unsigned low = hex_digit(word[2 * i + 1]);
        if (high > 15 || low > 15) return false;
        digest.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return true;
}

}  // namespace

void StaticTokens::init(Arena& arena) {
    memory_ = arena.take<char>(part, limits::token_file_bytes_max);
    entries_ = arena.take<Entry>(part, limits::static_token_count_max);
    permissions_ = arena.take<std::string_view>(
        part, limits::static_token_count_max * limits::static_token_permissions_max);
}

std::span<std::string_view> StaticTokens::permissions_of(std::size_t index) const {
    return permissions_.subspan(index * limits::static_token_permissions_max,
                                limits::static_token_permissions_max);
}

const char* StaticTokens::read_permissions(std::string_view line, Entry& entry) {
    const std::span<std::string_view> permissions = permissions_of(count_);
    for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
        if (entry.permission_count == permissions.size()) return "it has more than 16 permissions";
        if (word.size() > limits::permission_bytes_max || !is_printable_word(word)) {
            return "a permission is not 1 to 128 characters of printable ASCII";
        }
        if (const char* fault = permission_fault(word); fault != nullptr) {
            return fault;
        }
        permissions[entry.permission_count++] = word;
    }
    return nullptr;
}

const char* StaticTokens::read_line(std::string_view line) {
    if (count_ == entries_.size()) return "there are more than 256 tokens";
    Entry entry = {};
    if (!read_digest(take_word(line), entry.digest)) {
        return "it must begin with sha256: and 64 lower-case hex digits; "
               "make one by: node-metrics-agent token new";
    }
    entry.uid = take_word(line);
    if (!is_good_uid(entry.uid)) {
        return "after the digest must come a uid of 1 to 128 bytes of UTF-8";
    }
    const char* why = read_permissions(line, entry);
    if (why != nullptr) return why;
    const auto is_same = [&](const Entry& other) {
        return is_same_digest(other.digest, entry.digest);
    };
    if (std::any_of(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count_),
                    is_same)) {
        return "the same token is there before: remove one";
    }
    entries_[count_++] = entry;
    return nullptr;
}

bool StaticTokens::read(const char* path, std::string_view text, AuthError& error) {
    clear();
    LineCursor lines(text);
    std::string_view line;
    const char* why = nullptr;
    while (why == nullptr && lines.next(line)) {
        line = trim(line);
        if (!line.empty() && line[0] != '#') why = read_line(line);
    }
    std::size_t number = lines.line_number();
    if (why == nullptr && lines.is_torn()) {
        why = "the last line does not end in a newline: was the file cut?";
        ++number;
    }
    if (why == nullptr) return true;
    clear();
    return refuse(error, {path, ":", NumberText(number), ": ", why});
}

bool StaticTokens::find(const Sha256Digest& digest, Identity& identity) const {
    std::size_t found = count_;
    for (std::size_t i = 0; i < count_; ++i) {
        if (is_same_digest(entries_[i].digest, digest)) found = i;
    }
    if (found == count_) return false;
    const Entry& entry = entries_[found];
    identity.uid = entry.uid;
    identity.has_own_permissions = entry.permission_count > 0;
    identity.permissions = permissions_of(found).first(entry.permission_count);
    return true;
}

}  // namespace nma
