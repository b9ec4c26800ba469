// Reads whole kernel files into one shared buffer. The size that the kernel reports for such files
// is ignored; reading goes on until the kernel says that there is no more.
#pragma once

#include <span>
#include <string_view>

#include "platform/base/arena.h"
#include "platform/base/status.h"

namespace nma {

// A file that stays open between reads. Each costs about 4.5 KB of kernel memory, so this is for
// the node's few files only. Opened on first use, and again after a failure.
struct KeptFile {
    int plus_one = 0;  // descriptor + 1: all bytes zero is "not open"
};

class FileReader {
  public:
    void init(Arena& arena);

    // Opens `path` relative to `directory`, reads all of it, closes it. `text` points into the
    // shared buffer and is good until the next read; untouched unless ok. Refuses to block on
    // FIFOs and never takes a terminal. absent, denied, unsupported, gone, truncated, io_error.
    Status read(int directory, const char* path, std::string_view& text);

    // As read, but asks once only: for files that hold one line, or whose first line is enough. The
    // kernel never cuts a line that fits.
    Status read_line(int directory, const char* path, std::string_view& text);

    // As read, by a descriptor that stays open.
    Status read_kept(KeptFile& file, int directory, const char* path, std::string_view& text);

    static void close_kept(KeptFile& file);

  private:
    Status read_all(int file, std::string_view& text);

    std::span<char> buffer_;
};

}  // namespace nma
