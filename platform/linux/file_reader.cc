#include "platform/linux/file_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "platform/limits.h"

namespace nma {

namespace {

// For files of /proc/sys the kernel sets aside, and clears, as much memory as the reader asks for:
// asking for a megabyte costs 100 µs. Nearly all files are smaller than this.
constexpr std::size_t first_request_bytes = 8 * 1024;

constexpr int open_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

}  // namespace

void FileReader::init(Arena& arena) {
    buffer_ = arena.take<char>("read buffer", limits::read_buffer_bytes);
}

Status FileReader::read(int directory, const char* path, std::string_view& text) {
    const int file = openat(directory, path, open_flags);
    if (file < 0) return status_from_errno(errno);
    const Status status = read_all(file, text);
    close(file);
    return status;
}

Status FileReader::read_line(int directory, const char* path, std::string_view& text) {
    const int file = openat(directory, path, open_flags);
    if (file < 0) return status_from_errno(errno);
    ssize_t count = 0;
    do {
        count = pread(file, buffer_.data(), first_request_bytes, 0);
    } while (count < 0 && errno == EINTR);
    const Status status = count < 0 ? status_from_errno(errno) : Status::ok;
    close(file);
    if (status == Status::ok) text = {buffer_.data(), static_cast<std::size_t>(count)};
    return status;
}

Status FileReader::read_kept(KeptFile& file, int directory, const char* path,
                             std::string_view& text) {
    if (file.plus_one == 0) {
        const int opened = openat(directory, path, open_flags);
        if (opened < 0) return status_from_errno(errno);
        file.plus_one = opened + 1;
    }
    const Status status = read_all(file.plus_one - 1, text);
    if (status != Status::ok) close_kept(file);
    return status;
}

void FileReader::close_kept(KeptFile& file) {
    if (file.plus_one != 0) close(file.plus_one - 1);
    file.plus_one = 0;
}

// pread and not read: a kept file starts again at 0 without a seek of its own.
Status FileReader::read_all(int file, std::string_view& text) {
    std::size_t size = 0;
    while (size < buffer_.size()) {
        const std::size_t room =
            (size < first_request_bytes ? first_request_bytes : buffer_.size()) - size;
        const ssize_t count = pread(file, buffer_.data() + size, room, static_cast<off_t>(size));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return status_from_errno(errno);
        if (count == 0) {
            text = {buffer_.data(), size};
            return Status::ok;
        }
        size += static_cast<std::size_t>(count);
    }
    return Status::truncated;
}

}  // namespace nma
