// Lists a directory with a buffer that was set aside at start (opendir would allocate).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/arena.h"
#include "platform/base/status.h"

namespace nma {

struct DirEntry {
    const char* name;     // ends in NUL; good until the next call
    std::uint64_t inode;  // as listed; of a mount point, the one below it
    unsigned char type;   // DT_DIR, DT_REG …; DT_UNKNOWN where the file system does not say

    bool may_be_directory() const;
};

class DirReader {
  public:
    void init(Arena& arena);

    // Starts listing `path` relative to `directory`, ending any listing before it.
    // absent, denied, gone, io_error.
    Status open(int directory, const char* path);

    // The next entry other than "." and "..". False at the end or on failure: ask status().
    [[nodiscard]] bool next(DirEntry& entry);

    Status status() const { return status_; }

    // Entries in an unlisted directory cost no call; closing twice is harmless.
    void close();

  private:
    bool fill();

    std::span<char> buffer_;
    std::size_t size_ = 0;
    std::size_t position_ = 0;
    int fd_plus_one_ = 0;
    Status status_ = Status::ok;
};

}  // namespace nma
