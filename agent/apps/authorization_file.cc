#include "agent/apps/authorization_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

Status read_all(int file, std::span<char> buffer, std::string_view& text) {
    std::size_t size = 0;
    while (size < buffer.size()) {
        const ssize_t got = ::read(file, buffer.data() + size, buffer.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return status_from_errno(errno);
        if (got == 0) {
            text = {buffer.data(), size};
            return Status::ok;
        }
        size += static_cast<std::size_t>(got);
    }
    return Status::truncated;
}

}  // namespace

// Not blocking, so that a pipe of that name does not hold up the event loop.
Status read_authorization_file(const char* path, AuthorizationText& text) {
    text.clear();
    const int file = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return status_from_errno(errno);
    struct stat about = {};
    char buffer[limits::authorization_bytes + 1];
    std::string_view content;
    Status status = Status::unsupported;
    if (::fstat(file, &about) == 0 && S_ISREG(about.st_mode))
        status = read_all(file, buffer, content);
    ::close(file);
    if (status != Status::ok) return status;
    content = trim(content);
    const bool is_line =
        !content.empty() &&
        std::all_of(content.begin(), content.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return is_line && text.assign(content) ? Status::ok : Status::malformed;
}

}  // namespace nma
