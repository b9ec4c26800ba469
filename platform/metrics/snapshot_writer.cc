#include "platform/metrics/snapshot_writer.h"

#include <algorithm>
#include <cstring>

#include "platform/base/check.h"

namespace nma {

void SnapshotWriter::start(Snapshot& snapshot, std::uint64_t sequence, Instants now) {
    snapshot_ = &snapshot;
    snapshot.sequence = sequence;
    snapshot.taken_at = now;
    snapshot.node_sample_count = 0;
    snapshot.node_missing_count = 0;
    snapshot.missing.clear();
    snapshot.container_overflow_count = 0;
    snapshot.subjects.clear();
    snapshot.samples.clear();
    snapshot.text_pool.clear();
    snapshot.containers.clear();
    std::fill(snapshot.reports.begin(), snapshot.reports.end(), CollectorReport{});
    std::fill(snapshot.container_slots.begin(), snapshot.container_slots.end(), 0U);
    NMA_CHECK(snapshot.subjects.push(Subject{}));
    container_subject_ = no_subject;
    is_open_ = false;
    first_missing_ = 0;
}

void SnapshotWriter::begin(std::uint16_t source) {
    NMA_CHECK(!is_open_);
    NMA_CHECK(source < snapshot_->reports.size());
    is_open_ = true;
    source_ = source;
    first_sample_ = snapshot_->samples.size();
    first_subject_ = snapshot_->subjects.size();
    first_text_ = snapshot_->text_pool.size();
}

void SnapshotWriter::end(Status status) {
    NMA_CHECK(is_open_);
    is_open_ = false;
    CollectorReport& report = current_report();
    if (status == Status::ok) {
        report.sample_count +=
            static_cast<std::uint32_t>(snapshot_->samples.size() - first_sample_);
        return;
    }
    snapshot_->samples.resize_down(first_sample_);
    snapshot_->subjects.resize_down(first_subject_);
    snapshot_->text_pool.resize_down(first_text_);
    if (report.status == Status::ok) report.status = status;
}

void SnapshotWriter::note(Status status) {
    CollectorReport& report = current_report();
    if (report.status == Status::ok) report.status = status;
}

bool SnapshotWriter::add_text(std::string_view text, TextRef& ref) {
    BoundedList<char>& pool = snapshot_->text_pool;
    const std::size_t offset = pool.size();
    if (!pool.append({text.data(), text.size()})) return false;
    ref = {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(text.size())};
    return true;
}

std::uint32_t SnapshotWriter::add_subject(SubjectKind kind, std::uint32_t parent,
                                          std::string_view name, std::string_view detail) {
    if (parent == no_subject) return no_subject;
    const std::size_t text_before = snapshot_->text_pool.size();
    Subject subject;
    subject.kind = kind;
    subject.parent = parent;
    if (add_text(name, subject.name) && add_text(detail, subject.detail) &&
        snapshot_->subjects.push(subject)) {
        return static_cast<std::uint32_t>(snapshot_->subjects.size() - 1);
    }
    snapshot_->text_pool.resize_down(text_before);
    count_overflow();
    return no_subject;
}

void SnapshotWriter::add_sample(std::uint16_t spec, std::uint64_t value, std::uint32_t subject) {
    NMA_CHECK(is_open_);
    if (subject == no_subject) return;
    if (!snapshot_->samples.push({value, subject, source_, spec})) count_overflow();
}

void SnapshotWriter::count_skipped(std::uint32_t count) {
    current_report().skipped_count += count;
}

void SnapshotWriter::count_overflow(std::uint32_t count) {
    CollectorReport& report = current_report();
    report.overflow_count += count;
    if (report.status == Status::ok) report.status = Status::full;
}

void SnapshotWriter::add_missing(const char* group, Reason reason) {
    BoundedList<MissingGroup>& missing = snapshot_->missing;
    for (std::size_t i = first_missing_; i < missing.size(); ++i) {
        if (std::strcmp(missing[i].group, group) == 0) return;
    }
    (void)missing.push({group, reason});
}

void SnapshotWriter::add_duration(std::uint16_t source, std::uint64_t duration_ns) {
    snapshot_->reports[source].duration_ns += duration_ns;
}

bool SnapshotWriter::begin_container(std::string_view id, std::uint64_t inode) {
    NMA_CHECK(!is_open_);
    NMA_CHECK(container_subject_ == no_subject);
    Snapshot& snapshot = *snapshot_;
    std::uint32_t& slot = snapshot.container_slot(id);
    if (slot != 0) return false;
    const std::size_t text_before = snapshot.text_pool.size();
    ContainerEntry entry;
    entry.inode = inode;
    entry.sample_first = static_cast<std::uint32_t>(snapshot.samples.size());
    entry.missing_first = static_cast<std::uint32_t>(snapshot.missing.size());
    entry.subject = static_cast<std::uint32_t>(snapshot.subjects.size());
    Subject subject;
    subject.kind = SubjectKind::container;
    const bool has_room = snapshot.containers.size() < snapshot.containers.capacity() &&
                          add_text(id, entry.id) &&
                          (subject.name = entry.id, snapshot.subjects.push(subject)) &&
                          snapshot.containers.push(entry);
    if (!has_room) {
        snapshot.text_pool.resize_down(text_before);
        ++snapshot.container_overflow_count;
        return false;
    }
    slot = static_cast<std::uint32_t>(snapshot.containers.size());
    first_missing_ = snapshot.missing.size();
    container_subject_ = entry.subject;
    return true;
}

void SnapshotWriter::end_container() {
    NMA_CHECK(!is_open_);
    NMA_CHECK(container_subject_ != no_subject);
    ContainerEntry& entry = snapshot_->containers[snapshot_->containers.size() - 1];
    entry.sample_count = static_cast<std::uint32_t>(snapshot_->samples.size()) - entry.sample_first;
    entry.missing_count =
        static_cast<std::uint32_t>(snapshot_->missing.size()) - entry.missing_first;
    container_subject_ = no_subject;
}

void SnapshotWriter::end_node() {
    NMA_CHECK(!is_open_);
    snapshot_->node_sample_count = static_cast<std::uint32_t>(snapshot_->samples.size());
    snapshot_->node_missing_count = static_cast<std::uint32_t>(snapshot_->missing.size());
}

}  // namespace nma
