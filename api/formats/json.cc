// The MetricsMessage of the DC/OS Metrics API.
#include "api/format.h"
#include "api/json_app.h"
#include "api/json_dimensions.h"
#include "api/json_members.h"

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

void append_subject(TextSink& sink, const Snapshot& snapshot, const Subject& subject,
                    bool& is_first) {
    if (subject.kind == SubjectKind::node) return;
    append_subject(sink, snapshot, snapshot.subjects[subject.parent], is_first);
    const SubjectTags& keys = subject_tags(subject.kind);
    if (keys.name_key != nullptr) {
        append_json_member(sink, keys.name_key, snapshot.text(subject.name), is_first);
    }
    if (keys.detail_key != nullptr && subject.detail.bytes != 0) {
        append_json_member(sink, keys.detail_key, snapshot.text(subject.detail), is_first);
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
void append_datapoint(TextSink& sink, const Message& message, const MetricSpec& spec,
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
    const Subject& subject = message.snapshot.subjects[sample.subject];
    if (subject.kind != SubjectKind::node) {
        sink.append(",\"tags\":{");
        bool is_first = true;
        append_subject(sink, message.snapshot, subject, is_first);
        const std::string_view executor_name = message.dimensions.task.executor_name;
        if (!executor_name.empty())
            append_json_member(sink, "executor_name", executor_name, is_first);
        sink.append('}');
    }
    sink.append('}');
}

// Groups are our own constants, too.
void append_missing(TextSink& sink, std::span<const MissingGroup> missing, const char* task) {
    bool is_first = true;
    sink.append(",\"missing\":{");
    for (const MissingGroup& entry : missing)
        append_json_member(sink, entry.group, reason_name(entry.reason), is_first);
    if (task != nullptr) append_json_member(sink, "task", task, is_first);
    sink.append('}');
}

Status write_json(const Message& message, TextSink& sink) {
    const std::uint64_t taken_at_ns = message.snapshot.taken_at.realtime_ns;
    const View view = message.dimensions.view;
    const Timestamp fresh(taken_at_ns);
    const Timestamp aged(message.container == nullptr ? taken_at_ns
                                                      : message.container->read_at_ns);
    sink.append("{\"datapoints\":[");
    bool is_first = true;
    for (const Sample& sample : message.samples) {
        const MetricSpec& spec = spec_of(message.catalogue, sample);
        if (spec.view == View::full && view != View::full) continue;
        if (!is_first) sink.append(',');
        is_first = false;
        append_datapoint(sink, message, spec, sample, sample.is_aged ? aged.view() : fresh.view());
    }
    sink.append("],\"dimensions\":");
    append_json_dimensions(sink, message.dimensions);
    if (view == View::full) append_missing(sink, message.missing, message.dimensions.task.missing);
    sink.append('}');
    return sink.status();
}

}  // namespace

extern constexpr Format json_format = {.name = "json",
                                       .content_type = "application/json",
                                       .write = write_json,
                                       .write_app = write_json_app};

}  // namespace nma
