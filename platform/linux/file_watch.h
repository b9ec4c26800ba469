// Tells when one of a few files was changed, however that was done: written in place, replaced by
// rename, or reached by a symbolic link that was exchanged in the file's own directory.
//
// What the kernel does not tell is seen only by `look`: a link whose target changes in another
// directory, a directory that comes later, another one above that was exchanged. Call it now and
// then.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "platform/base/fixed_list.h"
#include "platform/base/fixed_text.h"
#include "platform/base/status.h"

namespace nma {

class FileWatch {
  public:
    static constexpr std::size_t file_count_max = 32;
    static constexpr std::size_t path_bytes = 256;

    // io_error when the kernel gives no inotify descriptor: then `look` alone tells.
    Status open();
    void close();

    // Watches the file's directory from now on; the file itself need not be there. full after
    // file_count_max, or when the path does not fit; absent, denied or io_error when the directory
    // cannot be watched: then `look` alone tells, and tries again to watch it.
    Status add(const char* path);

    // Readable when something happened in one of the directories.
    int descriptor() const { return inotify_; }

    // Takes what happened off the descriptor, and then does the same as `look`.
    bool take_changes();

    // Looks at the files. True when one of them is not what it was at the last call of this or of
    // take_changes, or at add. Watches the directories anew, for their names may lead elsewhere.
    bool look();

  private:
    struct Stamp {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        std::int64_t changed_s = 0;
        std::int64_t changed_ns = 0;
        bool operator==(const Stamp&) const = default;
    };

    struct File {
        FixedText<path_bytes> path;
        Stamp stamp;
        int watch = -1;  // of its directory, shared with other files there; -1: none
    };

    static Stamp stamp_of(const char* path);
    Status watch_directory(File& file);
    void drop_unused(int watch);

    int inotify_ = -1;
    FixedList<File, file_count_max> files_;
};

}  // namespace nma
