// The names that a listing finds, in an order that does not depend on the file system: shorter ones
// first, so that zone2 comes before zone10.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/linux/dir_reader.h"

namespace nma {

template <std::size_t capacity>
struct NameList {
    using Name = FixedText<64>;

    std::array<Name, capacity> items;
    std::size_t count;
    std::uint32_t overflow_count;  // names for which there was no room, or that are too long

    // Replaces what is there by the names below `path` for which `is_wanted` holds.
    // ok, or why the directory cannot be listed.
    template <class IsWanted>
    Status fill(DirReader& dirs, int directory, const char* path, IsWanted is_wanted) {
        count = 0;
        overflow_count = 0;
        const Status status = dirs.open(directory, path);
        if (status != Status::ok) return status;
        DirEntry entry;
        while (dirs.next(entry)) {
            if (is_wanted(std::string_view(entry.name))) add(entry.name);
        }
        std::sort(items.begin(), items.begin() + count, comes_first);
        return dirs.status();
    }

  private:
    void add(std::string_view name) {
        if (count < capacity && items[count].assign(name)) {
            ++count;
        } else {
            ++overflow_count;
        }
    }

    static bool comes_first(const Name& a, const Name& b) {
        return a.size() != b.size() ? a.size() < b.size() : a.view() < b.view();
    }
};

}  // namespace nma
