#include "agent/config_keys.h"

#include "agent/identity.h"

namespace nma {

namespace {

const char* apply_mesos_id(const cJSON& value, Config& config) {
    const std::string_view id = value.valuestring;
    if (!id.empty() && !is_agent_id(id)) return "must be of letters, digits and hyphens";
    return assign_text(value, config.node.mesos_id);
}

const char* apply_role(const cJSON& value, Config& config) {
    const std::string_view role = value.valuestring;
    if (role != "agent" && role != "master") return "must be \"agent\" or \"master\"";
    config.node.role = role == "master" ? Role::master : Role::agent;
    return nullptr;
}

const char* apply_work_dir(const cJSON& value, Config& config) {
    const std::string_view path = value.valuestring;
    if (!path.empty() && !path.starts_with('/')) return "must be absolute: begin it with /";
    return assign_text(value, config.sandbox.work_dir);
}

const char* apply_capabilities(const cJSON& value, Config& config) {
    config.process.capabilities = 0;
    for (const cJSON* item = value.child; item != nullptr; item = item->next) {
        const CapabilitySet capability = capability_of(item->valuestring);
        if (capability == 0) {
            return "has a name that is none of CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, "
                   "CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_SYS_PTRACE";
        }
        config.process.capabilities |= capability;
    }
    return nullptr;
}

// The last part of a row, for a member of Config.
#define NMA_TEXT(member) \
    KeyType::text,       \
        [](const cJSON& value, Config& config) { return assign_text(value, config.member); }
#define NMA_BOOLEAN(member)                                                   \
    KeyType::boolean, [](const cJSON& value, Config& config) -> const char* { \
        config.member = cJSON_IsTrue(&value) != 0;                            \
        return nullptr;                                                       \
    }
#define NMA_NUMBER(member)                                                         \
    KeyType::whole_number, [](const cJSON& value, Config& config) -> const char* { \
        config.member = static_cast<decltype(config.member)>(value.valuedouble);   \
        return nullptr;                                                            \
    }

constexpr KeyRow rows[] = {
    {"listen", KeyType::listener_list},
    {"interval_s", NMA_NUMBER(interval_s), 1, limits::interval_s_max},
    {"host_root", NMA_TEXT(host_root)},
    {"node", KeyType::object},
    {"node.mesos_id", KeyType::text, apply_mesos_id},
    {"node.cluster_id", NMA_TEXT(node.cluster_id)},
    {"node.hostname", NMA_TEXT(node.hostname)},
    {"node.role", KeyType::text, apply_role},
    {"discovery", KeyType::object},
    {"discovery.services", NMA_BOOLEAN(has_services)},
    {"discovery.mesos_cgroups_root", NMA_TEXT(mesos_cgroups_root)},
    {"discovery.mesos_work_dir", KeyType::text, apply_work_dir},
    {"discovery.idle_age_s", NMA_NUMBER(idle_age_s), 0, limits::idle_age_s_max},
    {"discovery.exited_age_s", NMA_NUMBER(exited_age_s), 0, limits::exited_age_s_max},
    {"disk", KeyType::object},
    {"disk.walk_entries_per_s", NMA_NUMBER(sandbox.walk_entries_per_s), 0,
     limits::walk_entries_per_s_max},
    {"http", KeyType::object},
    {"http.accept_required", NMA_BOOLEAN(is_accept_required)},
    {"auth", KeyType::object},
    {"auth.secret_file", NMA_TEXT(auth.tokens.secret)},
    {"auth.public_key_file", NMA_TEXT(auth.tokens.public_key)},
    {"auth.jwks_file", NMA_TEXT(auth.tokens.jwks)},
    {"auth.tokens_file", NMA_TEXT(auth.tokens.tokens)},
    {"auth.leeway_s", NMA_NUMBER(auth.tokens.leeway_s), 0, 3600},
    {"auth.acl_file", NMA_TEXT(auth.authorization.acl)},
    {"auth.authorizer_socket", NMA_TEXT(auth.authorization.socket)},
    {"auth.authorizer_timeout_ms", NMA_NUMBER(auth.authorization.timeout_ms), 1,
     limits::authorizer_timeout_ms_max},
    {"auth.authorizer_cache_s", NMA_NUMBER(auth.authorization.cache_s), 1,
     limits::authorizer_cache_s_max},
    {"process", KeyType::object},
    {"process.user", NMA_TEXT(process.user)},
    {"process.capabilities", KeyType::text_list, apply_capabilities},
    {"process.seccomp", NMA_BOOLEAN(process.has_seccomp)},
    {"process.landlock", NMA_BOOLEAN(process.has_landlock)},
    {"limits", KeyType::object},
    {"limits.containers", NMA_NUMBER(capacities.containers), 1, limits::container_count_max},
    {"limits.exited", NMA_NUMBER(capacities.exited), 1, limits::exited_count_max},
};

#undef NMA_TEXT
#undef NMA_BOOLEAN
#undef NMA_NUMBER

}  // namespace

std::span<const KeyRow> config_keys() {
    return rows;
}

}  // namespace nma
