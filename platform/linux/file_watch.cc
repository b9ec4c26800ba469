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
    inotify_ = -1;
    files_.clear();
}

// The time of the last change of the inode: nobody can set it back.
FileWatch::Stamp FileWatch::stamp_of(const char* path) {
    struct stat info = {};
    if (stat(path, &info) != 0) return {};
    return {info.st_dev, info.st_ino, info.st_size, info.st_ctim.tv_sec, info.st_ctim.tv_nsec};
}

Status FileWatch::add(const char* path) {
    const bool fits = std::string_view(path).size() <= FixedText<path_bytes>::bytes_max;
    File* file = fits ? files_.add() : nullptr;
    if (file == nullptr) return Status::full;
    (void)file->path.assign(path);
    const Status status = watch_directory(*file);
    file->stamp = stamp_of(path);
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
    for (const File& file : files_) {
        if (file.watch == watch) return;
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
    for (File& file : files_)
        (void)watch_directory(file);
    bool is_changed = false;
    for (File& file : files_) {
        const Stamp now = stamp_of(file.path.c_str());
        is_changed = is_changed || !(now == file.stamp);
        file.stamp = now;
    }
    return is_changed;
}

}  // namespace nma
