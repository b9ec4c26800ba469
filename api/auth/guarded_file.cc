#include "api/auth/guarded_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nma {

namespace {

Status refuse(const char* path, const char* why, Status status, AuthError& error) {
    char message[AuthError::bytes_max];
    snprintf(message, sizeof message, "%.255s: %s", path, why);
    (void)error.assign(message);
    return status;
}

Status refuse_mode(const char* path, const char* change, AuthError& error) {
    char message[AuthError::bytes_max];
    snprintf(message, sizeof message, "%.200s: it is open to others; run: chmod %s %.200s", path,
             change, path);
    (void)error.assign(message);
    return Status::denied;
}

Status check(int file, const char* path, Secrecy secrecy, AuthError& error) {
    struct stat info = {};
    if (fstat(file, &info) != 0) return refuse(path, strerror(errno), Status::io_error, error);
    if (!S_ISREG(info.st_mode)) return refuse(path, "is no regular file", Status::denied, error);
    if (info.st_uid != 0 && info.st_uid != geteuid()) {
        return refuse(path, "belongs to somebody else; run: chown root on it", Status::denied,
                      error);
    }
    if ((info.st_mode & S_IWOTH) != 0) return refuse_mode(path, "o-w", error);
    if (secrecy == Secrecy::secret && (info.st_mode & S_IRWXO) != 0) {
        return refuse_mode(path, "o=", error);
    }
    return Status::ok;
}

Status read_all(int file, const char* path, std::span<char> buffer, std::string_view& text,
                AuthError& error) {
    std::size_t used = 0;
    ssize_t count = 1;
    while (count > 0 && used < buffer.size()) {
        count = read(file, buffer.data() + used, buffer.size() - used);
        if (count > 0) used += static_cast<std::size_t>(count);
    }
    char more = 0;
    if (count > 0) count = read(file, &more, 1);
    if (count < 0) return refuse(path, strerror(errno), Status::io_error, error);
    if (count > 0) return refuse(path, "is too large", Status::truncated, error);
    text = {buffer.data(), used};
    return Status::ok;
}

}  // namespace

Status read_guarded_file(const char* path, Secrecy secrecy, std::span<char> buffer,
                         std::string_view& text, AuthError& error) {
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return refuse(path, strerror(errno), status_from_errno(errno), error);
    Status status = check(file, path, secrecy, error);
    if (status == Status::ok) status = read_all(file, path, buffer, text, error);
    close(file);
    return status;
}

}  // namespace nma
