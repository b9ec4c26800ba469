#include "cgroups/runtime_state.h"

#include <errno.h>
#include <unistd.h>

#include <initializer_list>
#include <iterator>

#include "cgroups/state_files/state_files.h"
#include "platform/base/json_list_cursor.h"
#include "platform/base/text_cursor.h"
#include "platform/linux/open_inside.h"

namespace nma {

namespace {

using Path = FixedText<1024>;

constexpr std::string_view task_roots[] = {
    "run/containerd/io.containerd.runtime.v2.task",
    "run/k3s/containerd/io.containerd.runtime.v2.task",
};

// A container is in one list only. The first of a driver is the usual one.
struct ListPlace {
    std::string_view directory;  // in which <id>/userdata is, too
    const char* path;
};
#define STORAGE "var/lib/containers/storage/"
constexpr ListPlace list_places[] = {
    {STORAGE "overlay-containers/", STORAGE "overlay-containers/containers.json"},
    {STORAGE "overlay-containers/", STORAGE "overlay-containers/volatile-containers.json"},
    {STORAGE "overlay-containers/",
     "run/containers/storage/overlay-containers/volatile-containers.json"},
    {STORAGE "vfs-containers/", STORAGE "vfs-containers/containers.json"},
    {STORAGE "vfs-containers/", STORAGE "vfs-containers/volatile-containers.json"},
    {STORAGE "vfs-containers/", "run/containers/storage/vfs-containers/volatile-containers.json"},
};
#undef STORAGE

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// One part of a path that leads nowhere else: neither "..", nor hidden, nor with a slash.
bool is_path_name(std::string_view text) {
    if (text.empty() || text.size() > limits::name_bytes_max || !is_alphanumeric(text[0]))
        return false;
    for (const char c : text) {
        if (!is_alphanumeric(c) && c != '.' && c != '_' && c != '-') return false;
    }
    return true;
}

// False when the path does not fit.
bool join(Path& path, std::initializer_list<std::string_view> parts) {
    path.clear();
    for (const std::string_view part : parts) {
        if (!path.append(part)) return false;
    }
    return true;
}

// A link or a device where a runtime keeps a file is not the runtime's.
Status status_of_open(int errno_value) {
    return errno_value == ELOOP || errno_value == ENXIO ? Status::malformed
                                                        : status_from_errno(errno_value);
}

Status read_file(const HostContext& context, const char* path, std::string_view& text) {
    const int file = open_inside(context.root, path);
    if (file < 0) return status_of_open(errno);
    KeptFile kept = {file + 1};
    const Status status = context.reader.read_kept(kept, -1, path, text);
    FileReader::close_kept(kept);
    return status;
}

}  // namespace

std::span<const StatePlace> state_places(Runtime runtime) {
    static constexpr StatePlace docker[] = {StatePlace::docker};
    static constexpr StatePlace containerd[] = {StatePlace::containerd};
    static constexpr StatePlace storage[] = {StatePlace::storage};
    static constexpr StatePlace kubernetes[] = {StatePlace::containerd, StatePlace::storage,
                                                StatePlace::docker};
    switch (runtime) {
        case Runtime::docker:
            return docker;
        case Runtime::containerd:
            return containerd;
        case Runtime::podman:
        case Runtime::crio:
            return storage;
        case Runtime::cri:
            return kubernetes;
        case Runtime::oci:
            return all_state_places;
        case Runtime::mesos:
        case Runtime::lxc:
        case Runtime::nspawn:
        case Runtime::systemd:
            return {};
    }
    return {};
}

void RuntimeState::init(Arena& arena) {
    json_.init(arena, "runtime state: JSON", limits::runtime_state_json_bytes);
    texts_ = BoundedList<char>(
        arena.take<char>("runtime state: lists", limits::runtime_state_list_bytes));
    listed_ = BoundedList<Listed>(
        arena.take<Listed>("runtime state: lists", limits::runtime_state_listed_count_max));
}

void RuntimeState::begin_search() {
    has_lists_ = false;
    has_namespaces_ = false;
}

Status RuntimeState::find(const HostContext& context, std::string_view id,
                          std::span<const StatePlace> places, ContainerMeta& meta) {
    if (!is_path_name(id)) return Status::absent;
    Status worst = Status::absent;
    for (const StatePlace place : places) {
        const Status status = find_in(place, context, id, meta);
        if (status == Status::ok) return status;
        if (worst == Status::absent) worst = status;
    }
    return worst;
}

Status RuntimeState::find_in(StatePlace place, const HostContext& context, std::string_view id,
                             ContainerMeta& meta) {
    switch (place) {
        case StatePlace::docker:
            return find_docker(context, id, meta);
        case StatePlace::containerd:
            return find_containerd(context, id, meta);
        case StatePlace::storage:
            return find_storage(context, id, meta);
    }
    return Status::absent;
}

Status RuntimeState::find_docker(const HostContext& context, std::string_view id,
                                 ContainerMeta& meta) {
    Path path;
    std::string_view text;
    if (!join(path, {"var/lib/docker/containers/", id, "/config.v2.json"})) return Status::absent;
    const Status status = read_file(context, path.c_str(), text);
    return status == Status::ok ? scan_docker_config(text, id, json_, meta) : status;
}

Status RuntimeState::find_containerd(const HostContext& context, std::string_view id,
                                     ContainerMeta& meta) {
    read_namespaces(context);
    Status worst = namespaces_status_;
    for (std::size_t i = 0; i < namespace_count_; ++i) {
        const Namespace& place = namespaces_[i];
        Path path;
        std::string_view text;
        if (!join(path, {task_roots[place.root], "/", place.name.view(), "/", id, "/config.json"}))
            continue;
        Status status = read_file(context, path.c_str(), text);
        if (status == Status::absent) continue;
        ContainerMeta found;
        if (status == Status::ok) status = scan_oci_config(text, id, json_, found);
        if (status == Status::ok) meta = found;
        return status;
    }
    return worst;
}

void RuntimeState::read_namespaces(const HostContext& context) {
    if (has_namespaces_) return;
    namespace_count_ = 0;
    namespaces_status_ = Status::absent;
    for (std::size_t root = 0; root < std::size(task_roots); ++root)
        list_namespaces(context, root);
    has_namespaces_ = true;
}

void RuntimeState::list_namespaces(const HostContext& context, std::size_t root) {
    Path path;
    NMA_CHECK(path.assign(task_roots[root]));
    const int directory = open_inside(context.root, path.c_str());
    Status status = directory < 0 ? status_of_open(errno) : context.dirs.open(directory, ".");
    if (directory >= 0) close(directory);
    DirEntry entry = {};
    while (status == Status::ok && context.dirs.next(entry)) {
        Namespace place;
        place.root = static_cast<std::uint8_t>(root);
        if (!entry.may_be_directory() || !is_path_name(entry.name)) continue;
        if (namespace_count_ == std::size(namespaces_) || !place.name.assign(entry.name)) {
            namespaces_status_ = Status::full;
            continue;
        }
        namespaces_[namespace_count_++] = place;
    }
    if (status == Status::ok) status = context.dirs.status();
    context.dirs.close();
    if (status != Status::ok && namespaces_status_ == Status::absent) namespaces_status_ = status;
}

Status RuntimeState::find_storage(const HostContext& context, std::string_view id,
                                  ContainerMeta& meta) {
    read_lists(context);
    for (const Listed& listed : listed_) {
        const std::string_view element(texts_.begin() + listed.offset, listed.size);
        const Status status = scan_storage_container(element, id, json_, meta);
        if (status == Status::absent) continue;
        if (status == Status::ok) add_crio_labels(context, id, listed.list, meta);
        return status;
    }
    return list_status_;
}

// Without them the name is as good.
void RuntimeState::add_crio_labels(const HostContext& context, std::string_view id,
                                   std::uint32_t list, ContainerMeta& meta) {
    Path path;
    std::string_view text;
    const bool has_labels =
        std::string_view(meta.source) == "crio" &&
        join(path, {list_places[list].directory, id, "/userdata/config.json"}) &&
        read_file(context, path.c_str(), text) == Status::ok;
    if (has_labels) (void)scan_oci_config(text, id, json_, meta);
}

void RuntimeState::read_lists(const HostContext& context) {
    if (has_lists_) return;
    static_assert(std::size(list_places) == list_count);
    texts_.clear();
    listed_.clear();
    list_status_ = Status::absent;
    for (std::uint32_t list = 0; list < list_count; ++list) {
        std::string_view text;
        Status status = read_file(context, list_places[list].path, text);
        if (status == Status::ok) status = keep_list(text, list);
        if (status != Status::ok && list_status_ == Status::absent) list_status_ = status;
    }
    has_lists_ = true;
}

// The library takes an empty file for an empty list. A text that is cut short has no say at all.
Status RuntimeState::keep_list(std::string_view text, std::uint32_t list) {
    if (trim(text).empty()) return Status::ok;
    const std::size_t before = listed_.size();
    const std::size_t offset = texts_.size();
    JsonListCursor elements(text, json_array);
    JsonElement element;
    bool has_room = true;
    JsonListCursor::Step step;
    while ((step = elements.next(text.size(), element)) == JsonListCursor::Step::element) {
        const auto at = offset + static_cast<std::size_t>(element.text.data() - text.data());
        has_room = listed_.push({static_cast<std::uint32_t>(at),
                                 static_cast<std::uint32_t>(element.text.size()), list}) &&
                   has_room;
    }
    const bool is_malformed = step != JsonListCursor::Step::end;
    if (!is_malformed && texts_.append({text.data(), text.size()}))
        return has_room ? Status::ok : Status::full;
    listed_.resize_down(before);
    return is_malformed ? Status::malformed : Status::full;
}

}  // namespace nma
