// The directory that keeps registrations over a restart: one file for each container, named by its
// ID, of one JSON object. It is written whole under another name, then renamed, so that a reader
// sees all of it or the one before. Nothing is synced to a disk: the directory belongs below /run,
// and containers do not outlive the machine either.
//
// All is done relative to one descriptor, and no symbolic link below it is followed.
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

#include "agent/apps/registration_json.h"
#include "platform/linux/dir_reader.h"

namespace nma {

// Makes `path`, and what is missing above it, for who runs as that user later. What is there
// already stays as it is.
void make_registration_directory(const char* path, uid_t owner, gid_t group);

class RegistrationFiles {
  public:
    void init(Arena& arena);

    // Opens `path`, and makes what of it is missing: the last part with mode 0700, those above with
    // 0755. Removes what an agent left that died while it wrote. An empty path keeps nothing, and
    // is ok. denied: anybody may write there, or it is neither root's nor ours, so that nothing in
    // it could be believed.
    Status open(const char* path);
    void close();
    bool is_open() const { return directory_plus_one_ != 0; }

    // Writes, mode 0600, or replaces. Not open: absent.
    Status save(std::string_view id, std::string_view text);

    // A file that is not there is as good as removed.
    void remove(std::string_view id);

    // Lists the directory from its beginning: call next until it says false, then see status. Files
    // are named by `id`, which may be anything.
    Status start_listing();
    [[nodiscard]] bool next(FixedText<limits::name_bytes_max + 1>& id);
    Status listing_status() const { return listing_.status(); }

    // A file's text, good until the next read. denied: a link, no regular file, or a file that
    // others than root or we could have written; truncated: larger than
    // limits::registration_bytes_max.
    Status read(std::string_view id, std::string_view& text);

  private:
    int directory() const { return directory_plus_one_ - 1; }

    DirReader listing_;
    std::span<char> text_;
    int directory_plus_one_ = 0;
};

}  // namespace nma
