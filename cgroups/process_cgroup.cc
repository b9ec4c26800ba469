#include "cgroups/process_cgroup.h"

#include <cstdint>

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

struct CgroupLine {
    std::string_view controllers;
    std::string_view path;
};

// A path may have colons, too.
bool split(std::string_view text, CgroupLine& line) {
    const std::size_t first = text.find(':');
    const std::size_t second = first == text.npos ? text.npos : text.find(':', first + 1);
    if (second == text.npos) return false;
    line = {text.substr(first + 1, second - first - 1), text.substr(second + 1)};
    return true;
}

// Cuts `path` back to the innermost container on it.
bool cut_to_container(std::string_view& path, const NamingRules& rules, ContainerId& id) {
    for (; path.starts_with('/') && path.size() > 1; path = path.substr(0, path.rfind('/'))) {
        if (is_runtime_of_container(path)) return false;
        if (container_of_path(path, rules, id)) return true;
    }
    return false;
}

enum class Found : std::uint8_t {
    nothing,
    outer,  // and an inner one that this hierarchy does not confirm
    certain,
};

Found container_on(CgroupLine line, const NamingRules& rules, const PlaceCheck& check,
                   ContainerId& id) {
    if (!cut_to_container(line.path, rules, id)) return Found::nothing;
    Found found = Found::certain;
    ContainerId outer_id;
    std::string_view outer = line.path.substr(0, line.path.rfind('/'));
    while (cut_to_container(outer, rules, outer_id)) {
        const bool is_its =
            check.is_place_of != nullptr &&
            check.is_place_of(check.context, line.controllers, line.path, id.view());
        if (is_its) return found;
        found = Found::outer;
        id = outer_id;
        line.path = outer;
        outer = outer.substr(0, outer.rfind('/'));
    }
    return found;
}

}  // namespace

bool container_of_process(std::string_view cgroup_text, const NamingRules& rules,
                          const PlaceCheck& check, ContainerId& id) {
    LineCursor lines(cgroup_text);
    std::string_view text;
    ContainerId outer;
    while (lines.next(text)) {
        CgroupLine line;
        if (!split(text, line)) continue;
        switch (container_on(line, rules, check, id)) {
            case Found::certain:
                return true;
            case Found::outer:
                // Another hierarchy may be the one that knows the inner one's cgroup.
                if (outer.empty()) outer = id;
                break;
            case Found::nothing:
                break;
        }
    }
    id = outer;
    return !outer.empty();
}

}  // namespace nma
