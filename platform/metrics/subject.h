// What a figure is about: the node itself, one of its parts, a container, or a part of one.
// A subject's names become the tags of its datapoints.
#pragma once

#include <cstdint>

namespace nma {

enum class SubjectKind : std::uint8_t {
    node,
    cpu,
    interface,
    disk,
    filesystem,
    process_state,
    thermal_zone,
    sensor,
    container,
    container_device,     // a block device as one container uses it
    container_page_size,  // huge pages of one size as one container uses them
    container_volume,     // a persistent volume that one container has
};

inline constexpr int subject_kind_count = 12;

// A piece of a snapshot's text pool.
struct TextRef {
    std::uint32_t offset = 0;
    std::uint32_t bytes = 0;
};

struct Subject {
    TextRef name;
    TextRef detail;
    std::uint32_t parent = 0;  // index of a subject; its tags come first. The node's own is itself.
    SubjectKind kind = SubjectKind::node;
};

// Tag keys under which a subject's name and detail are shown; null where there is none.
struct SubjectTags {
    const char* name_key;
    const char* detail_key;
};

const SubjectTags& subject_tags(SubjectKind kind);

}  // namespace nma
