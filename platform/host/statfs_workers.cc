#include "platform/host/statfs_workers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "platform/base/check.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

// The first reading waits longer, so that the first answers have all file systems that are well.
constexpr long first_wait_ms = 200;
constexpr long wait_ms = 20;
// Local ones answer at once, but on a busy machine their thread may have to wait for a processor.
constexpr long local_wait_ms = 500;
constexpr long join_wait_ms = 100;

// A file system that is slow but alive is shown as it was this long ago at most.
constexpr std::uint64_t late_answer_age_ns_max = 60'000'000'000;

timespec in_ms(clockid_t clock, long milliseconds) {
    timespec end = {};
    clock_gettime(clock, &end);
    end.tv_nsec += milliseconds * 1'000'000;
    end.tv_sec += end.tv_nsec / 1'000'000'000;
    end.tv_nsec %= 1'000'000'000;
    return end;
}

// Symbolic links of a foreign tree must not lead out of it. Kernels before 5.6, and sandboxes that
// do not know the call, get the plain open.
int open_mount(int root, const MountPath& path) {
    const char* relative = path.c_str() + 1;
    if (*relative == '\0') relative = ".";
    open_how how = {};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT;
    const long file = syscall(SYS_openat2, root, relative, &how, sizeof how);
    if (file < 0 && (errno == ENOSYS || errno == EPERM)) {
        return openat(root, relative, O_PATH | O_CLOEXEC);
    }
    return static_cast<int>(file);
}

// `gone` when something else is at the place of what the table names.
Status check_device(int file, const MountQuestion& question) {
    struct stat info = {};
    if (fstat(file, &info) != 0) return status_from_errno(errno);
    const bool is_same =
        major(info.st_dev) == question.major && minor(info.st_dev) == question.minor;
    return is_same ? Status::ok : Status::gone;
}

MountAnswer figures_of(const struct statfs& info) {
    const auto block_bytes =
        static_cast<std::uint64_t>(info.f_frsize != 0 ? info.f_frsize : info.f_bsize);
    MountAnswer answer;
    answer.status = Status::ok;
    // A reserve that is larger than what is free makes the kernel's subtraction wrap around.
    const std::uint64_t available = info.f_bavail > info.f_bfree ? 0 : info.f_bavail;
    answer.total_bytes = info.f_blocks * block_bytes;
    answer.used_bytes = (info.f_blocks - std::min(info.f_bfree, info.f_blocks)) * block_bytes;
    answer.free_bytes = available * block_bytes;
    answer.total_inodes = info.f_files;
    answer.used_inodes = info.f_files - std::min(info.f_ffree, info.f_files);
    answer.free_inodes = info.f_ffree;
    return answer;
}

// May hang in any of its system calls.
MountAnswer ask(int root, bool is_live, const MountQuestion& question) {
    MountAnswer answer;
    const int file = open_mount(root, question.path);
    if (file < 0) {
        answer.status = status_from_errno(errno);
        return answer;
    }
    struct statfs info = {};
    const bool is_known = is_live && question.has_own_device;
    answer.status = is_known ? check_device(file, question) : Status::ok;
    if (answer.status == Status::ok && fstatfs(file, &info) != 0)
        answer.status = status_from_errno(errno);
    if (answer.status == Status::ok) answer = figures_of(info);
    close(file);
    return answer;
}

bool is_same(const MountQuestion& a, const MountQuestion& b) {
    return a.major == b.major && a.minor == b.minor && a.path.view() == b.path.view();
}

}  // namespace

void StatfsWorkers::start(const HostRoot& root) {
    root_ = root.root();
    is_live_ = root.is_live();
    is_first_ = true;
    pthread_mutex_init(&mutex_, nullptr);
    pthread_cond_init(&asked_local_, nullptr);
    pthread_cond_init(&asked_other_, nullptr);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&answered_, &attributes);
    pthread_condattr_destroy(&attributes);
    for (std::size_t i = 0; i < limits::statfs_thread_count; ++i)
        start_thread(threads_[i], i == 0);
}

// With fewer threads than wanted, file systems go unanswered, which shows as `timeout`.
void StatfsWorkers::start_thread(Thread& thread, bool is_for_local) {
    thread.workers = this;
    thread.is_for_local = is_for_local;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, limits::thread_stack_bytes);
    thread.is_running = pthread_create(&thread.handle, &attributes, run, &thread) == 0;
    pthread_attr_destroy(&attributes);
    if (thread.is_running) ++thread_count_;
}

void StatfsWorkers::stop() {
    pthread_mutex_lock(&mutex_);
    is_stopping_ = true;
    pthread_cond_broadcast(&asked_local_);
    pthread_cond_broadcast(&asked_other_);
    pthread_mutex_unlock(&mutex_);
    const timespec end = in_ms(CLOCK_REALTIME, join_wait_ms);  // for all of them together
    for (Thread& thread : threads_) {
        if (!thread.is_running) continue;
        if (pthread_timedjoin_np(thread.handle, nullptr, &end) != 0) pthread_detach(thread.handle);
        thread.is_running = false;
    }
    thread_count_ = 0;
}

