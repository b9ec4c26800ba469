#include "agent/config.h"

#include <cjson/cJSON.h>
#include <string.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "agent/apps_keys.h"
#include "agent/config_keys.h"
#include "agent/json_lines.h"
#include "agent/listener_keys.h"
#include "api/listener_options.h"

namespace nma {

Config::Config() = default;

namespace {

constexpr const char* default_listen = "127.0.0.1:61092";

using Path = FixedText<256>;

// The row of a path such as "listen[2].auth" is that of "listen[].auth".
bool is_row_of(std::string_view row, std::string_view path) {
    while (!row.empty() && !path.empty() && row.front() == path.front()) {
        const bool is_index = row.front() == '[';
        row.remove_prefix(1);
        path.remove_prefix(1);
        if (is_index) path.remove_prefix(std::min(path.find(']'), path.size()));
    }
    return row.empty() && path.empty();
}

struct KeyRows {
    std::span<const KeyRow> parts[3] = {config_keys(), listener_keys(), apps_keys()};
};

const KeyRow* find_row(std::string_view path) {
    for (const std::span<const KeyRow> keys : KeyRows().parts) {
        for (const KeyRow& row : keys) {
            if (is_row_of(row.path, path)) return &row;
        }
    }
    return nullptr;
}

// The keys right below `prefix` ("", "node." or "listen[2]."), separated by commas.
void list_keys(std::string_view prefix, Path& keys) {
    for (const std::span<const KeyRow> rows : KeyRows().parts) {
        for (const KeyRow& row : rows) {
            const std::string_view path = row.path;
            const std::size_t dot = path.rfind('.');
            const std::string_view parent = path.substr(0, dot == path.npos ? 0 : dot + 1);
            if (!is_row_of(parent, prefix)) continue;
            const bool fits =
                (keys.empty() || keys.append(", ")) && keys.append(path.substr(parent.size()));
            if (!fits) return;
        }
    }
}

// -1 when all elements have one of the types.
int index_of_other_than(const cJSON& array, int types) {
    int index = 0;
    for (const cJSON* item = array.child; item != nullptr; item = item->next, ++index) {
        if ((item->type & types) == 0) return index;
    }
    return -1;
}

bool has_type(const cJSON& value, KeyType type) {
    switch (type) {
        case KeyType::object:
        case KeyType::text_map:
            return cJSON_IsObject(&value) != 0;
        case KeyType::text:
            return cJSON_IsString(&value) != 0;
        case KeyType::listener_list:
        case KeyType::id_list:
        case KeyType::number_list:
        case KeyType::text_list:
            return cJSON_IsArray(&value) != 0;
        case KeyType::boolean:
            return cJSON_IsBool(&value) != 0;
        case KeyType::whole_number:
            return cJSON_IsNumber(&value) != 0 &&
                   value.valuedouble == std::floor(value.valuedouble);
    }
    return false;
}

const char* type_words(KeyType type) {
    switch (type) {
        case KeyType::object:
            return "an object";
        case KeyType::text:
            return "a string";
        case KeyType::listener_list:
            return "an array of addresses and objects";
        case KeyType::id_list:
            return "an array of numbers and names";
        case KeyType::number_list:
            return "an array of numbers";
        case KeyType::text_map:
            return "an object";
        case KeyType::text_list:
            return "an array of strings";
        case KeyType::boolean:
            return "true or false";
        case KeyType::whole_number:
            return "a whole number";
    }
    return "";
}

// One reading of one text; keeps what every error message needs.
class ConfigReader {
  public:
    ConfigReader(const char* name, std::string_view text, Config& config, ConfigError& error)
        : name_(name), text_(text), config_(config), error_(error) {}

    bool read() {
        if (text_.find('\0') != text_.npos) return refuse_line(1, "has a NUL byte: it is not text");
        static char minified[config_bytes_max + 1];
        minified[text_.copy(minified, config_bytes_max)] = '\0';
        cJSON_Minify(minified);
        const char* stop = minified;
        cJSON* tree = cJSON_ParseWithOpts(minified, &stop, 1);
        const bool is_good = tree == nullptr ? refuse_syntax(stop - minified) : read_tree(*tree);
        cJSON_Delete(tree);
        return is_good;
    }

  private:
    bool read_tree(const cJSON& tree) {
        if (cJSON_IsObject(&tree) == 0) return refuse_line(1, "must be one JSON object: { ... }");
        return read_members(tree, "");
    }

