// Hears from the kernel that cgroups were made or removed (inotify(7)), so that the tree is
// searched only when there is something to find.
#pragma once

namespace nma {

class ChangeWatch {
  public:
    void start();
    void stop();

    // Watches the directory behind a descriptor. Watching it again changes nothing.
    void add(int directory);

    // True when something changed since the last call, or when that cannot be known. One system
    // call when nothing did.
    [[nodiscard]] bool take_changes();

    bool is_reliable() const { return inotify_plus_one_ != 0 && !has_failed_; }

  private:
    int inotify_plus_one_ = 0;
    bool has_failed_ = false;
};

}  // namespace nma
