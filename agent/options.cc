#include "agent/options.h"

#include <getopt.h>
#include <stdio.h>

#include <cstring>
#include <string_view>

#include "agent/listener_keys.h"
#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr option long_options[] = {
    {"config", required_argument, nullptr, 'c'},   {"listen", required_argument, nullptr, 'l'},
    {"interval", required_argument, nullptr, 'i'}, {"host-root", required_argument, nullptr, 'r'},
    {"uid", required_argument, nullptr, 'u'},      {"auth", required_argument, nullptr, 'a'},
    {"view", required_argument, nullptr, 'v'},     {"version", no_argument, nullptr, 'V'},
    {"help", no_argument, nullptr, 'h'},           {nullptr, 0, nullptr, 0},
};

using ErrorText = FixedText<256>;

// Cuts what does not fit: half a message is better than none.
bool refuse(ErrorText& error, std::string_view what, std::string_view quoted,
            std::string_view cure) {
    error.clear();
    for (const std::string_view piece : {what, quoted, cure}) {
        const std::size_t room = ErrorText::bytes_max - error.size();
        (void)error.append(piece.substr(0, room));
    }
    return false;
}

bool set_interval(Options& options, const char* text, ErrorText& error) {
    std::uint64_t seconds = 0;
    if (!parse_u64(text, seconds) || seconds < 1 || seconds > limits::interval_s_max) {
        return refuse(error, "--interval ", text, ": give whole seconds from 1 to 3600");
    }
    options.interval_s = static_cast<std::uint32_t>(seconds);
    return true;
}

bool add_listen(Options& options, const char* text, ErrorText& error) {
    if (options.listen_count == limits::listener_count_max) {
        return refuse(error, "--listen ", text, ": at most 8 addresses");
    }
    options.listen[options.listen_count++] = text;
    return true;
}

bool set_auth(Options& options, std::string_view text, ErrorText& error) {
    options.has_auth = true;
    const bool is_known = text != "peer" && parse_auth_mode(text, options.auth);
    return is_known || refuse(error, "--auth ", text, ": give token or none");
}

bool set_view(Options& options, std::string_view text, ErrorText& error) {
    if (text != "standard" && text != "full") {
        return refuse(error, "--view ", text, ": give standard or full");
    }
    options.is_full_view = text == "full";
    return true;
}

bool apply_option(int letter, const char* word, Options& options, ErrorText& error) {
    switch (letter) {
        case 'c':
            options.config_path = optarg;
            return true;
        case 'r':
            options.host_root = optarg;
            return true;
        case 'l':
            return add_listen(options, optarg, error);
        case 'u':
            options.token_uid = optarg;
            return true;
        case 'i':
            return set_interval(options, optarg, error);
        case 'a':
            return set_auth(options, optarg, error);
        case 'v':
            return set_view(options, optarg, error);
        case 'V':
            options.command = Command::version;
            return true;
        case 'h':
            options.command = Command::help;
            return true;
        case ':':
            return refuse(error, word, "", " needs a value; see --help");
        default:
            return refuse(error, "unknown option ", word, "; see --help");
    }
}

bool parse_once(int count, char** words, Options& options, ErrorText& error) {
    const std::string_view what = count > 0 ? words[0] : "";
    const bool has_id = what == "container";
    if (what == "node") options.command = Command::once_node;
    if (what == "containers") options.command = Command::once_containers;
    if (has_id) options.command = Command::once_container;
    if (options.command == Command::run || count != (has_id ? 2 : 1)) {
        return refuse(error, "once", "",
                      ": say `once node`, `once containers` or `once container ID`");
    }
    if (has_id) options.container_id = words[1];
    return true;
}

bool parse_token(int count, char** words, Options& options, ErrorText& error) {
    if (count == 0 || std::string_view(words[0]) != "new") {
        return refuse(error, "token", "", ": say `token new [--uid UID] [PERMISSION]...`");
    }
    options.command = Command::token_new;
    options.permissions = words + 1;
    options.permission_count = static_cast<std::size_t>(count - 1);
    return true;
}

bool parse_command(int count, char** words, Options& options, ErrorText& error) {
    if (count == 0) return true;
    const std::string_view name = words[0];
    if (name == "once") return parse_once(count - 1, words + 1, options, error);
    if (name == "token") return parse_token(count - 1, words + 1, options, error);
    if (name == "check-config") options.command = Command::check_config;
    if (name == "budget") options.command = Command::budget;
    if (name == "doctor") options.command = Command::doctor;
    if (name == "datapoints") options.command = Command::datapoints;
    if (options.command == Command::run) {
        return refuse(error, "unknown command ", name, "; see --help");
    }
    if (count > 1) return refuse(error, "surplus word ", words[1], "; see --help");
    return true;
}

bool answers_at_once(Command command) {
    return command == Command::version || command == Command::help;
}

}  // namespace

bool parse_options(int argc, char** argv, Options& options, FixedText<256>& error) {
    optind = 1;
    for (;;) {
        const int index = optind;
        const int letter = getopt_long(argc, argv, ":", long_options, nullptr);
        if (letter == -1) break;
        const char* word = argv[index < argc ? index : argc - 1];
        if (!apply_option(letter, word, options, error)) return false;
        if (answers_at_once(options.command)) return true;
    }
    if (!parse_command(argc - optind, argv + optind, options, error)) return false;
    if (options.has_auth && options.listen_count == 0) {
        return refuse(error, "--auth", "",
                      ": it is for the addresses of --listen; in the configuration each address "
                      "has its own");
    }
    if (options.token_uid != nullptr && options.command != Command::token_new) {
        return refuse(error, "--uid ", options.token_uid, ": it is for `token new` only");
    }
    return true;
}

void print_help() {
    fputs(
        "Usage: node-metrics-agent [OPTION]... [COMMAND]\n"
        "Reads this node's and its containers' figures from the kernel and serves them by the\n"
        "DC/OS Metrics API (JSON over HTTP).\n"
        "\n"
        "Commands; without one, the agent runs in the foreground:\n"
        "  once node           print one sample of the node as the API's JSON\n"
        "  once containers     print the IDs of the containers found\n"
        "  once container ID   print one sample of one container\n"
        "  doctor              say what is missing on this host, why, and the cure; exit status "
        "0:\n"
        "                      nothing that could be had, 1: something, 2: it could not run\n"
        "  token new           make a static token for the --uid with these PERMISSIONs: prints "
        "the\n"
        "                      token, and on standard error its line for the file of tokens\n"
        "  check-config        check the configuration and say what is wrong with it\n"
        "  budget              print the memory set aside, by part\n"
        "  datapoints          print the table of all datapoints, in Markdown\n"
        "\n"
        "Options:\n"
        "  --config FILE       read this configuration (JSON with comments; default: none)\n"
        "  --listen ADDRESS    IP:PORT, [IPV6]:PORT, unix:/path or systemd:NAME; may be\n"
        "                      given up to 8 times, replaces the configured ones\n"
        "  --auth MODE         what those addresses ask for: token (the default), or none, on\n"
        "                      loopback and unix sockets only\n"
        "  --interval SECONDS  time between two readings, 1 to 3600 (default 10)\n"
        "  --host-root DIR     read the host whose / is mounted here (default /)\n"
        "  --view VIEW         standard or full: how much `once` prints\n"
        "  --uid UID           whose token `token new` makes (default: a name of its own)\n"
        "  --version           print the version\n"
        "  --help              print this text\n",
        stdout);
}

}  // namespace nma
