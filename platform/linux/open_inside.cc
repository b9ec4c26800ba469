#include "platform/linux/open_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/limits.h"

#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

namespace nma {

namespace {

constexpr int file_flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;

// The kernel resolves links inside of the root: Linux 5.6, where no filter forbids it.
int open_resolved(int root, const char* path) {
#ifdef SYS_openat2
    open_how how = {};
    how.flags = file_flags;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(syscall(SYS_openat2, root, path, &how, sizeof how));
#else
    (void)root;
    (void)path;
    errno = ENOSYS;
    return -1;
#endif
}

// Directory by directory, none of them a link.
int open_stepwise(int root, std::string_view path) {
    int directory = dup(root);
    while (directory >= 0) {
        const std::size_t slash = path.find('/');
        FixedText<limits::name_bytes_max + 1> name;
        const bool fits = name.assign(path.substr(0, slash));
        const bool is_last = slash == path.npos;
        const int flags = is_last ? file_flags : O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
        errno = ENAMETOOLONG;
        const int next = fits ? openat(directory, name.c_str(), flags) : -1;
        const int failure = errno;
        close(directory);
        errno = failure;
        if (is_last) return next;
        directory = next;
        path.remove_prefix(slash + 1);
    }
    return -1;
}

}  // namespace

int open_inside(const HostRoot& root, const char* path) {
    int file = open_resolved(root.root(), path);
    // Filters of older container runtimes answer EPERM to calls that they do not know.
    if (file < 0 && (errno == ENOSYS || errno == EPERM)) {
        // A link of the host would lead into our sandbox.
        const bool is_ours = root.is_own() && !root.is_outside();
        file = is_ours ? openat(root.root(), path, file_flags) : open_stepwise(root.root(), path);
    }
    if (file < 0) return -1;
    struct stat found = {};
    if (fstat(file, &found) == 0 && (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode))) return file;
    close(file);
    errno = ENXIO;
    return -1;
}

}  // namespace nma
