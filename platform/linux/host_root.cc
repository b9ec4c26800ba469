#include "platform/linux/host_root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <initializer_list>

namespace nma {

namespace {

constexpr int directory_flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

bool is_same_directory(int a, const char* path) {
    struct stat first = {};
    struct stat second = {};
    if (fstat(a, &first) != 0 || stat(path, &second) != 0) return false;
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
    proc_ = openat(root_, "proc", directory_flags);
    if (proc_ < 0) return status_from_errno(errno);
    sys_ = openat(root_, "sys", directory_flags);
    is_own_ = is_same_directory(root_, "/");
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

void HostRoot::choose_paths() {
    if (is_own_) return;
    if (can_read(proc_, "1/mountinfo")) mountinfo_path_ = "1/mountinfo";
    if (can_read(proc_, "1/net/dev")) net_path_ = "1/net";
}

}  // namespace nma
