#include "platform/linux/account_files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <utility>

#include "platform/base/text_cursor.h"
#include "platform/limits.h"

namespace nma {

namespace {

// Gives whole lines one at a time, from a file of any length.
class LineFile {
  public:
    explicit LineFile(const char* path) : file_(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) {
        if (file_ < 0) failure_ = errno;
    }
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;
    ~LineFile() {
        if (file_ >= 0) close(file_);
    }

    bool next(std::string_view& line) {
        while (failure_ == 0) {
            const std::string_view rest(buffer_ + start_, end_ - start_);
            const std::size_t length = rest.find('\n');
            if (length != rest.npos) {
                start_ += length + 1;
                line = rest.substr(0, length);
                if (!std::exchange(is_in_long_line_, false)) return true;
            } else if (!fill()) {
                return take_last(line);
            }
        }
        return false;
    }

    int failure() const { return failure_; }

  private:
    // Files that were written by hand may lack the last line's end.
    bool take_last(std::string_view& line) {
        line = std::string_view(buffer_ + start_, end_ - start_);
        start_ = end_;
        return failure_ == 0 && !line.empty() && !std::exchange(is_in_long_line_, false);
    }

    bool fill() {
        std::memmove(buffer_, buffer_ + start_, end_ - start_);
        end_ -= start_;
        start_ = 0;
        if (end_ == sizeof buffer_) {
            end_ = 0;
            is_in_long_line_ = true;
        }
        const ssize_t bytes = read(file_, buffer_ + end_, sizeof buffer_ - end_);
        if (bytes < 0) failure_ = errno;
        if (bytes <= 0) return false;
        end_ += static_cast<std::size_t>(bytes);
        return true;
    }

    int file_;
    int failure_ = 0;
    bool is_in_long_line_ = false;
    std::size_t start_ = 0;
    std::size_t end_ = 0;
    char buffer_[limits::user_entry_bytes];
};

std::string_view take_field(std::string_view& line) {
    const std::size_t colon = line.find(':');
    const std::string_view field = line.substr(0, colon);
    line.remove_prefix(colon == line.npos ? line.size() : colon + 1);
    return field;
}

// (uid_t)-1 means "none" to the kernel.
bool take_id(std::string_view& line, std::uint32_t& id) {
    std::uint64_t number = 0;
    if (!parse_u64(take_field(line), number) || number >= UINT32_MAX) return false;
    id = static_cast<std::uint32_t>(number);
    return true;
}

bool has_member(std::string_view members, std::string_view name) {
    while (!members.empty()) {
        const std::size_t comma = members.find(',');
        if (members.substr(0, comma) == name) return true;
        members.remove_prefix(comma == members.npos ? members.size() : comma + 1);
    }
    return false;
}

}  // namespace

int find_account_in(const char* passwd_path, const char* name, Account& account) {
    LineFile file(passwd_path);
    std::string_view line;
    while (file.next(line)) {
        if (take_field(line) != name) continue;
        take_field(line);
        Account found;
        if (!take_id(line, found.uid) || !take_id(line, found.gid)) continue;
        account = found;
        return 0;
    }
    return file.failure() != 0 ? file.failure() : ENOENT;
}

int find_group_in(const char* group_path, const char* name, gid_t& gid) {
    LineFile file(group_path);
    std::string_view line;
    while (file.next(line)) {
        if (take_field(line) != name) continue;
        take_field(line);
        if (take_id(line, gid)) return 0;
    }
    return file.failure() != 0 ? file.failure() : ENOENT;
}

int find_groups_in(const char* group_path, const char* name, gid_t gid, std::span<gid_t> groups,
                   std::size_t& count) {
    count = 0;
    if (!groups.empty()) groups[count++] = gid;
    LineFile file(group_path);
    std::string_view line;
    while (count < groups.size() && file.next(line)) {
        take_field(line);
        take_field(line);
        gid_t group = 0;
        if (take_id(line, group) && group != gid && has_member(line, name)) groups[count++] = group;
    }
    return file.failure();
}

}  // namespace nma
