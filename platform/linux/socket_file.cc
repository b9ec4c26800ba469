#include "platform/linux/socket_file.h"

#include <sys/stat.h>
#include <unistd.h>

namespace nma {

SocketFile find_socket_file(const char* path) {
    struct stat info = {};
    if (lstat(path, &info) != 0 || !S_ISSOCK(info.st_mode)) return {};
    return {info.st_dev, info.st_ino};
}

void remove_socket_file(const char* path, const SocketFile& file) {
    const SocketFile found = find_socket_file(path);
    const bool is_it = found.device == file.device && found.inode == file.inode;
    if (file.inode != 0 && is_it) unlink(path);
}

}  // namespace nma
