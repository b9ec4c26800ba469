#include "platform/linux/file_watch.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

namespace nma {

namespace {

// A file that is being written is not looked at before it is closed.
constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM |
                                 IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

Status FileWatch::open() {
    inotify_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return inotify_ < 0 ? Status::io_error : Status::ok;
}

void FileWatch::close() {
    if (inotify_ >= 0) ::close(inotify_);
    *this = FileWatch{};
}

// The time of the last change of the inode: nobody can set it back.
FileWatch::Stamp FileWatch::stamp_of(const char* path) {
    struct stat info = {};
    if (stat(path, &info) != 0) return {};
    return {info.st_dev, info.st_ino, info.st_size, info.st_ctim.tv_sec, info.st_ctim.tv_nsec};
}

Status FileWatch::add(const char* path) {
    if (file_count_ == file_count_max) return Status::full;
    File& file = files_[file_count_];
    if (!file.path.assign(path)) return Status::full;
    ++file_count_;
    const Status status = watch_directory(file);
    file.stamp = stamp_of(path);
    return status;
}

// The name may lead to another directory than it did. Where it leads to the same one, the kernel
// gives the watch that is there.
Status FileWatch::watch_directory(File& file) {
    FixedText<path_bytes> directory;
    const std::string_view path = file.path.view();
    const std::size_t slash = path.rfind('/');
    const std::string_view parent = slash == path.npos ? "."
                                    : slash == 0       ? "/"
                                                       : path.substr(0, slash);
    (void)directory.assign(parent);
    const int before = file.watch;
    file.watch = inotify_add_watch(inotify_, directory.c_str(), events);
    const Status status = file.watch < 0 ? status_from_errno(errno) : Status::ok;
    if (before != file.watch) drop_unused(before);
    return status;
}

// A directory that was moved away would be watched for ever.
void FileWatch::drop_unused(int watch) {
    if (watch < 0) return;
    for (std::size_t i = 0; i < file_count_; ++i) {
        if (files_[i].watch == watch) return;
    }
    (void)inotify_rm_watch(inotify_, watch);
}

bool FileWatch::take_changes() {
    alignas(inotify_event) char buffer[4096];
    while (read(inotify_, buffer, sizeof buffer) > 0) {
    }
    return look();
}

bool FileWatch::look() {
    // Watches first: what changes after the look at a file is then told.
    for (std::size_t i = 0; i < file_count_; ++i)
        (void)watch_directory(files_[i]);
    bool is_changed = false;
    for (std::size_t i = 0; i < file_count_; ++i) {
        const Stamp now = stamp_of(files_[i].path.c_str());
        is_changed = is_changed || !(now == files_[i].stamp);
        files_[i].stamp = now;
    }
    return is_changed;
}

}  // namespace nma
