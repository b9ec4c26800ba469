// What `doctor` has to know about applications: whether what the configuration asks for can be had
// here. Nothing is looked at that the configuration does not ask for, and what is "not known" says
// nothing.
#pragma once

#include <cstdint>

#include "agent/apps/ip_address.h"
#include "agent/apps/scrape_url.h"
#include "platform/base/fixed_text.h"
#include "platform/base/status.h"

namespace nma {

struct Config;

// What became of the one question to the Mesos agent.
enum class MesosProbe : std::uint8_t {
    not_asked,
    ok,
    no_authorization,  // the file with the header's text cannot be used; nothing was sent
    unreachable,       // no connection
    no_answer,         // none in the time that the agent would wait
    refused,           // HTTP status 401 or 403
    no_state           // something else than Mesos' state, or more of it than the agent takes
};

// Of the directory that keeps registrations.
enum class DirectoryProbe : std::uint8_t {
    not_asked,
    ok,
    missing,       // and we may not make it
    no_directory,  // something else has that name
    foreign,       // neither root's nor ours
    open_to_all,   // everybody may write there
    denied         // we may not write there
};

struct AppFacts {
    std::uint64_t uid = 0;  // who looked, with the rights that the agent keeps

    // How large the receive buffer of a socket should be, and how large the kernel makes it, as it
    // counts; 0 when nothing was asked for.
    std::uint64_t buffer_bytes_wanted = 0;
    std::uint64_t buffer_bytes_granted = 0;

    bool has_unix_statsd = false;
    FixedText<256> reachable_statsd;  // UDP addresses that other machines reach

    DirectoryProbe directory = DirectoryProbe::not_asked;
    FixedText<256> directory_path;
    bool is_host_foreign = false;  // registration.statsd_host is no address of this machine
    IpText host;
    std::uint64_t registration_count_max = 0;  // 0: nobody can register
    std::uint64_t file_count_needed = 0;
    bool has_manager = false;  // doctor runs as the service does, with its limits
    bool is_unkept = false;    // no service manager is there to keep sockets, though it should

    MesosProbe mesos = MesosProbe::not_asked;
    ScrapeUrl mesos_url;
    FixedText<256> authorization_path;
    Status authorization = Status::ok;  // of no_authorization
    int mesos_http_status = 0;

    FixedText<4096> unreadable_files;    // a line each: without them the agent does not start
    FixedText<4096> unreadable_changes;  // read at start, but not when they change
};

// The first look, with the rights of the start: the agent makes directories, opens shared sockets
// and reads certificates with them.
void read_app_facts_of_start(const Config& config, AppFacts& facts);

// The second, with the rights that the agent keeps. Asks the Mesos agent by a thread, so that it
// must come before the filter of system calls; it may take limits::mesos_timeout_ms.
void read_app_facts(const Config& config, AppFacts& facts);

}  // namespace nma
