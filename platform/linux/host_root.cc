#include "platform/linux/host_root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <initializer_list>
#include <utility>

namespace nma {

namespace {

constexpr int directory_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

bool is_same_directory(int a, int b) {
    struct stat first = {};
    struct stat second = {};
    if (fstat(a, &first) != 0 || fstat(b, &second) != 0) return false;
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool can_read(int directory, const char* path) {
    const int file = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return false;
    close(file);
    return true;
}

}  // namespace

Status HostRoot::open(const char* directory) {
    root_ = ::open(directory, directory_flags);
    if (root_ < 0) return status_from_errno(errno);
    look_outside();
    proc_ = openat(root_, "proc", directory_flags);
    if (proc_ < 0) return status_from_errno(errno);
    sys_ = openat(root_, "sys", directory_flags);
    struct statfs answer = {};
    is_live_ = fstatfs(proc_, &answer) == 0 && answer.f_type == PROC_SUPER_MAGIC;
    choose_paths();
    return Status::ok;
}

void HostRoot::close() {
    for (const int directory : {root_, proc_, sys_}) {
        if (directory >= 0) ::close(directory);
    }
    *this = HostRoot{};
}

// The manager opens standard input before it makes the sandbox. What is mounted in the sandbox
// alone, and what is hidden by that, would else be taken for the host's. Nothing is known by its
// name here, so no other / passes.
void HostRoot::look_outside() {
    const int own = ::open("/", directory_flags);
    is_own_ = own >= 0 && is_same_directory(root_, own);
    if (own >= 0) ::close(own);
    if (!is_own_) return;
    int other = ::open("/proc/self/fd/0", directory_flags);
    is_outside_ = other >= 0 && is_same_directory(root_, other);
    if (is_outside_) std::swap(root_, other);
    if (other >= 0) ::close(other);
}

void HostRoot::choose_paths() {
    if (is_outside_ && can_read(proc_, "1/mountinfo")) mountinfo_path_ = "1/mountinfo";
    if (is_own_) return;
    if (can_read(proc_, "1/mountinfo")) mountinfo_path_ = "1/mountinfo";
    if (can_read(proc_, "1/net/dev")) net_path_ = "1/net";
}

}  // namespace nma
