#include "api/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "api/user_names.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr int backlog = 128;
constexpr mode_t nobody_mask = 0777;

sockaddr_un socket_address(const ListenAddress& address) {
    sockaddr_un target = {};
    target.sun_family = AF_UNIX;
    memcpy(target.sun_path, address.path.c_str(), address.path.size());
    return target;
}

bool connect_or_bind(int fd, const ListenAddress& address,
                     int (*function)(int, const sockaddr*, socklen_t)) {
    const sockaddr_un target = socket_address(address);
    return function(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0;
}

// The directory that holds the socket; -1 and `error`. Who may write it could put a socket of his
// own in the place of ours.
int open_parent(const char* path, ListenError& error) {
    FixedText<108> parent;
    const std::string_view whole(path);
    const std::size_t slash = whole.rfind('/');
    (void)parent.assign(slash == 0 ? "/" : whole.substr(0, slash));
    int directory = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 && errno == EACCES) {
        directory = open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    struct stat info = {};
    if (directory < 0 || fstat(directory, &info) != 0) {
        refuse_listener(error, "%s: %s; make this directory first", parent.c_str(),
                        strerror(errno));
        return -1;
    }
    if ((info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0) {
        refuse_listener(error,
                        "everybody may write %s, and so put another socket in the place of ours; "
                        "run: chmod o-w %s",
                        parent.c_str(), parent.c_str());
        close(directory);
        return -1;
    }
    return directory;
}

// Two agents that find the same dead socket must not each remove what the other has just made. A
// directory that we may not read cannot be locked. Who may read it can keep it locked, and must not
// keep us from our work: whoever makes a socket is done long before we go on.
void try_to_lock(int directory, const char* path) {
    constexpr std::uint32_t step_ms = 10;
    for (std::uint32_t waited_ms = 0; flock(directory, LOCK_EX | LOCK_NB) != 0;
         waited_ms += step_ms) {
        if (errno != EWOULDBLOCK) return;
        if (waited_ms >= limits::socket_lock_ms_max) {
            log_line(LogLevel::warning,
                     "%s: another process keeps its directory locked; see /proc/locks. The socket "
                     "is made all the same",
                     path);
            return;
        }
        const timespec step = {0, step_ms * 1'000'000};
        nanosleep(&step, nullptr);
    }
}

bool is_listened_on(const ListenAddress& address) {
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool is_alive =
        connect_or_bind(probe, address, connect) || (errno != ECONNREFUSED && errno != ENOENT);
    close(probe);
    return is_alive;
}

// The socket file of an agent that died stays behind and would be "in use" for ever.
bool clear_place(const ListenAddress& address, ListenError& error) {
    struct stat info = {};
    const char* path = address.path.c_str();
    if (lstat(path, &info) != 0) return true;
    if (!S_ISSOCK(info.st_mode)) {
        return refuse_listener(error,
                               "%s is in use: it is a file that is no socket; remove it, or "
                               "choose another path",
                               path);
    }
    if (is_listened_on(address)) {
        return refuse_listener(error, "%s is in use: another process listens on it", path);
    }
    if (unlink(path) == 0 || errno == ENOENT) return true;
    return refuse_listener(error, "%s was left behind and cannot be removed: %s", path,
                           strerror(errno));
}

// A service's sandbox may forbid the call, which is no loss where it would change nothing.
bool give_to(int file, uid_t uid, gid_t gid) {
    struct stat now = {};
    const bool is_known = fstat(file, &now) == 0;
    const bool has_owner = uid == static_cast<uid_t>(-1) || (is_known && now.st_uid == uid);
    const bool has_group = gid == static_cast<gid_t>(-1) || (is_known && now.st_gid == gid);
    return (has_owner && has_group) || fchownat(file, "", uid, gid, AT_EMPTY_PATH) == 0;
}

// By the file itself, not by its path: once the file is its new owner's, he could put a link in its
// place, and we would change what that leads to.
bool set_access(int file, const ListenerOptions& options, ListenError& error) {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    if (!find_socket_owner(options, uid, gid, error)) return false;
    if (!give_to(file, uid, gid)) {
        return refuse_listener(error,
                               "the socket cannot be given to %s:%s: %s; start the agent as root, "
                               "or make it a member of that group, or have systemd make the socket",
                               options.owner.c_str(), options.group.c_str(), strerror(errno));
    }
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", file);
    return chmod(self, options.mode & 0777) == 0 ||
           refuse_listener(error, "the socket's mode cannot be set: %s", strerror(errno));
}

bool finish(const ListenerOptions& options, ListenSocket& socket, ListenError& error) {
    const char* path = options.address.path.c_str();
    const int file = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat info = {};
    if (file < 0 || fstat(file, &info) != 0 || !S_ISSOCK(info.st_mode)) {
        if (file >= 0) close(file);
        return refuse_listener(error, "%s was replaced while it was made", path);
    }
    socket.file = {info.st_dev, info.st_ino};
    const bool is_done = set_access(file, options, error) &&
                         (listen(socket.fd, backlog) == 0 ||
                          refuse_listener(error, "cannot listen: %s", strerror(errno)));
    close(file);
    return is_done;
}

bool open_in_place(const ListenerOptions& options, ListenSocket& made, ListenError& error) {
    if (!clear_place(options.address, error)) return false;
    made.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const mode_t before = umask(nobody_mask);
    const bool is_bound = made.fd >= 0 && connect_or_bind(made.fd, options.address, bind);
    const int why = errno;
    umask(before);
    if (!is_bound) return refuse_listener(error, "cannot bind: %s", strerror(why));
    return finish(options, made, error);
}

}  // namespace

bool find_socket_owner(const ListenerOptions& options, uid_t& uid, gid_t& gid, ListenError& error) {
    if (!options.owner.empty() && !find_user(options.owner.c_str(), uid)) {
        return refuse_listener(error, "there is no user %s for the socket", options.owner.c_str());
    }
    if (!options.group.empty() && !find_group(options.group.c_str(), gid)) {
        return refuse_listener(error, "there is no group %s for the socket", options.group.c_str());
    }
    return true;
}

bool open_unix_socket(const ListenerOptions& options, ListenSocket& socket, ListenError& error) {
    const int directory = open_parent(options.address.path.c_str(), error);
    if (directory < 0) return false;
    ListenSocket made;
    made.address = options.address;
    try_to_lock(directory, options.address.path.c_str());
    const bool is_open = open_in_place(options, made, error);
    if (is_open) {
        socket = made;
    } else {
        remove_unix_socket(made);
        if (made.fd >= 0) close(made.fd);
    }
    close(directory);
    return is_open;
}

void remove_unix_socket(const ListenSocket& socket) {
    remove_socket_file(socket.address.path.c_str(), socket.file);
}

}  // namespace nma
