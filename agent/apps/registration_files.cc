#include "agent/apps/registration_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nma {

namespace {

// No ID begins with a dot, so this is no container's file.
constexpr const char* new_file = ".new";

constexpr mode_t file_mode = 0600;
constexpr mode_t directory_mode = 0700;
constexpr mode_t mode_above = 0755;

using Path = FixedText<limits::path_bytes>;

// As mkdir -p. That something is there already is found out by who opens it.
Status make_directories(std::string_view path) {
    Path above;
    for (std::size_t slash = path.find('/', 1); slash != path.npos;
         slash = path.find('/', slash + 1)) {
        if (!above.assign(path.substr(0, slash))) return Status::truncated;
        mkdir(above.c_str(), mode_above);
    }
    Path whole;
    if (!whole.assign(path)) return Status::truncated;
    mkdir(whole.c_str(), directory_mode);
    return Status::ok;
}

bool is_trusted(uid_t owner) {
    return owner == 0 || owner == geteuid();
}

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = write(file, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

// Up to a byte more than there is room for, which tells that it was too much.
Status read_whole(int file, std::span<char> room, std::string_view& text) {
    std::size_t size = 0;
    while (size < room.size()) {
        const ssize_t count = ::read(file, room.data() + size, room.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return status_from_errno(errno);
        if (count == 0) {
            text = {room.data(), size};
            return Status::ok;
        }
        size += static_cast<std::size_t>(count);
    }
    return Status::truncated;
}

}  // namespace

void make_registration_directory(const char* path, uid_t owner, gid_t group) {
    Path last;
    std::string_view trimmed = path;
    while (trimmed.size() > 1 && trimmed.back() == '/')
        trimmed.remove_suffix(1);
    struct stat info = {};
    if (!last.assign(trimmed) || lstat(last.c_str(), &info) == 0) return;
    if (make_directories(trimmed) == Status::ok) (void)!lchown(last.c_str(), owner, group);
}

void RegistrationFiles::init(Arena& arena) {
    listing_.init(arena);
    text_ = arena.take<char>("registration files", limits::registration_bytes_max + 1);
}

Status RegistrationFiles::open(const char* path) {
    std::string_view trimmed = path;
    while (trimmed.size() > 1 && trimmed.back() == '/')
        trimmed.remove_suffix(1);
    if (trimmed.empty()) return Status::ok;
    const Status made = make_directories(trimmed);
    if (made != Status::ok) return made;
    const int opened = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return status_from_errno(errno);
    struct stat info = {};
    if (fstat(opened, &info) != 0 || !is_trusted(info.st_uid) || (info.st_mode & S_IWOTH) != 0) {
        ::close(opened);
        return Status::denied;
    }
    directory_plus_one_ = opened + 1;
    unlinkat(directory(), new_file, 0);
    return Status::ok;
}

void RegistrationFiles::close() {
    listing_.close();
    if (is_open()) ::close(directory());
    directory_plus_one_ = 0;
}

Status RegistrationFiles::save(std::string_view id, std::string_view text) {
    RegistrationId name;
    if (!is_open() || !name.assign(id)) return Status::absent;
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int file = openat(directory(), new_file, flags, file_mode);
    if (file < 0 && errno == EEXIST) {
        unlinkat(directory(), new_file, 0);
        file = openat(directory(), new_file, flags, file_mode);
    }
    if (file < 0) return status_from_errno(errno);
    const bool is_written = write_all(file, text);
    Status status = is_written ? Status::ok : status_from_errno(errno);
    ::close(file);
    if (is_written && renameat(directory(), new_file, directory(), name.c_str()) != 0) {
        status = status_from_errno(errno);
    }
    if (status != Status::ok) unlinkat(directory(), new_file, 0);
    return status;
}

void RegistrationFiles::remove(std::string_view id) {
    RegistrationId name;
    if (is_open() && name.assign(id)) unlinkat(directory(), name.c_str(), 0);
}

Status RegistrationFiles::start_listing() {
    return is_open() ? listing_.open(directory(), ".") : Status::absent;
}

bool RegistrationFiles::next(FixedText<limits::name_bytes_max + 1>& id) {
    DirEntry entry;
    return listing_.next(entry) && id.assign(entry.name);
}

Status RegistrationFiles::read(std::string_view id, std::string_view& text) {
    RegistrationId name;
    if (!is_open() || !name.assign(id)) return Status::absent;
    constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const int file = openat(directory(), name.c_str(), flags);
    if (file < 0)
        return errno == ELOOP || errno == ENXIO ? Status::denied : status_from_errno(errno);
    struct stat info = {};
    const bool is_ours = fstat(file, &info) == 0 && S_ISREG(info.st_mode) &&
                         (info.st_mode & (S_IWGRP | S_IWOTH)) == 0 && is_trusted(info.st_uid);
    const Status status = is_ours ? read_whole(file, text_, text) : Status::denied;
    ::close(file);
    return status;
}

}  // namespace nma
