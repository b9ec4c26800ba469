#include "agent/listener_keys.h"

#include <type_traits>

#include "api/user_names.h"

namespace nma {

namespace {

ListenerOptions& current(Config& config) {
    return config.listen.back().options;
}

constexpr double id_max = 4294967294;  // the next one means "no change" to the kernel

const char* take_ids(const cJSON& array, id_t* ids, std::size_t& count,
                     bool (*find)(const char* name, id_t& id), const char* unknown) {
    count = 0;
    for (const cJSON* item = array.child; item != nullptr; item = item->next) {
        if (count == PeerList::count_max) return "has more than 16 of them";
        id_t id = 0;
        if (cJSON_IsString(item) != 0) {
            if (!find(item->valuestring, id)) return unknown;
        } else if (item->valuedouble >= 0 && item->valuedouble <= id_max) {
            id = static_cast<id_t>(item->valuedouble);
        } else {
            return "has a number that is no ID";
        }
        ids[count++] = id;
    }
    return nullptr;
}

const char* apply_service(const cJSON& value, Config& config) {
    const std::string_view word = value.valuestring;
    ListenerService& service = current(config).service;
    if (word == "metrics") service = ListenerService::metrics;
    if (word == "registration") service = ListenerService::registration;
    return word == "metrics" || word == "registration" ? nullptr
                                                       : "must be \"metrics\" or \"registration\"";
}

const char* apply_auth(const cJSON& value, Config& config) {
    config.listen.back().has_auth = true;
    return parse_auth_mode(value.valuestring, current(config).auth)
               ? nullptr
               : "must be \"token\", \"none\" or \"peer\"";
}

const char* apply_uids(const cJSON& value, Config& config) {
    PeerList& peers = current(config).peers;
    return take_ids(value, peers.uids, peers.uid_count, find_user,
                    "has the name of no user here; give the number");
}

const char* apply_gids(const cJSON& value, Config& config) {
    PeerList& peers = current(config).peers;
    return take_ids(value, peers.gids, peers.gid_count, find_group,
                    "has the name of no group here; give the number");
}

const char* apply_mode(const cJSON& value, Config& config) {
    return parse_file_mode(value.valuestring, current(config).mode)
               ? nullptr
               : "must be octal digits, as in \"0660\"";
}

const char* apply_address(const cJSON& value, Config& config) {
    return assign_text(value, config.listen.back().text);
}

#define NMA_TEXT(member)                                    \
    KeyType::text, [](const cJSON& value, Config& config) { \
        return assign_text(value, current(config).member);  \
    }
#define NMA_NUMBER(target)                                                                  \
    KeyType::whole_number, [](const cJSON& value, Config& config) -> const char* {          \
        auto& number = (target);                                                            \
        number = static_cast<std::remove_reference_t<decltype(number)>>(value.valuedouble); \
        return nullptr;                                                                     \
    }
#define NMA_LIMITS(prefix, options)                                                              \
    {prefix "connections", NMA_NUMBER((options).connection_count_max), 1,                        \
     limits::connections_per_listener_max},                                                      \
        {prefix "connections_per_address", NMA_NUMBER((options).connections_per_address_max), 1, \
         limits::connections_per_listener_max},                                                  \
        {prefix "header_bytes", NMA_NUMBER((options).header_bytes_max), 1024,                    \
         limits::header_bytes_max},                                                              \
        {prefix "idle_s", NMA_NUMBER((options).idle_s_max), 1, 3600}, {                          \
        prefix "request_s", NMA_NUMBER((options).request_s_max), 1, 3600                         \
    }

constexpr KeyRow rows[] = {
    {"listen[].address", KeyType::text, apply_address},
    {"listen[].serves", KeyType::text, apply_service},
    {"listen[].auth", KeyType::text, apply_auth},
    {"listen[].uids", KeyType::id_list, apply_uids},
    {"listen[].gids", KeyType::id_list, apply_gids},
    {"listen[].owner", NMA_TEXT(owner)},
    {"listen[].group", NMA_TEXT(group)},
    {"listen[].mode", KeyType::text, apply_mode},
    {"listen[].tls_certificate_file", NMA_TEXT(tls.certificate)},
    {"listen[].tls_key_file", NMA_TEXT(tls.key)},
    {"listen[].tls_client_ca_file", NMA_TEXT(tls.client_ca)},
    NMA_LIMITS("listen[].", current(config)),
    NMA_LIMITS("http.", config.listener_defaults),
};

#undef NMA_TEXT
#undef NMA_NUMBER
#undef NMA_LIMITS

}  // namespace

bool parse_auth_mode(std::string_view word, AuthMode& mode) {
    if (word == "token") mode = AuthMode::token;
    if (word == "none") mode = AuthMode::none;
    if (word == "peer") mode = AuthMode::peer;
    return word == "token" || word == "none" || word == "peer";
}

bool parse_file_mode(std::string_view text, mode_t& mode) {
    mode_t bits = 0;
    for (const char c : text) {
        if (c < '0' || c > '7' || bits > 0777) return false;
        bits = bits * 8 + static_cast<mode_t>(c - '0');
    }
    if (text.empty() || bits > 0777) return false;
    mode = bits;
    return true;
}

bool add_listener(std::string_view text, Config& config) {
    if (config.listen.is_full()) return false;
    ConfiguredListener& listener = *config.listen.add();
    listener.options.connection_count_max = 0;
    listener.options.connections_per_address_max = 0;
    listener.options.header_bytes_max = 0;
    listener.options.idle_s_max = 0;
    listener.options.request_s_max = 0;
    return listener.text.assign(text);
}

void fill_limits(ListenerOptions& options, const ListenerOptions& defaults) {
    const auto fill = [](auto& value, auto otherwise) {
        if (value == 0) value = otherwise;
    };
    fill(options.connection_count_max, defaults.connection_count_max);
    fill(options.connections_per_address_max, defaults.connections_per_address_max);
    fill(options.header_bytes_max, defaults.header_bytes_max);
    fill(options.idle_s_max, defaults.idle_s_max);
    fill(options.request_s_max, defaults.request_s_max);
}

bool take_listener(ConfiguredListener& listener, ListenError& why) {
    if (!parse_listen_address(listener.text.view(), listener.options.address, why)) return false;
    const bool is_registration = listener.options.service == ListenerService::registration;
    if (is_registration && !listener.has_auth) listener.options.auth = AuthMode::none;
    ListenerOptions whole = listener.options;
    fill_limits(whole, ListenerOptions{});
    const PeerList& peers = whole.peers;
    if (whole.auth != AuthMode::peer && peers.uid_count + peers.gid_count > 0) {
        return refuse_listener(why, "\"uids\" and \"gids\" are looked at with auth \"peer\" only");
    }
    return check_listener(whole, why);
}

std::span<const KeyRow> listener_keys() {
    return rows;
}

}  // namespace nma
