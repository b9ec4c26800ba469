// Ids and small checks for the tests of runtimes' state files.
#pragma once

#include <stdio.h>

#include <string_view>

#include "cgroups/state_files/container_meta.h"
#include "platform/base/check.h"
#include "platform/base/json_arena.h"

#define STATE_ID "3f1a2b9c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8"
#define STATE_OTHER_ID "0b7c1d2e3f405162738495a6b7c8d9eafb0c1d2e3f405162738495a6b7c8d9ea"

namespace nma::test {

// One for the program, as large as the product's.
inline JsonArena& state_json() {
    static Arena arena;
    static JsonArena json;
    if (arena.is_measuring()) {
        NMA_CHECK(arena.map(limits::runtime_state_json_bytes));
        json.init(arena, "JSON", limits::runtime_state_json_bytes);
    }
    return json;
}

// "source name image pod mesos_id key=value;key=value; +overflow", "-" for what is empty. Static.
inline const char* state_dump(const ContainerMeta& meta) {
    static char text[4096];
    FixedText<2048> labels;
    for (const char c : meta.labels.view()) {
        static bool is_key = true;
        const char shown = c != '\0' ? c : is_key ? '=' : ';';
        if (c == '\0') is_key = !is_key;
        (void)labels.append({&shown, 1});
    }
    const auto shown = [](std::string_view field) { return field.empty() ? "-" : field.data(); };
    snprintf(text, sizeof text, "%s %s %s %s %s %s +%u%s",
             meta.source == nullptr ? "-" : meta.source, shown(meta.name.view()),
             shown(meta.image.view()), shown(meta.pod.view()), shown(meta.mesos_id.view()),
             shown(labels.view()), static_cast<unsigned>(meta.overflow_count),
             meta.is_sandbox ? " sandbox" : "");
    return text;
}

}  // namespace nma::test
