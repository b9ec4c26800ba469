// In which container a process is that sent something on a unix socket. The kernel vouches for the
// process ID (a process may name another one, in its own PID namespace, only with CAP_SYS_ADMIN
// there); its /proc/<pid>/cgroup tells the rest.
//
// Answers are kept for a moment, each with a descriptor of the process' directory: as long as a
// file is found by it the process lives, and no other one can have its ID.
//
// "In no container" is an answer that lets the sender speak for any, so it is given only of a
// process that was seen there. A container's process that sends and ends at once would else pass
// for one of the host: when its packet is read, its directory is gone, or it is a zombie, which the
// kernel shows in "/" of each hierarchy of version 1. Of both it is unknown where they were.
#pragma once

#include <cstdint>
#include <span>

#include "agent/apps/container_questions.h"
#include "platform/base/arena.h"
#include "platform/linux/host_root.h"

namespace nma {

class SenderContainers {
  public:
    void init(Arena& arena);
    void start(const HostRoot& root, const ContainerQuestions& questions);
    void close();

    // False when the root's proc numbers processes otherwise than the kernel does for us: we are in
    // a PID namespace of our own, and looking at the host's. Then all senders are unknown.
    bool can_tell() const { return root_ != nullptr; }

    // Sets `id`, good until the next call, when it is in a container; else that is empty. Unknown:
    // gone or ending, not to be read, or 0, which the kernel says of who is in a PID namespace that
    // we do not see.
    SenderPlace find(int process_id, std::uint64_t now_ns, std::string_view& id);

  private:
    struct Sender {
        ContainerIdText id;
        std::uint64_t read_at_ns;
        int process_id;
        int directory_plus_one;
        SenderPlace place;
    };

    bool is_fresh(const Sender& sender, int process_id, std::uint64_t now_ns) const;
    void open(Sender& sender, int process_id) const;
    void read(Sender& sender);
    bool read_file(const Sender& sender, const char* name, std::string_view& text);
    bool is_ending(const Sender& sender);

    std::span<Sender> senders_;  // each process has one place, which others have, too
    std::span<char> text_;
    const HostRoot* root_ = nullptr;
    ContainerQuestions questions_;
};

}  // namespace nma
