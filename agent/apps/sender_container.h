// In which container a process is that sent something on a unix socket. The kernel vouches for the
// process ID (a process may name another one, in its own PID namespace, only with CAP_SYS_ADMIN
// there); its /proc/<pid>/cgroup tells the rest.
//
// Answers are kept for a moment, each with a descriptor of the process' directory: as long as a
// file is found by it the process lives, and no other one can have its ID. A sender that is gone
// before its packet is read is in no container that anybody could tell.
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
    // a PID namespace of our own, and looking at the host's. Then no sender's container is known.
    bool can_tell() const { return root_ != nullptr; }

    // The ID, empty when the process is in no container, or gone. Good until the next call.
    std::string_view container_of(int process_id, std::uint64_t now_ns);

    // How often /proc was read.
    std::uint64_t read_count() const { return read_count_; }

  private:
    struct Sender {
        ContainerIdText id;
        std::uint64_t read_at_ns;
        int process_id;
        int directory_plus_one;
    };

    bool is_fresh(const Sender& sender, int process_id, std::uint64_t now_ns) const;
    void open(Sender& sender, int process_id) const;
    void read(Sender& sender);

    std::span<Sender> senders_;  // each process has one place, which others have, too
    std::span<char> text_;
    const HostRoot* root_ = nullptr;
    ContainerQuestions questions_;
    std::uint64_t read_count_ = 0;
};

}  // namespace nma
