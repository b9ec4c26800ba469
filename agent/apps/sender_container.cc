#include "agent/apps/sender_container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr const char* cgroup_file = "cgroup";
constexpr std::uint64_t ns_per_ms = 1'000'000;

// What there is room for. A longer text loses its last lines, which is better than all of them.
std::string_view read_text(int file, std::span<char> room) {
    std::size_t size = 0;
    while (size < room.size()) {
        const ssize_t count = ::read(file, room.data() + size, room.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        size += static_cast<std::size_t>(count);
    }
    return {room.data(), size};
}

// A proc that is a copy has no "self", and says what it says.
bool is_our_numbering(const HostRoot& root) {
    char self[32] = "";
    if (!root.is_live()) return true;
    const ssize_t bytes = readlinkat(root.proc(), "self", self, sizeof self - 1);
    std::uint64_t process_id = 0;
    return bytes > 0 && parse_u64({self, static_cast<std::size_t>(bytes)}, process_id) &&
           process_id == static_cast<std::uint64_t>(getpid());
}

}  // namespace

void SenderContainers::init(Arena& arena) {
    senders_ = arena.take<Sender>("senders", limits::sender_count_max);
    text_ = arena.take<char>("senders", limits::sender_cgroup_bytes);
}

void SenderContainers::start(const HostRoot& root, const ContainerQuestions& questions) {
    root_ = is_our_numbering(root) ? &root : nullptr;
    questions_ = questions;
}

void SenderContainers::close() {
    for (Sender& sender : senders_) {
        if (sender.directory_plus_one != 0) ::close(sender.directory_plus_one - 1);
        sender = Sender{};
    }
}

bool SenderContainers::is_fresh(const Sender& sender, int process_id, std::uint64_t now_ns) const {
    return sender.directory_plus_one != 0 && sender.process_id == process_id &&
           now_ns - sender.read_at_ns < limits::sender_age_ms * ns_per_ms &&
           faccessat(sender.directory_plus_one - 1, cgroup_file, F_OK, 0) == 0;
}

void SenderContainers::open(Sender& sender, int process_id) const {
    if (sender.directory_plus_one != 0) ::close(sender.directory_plus_one - 1);
    sender.process_id = process_id;
    char name[16];
    snprintf(name, sizeof name, "%d", process_id);
    sender.directory_plus_one = openat(root_->proc(), name, O_PATH | O_DIRECTORY | O_CLOEXEC) + 1;
}

void SenderContainers::read(Sender& sender) {
    sender.id.clear();
    if (sender.directory_plus_one == 0) return;
    const int file = openat(sender.directory_plus_one - 1, cgroup_file,
                            O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return;
    ++read_count_;
    const std::string_view text = read_text(file, text_);
    ::close(file);
    const bool is_contained = questions_.container_of != nullptr &&
                              questions_.container_of(questions_.context, text, sender.id);
    if (!is_contained) sender.id.clear();
}

std::string_view SenderContainers::container_of(int process_id, std::uint64_t now_ns) {
    if (process_id <= 0 || root_ == nullptr) return {};
    Sender& sender = senders_[static_cast<std::size_t>(process_id) % senders_.size()];
    if (!is_fresh(sender, process_id, now_ns)) {
        open(sender, process_id);
        sender.read_at_ns = now_ns;
        read(sender);
    }
    return sender.id.view();
}

}  // namespace nma
