// A store for tests of what fills it, and the containers that are said to exist.
#pragma once

#include <string_view>

#include "agent/apps/app_store.h"
#include "agent/apps/container_questions.h"
#include "platform/base/check.h"

namespace nma::test {

// Room for `container_count`, and empty; the one before is gone.
inline AppStore& store_make(std::size_t container_count) {
    static Arena arena;
    static AppStore store;
    arena.unmap();
    arena = Arena();
    store = AppStore();
    AppCapacities capacities;
    capacities.containers = container_count;
    Arena measuring;
    store.init(measuring, capacities);
    NMA_CHECK(arena.map(measuring.used_bytes()));
    store.init(arena, capacities);
    return store;
}

// The sum of all values that a container has; -1 when it has none.
inline double store_sum(const AppStore& store, std::string_view id) {
    double sum = 0;
    const AppSource source = store.source();
    const auto add = [](void* context, const AppDatapoint& datapoint) {
        *static_cast<double*>(context) += datapoint.value;
    };
    return source.each(source.self, id, {}, add, &sum) ? sum : -1;
}

inline std::uint64_t store_count(const AppStore& store, std::string_view id, AppCount what) {
    const AppContainer container = store.find(id);
    return container == no_app_container ? 0 : store.counts(container)[what];
}

// "web", "db" (inode 42) and "ci-x" exist; a process whose cgroup is "0::/box/<id>" is in <id>.
inline ContainerQuestions bed_questions() {
    ContainerQuestions questions;
    questions.container_of = [](void*, std::string_view text, ContainerIdText& id) {
        constexpr std::string_view mark = "/box/";
        const std::size_t at = text.find(mark);
        if (at == text.npos) return false;
        const std::string_view rest = text.substr(at + mark.size());
        return id.assign(rest.substr(0, rest.find('\n')));
    };
    questions.exists = [](void*, std::string_view id) {
        return id == "web" || id == "db" || id == "ci-x";
    };
    questions.by_inode = [](void*, std::uint64_t inode, ContainerIdText& id) {
        return inode == 42 && id.assign("db");
    };
    return questions;
}

}  // namespace nma::test