    bool read_members(const cJSON& object, std::string_view prefix) {
        for (const cJSON* member = object.child; member != nullptr; member = member->next) {
            Path path;
            if (!path.assign(prefix) || !path.append(member->string)) {
                return refuse_line(1, "has a key that is too long");
            }
            // "node.role" as one key is not the key "role" in the object "node".
            if (strchr(member->string, '.') != nullptr) return refuse_unknown(path, prefix);
            if (has_twin_before(object, *member)) {
                return refuse(path, 1, "is there twice: remove one");
            }
            if (!read_member(*member, path, prefix)) return false;
        }
        return true;
    }

    // Key names are compared byte by byte: cJSON's own search takes "Listen" for "listen".
    static bool has_twin_before(const cJSON& object, const cJSON& member) {
        for (const cJSON* other = object.child; other != &member; other = other->next) {
            if (strcmp(other->string, member.string) == 0) return true;
        }
        return false;
    }

    bool read_member(const cJSON& value, Path& path, std::string_view prefix) {
        const KeyRow* row = find_row(path.view());
        if (row == nullptr) return refuse_unknown(path, prefix);
        char why[128];
        if (!has_type(value, row->type)) {
            snprintf(why, sizeof why, "must be %s", type_words(row->type));
            return refuse(path, 0, why);
        }
        if (row->type == KeyType::whole_number &&
            (value.valuedouble < row->min || value.valuedouble > row->max)) {
            snprintf(why, sizeof why, "must be from %.0f to %.0f", row->min, row->max);
            return refuse(path, 0, why);
        }
        if (row->type == KeyType::object) {
            Path inner = path;
            return inner.append(".") && read_members(value, inner.view());
        }
        if (row->type == KeyType::listener_list) return read_listeners(value, path);
        if (!check_elements(value, row->type, path)) return false;
        const char* wrong = row->apply(value, config_);
        return wrong == nullptr || refuse(path, 0, wrong);
    }

    bool check_elements(const cJSON& value, KeyType type, const Path& path) {
        if (type == KeyType::text_map) return check_map(value, path);
        const int types = type == KeyType::id_list       ? cJSON_Number | cJSON_String
                          : type == KeyType::number_list ? cJSON_Number
                          : type == KeyType::text_list   ? cJSON_String
                                                         : 0;
        const int odd = types == 0 ? -1 : index_of_other_than(value, types);
        if (odd < 0) return true;
        return refuse_element(path, odd,
                              type == KeyType::id_list       ? "must be a number or a name"
                              : type == KeyType::number_list ? "must be a number"
                                                             : "must be a string");
    }

    // Its keys are anything, dots and brackets too, so they are named in the sentence.
    bool check_map(const cJSON& map, const Path& path) {
        for (const cJSON* member = map.child; member != nullptr; member = member->next) {
            char why[256];
            const bool is_text = cJSON_IsString(member) != 0;
            if (is_text && !has_twin_before(map, *member)) continue;
            snprintf(why, sizeof why,
                     is_text ? "has \"%.200s\" twice: remove one"
                             : "has \"%.200s\", whose value must be a string",
                     member->string);
            return refuse(path, 0, why);
        }
        return true;
    }

    bool read_listeners(const cJSON& array, const Path& path) {
        config_.listen.clear();
        int index = 0;
        for (const cJSON* item = array.child; item != nullptr; item = item->next, ++index) {
            const bool is_text = cJSON_IsString(item) != 0;
            if (!is_text && cJSON_IsObject(item) == 0) {
                return refuse_element(path, index, "must be an address or an object");
            }
            if (config_.listen.is_full()) {
                return refuse(path, 0, "has more than 8 addresses");
            }
            if (!add_listener(is_text ? item->valuestring : "", config_)) {
                return refuse_element(path, index, "is too long");
            }
            Path inner = path;
            char prefix[16];
            snprintf(prefix, sizeof prefix, "[%d].", index);
            if (!is_text && !(inner.append(prefix) && read_members(*item, inner.view()))) {
                return false;
            }
            if (!check_listener_at(path, index)) return false;
        }
        return true;
    }

    bool check_listener_at(const Path& path, int index) {
        ConfiguredListener& listener = config_.listen.back();
        ListenError why;
        if (take_listener(listener, why)) return true;
        char message[600];
        snprintf(message, sizeof message, "is \"%.200s\": %.380s", listener.text.c_str(),
                 why.c_str());
        return refuse_element(path, index, message);
    }

    bool refuse_element(const Path& list, int index, const char* why) {
        Path path = list;
        char suffix[16];
        snprintf(suffix, sizeof suffix, "[%d]", index);
        return path.append(suffix) && refuse(path, 0, why);
    }

    bool refuse_unknown(const Path& path, std::string_view prefix) {
        Path keys;
        list_keys(prefix, keys);
        char why[320];
        snprintf(why, sizeof why, "is not a known key; known here: %s", keys.c_str());
        return refuse(path, 0, why);
    }

