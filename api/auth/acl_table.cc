#include "api/auth/acl_table.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include <algorithm>

#include "platform/base/json_value.h"
#include "platform/limits.h"

namespace nma {

namespace {

constexpr std::string_view everybody = "*";

// "FILE: uid "x": why". Long texts are cut, so that the cure still fits.
Status refuse(const char* name, std::string_view uid, std::string_view permission, const char* why,
              AuthError& error) {
    char message[AuthError::bytes_max];
    int used = snprintf(message, sizeof message, "%.120s: the permissions of \"%.*s\": ", name,
                        static_cast<int>(std::min<std::size_t>(uid.size(), 80)), uid.data());
    if (!permission.empty()) {
        used += snprintf(
            message + used, sizeof message - static_cast<std::size_t>(used), "\"%.*s\" ",
            static_cast<int>(std::min<std::size_t>(permission.size(), 100)), permission.data());
    }
    snprintf(message + used, sizeof message - static_cast<std::size_t>(used), "%s", why);
    (void)error.assign(message);
    return Status::malformed;
}

Status refuse_file(const char* name, const char* why, Status status, AuthError& error) {
    char message[AuthError::bytes_max];
    snprintf(message, sizeof message, "%.255s: %s", name, why);
    (void)error.assign(message);
    return status;
}

Status refuse_line(const char* name, std::string_view text, std::size_t offset, AuthError& error) {
    const std::string_view before = text.substr(0, offset);
    char message[AuthError::bytes_max];
    snprintf(message, sizeof message,
             "%.255s:%td: it is not valid JSON here (a comma, a bracket or a quote too many or too "
             "few?)",
             name, 1 + std::count(before.begin(), before.end(), '\n'));
    (void)error.assign(message);
    return Status::malformed;
}

Status refuse_size(const char* name, AuthError& error) {
    char message[AuthError::bytes_max];
    snprintf(message, sizeof message,
             "%.255s: it has more than %zu uids or %zu permissions: use wildcards, or \"*\" for "
             "what everybody may",
             name, limits::acl_uid_count_max, limits::acl_permission_count_max);
    (void)error.assign(message);
    return Status::full;
}

}  // namespace

void AclTable::init(Arena& arena) {
    json_.init(arena, "authorization", limits::acl_json_bytes);
    entries_ = BoundedList<Entry>(arena.take<Entry>("authorization", limits::acl_uid_count_max));
    permissions_ = BoundedList<std::string_view>(
        arena.take<std::string_view>("authorization", limits::acl_permission_count_max));
}

void AclTable::clear() {
    entries_.clear();
    permissions_.clear();
    json_.reset();
}

Status AclTable::read(const char* name, std::string_view text, AuthError& error) {
    clear();
    const cJSON* tree = nullptr;
    std::size_t stop_offset = 0;
    Status status = json_.parse(text, tree, &stop_offset);
    if (status == Status::full) status = refuse_size(name, error);
    if (status == Status::malformed) status = refuse_line(name, text, stop_offset, error);
    if (status == Status::ok) status = read_tree(name, *tree, error);
    if (status != Status::ok) clear();
    return status;
}

// Twins are found in the sorted table: looking for them one by one takes too long.
Status AclTable::read_tree(const char* name, const cJSON& tree, AuthError& error) {
    if (cJSON_IsObject(&tree) == 0) {
        return refuse_file(name, "it must be one JSON object: {\"uid\": [\"permission\"]}",
                           Status::malformed, error);
    }
    for (const cJSON* member = tree.child; member != nullptr; member = member->next) {
        const Status status = read_entry(name, *member, error);
        if (status != Status::ok) return status;
    }
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.uid < b.uid; });
    const Entry* twin =
        std::adjacent_find(entries_.begin(), entries_.end(),
                           [](const Entry& a, const Entry& b) { return a.uid == b.uid; });
    if (twin == entries_.end()) return Status::ok;
    return refuse(name, twin->uid, {}, "they are there twice: write all of them into one list",
                  error);
}

Status AclTable::read_entry(const char* name, const cJSON& member, AuthError& error) {
    const std::string_view uid = member.string;
    if (uid.empty() || !is_plain_text(uid)) {
        return refuse_file(name, "a uid is empty or has control characters: no token has such one",
                           Status::malformed, error);
    }
    if (cJSON_IsArray(&member) == 0) {
        return refuse(name, uid, {}, "they must be a list of strings: [\"permission\"]", error);
    }
    const auto first = static_cast<std::uint32_t>(permissions_.size());
    for (const cJSON* item = member.child; item != nullptr; item = item->next) {
        const std::string_view granted = json_text(item);
        if (granted.empty()) {
            return refuse(name, uid, {}, "each must be a string that is not empty", error);
        }
        const char* fault = permission_fault(granted);
        if (fault != nullptr) return refuse(name, uid, granted, fault, error);
        if (!permissions_.push(granted)) return refuse_size(name, error);
    }
    const auto count = static_cast<std::uint32_t>(permissions_.size()) - first;
    return entries_.push({uid, first, count}) ? Status::ok : refuse_size(name, error);
}

const AclTable::Entry* AclTable::find(std::string_view uid) const {
    const Entry* found =
        std::lower_bound(entries_.begin(), entries_.end(), uid,
                         [](const Entry& entry, std::string_view key) { return entry.uid < key; });
    return found == entries_.end() || found->uid != uid ? nullptr : found;
}

bool AclTable::allows(const Entry* entry, const AccessQuestion& question) const {
    for (std::uint32_t i = 0; entry != nullptr && i < entry->permission_count; ++i) {
        if (permits(permissions_[entry->first_permission + i], question)) return true;
    }
    return false;
}

bool AclTable::allows(const AccessQuestion& question) const {
    return allows(find(question.identity.uid), question) || allows(find(everybody), question);
}

}  // namespace nma
