#include "platform/linux/dir_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "platform/limits.h"

namespace nma {

namespace {

// What getdents64 writes; glibc's dirent64 has the same fields but a fixed-size name.
struct KernelEntry {
    std::uint64_t inode;
    std::int64_t offset;
    std::uint16_t size_bytes;
    unsigned char type;
};
constexpr std::size_t name_offset = 19;

}  // namespace

bool DirEntry::may_be_directory() const {
    return type == DT_DIR || type == DT_UNKNOWN;
}

void DirReader::init(Arena& arena) {
    buffer_ = arena.take<char>("directory buffer", limits::directory_buffer_bytes);
}

Status DirReader::open(int directory, const char* path) {
    close();
    const int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    status_ = fd < 0 ? status_from_errno(errno) : Status::ok;
    fd_plus_one_ = fd + 1;
    return status_;
}

bool DirReader::next(DirEntry& entry) {
    while (fd_plus_one_ != 0) {
        if (position_ == size_ && !fill()) break;
        KernelEntry raw;
        std::memcpy(&raw, buffer_.data() + position_, name_offset);
        const char* name = buffer_.data() + position_ + name_offset;
        position_ += raw.size_bytes;
        if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
        entry = {name, raw.inode, raw.type};
        return true;
    }
    close();
    return false;
}

bool DirReader::fill() {
    const long count = syscall(SYS_getdents64, fd_plus_one_ - 1, buffer_.data(), buffer_.size());
    if (count < 0) status_ = status_from_errno(errno);
    if (count <= 0) return false;
    size_ = static_cast<std::size_t>(count);
    position_ = 0;
    return true;
}

void DirReader::close() {
    if (fd_plus_one_ != 0) ::close(fd_plus_one_ - 1);
    fd_plus_one_ = 0;
    size_ = 0;
    position_ = 0;
}

}  // namespace nma
