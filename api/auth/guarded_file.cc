#include "api/auth/guarded_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/auth/digest.h"

namespace nma {

namespace {

Status refuse_file(Status status, const char* path, const char* why, AuthError& error) {
    refuse(error, {path, ": ", why});
    return status;
}

Status refuse_errno(int number, const char* path, AuthError& error) {
    if (number == EACCES) {
        constexpr const char* cure =
            "; it and its directories must be readable for the user that the agent runs as: uid ";
        refuse(error, {path, ": ", strerror(number), cure, NumberText(geteuid())});
        return Status::denied;
    }
    return refuse_file(status_from_errno(number), path, strerror(number), error);
}

// Asked of the open file, not of its name: the name may lead elsewhere a moment later.
Status check_owner_and_mode(int file, const char* path, Secrecy secrecy, AuthError& error) {
    struct stat facts = {};
    if (fstat(file, &facts) != 0) return refuse_errno(errno, path, error);
    if (!S_ISREG(facts.st_mode)) {
        return refuse_file(Status::unsupported, path, "it is no regular file", error);
    }
    if (facts.st_uid != 0 && facts.st_uid != geteuid()) {
        refuse(error, {path, ": it belongs to user ", NumberText(facts.st_uid),
                       ", who could change it; run: chown root ", path});
        return Status::denied;
    }
    if (secrecy == Secrecy::secret && (facts.st_mode & S_IRWXO) != 0) {
        refuse(error, {path, ": it is a secret that others may open; run: chmod o= ", path});
        return Status::denied;
    }
    if ((facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0) {
        refuse(error, {path, ": all of group ", NumberText(facts.st_gid),
                       " may write to it; run: chmod g-w ", path});
        return Status::denied;
    }
    if ((facts.st_mode & S_IWOTH) != 0) {
        refuse(error, {path, ": others may write to it; run: chmod o-w ", path});
        return Status::denied;
    }
    return Status::ok;
}

// O_NONBLOCK: a FIFO in its place must not hold us up.
Status open_guarded(const char* path, Secrecy secrecy, int& file, AuthError& error) {
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return refuse_errno(errno, path, error);
    const Status status = check_owner_and_mode(file, path, secrecy, error);
    if (status != Status::ok) close(file);
    return status;
}

// One byte more than the buffer has tells a file that just fits from one that does not.
Status read_all(int file, std::span<char> buffer, std::size_t& size, int& error_number) {
    size = 0;
    for (;;) {
        char surplus = 0;
        const bool is_full = size == buffer.size();
        const ssize_t count = is_full ? read(file, &surplus, 1)
                                      : read(file, buffer.data() + size, buffer.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            error_number = errno;
            return Status::io_error;
        }
        if (count == 0) return Status::ok;
        if (is_full) return Status::truncated;
        size += static_cast<std::size_t>(count);
    }
}

}  // namespace

Status read_guarded_file(const char* path, Secrecy secrecy, std::span<char> buffer,
                         std::string_view& text, AuthError& error) {
    int file = -1;
    Status status = open_guarded(path, secrecy, file, error);
    if (status != Status::ok) return status;
    std::size_t size = 0;
    int error_number = 0;
    status = read_all(file, buffer, size, error_number);
    if (status == Status::truncated) {
        refuse(error, {path, ": it has more than ", NumberText(buffer.size()), " bytes"});
    } else if (status != Status::ok) {
        refuse(error, {path, ": ", strerror(error_number)});
    }
    close(file);
    if (status != Status::ok) {
        wipe(buffer.data(), size);
        return status;
    }
    text = {buffer.data(), size};
    return Status::ok;
}

Status try_guarded_file(const char* path, Secrecy secrecy, AuthError& error) {
    int file = -1;
    const Status status = open_guarded(path, secrecy, file, error);
    if (status == Status::ok) close(file);
    return status;
}

}  // namespace nma
