// Names, images and labels of containers, from the files in which their runtimes keep state. No
// runtime is asked, and nothing of theirs is changed or locked.
//
//   docker      var/lib/docker/containers/<id>/config.v2.json
//   containerd  run/containerd/io.containerd.runtime.v2.task/<namespace>/<id>/config.json, and
//               the same below run/k3s
//   storage     podman and CRI-O: var/lib/containers/storage/<driver>-containers/
//               containers.json and volatile-containers.json (of --rm; below run/containers with
//               transient_store), and for CRI-O's labels <id>/userdata/config.json
//
// All of them stand below directories that only root may enter, or list: for others they are
// denied. Not looked for: data roots that were configured elsewhere, podman without root (its
// storage is in homes), podman's labels (they are in its database, not in a text), and containers
// that runc or crun run alone (their id is the name).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cgroups/container_name.h"
#include "cgroups/state_files/container_meta.h"
#include "platform/base/arena.h"
#include "platform/base/bounded_list.h"
#include "platform/base/json_arena.h"
#include "platform/base/status.h"
#include "platform/metrics/collector.h"

namespace nma {

enum class StatePlace : std::uint8_t { docker, containerd, storage };

inline constexpr StatePlace all_state_places[] = {StatePlace::docker, StatePlace::containerd,
                                                  StatePlace::storage};

// Where to look for a container of that runtime, the likeliest first. Empty for those that leave
// no such file; all of them where the path of the cgroup does not tell the runtime.
[[nodiscard]] std::span<const StatePlace> state_places(Runtime runtime);

class RuntimeState {
  public:
    // Sets all memory aside, and cJSON's allocation hooks (see json_arena.h).
    void init(Arena& arena);

    // Forgets the lists that were read: call it before a round of find(). A list is read once for
    // a round, at the first find that needs it.
    void begin_search();

    // Looks for `id` in the places, in their order, and stops at the first that knows it. Opens a
    // handful of files; uses the context's reader and its directory reader, so that texts and
    // listings of before are gone. ok, or else the first of these that any place said:
    //   denied     only root may read it
    //   malformed  not what the runtime writes, or caught while it was being written: ask again
    //   truncated  larger than the reader's buffer
    //   full       no room for it here
    //   absent     no place knows the container (yet), or `id` is no name that a runtime gives
    // `meta` is untouched unless ok.
    Status find(const HostContext& context, std::string_view id, std::span<const StatePlace> places,
                ContainerMeta& meta);

  private:
    struct Listed {
        std::uint32_t offset;  // into texts_
        std::uint32_t size;
        std::uint32_t list;
    };
    static constexpr std::size_t list_count = 6;

    struct Namespace {
        FixedText<128> name;
        std::uint8_t root = 0;  // containerd's own, or that of k3s
    };

    Status find_in(StatePlace place, const HostContext& context, std::string_view id,
                   ContainerMeta& meta);
    Status find_docker(const HostContext& context, std::string_view id, ContainerMeta& meta);
    Status find_containerd(const HostContext& context, std::string_view id, ContainerMeta& meta);
    Status find_storage(const HostContext& context, std::string_view id, ContainerMeta& meta);
    void read_lists(const HostContext& context);
    Status keep_list(std::string_view text, std::uint32_t list);
    void add_crio_labels(const HostContext& context, std::string_view id, std::uint32_t list,
                         ContainerMeta& meta);
    void read_namespaces(const HostContext& context);
    void list_namespaces(const HostContext& context, std::size_t root);

    JsonArena json_;
    BoundedList<char> texts_;
    BoundedList<Listed> listed_;
    Status list_status_ = Status::absent;  // of the first list that could not be read
    bool has_lists_ = false;

    Namespace namespaces_[limits::containerd_namespace_count_max] = {};
    std::size_t namespace_count_ = 0;
    Status namespaces_status_ = Status::absent;
    bool has_namespaces_ = false;
};

}  // namespace nma
