// The formats of the files in which runtimes keep what they know about a container. Pure: text
// and an arena for its tree go in, a ContainerMeta comes out. Each resets the arena.
//
// All of them: ok; malformed when it is not what the runtime writes, or is about another
// container; full when the arena has no room for the tree. `meta` is untouched unless ok.
#pragma once

#include <string_view>

#include "cgroups/state_files/container_meta.h"
#include "platform/base/json_arena.h"
#include "platform/base/status.h"

namespace nma {

// Docker's config.v2.json (moby, container/container.go).
Status scan_docker_config(std::string_view text, std::string_view id, JsonArena& json,
                          ContainerMeta& meta);

// One element of the array in containers.json or volatile-containers.json of containers/storage
// (containers.go there). absent when it is about another container.
Status scan_storage_container(std::string_view element, std::string_view id, JsonArena& json,
                              ContainerMeta& meta);

// config.json of an OCI bundle (runtime-spec, config.md), of which only the annotations are taken:
// those of containerd's CRI plugin, of nerdctl, of CRI-O. Adds to what `meta` says already.
// absent when no annotation says anything; `meta` is untouched then, too.
Status scan_oci_config(std::string_view text, std::string_view id, JsonArena& json,
                       ContainerMeta& meta);

}  // namespace nma
