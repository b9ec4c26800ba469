// What a runtime's files say about one of its containers.
#pragma once

#include <cstdint>

#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

using ContainerNameText = FixedText<limits::name_bytes_max + 1>;
using ContainerLabels = FixedText<limits::container_label_bytes>;

// Empty texts are what the files do not say. All zero is "nothing known".
struct ContainerMeta {
    ContainerNameText name;   // as the runtime lists it, without Docker's slash in front
    ContainerNameText image;  // as the user asked for it, else the image's id
    ContainerNameText pod;    // of Kubernetes: "<namespace>/<name>"

    // Of a container that Mesos' Docker containerizer started: the id by which Mesos, and so the
    // Metrics API, calls it.
    FixedText<64> mesos_id;

    // "key\0value\0" and so on: whole pairs only, in the file's order.
    ContainerLabels labels;

    // Labels, and other texts, that had no room, or that are no text: all else is whole.
    std::uint16_t overflow_count = 0;

    bool is_sandbox = false;       // holds a pod's namespaces open and does nothing else
    const char* source = nullptr;  // "docker", "podman", "crio", "containerd": who wrote the file
};

}  // namespace nma
