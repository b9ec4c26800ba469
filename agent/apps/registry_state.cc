// The registry's half that deals with files, and with sockets that were kept while there was no
// agent.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/apps/registry.h"
#include "platform/linux/clock.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

// Names a file that is skipped, and why; past the first few only the counts tell.
void tell(const LoadReport& report, std::string_view id, const char* why) {
    const std::uint32_t named_count =
        report.foreign_count + report.malformed_count + report.unbound_count + report.no_room_count;
    if (named_count > limits::skipped_files_named_max) return;
    log_line(LogLevel::warning, "registration file %.*s is skipped: %s",
             static_cast<int>(id.size()), id.data(), why);
}

}  // namespace

void Registry::save(const Registration& registration) {
    if (!files_.is_open()) return;
    char memory[512];
    static_assert(sizeof memory > limits::name_bytes_max + IpText::bytes_max + 80);
    TextSink text(memory);
    write_registration(text, registration);
    const Status status = files_.save(registration.id.view(), text.view());
    if (status == Status::ok) return;
    if (unsaved_count_++ > 0) return;
    log_line(LogLevel::warning,
             "the registration of %s cannot be written to %s (%s): it will be lost with the next "
             "restart of the agent; the next ones are counted only",
             registration.id.c_str(), options_.directory, status_name(status));
}

void Registry::keep(const Registration& registration) {
    if (options_.notify_socket[0] == '\0') return;
    const FdStoreName name = fd_store_name(registration.host, registration.port, options_.host);
    tell_unkept(store_descriptor(fd_store(), name, registration.socket));
}

void Registry::forget(const IpAddress& host, std::uint16_t port) {
    if (options_.notify_socket[0] == '\0') return;
    tell_unkept(forget_descriptor(fd_store(), fd_store_name(host, port, options_.host)));
}

FdStore Registry::fd_store() const {
    const bool may_wait = boottime_ns() < wait_until_ns_;
    return {options_.notify_socket, may_wait ? limits::fd_store_wait_ms : 0};
}

void Registry::tell_unkept(Status status) {
    if (status == Status::ok || has_told_unkept_) return;
    has_told_unkept_ = true;
    log_line(LogLevel::warning,
             "systemd took no message at %s (%s), so a socket is not kept over a restart, or stays "
             "bound until then; raise net.unix.max_dgram_qlen. Later ones are not told",
             options_.notify_socket, status_name(status));
}

bool Registry::adopt(int socket) {
    if (adopted_count_ == adopted_.size()) return false;
    Adopted& adopted = adopted_[adopted_count_++];
    adopted = {{}, 0, socket};
    if (!read_bound_address(socket, adopted.host, adopted.port)) adopted.port = 0;
    return true;
}

int Registry::take_adopted(const IpAddress& host, std::uint16_t port) {
    for (std::uint32_t i = 0; i < adopted_count_; ++i) {
        const Adopted adopted = adopted_[i];
        bool is_unix = false;
        if (adopted.port != port || !(adopted.host == host)) continue;
        if (!adopt_datagram_socket(adopted.socket, options_.receive_buffer_bytes, is_unix))
            continue;
        adopted_[i] = adopted_[--adopted_count_];
        return adopted.socket;
    }
    return -1;
}

void Registry::close_adopted() {
    while (adopted_count_ > 0) {
        const Adopted& adopted = adopted_[--adopted_count_];
        ::close(adopted.socket);
        if (adopted.port != 0) forget(adopted.host, adopted.port);
    }
}

LoadReport Registry::load() {
    LoadReport report;
    wait_until_ns_ = boottime_ns() + limits::fd_store_wait_all_ms * 1'000'000;
    report.status = files_.open(options_.directory);
    if (report.status != Status::ok) {
        log_line(LogLevel::error,
                 "registrations cannot be kept in %s (%s): make it a directory that root or this "
                 "user owns, and not everybody may write; until then they end with the agent",
                 options_.directory, status_name(report.status));
    }
    if (files_.is_open()) {
        report.status = files_.start_listing();
        RegistrationId id;
        while (files_.next(id))
            load_file(id.view(), report);
        if (report.status == Status::ok) report.status = files_.listing_status();
    }
    close_adopted();
    wait_until_ns_ = 0;
    return report;
}

void Registry::load_file(std::string_view id, LoadReport& report) {
    if (!is_registration_id(id)) {
        ++report.foreign_count;
        return tell(report, id, "its name is no container ID");
    }
    std::string_view text;
    const Status status = files_.read(id, text);
    if (status == Status::denied) {
        ++report.foreign_count;
        return tell(report, id, "it is a link or no regular file, or others may write it");
    }
    RegistrationRequest request;
    if (status != Status::ok || parse_registration(json_, text, request) != Status::ok ||
        request.container_id != id || request.statsd_port == 0) {
        ++report.malformed_count;
        return tell(report, id, "it holds no registration of that container");
    }
    load_registration(request, report);
}

void Registry::load_registration(const RegistrationRequest& request, LoadReport& report) {
    const std::string_view id = request.container_id;
    IpAddress host;
    if (choose_host(request.statsd_host, host) != RegistryStatus::created) {
        ++report.unbound_count;
        return tell(report, id, "its address is not the configured one");
    }
    if (count_ == places_.size()) {
        ++report.no_room_count;
        return tell(report, id, "there is no room for more; raise limits.registrations");
    }
    RegistryStatus status = RegistryStatus::created;
    int socket = take_adopted(host, request.statsd_port);
    const bool is_kept = socket >= 0;
    if (!is_kept) socket = open_named(host, request.statsd_port, status);
    if (socket < 0 && status == RegistryStatus::no_room) {
        ++report.no_room_count;
        return tell(report, id, strerror(errno));
    }
    if (socket < 0) {
        ++report.unbound_count;
        return tell(report, id,
                    "its port cannot be bound: another program has it, or the address is gone");
    }
    const Registration& placed = place(id, host, socket);
    if (!is_kept) keep(placed);
    ++report.loaded_count;
}

}  // namespace nma