void* StatfsWorkers::run(void* thread) {
    const auto* self = static_cast<const Thread*>(thread);
    self->workers->serve(self->is_for_local);
    return nullptr;
}

void StatfsWorkers::serve(bool is_for_local) {
    pthread_mutex_lock(&mutex_);
    while (!is_stopping_) {
        Slot* slot = wanted_slot(is_for_local);
        if (slot == nullptr) {
            pthread_cond_wait(is_for_local ? &asked_local_ : &asked_other_, &mutex_);
            continue;
        }
        slot->phase = Phase::asking;
        const MountQuestion question = slot->question;
        pthread_mutex_unlock(&mutex_);
        const MountAnswer answer = ask(root_, is_live_, question);
        pthread_mutex_lock(&mutex_);
        slot->answer = answer;
        slot->phase = Phase::idle;
        slot->has_come_late = slot->is_late;
        if (slot->is_late) slot->late_at_ns = boottime_ns();
        slot->is_late = false;
        pthread_cond_signal(&answered_);
    }
    pthread_mutex_unlock(&mutex_);
}

StatfsWorkers::Slot* StatfsWorkers::wanted_slot(bool is_for_local) {
    for (Slot& slot : used_slots()) {
        if (slot.phase == Phase::wanted && slot.question.is_local == is_for_local) return &slot;
    }
    return nullptr;
}

void StatfsWorkers::begin() {
    pthread_mutex_lock(&mutex_);
    posted_count_ = 0;
    for (Slot& slot : used_slots()) {
        slot.is_listed = false;
        slot.late_answer = slot.has_come_late ? slot.answer : MountAnswer{};
        slot.has_come_late = false;
        slot.answer = MountAnswer{};
    }
    pthread_mutex_unlock(&mutex_);
}

bool StatfsWorkers::post(const MountQuestion& question) {
    pthread_mutex_lock(&mutex_);
    Slot* slot = posted_count_ == limits::mount_count_max ? nullptr : slot_for(question);
    if (slot != nullptr) {
        slot->is_listed = true;
        if (slot->phase == Phase::idle) {
            if (!is_same(slot->question, question)) slot->late_answer = MountAnswer{};
            slot->question = question;
            slot->phase = Phase::wanted;
        }
        posted_[posted_count_++] = static_cast<std::uint32_t>(slot - slots_);
        pthread_cond_signal(question.is_local ? &asked_local_ : &asked_other_);
    }
    pthread_mutex_unlock(&mutex_);
    return slot != nullptr;
}

// The slot that asks this already, or else any that nobody needs: a stuck one whose mount has
// left the table stays taken until the kernel answers.
StatfsWorkers::Slot* StatfsWorkers::slot_for(const MountQuestion& question) {
    Slot* unused = nullptr;
    for (Slot& slot : used_slots()) {
        const bool is_usable = slot.phase != Phase::idle || !slot.is_listed;
        if (is_usable && is_same(slot.question, question)) return &slot;
        if (unused == nullptr && slot.phase == Phase::idle && !slot.is_listed) unused = &slot;
    }
    if (unused == nullptr && slot_count_ < std::size(slots_)) unused = &slots_[slot_count_++];
    if (unused != nullptr) unused->is_late = false;
    return unused;
}

bool StatfsWorkers::is_all_answered(bool only_local) const {
    for (std::size_t i = 0; i < posted_count_; ++i) {
        const Slot& slot = slots_[posted_[i]];
        if (only_local && !slot.question.is_local) continue;
        if (slot.phase != Phase::idle && !slot.is_late) return false;
    }
    return true;
}

void StatfsWorkers::wait() {
    const timespec end = in_ms(CLOCK_MONOTONIC, is_first_ ? first_wait_ms : wait_ms);
    const timespec local_end = in_ms(CLOCK_MONOTONIC, local_wait_ms);
    is_first_ = false;
    pthread_mutex_lock(&mutex_);
    while (!is_all_answered(false) && pthread_cond_timedwait(&answered_, &mutex_, &end) == 0) {
    }
    while (!is_all_answered(true) && pthread_cond_timedwait(&answered_, &mutex_, &local_end) == 0) {
    }
    for (std::size_t i = 0; i < posted_count_; ++i) {
        Slot& slot = slots_[posted_[i]];
        slot.is_late = slot.phase != Phase::idle;
    }
    pthread_mutex_unlock(&mutex_);
}

// Nobody writes the question of a slot that is listed.
std::string_view StatfsWorkers::path(std::size_t index) const {
    NMA_CHECK(index < posted_count_);
    return slots_[posted_[index]].question.path.view();
}

MountAnswer StatfsWorkers::answer(std::size_t index) const {
    NMA_CHECK(index < posted_count_);
    pthread_mutex_lock(&mutex_);
    const Slot& slot = slots_[posted_[index]];
    const bool is_old = boottime_ns() - slot.late_at_ns > late_answer_age_ns_max;
    MountAnswer answer;
    if (!slot.is_late) {
        answer = slot.answer;
    } else if (!is_old) {
        answer = slot.late_answer;
    }
    pthread_mutex_unlock(&mutex_);
    return answer;
}

}  // namespace nma