    bool refuse_syntax(std::ptrdiff_t minified_offset) {
        const auto offset = static_cast<std::size_t>(minified_offset < 0 ? 0 : minified_offset);
        return refuse_line(line_of_minified_offset(text_, offset),
                           "is not valid JSON here (a comma or quote too many or too few?)");
    }

    bool refuse(const Path& path, std::uint32_t occurrence, const char* why) {
        const std::uint32_t line = line_of_path(text_, path.view(), occurrence);
        char message[ConfigError::bytes_max];
        // A key that is written with escapes is not found: better no line than a wrong one.
        if (line == 0) {
            snprintf(message, sizeof message, "%s: %s %s", name_, path.c_str(), why);
        } else {
            snprintf(message, sizeof message, "%s:%u: %s %s", name_, line, path.c_str(), why);
        }
        (void)error_.assign(message);
        return false;
    }

    bool refuse_line(std::uint32_t line, const char* why) {
        char message[ConfigError::bytes_max];
        snprintf(message, sizeof message, "%s:%u: the file %s", name_, line, why);
        (void)error_.assign(message);
        return false;
    }

    const char* name_;
    std::string_view text_;
    Config& config_;
    ConfigError& error_;
};

bool take_address(const char* text, AuthMode auth, Config& config, ConfigError& error) {
    ListenError why;
    bool is_good = add_listener(text, config);
    if (is_good) {
        ConfiguredListener& listener = config.listen.back();
        listener.options.auth = auth;
        is_good = take_listener(listener, why);
    } else {
        (void)why.assign("it is too long");
    }
    if (is_good) return true;
    char message[ConfigError::bytes_max];
    snprintf(message, sizeof message, "--listen %.200s: %.290s", text, why.c_str());
    (void)error.assign(message);
    return false;
}

bool add_default_listener(Config& config, ConfigError& error) {
    if (!config.listen.is_full())
        return take_address(default_listen, AuthMode::none, config, error);
    (void)error.assign(
        "listen has 8 addresses for registrations, so that none is left for metrics: remove one");
    return false;
}

bool has_token_files(const TokenFiles& files) {
    return !files.secret.empty() || !files.public_key.empty() || !files.jwks.empty() ||
           !files.tokens.empty();
}

}  // namespace

void set_defaults(Config& config) {
    new (&config) Config();  // assigned, it would take 97 KB of the stack, which stay
    (void)config.host_root.assign("/");
    (void)config.mesos_cgroups_root.assign("mesos");
    set_apps_defaults(config.apps);
    // Those that buy a figure (docs/security.md).
    for (const char* name : {"CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE"})
        config.process.capabilities |= capability_of(name);
}

bool read_config_text(const char* name, std::string_view text, Config& config, ConfigError& error) {
    return ConfigReader(name, text, config, error).read();
}

bool has_listener(const Config& config, ListenerService service) {
    for (const ConfiguredListener& listener : config.listen) {
        if (listener.options.service == service) return true;
    }
    return false;
}

bool apply_options(const Options& options, Config& config, ConfigError& error) {
    if (options.interval_s != 0) config.interval_s = options.interval_s;
    if (options.host_root != nullptr && !config.host_root.assign(options.host_root)) {
        (void)error.assign("--host-root: the path is too long");
        return false;
    }
    if (options.listen_count != 0) config.listen.clear();
    for (std::size_t i = 0; i < options.listen_count; ++i) {
        if (!take_address(options.listen[i], options.auth, config, error)) return false;
    }
    return true;
}

bool finish_config(Config& config, ConfigError& error) {
    if (const char* wrong = check_apps(config.apps); wrong != nullptr) {
        (void)error.assign(wrong);
        return false;
    }
    if (!has_listener(config, ListenerService::metrics) && !add_default_listener(config, error))
        return false;
    for (ConfiguredListener& listener : config.listen) {
        fill_limits(listener.options, config.listener_defaults);
        const bool has_certificates = !listener.options.tls.client_ca.empty();
        if (listener.options.auth != AuthMode::token || has_certificates ||
            has_token_files(config.auth.tokens)) {
            continue;
        }
        char message[ConfigError::bytes_max];
        snprintf(message, sizeof message,
                 "%.200s asks for tokens, and no token could be good: configure auth.tokens_file "
                 "(`node-metrics-agent token new` makes tokens), auth.secret_file, "
                 "auth.public_key_file or auth.jwks_file; or, on loopback and unix sockets, say "
                 "\"auth\": \"none\" (--auth none)",
                 listener.text.c_str());
        (void)error.assign(message);
        return false;
    }
    return true;
}

}  // namespace nma
