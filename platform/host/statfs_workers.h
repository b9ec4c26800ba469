// Threads that ask file systems how full they are. A dead server, or a FUSE file system that is
// stuck, may keep such a question for ever, so the sampler does not ask by itself. There are a
// fixed number of threads; one of them asks only file systems that are known to be local, so that
// those always get their answer.
#pragma once

#include <pthread.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/base/status.h"
#include "platform/limits.h"
#include "platform/linux/host_root.h"

namespace nma {

using MountPath = FixedText<limits::mount_path_bytes>;

struct MountQuestion {
    MountPath path;  // absolute in the host, without escapes
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    bool is_local = false;
    bool has_own_device = false;  // the mount table's device is what stat says, so compare them
};

// Bytes and inodes, as statfs(2) says. Totals of 0 mean that the file system does not count these.
struct MountAnswer {
    Status status = Status::timeout;  // absent and denied: not reachable; gone: hidden by another
    std::uint64_t total_bytes = 0;
    std::uint64_t used_bytes = 0;
    std::uint64_t free_bytes = 0;  // for users without privilege
    std::uint64_t total_inodes = 0;
    std::uint64_t used_inodes = 0;
    std::uint64_t free_inodes = 0;
};

// Memory that is all zero is one that was not started. One thread may call its functions.
class StatfsWorkers {
  public:
    void start(const HostRoot& root);

    // Threads that are stuck in the kernel are left behind: then this object must stay where it is.
    void stop();

    // begin, then post each mount of the table, then wait, then take the answers in the order of
    // posting. A mount that has not answered an earlier question is not asked again. One that
    // always answers too late shows what it said since the last reading, if it is not old.
    void begin();
    bool post(const MountQuestion& question);  // false: more mounts than there is room for
    void wait();
    std::size_t posted_count() const { return posted_count_; }
    std::string_view path(std::size_t index) const;  // good until the next begin
    MountAnswer answer(std::size_t index) const;

    std::uint32_t thread_count() const { return thread_count_; }

  private:
    enum class Phase : std::uint8_t { idle, wanted, asking };

    struct Slot {
        MountQuestion question;
        MountAnswer answer;
        MountAnswer late_answer;  // came after the end of the last tick
        std::uint64_t late_at_ns = 0;
        Phase phase = Phase::idle;
        bool is_listed = false;      // in the mount table of this tick
        bool is_late = false;        // missed the end of a tick: not waited for until it answers
        bool has_come_late = false;  // and has answered since
    };

    struct Thread {
        StatfsWorkers* workers;
        pthread_t handle;
        bool is_for_local;
        bool is_running;
    };

    static void* run(void* thread);
    void serve(bool is_for_local);
    void start_thread(Thread& thread, bool is_for_local);
    Slot* wanted_slot(bool is_for_local);
    Slot* slot_for(const MountQuestion& question);
    bool is_all_answered(bool only_local) const;
    std::span<Slot> used_slots() { return {slots_, slot_count_}; }

    int root_ = -1;
    bool is_live_ = false;
    bool is_stopping_ = false;
    bool is_first_ = true;
    std::uint32_t thread_count_ = 0;
    Thread threads_[limits::statfs_thread_count];
    mutable pthread_mutex_t mutex_;
    pthread_cond_t asked_local_;
    pthread_cond_t asked_other_;
    pthread_cond_t answered_;
    Slot slots_[limits::mount_count_max];
    std::size_t slot_count_ = 0;                     // those after it were never touched
    std::uint32_t posted_[limits::mount_count_max];  // indexes of slots
    std::size_t posted_count_ = 0;
};

}  // namespace nma
