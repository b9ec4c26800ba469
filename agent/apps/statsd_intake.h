// From packets to the store: whose a sample is, and what becomes of those that are nobody's.
//
// - A packet on a container's own port is that container's; a field `c:` in it is not looked at.
// - On a shared socket, a sender of which the kernel tells the container is believed to be that
//   one, whatever it writes: a container cannot speak for another.
// - Of a sender that is surely in no container, and on shared UDP, where anybody who can send may
//   write it, the field `c:` counts. A sample whose field names no container that exists is
//   dropped: it is another's than whom it would be given to.
// - What has no field then goes to the container that the options name for it, or is dropped.
// - A sender on a unix socket that cannot be told may be in any container, so it speaks for none:
//   its samples are dropped.
//
// What is dropped is counted.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/apps/app_store.h"
#include "agent/apps/container_questions.h"
#include "agent/apps/statsd_packet.h"

namespace nma {

// What the store cannot count, because it is no container's.
struct IntakeCounts {
    std::uint64_t samples = 0;                    // all, those below among them
    std::uint64_t unattributed_samples = 0;       // sender unknown, or in none and no `c:`
    std::uint64_t unknown_container_samples = 0;  // `c:` names none that exists
    std::uint64_t unheld_samples = 0;             // the store had no room for the container
};

class StatsdIntake {
  public:
    // `nobody_id` (good for ever): whom samples without field belong to whose sender is in no
    // container; empty drops them.
    void start(AppStore& store, const ContainerQuestions& questions, std::string_view nobody_id);

    // Who sent the packets to come. The ID is that of SenderPlace::container, and not looked at
    // with the others.
    void begin(SenderPlace place, std::string_view container_id, std::uint64_t now_ns);

    // One packet, changed in place. Of a truncated one the whole lines count.
    void take(std::span<char> packet, bool is_truncated);

    // Packets that the kernel dropped for the container of begin.
    void note_dropped(std::uint64_t packet_count);

    const IntakeCounts& counts() const { return counts_; }

  private:
    static void on_sample(void* self, const StatsdSample& sample, std::string_view field);
    static void on_malformed(void* self, std::string_view line);
    static void on_skipped(void* self, StatsdSkipped kind);

    AppContainer open(std::string_view id);
    AppContainer sender();
    // False when it names none that exists.
    bool find_container_of_field(std::string_view field, AppContainer& container);
    bool find_named(std::string_view field, ContainerIdText& id) const;

    AppStore* store_ = nullptr;
    ContainerQuestions questions_;
    std::string_view nobody_id_;
    IntakeCounts counts_;

    ContainerIdText sender_id_;
    AppContainer sender_ = no_app_container;  // once it was asked for
    bool is_field_honoured_ = false;
    std::uint64_t now_ns_ = 0;

    // The last field and whose it is: most lines of a packet have the same.
    ContainerIdText field_;
    bool is_field_known_ = false;
    AppContainer field_container_ = no_app_container;  // none: the store has no room
};

}  // namespace nma
