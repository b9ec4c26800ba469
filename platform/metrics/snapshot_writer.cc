#include "platform/metrics/snapshot_writer.h"

#include <algorithm>
#include <cstring>

#include "platform/base/check.h"
#include "platform/base/clear_used.h"

namespace nma {

void SnapshotWriter::start(Snapshot& snapshot, std::uint64_t sequence, Instants now) {
    snapshot_ = &snapshot;
    snapshot.sequence = sequence;
    snapshot.taken_at = now;
    snapshot.node_sample_count = 0;
    snapshot.node_missing_count = 0;
    snapshot.missing.clear();
    snapshot.container_overflow_count = 0;
    snapshot.living_count = 0;
    snapshot.subjects.clear();
    snapshot.samples.clear();
    snapshot.text_pool.clear();
    snapshot.containers.clear();
    std::fill(snapshot.reports.begin(), snapshot.reports.end(), CollectorReport{});
    clear_used(snapshot.container_slots);
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
    const Sample sample = {value, subject, spec, static_cast<std::uint8_t>(source_)};
    if (!snapshot_->samples.push(sample)) count_overflow();
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
    add_missing_of(source_, group, reason);
}

void SnapshotWriter::add_missing_of(std::uint16_t source, const char* group, Reason reason) {
    BoundedList<MissingGroup>& missing = snapshot_->missing;
    for (std::size_t i = first_missing_; i < missing.size(); ++i) {
        if (std::strcmp(missing[i].group, group) == 0) return;
    }
    if (missing.push({group, reason, static_cast<std::uint8_t>(source)})) return;
    ++snapshot_->reports[source].overflow_count;
}

void SnapshotWriter::add_duration(std::uint16_t source, std::uint64_t duration_ns) {
    snapshot_->reports[source].duration_ns += duration_ns;
}

bool SnapshotWriter::begin_container(std::string_view id, std::uint64_t inode, bool is_replacing) {
    NMA_CHECK(!is_open_);
    NMA_CHECK(container_subject_ == no_subject);
    Snapshot& snapshot = *snapshot_;
    std::uint32_t& slot = snapshot.container_slot(id);
    if (slot != 0 && !is_replacing) return false;
    const std::size_t text_before = snapshot.text_pool.size();
    ContainerEntry entry;
    entry.inode = inode;
    entry.read_at_ns = snapshot.taken_at.realtime_ns;
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
    Snapshot& snapshot = *snapshot_;
    ContainerEntry& entry = last_container();
    entry.sample_count = static_cast<std::uint32_t>(snapshot.samples.size()) - entry.sample_first;
    entry.missing_count = static_cast<std::uint32_t>(snapshot.missing.size()) - entry.missing_first;
    entry.subject_count = static_cast<std::uint32_t>(snapshot.subjects.size()) - entry.subject;
    entry.text_bytes = static_cast<std::uint32_t>(snapshot.text_pool.size()) - entry.id.offset;
    container_subject_ = no_subject;
    if (entry.is_exited()) return;
    ++snapshot.living_count;
    NMA_CHECK(snapshot.living_count == snapshot.containers.size());
}

void SnapshotWriter::describe_container(const ContainerTexts& texts) {
    NMA_CHECK(container_subject_ != no_subject);
    const std::size_t text_before = snapshot_->text_pool.size();
    ContainerEntry entry = last_container();
    entry.runtime = texts.runtime;
    entry.name_source = texts.name_source;
    entry.is_sandbox = texts.is_sandbox;
    const bool has_room =
        add_text(texts.name, entry.name) && add_text(texts.image, entry.image) &&
        add_text(texts.pod, entry.pod) && add_text(texts.framework_id, entry.framework_id) &&
        add_text(texts.executor_id, entry.executor_id) && add_text(texts.labels, entry.labels);
    if (has_room) {
        last_container() = entry;
    } else {
        snapshot_->text_pool.resize_down(text_before);
        add_missing_of(0, "name", Reason::limit_reached);
    }
}

void SnapshotWriter::mark_exited(std::uint64_t exited_at_ns) {
    NMA_CHECK(container_subject_ != no_subject);
    last_container().exited_at_ns = exited_at_ns;
}

bool SnapshotWriter::has_room_for(const ContainerEntry& entry) const {
    const auto has_room = [](const auto& list, std::size_t count) {
        return list.capacity() - list.size() >= count;
    };
    return has_room(snapshot_->containers, 1) &&
           has_room(snapshot_->subjects, entry.subject_count) &&
           has_room(snapshot_->text_pool, entry.text_bytes) &&
           has_room(snapshot_->samples, entry.sample_count) &&
           has_room(snapshot_->missing, entry.missing_count);
}

bool SnapshotWriter::continue_container(const Snapshot& from, const ContainerEntry& entry,
                                        Catalogue catalogue, Aging aging, std::uint64_t left_out) {
    NMA_CHECK(&from != snapshot_);
    if (!has_room_for(entry) || !begin_container(from.text(entry.id), entry.inode)) return false;
    last_container().read_at_ns = entry.read_at_ns;
    copy_subjects(from, entry);
    copy_samples(from, entry, catalogue, aging, left_out);
    for (const MissingGroup& group : from.missing_of(entry)) {
        const bool is_left_out = ((left_out >> group.source) & 1U) != 0;
        if (!is_left_out) NMA_CHECK(snapshot_->missing.push(group));
    }
    return true;
}

// The container's own subject and the id are there already; the others follow in the same order, so
// that all references move by the same distance.
void SnapshotWriter::copy_subjects(const Snapshot& from, const ContainerEntry& entry) {
    ContainerEntry& own = last_container();
    const std::uint32_t subject_distance = own.subject - entry.subject;
    const std::uint32_t text_distance = own.id.offset - entry.id.offset;
    NMA_CHECK(
        snapshot_->text_pool.append({from.text_pool.begin() + entry.id.offset + entry.id.bytes,
                                     entry.text_bytes - entry.id.bytes}));
    const auto move = [text_distance](TextRef text) {
        text.offset += text_distance;
        return text;
    };
    own.name = move(entry.name);
    own.image = move(entry.image);
    own.pod = move(entry.pod);
    own.framework_id = move(entry.framework_id);
    own.executor_id = move(entry.executor_id);
    own.labels = move(entry.labels);
    own.name_source = entry.name_source;
    own.runtime = entry.runtime;
    own.is_sandbox = entry.is_sandbox;
    for (std::uint32_t i = 1; i < entry.subject_count; ++i) {
        Subject subject = from.subjects[entry.subject + i];
        subject.name = move(subject.name);
        subject.detail = move(subject.detail);
        subject.parent += subject_distance;
        NMA_CHECK(snapshot_->subjects.push(subject));
    }
}

void SnapshotWriter::copy_samples(const Snapshot& from, const ContainerEntry& entry,
                                  Catalogue catalogue, Aging aging, std::uint64_t left_out) {
    const std::uint32_t subject_distance = last_container().subject - entry.subject;
    for (Sample sample : from.samples_of(entry)) {
        if (((left_out >> sample.source) & 1U) != 0) continue;
        sample.subject += subject_distance;
        const bool holds = aging == Aging::all_but_probes && spec_of(catalogue, sample).is_probe;
        sample.is_aged = sample.is_aged || !holds;
        NMA_CHECK(snapshot_->samples.push(sample));
    }
}

void SnapshotWriter::end_node() {
    NMA_CHECK(!is_open_);
    snapshot_->node_sample_count = static_cast<std::uint32_t>(snapshot_->samples.size());
    snapshot_->node_missing_count = static_cast<std::uint32_t>(snapshot_->missing.size());
}

}  // namespace nma
