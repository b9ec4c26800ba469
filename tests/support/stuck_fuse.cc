#include "tests/support/stuck_fuse.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace nma::test {

namespace {

template <class Body>
bool answer(int device, const fuse_in_header& request, Body& body) {
    fuse_out_header head = {};
    head.len = sizeof head + sizeof body;
    head.unique = request.unique;
    iovec parts[] = {{&head, sizeof head}, {&body, sizeof body}};
    return writev(device, parts, 2) == static_cast<ssize_t>(head.len);
}

bool answer_init(int device, const fuse_in_header& request) {
    fuse_init_out init = {};
    init.major = FUSE_KERNEL_VERSION;
    init.minor = FUSE_KERNEL_MINOR_VERSION;
    init.max_write = 4096;
    return answer(device, request, init);
}

bool answer_getattr(int device, const fuse_in_header& request) {
    fuse_attr_out attributes = {};
    attributes.attr_valid = 3600;
    attributes.attr.ino = FUSE_ROOT_ID;
    attributes.attr.mode = S_IFDIR | 0755;
    attributes.attr.nlink = 1;
    return answer(device, request, attributes);
}

bool answer_statfs(int device, const fuse_in_header& request) {
    fuse_statfs_out figures = {};
    figures.st.blocks = 1024;
    figures.st.bsize = 4096;
    figures.st.frsize = 4096;
    return answer(device, request, figures);
}

bool answer_slowly(const StuckFuse& fuse, const fuse_in_header& request) {
    if (request.opcode == FUSE_GETATTR) return answer_getattr(fuse.device, request);
    if (request.opcode != FUSE_STATFS) return true;
    usleep(static_cast<useconds_t>(fuse.answer_us));
    return answer_statfs(fuse.device, request);
}

// Takes every request. Ends when the mount is gone.
void* serve(void* context) {
    const StuckFuse& fuse = *static_cast<const StuckFuse*>(context);
    const int device = fuse.device;
    alignas(fuse_in_header) char buffer[64 * 1024];
    while (read(device, buffer, sizeof buffer) >= static_cast<ssize_t>(sizeof(fuse_in_header))) {
        fuse_in_header request = {};
        memcpy(&request, buffer, sizeof request);
        if (request.opcode == FUSE_INIT && !answer_init(device, request)) break;
        if (fuse.answer_us >= 0 && !answer_slowly(fuse, request)) break;
    }
    return nullptr;
}

}  // namespace

bool enter_own_mounts() {
    return unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool stuck_fuse_mount(StuckFuse& fuse, const char* path) {
    fuse.path = path;
    fuse.device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (fuse.device < 0) return false;
    char options[128];
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse.device);
    if (mount("stuck", path, "fuse", 0, options) != 0) {
        close(fuse.device);
        fuse.device = -1;
        return false;
    }
    return pthread_create(&fuse.thread, nullptr, serve, &fuse) == 0;
}

void stuck_fuse_abort(StuckFuse& fuse) {
    if (fuse.device < 0) return;
    umount2(fuse.path, MNT_FORCE);
    umount2(fuse.path, MNT_DETACH);
    pthread_join(fuse.thread, nullptr);
    close(fuse.device);
    fuse = StuckFuse{};
}

}  // namespace nma::test
