#include "agent/apps/sender_container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr const char* cgroup_file = "cgroup";
constexpr const char* stat_file = "stat";
constexpr std::uint64_t ns_per_ms = 1'000'000;

// The kernel's PF_EXITING, among the flags of /proc/<pid>/stat (proc_pid_stat(5)): set before the
// process leaves its cgroups, and never taken back.
constexpr std::uint64_t exiting_flag = 0x4;
constexpr int flags_field = 6;  // counted from the state, which stands after the name

// What there is room for. False when not even that can be read.
bool read_text(int file, std::span<char> room, std::string_view& text) {
    std::size_t size = 0;
    while (size < room.size()) {
        const ssize_t count = ::read(file, room.data() + size, room.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    text = {room.data(), size};
    return size > 0;
}

// The name, in parentheses, may hold any characters, parentheses and blanks among them.
bool find_flags(std::string_view stat_text, std::uint64_t& flags) {
    const std::size_t name_end = stat_text.rfind(')');
    if (name_end == stat_text.npos || name_end + 2 > stat_text.size()) return false;
    std::string_view rest = stat_text.substr(name_end + 2);
    for (int i = 0; i < flags_field; ++i) {
        const std::size_t blank = rest.find(' ');
        if (blank == rest.npos) return false;
        rest.remove_prefix(blank + 1);
    }
    return parse_u64(rest.substr(0, rest.find(' ')), flags);
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

bool SenderContainers::read_file(const Sender& sender, const char* name, std::string_view& text) {
    if (sender.directory_plus_one == 0) return false;
    const int file =
        openat(sender.directory_plus_one - 1, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return false;
    const bool is_read = read_text(file, text_, text);
    ::close(file);
    return is_read;
}

// True also when it cannot be told.
bool SenderContainers::is_ending(const Sender& sender) {
    std::string_view text;
    std::uint64_t flags = 0;
    if (!read_file(sender, stat_file, text) || !find_flags(text, flags)) return true;
    return (flags & exiting_flag) != 0;
}

// The flags are read after the cgroups: who is not ending then was not ending before.
void SenderContainers::read(Sender& sender) {
    sender.id.clear();
    sender.place = SenderPlace::unknown;
    std::string_view text;
    if (!read_file(sender, cgroup_file, text)) return;
    // A line that was cut off might have named a container.
    const bool is_whole = text.size() < text_.size();
    const bool is_contained = questions_.container_of != nullptr &&
                              questions_.container_of(questions_.context, text, sender.id);
    if (is_contained) {
        sender.place = SenderPlace::container;
        return;
    }
    sender.id.clear();
    if (is_whole && !is_ending(sender)) sender.place = SenderPlace::outside;
}

SenderPlace SenderContainers::find(int process_id, std::uint64_t now_ns, std::string_view& id) {
    id = {};
    if (process_id <= 0 || root_ == nullptr) return SenderPlace::unknown;
    Sender& sender = senders_[static_cast<std::size_t>(process_id) % senders_.size()];
    if (!is_fresh(sender, process_id, now_ns)) {
        open(sender, process_id);
        sender.read_at_ns = now_ns;
        read(sender);
    }
    id = sender.id.view();
    return sender.place;
}

}  // namespace nma
