// The MetricsMessage of the DC/OS Metrics API.
#include "api/format.h"
#include "api/json_writer.h"

namespace nma {

namespace {

// "2018-04-09T23:46:16Z".
struct Timestamp {
    char text[32];
    std::size_t bytes;

    std::string_view view() const { return {text, bytes}; }

    explicit Timestamp(std::uint64_t realtime_ns) {
        TextSink sink(text);
        sink.append_rfc3339(realtime_ns);
        bytes = sink.size();
    }
};

void append_member(TextSink& sink, std::string_view key, std::string_view value, bool& is_first) {
    if (!is_first) sink.append(',');
    is_first = false;
    append_json_string(sink, key);
    sink.append(':');
    append_json_string(sink, value);
}

void append_subject(TextSink& sink, const Snapshot& snapshot, const Subject& subject,
                    bool& is_first) {
    if (subject.kind == SubjectKind::node) return;
    append_subject(sink, snapshot, snapshot.subjects[subject.parent], is_first);
    const SubjectTags& keys = subject_tags(subject.kind);
    if (keys.name_key != nullptr) {
        append_member(sink, keys.name_key, snapshot.text(subject.name), is_first);
    }
    if (keys.detail_key != nullptr && subject.detail.bytes != 0) {
        append_member(sink, keys.detail_key, snapshot.text(subject.detail), is_first);
    }
}

void append_value(TextSink& sink, const MetricSpec& spec, std::uint64_t value) {
    if (spec.is_signed) {
        sink.append_decimal_signed(static_cast<std::int64_t>(value), spec.decimals);
    } else {
        sink.append_decimal(value, spec.decimals);
    }
}

// Names and units of specs are our own constants and need no escapes.
void append_datapoint(TextSink& sink, const Snapshot& snapshot, const MetricSpec& spec,
                      const Sample& sample, std::string_view timestamp) {
    sink.append("{\"name\":\"");
    sink.append(spec.name);
    sink.append("\",\"value\":");
    append_value(sink, spec, sample.value);
    sink.append(",\"unit\":\"");
    sink.append(unit_name(spec.unit));
    sink.append("\",\"timestamp\":\"");
    sink.append(timestamp);
    sink.append('"');
    const Subject& subject = snapshot.subjects[sample.subject];
    if (subject.kind != SubjectKind::node) {
        sink.append(",\"tags\":{");
        bool is_first = true;
        append_subject(sink, snapshot, subject, is_first);
        sink.append('}');
    }
    sink.append('}');
}

// "key\0value\0" and so on.
void append_labels(TextSink& sink, std::string_view labels) {
    bool is_first = true;
    sink.append(",\"labels\":{");
    while (!labels.empty()) {
        const std::size_t key_end = labels.find('\0');
        const std::size_t value_end = labels.find('\0', key_end + 1);
        if (key_end == labels.npos || value_end == labels.npos) break;
        append_member(sink, labels.substr(0, key_end),
                      labels.substr(key_end + 1, value_end - key_end - 1), is_first);
        labels.remove_prefix(value_end + 1);
    }
    sink.append('}');
}

void append_known(TextSink& sink, const char* key, std::string_view value, bool& is_first) {
    if (!value.empty()) append_member(sink, key, value, is_first);
}

std::string_view text_or_empty(const char* text) {
    return text == nullptr ? std::string_view() : text;
}

void append_container_texts(TextSink& sink, const ContainerTexts& texts, bool& is_first) {
    append_known(sink, "runtime", text_or_empty(texts.runtime), is_first);
    append_known(sink, "container_name", texts.name, is_first);
    append_known(sink, "container_image", texts.image, is_first);
    append_known(sink, "pod_name", texts.pod, is_first);
    append_known(sink, "name_source", text_or_empty(texts.name_source), is_first);
    if (texts.is_sandbox) append_member(sink, "is_sandbox", "true", is_first);
    if (!texts.labels.empty()) append_labels(sink, texts.labels);
}

void append_dimensions(TextSink& sink, const Message& message) {
    const ContainerEntry* container = message.container;
    bool is_first = true;
    sink.append('{');
    append_member(sink, "mesos_id", message.identity.mesos_id.view(), is_first);
    append_known(sink, "cluster_id", message.identity.cluster_id.view(), is_first);
    if (container != nullptr) {
        append_member(sink, "container_id", message.snapshot.text(container->id), is_first);
        append_known(sink, "executor_id", message.snapshot.text(container->executor_id), is_first);
        append_known(sink, "framework_id", message.snapshot.text(container->framework_id),
                     is_first);
    }
    append_member(sink, "hostname", message.identity.hostname.view(), is_first);
    if (container != nullptr && container->is_exited())
        append_member(sink, "state", "exited", is_first);
    if (container != nullptr && message.view == View::full)
        append_container_texts(sink, message.snapshot.texts_of(*container), is_first);
    sink.append('}');
}

// Groups are our own constants, too.
void append_missing(TextSink& sink, std::span<const MissingGroup> missing) {
    bool is_first = true;
    sink.append(",\"missing\":{");
    for (const MissingGroup& entry : missing)
        append_member(sink, entry.group, reason_name(entry.reason), is_first);
    sink.append('}');
}

Status write_json(const Message& message, TextSink& sink) {
    const std::uint64_t taken_at_ns = message.snapshot.taken_at.realtime_ns;
    const Timestamp fresh(taken_at_ns);
    const Timestamp aged(message.container == nullptr ? taken_at_ns
                                                      : message.container->read_at_ns);
    sink.append("{\"datapoints\":[");
    bool is_first = true;
    for (const Sample& sample : message.samples) {
        const MetricSpec& spec = spec_of(message.catalogue, sample);
        if (spec.view == View::full && message.view != View::full) continue;
        if (!is_first) sink.append(',');
        is_first = false;
        append_datapoint(sink, message.snapshot, spec, sample,
                         sample.is_aged ? aged.view() : fresh.view());
    }
    sink.append("],\"dimensions\":");
    append_dimensions(sink, message);
    if (message.view == View::full) append_missing(sink, message.missing);
    sink.append('}');
    return sink.status();
}

}  // namespace

extern constexpr Format json_format = {
    .name = "json", .content_type = "application/json", .write = write_json};

}  // namespace nma
