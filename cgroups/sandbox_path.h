// Paths of sandboxes below the Mesos agent's work_dir, as texts: "slaves/<agent>/frameworks/…".
#pragma once

#include <cstddef>
#include <string_view>

namespace nma {

inline constexpr std::size_t framework_component = 3;
inline constexpr std::size_t executor_component = 5;
inline constexpr std::size_t run_component = 7;

// Where component `index` of a relative path ends; npos when there are fewer.
inline std::size_t end_of_component(std::string_view path, std::size_t index) {
    std::size_t end = path.find('/');
    for (; index > 0 && end != path.npos; --index)
        end = path.find('/', end + 1);
    if (end != path.npos) return end;
    return index == 0 && !path.empty() ? path.size() : path.npos;
}

// Empty when there is no such component.
inline std::string_view path_component(std::string_view path, std::size_t index) {
    const std::size_t end = end_of_component(path, index);
    if (end == path.npos) return {};
    path = path.substr(0, end);
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

// `path` is `directory`, or lies in it.
inline bool is_at_or_in(std::string_view path, std::string_view directory) {
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace nma
