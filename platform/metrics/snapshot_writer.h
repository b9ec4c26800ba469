// Fills a snapshot, one reader after the other. What a reader writes between begin and end is
// kept or taken back as a whole: half a table never shows.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/status.h"
#include "platform/metrics/snapshot.h"

namespace nma {

inline constexpr std::uint32_t node_subject = 0;
inline constexpr std::uint32_t no_subject = 0xffffffff;

class SnapshotWriter {
  public:
    // Empties `snapshot` and starts a new reading in it.
    void start(Snapshot& snapshot, std::uint64_t sequence, Instants now);

    // A group of samples of reader `source`. end keeps them when `status` is ok, takes them back
    // otherwise, and notes the first failure in the reader's report. Groups do not nest; a reader
    // may have many in one tick (one for each of its files, or for each container).
    void begin(std::uint16_t source);
    void end(Status status);

    // Notes a failure in the report without taking anything back: what could not be had is left
    // out, what was written is good.
    void note(Status status);

    // The index of a new subject, no_subject when there is no room (counted in the report);
    // samples for no_subject are left out without being counted again. Texts are copied.
    std::uint32_t add_subject(SubjectKind kind, std::uint32_t parent, std::string_view name,
                              std::string_view detail = {});

    // `spec` is an index into the reader's specs; it may be an enumerator.
    template <class Index>
    void add(Index spec, std::uint64_t value, std::uint32_t subject = node_subject) {
        add_sample(static_cast<std::uint16_t>(spec), value, subject);
    }

    // Counts a thing that was left out because the text about it made no sense, or for want of
    // room in the reader's own table. Survives the group.
    void count_skipped(std::uint32_t count = 1);
    void count_overflow(std::uint32_t count = 1);

    // Says that a group of figures of the node, or of the container at hand, is missing. The first
    // reason that is given for a group stays. Survives the group of samples; counted in the
    // report when there is no room.
    void add_missing(const char* group, Reason reason);

    // The same while no group of samples is open.
    void add_missing_of(std::uint16_t source, const char* group, Reason reason);

    // Time that reader `source` took, added up over its groups.
    void add_duration(std::uint16_t source, std::uint64_t duration_ns);

    // Containers come after all of the node's samples, and living ones before those that ended.
    // False, and counted, when there is no room; false when the id is there already, unless it is
    // to be replaced. Samples from here to end_container are the container's.
    [[nodiscard]] bool begin_container(std::string_view id, std::uint64_t inode,
                                       bool is_replacing = false);
    void end_container();

    // What the runtime says of the container at hand. Copied; without room it is left out.
    void describe_container(const ContainerTexts& texts);

    // Begins a container with what an earlier snapshot says of it, but for the sources in the set
    // `left_out` (bit per source). What it takes over becomes aged: all of it, or all but probes
    // that were not aged before.
    // False, and nothing happened, when there is no room or the id is there already.
    enum class Aging : std::uint8_t { all, all_but_probes };
    [[nodiscard]] bool continue_container(const Snapshot& from, const ContainerEntry& entry,
                                          Catalogue catalogue, Aging aging,
                                          std::uint64_t left_out = 0);

    // The container at hand ended at this wall time.
    void mark_exited(std::uint64_t exited_at_ns);

    // Containers that did not even fit into the table of whoever looks for them.
    void count_container_overflow(std::uint32_t count) {
        snapshot_->container_overflow_count += count;
    }
    bool has_container(std::string_view id) const {
        return snapshot_->find_container(id) != nullptr;
    }
    std::size_t container_count() const { return snapshot_->containers.size(); }
    std::uint32_t container_subject() const { return container_subject_; }

    // The node's samples are complete.
    void end_node();

    const CollectorReport& report(std::uint16_t source) const { return snapshot_->reports[source]; }
    // For a snapshot whose containers are read one after the other, at times of their own.
    void set_now(Instants now) { snapshot_->taken_at = now; }
    Instants now() const { return snapshot_->taken_at; }

  private:
    void add_sample(std::uint16_t spec, std::uint64_t value, std::uint32_t subject);
    bool add_text(std::string_view text, TextRef& ref);
    ContainerEntry& last_container() {
        return snapshot_->containers[snapshot_->containers.size() - 1];
    }
    bool has_room_for(const ContainerEntry& entry) const;
    void copy_subjects(const Snapshot& from, const ContainerEntry& entry);
    void copy_samples(const Snapshot& from, const ContainerEntry& entry, Catalogue catalogue,
                      Aging aging, std::uint64_t left_out);
    CollectorReport& current_report() { return snapshot_->reports[source_]; }

    Snapshot* snapshot_ = nullptr;
    std::uint16_t source_ = 0;
    bool is_open_ = false;
    std::size_t first_sample_ = 0;
    std::size_t first_subject_ = 0;
    std::size_t first_text_ = 0;
    std::size_t first_missing_ = 0;  // of the node, or of the container at hand
    std::uint32_t container_subject_ = no_subject;
};

}  // namespace nma
