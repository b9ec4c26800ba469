// Which containers have an UDP port of their own for StatsD, and which one: what the Mesos metrics
// module asks for before it launches a task, and takes back when the task is gone.
//
// Runs on the event loop's thread. Registrations are at fixed places: a pointer to one is good
// until it is removed, and its index is its name for others.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/apps/datagram_socket.h"
#include "agent/apps/fd_store.h"
#include "agent/apps/registration_files.h"
#include "agent/apps/registration_json.h"
#include "platform/base/arena.h"

namespace nma {

// Texts are good for ever.
struct RegistryOptions {
    IpAddress host;                    // where ports are bound, unless the client names another
    bool is_any_host_allowed = false;  // false: the client may name `host` only
    // Ports to choose from; 0 and 0: any free one. A client may name one of them, and when there
    // are none any from 1024 on.
    std::uint16_t port_first = 0;
    std::uint16_t port_last = 0;
    ReceiveBufferBytes receive_buffer_bytes = 0;
    const char* directory = "";      // of state files; empty: none are kept
    const char* notify_socket = "";  // of systemd, which is to keep the sockets; empty: none
};

enum class RegistryStatus : std::uint8_t {
    created,
    exists,        // registered before: that one is given, and nothing changed
    bad_id,        // see is_registration_id
    bad_host,      // no IP address of one machine, or not one that may be chosen
    bad_port,      // not one that may be chosen
    port_taken,    // the port that the client named
    host_missing,  // this machine has no such address (now)
    no_room,       // no place, no free port, or no descriptor
};

// What became of the state files. Files that are no good stay where they are, named in the log,
// until their container is unregistered or registered anew.
struct LoadReport {
    std::uint32_t loaded_count = 0;
    std::uint32_t foreign_count = 0;    // not a file of ours: its name, kind, owner or mode
    std::uint32_t malformed_count = 0;  // too large, no registration, or another container's
    // The port is taken, or the address not ours any more. Another port would lie to the task,
    // which knows the old one; so the container is not registered.
    std::uint32_t unbound_count = 0;
    std::uint32_t no_room_count = 0;
    Status status = Status::ok;  // of the directory
};

// Who reads the sockets. Each is called at the end of a change, with the registration in place.
struct RegistrySink {
    void (*added)(void* context, std::uint32_t index, const Registration& registration) = nullptr;
    void (*removed)(void* context, std::uint32_t index, const Registration& registration) = nullptr;
    void* context = nullptr;
};

class Registry {
  public:
    void init(Arena& arena, std::size_t registration_count_max);

    // Before anything else, once. The sink hears of loaded registrations, too.
    void start(const RegistryOptions& options, RegistrySink sink);

    // A bound socket that somebody kept while there was no agent (systemd's store of descriptors):
    // the state file with its address and port takes it. False when there is no room for more.
    // Before load.
    bool adopt(int socket);

    // Opens the directory and reads its files. What is adopted and in no file is closed, and
    // systemd told to do the same. Waits for systemd up to limits::fd_store_wait_all_ms, which no
    // other call does; the first message that it has no room for is told in the log.
    LoadReport load();

    // Closes the sockets; the files stay for the next start. The sink hears nothing of it: what
    // waits in sockets that somebody keeps is for the next agent to read.
    void close();

    // `registration` is set for created and exists, and good until it is removed. A file that
    // cannot be written fails nothing: a task that runs without is worth more. It is counted, and
    // told in the log once.
    RegistryStatus add(const RegistrationRequest& request, const Registration*& registration);

    // False when there is no such container; a state file of that name is removed all the same, so
    // that one which could not be loaded goes with its container.
    bool remove(std::string_view id);

    // Null when there is none.
    const Registration* find(std::string_view id) const;

    // At an index below capacity(); null where there is none.
    const Registration* at(std::uint32_t index) const;
    std::uint32_t capacity() const { return static_cast<std::uint32_t>(places_.size()); }
    std::uint32_t count() const { return count_; }
    std::uint64_t unsaved_count() const { return unsaved_count_; }

    // For whoever parses requests; one use at a time.
    JsonArena& json() { return json_; }

  private:
    static constexpr std::uint32_t none = 0xffffffff;

    struct Place {
        Registration registration;
        std::uint32_t next_plus_one;  // in its chain, or among the free ones
    };

    // A socket that is not taken by a file yet. One that is no UDP socket has port 0.
    struct Adopted {
        IpAddress host;
        std::uint16_t port;
        int socket;
    };

    std::uint32_t& chain_of(std::string_view id) const;
    RegistryStatus choose_host(std::string_view text, IpAddress& host) const;
    bool is_port_allowed(std::uint16_t port) const;
    int open_named(const IpAddress& host, std::uint16_t port, RegistryStatus& status);
    int open_of_range(const IpAddress& host, RegistryStatus& status);
    int open_any(const IpAddress& host, RegistryStatus& status);
    const Registration& place(std::string_view id, const IpAddress& host, int socket);
    void save(const Registration& registration);
    void keep(const Registration& registration);
    void forget(const IpAddress& host, std::uint16_t port);
    FdStore fd_store() const;
    void tell_unkept(Status status);
    void load_file(std::string_view id, LoadReport& report);
    void load_registration(const RegistrationRequest& request, LoadReport& report);
    int take_adopted(const IpAddress& host, std::uint16_t port);
    void close_adopted();

    RegistryOptions options_;
    RegistrySink sink_;
    RegistrationFiles files_;
    JsonArena json_;
    std::span<Place> places_;
    std::span<std::uint32_t> chains_;  // index + 1 of the first of each; a power of two of them
    std::span<Adopted> adopted_;
    std::span<std::uint64_t> used_ports_;  // one bit each, so that our own are never tried
    std::uint32_t adopted_count_ = 0;
    std::uint32_t free_plus_one_ = 0;
    std::uint32_t touched_count_ = 0;  // places that were in use once
    std::uint32_t count_ = 0;
    std::uint32_t next_port_ = 0;  // counts from port_first
    std::uint64_t unsaved_count_ = 0;
    std::uint64_t wait_until_ns_ = 0;  // for systemd; at the start only
    bool has_told_unkept_ = false;
};

}  // namespace nma
