// Keeps what the runtimes' files say of the containers: looked up when a container is new, and a
// few times more where the file is not there yet.
#pragma once

#include "cgroups/container_table.h"
#include "cgroups/runtime_state.h"
#include "platform/metrics/snapshot.h"

namespace nma {

class ContainerNames {
  public:
    void init(Arena& arena, const Capacities& capacities);

    // Looks up those that are due, at most limits::names_per_round_max of them; between ticks only
    // those that never were. May change the ids under which containers are shown.
    void resolve(const HostContext& context, ContainerTable& table, bool is_tick);

    // Good until the next resolve.
    ContainerTexts texts_of(const Container& container) const;

    // Why it has no name; none when it has one, or when its runtime gives none.
    static Reason missing_reason(const Container& container);

  private:
    void resolve_one(const HostContext& context, ContainerTable& table, Container& container);
    bool keep(const ContainerMeta& meta, ContainerNote& note);
    void give_back(ContainerTable& table);

    RuntimeState state_;
    BoundedList<char> texts_;
    BoundedList<char> other_texts_;  // changes places with it
};

}  // namespace nma
