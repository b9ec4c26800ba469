#include "api/json_app.h"

#include "api/json_dimensions.h"
#include "api/json_members.h"
#include "api/json_writer.h"

namespace nma {

namespace {

struct ListWriter {
    TextSink& sink;
    bool is_first = true;

    void separate() {
        if (!is_first) sink.append(',');
        is_first = false;
    }
};

void append_datapoint(void* context, const AppDatapoint& datapoint) {
    auto& list = *static_cast<ListWriter*>(context);
    TextSink& sink = list.sink;
    list.separate();
    sink.append("{\"name\":");
    append_json_string(sink, datapoint.name);
    sink.append(",\"value\":");
    append_json_number(sink, datapoint.value);
    sink.append(",\"unit\":\"\",\"timestamp\":\"");
    sink.append_rfc3339(datapoint.read_at_ns);
    sink.append('"');
    if (!datapoint.tags.empty()) {
        sink.append(",\"tags\":");
        append_json_pairs(sink, {&datapoint.tags, 1});
    }
    sink.append('}');
}

void append_count(void* context, std::string_view name, std::uint64_t count) {
    auto& list = *static_cast<ListWriter*>(context);
    list.separate();
    append_json_string(list.sink, name);
    list.sink.append(':');
    list.sink.append_u64(count);
}

// False, and nothing is written, when there is no such container.
bool append_counts(TextSink& sink, const AppSource& apps, std::string_view container_id) {
    if (apps.each_count == nullptr || sink.status() != Status::ok) return false;
    const std::size_t before = sink.size();
    ListWriter list = {.sink = sink};
    std::string_view worst_metric;
    sink.append(",\"counts\":{");
    if (!apps.each_count(apps.self, container_id, append_count, &list, worst_metric)) {
        sink.rewind(before);
        return false;
    }
    if (!worst_metric.empty())
        append_json_member(sink, "worst_metric", worst_metric, list.is_first);
    sink.append('}');
    return true;
}

}  // namespace

Status write_json_app(const AppMessage& message, TextSink& sink) {
    const AppSource& apps = message.apps;
    const std::string_view container_id = message.dimensions.container_id;
    const bool wants_counts = message.dimensions.view == View::full && message.metric_id.empty();
    ListWriter list = {.sink = sink};
    sink.append("{\"datapoints\":[");
    const bool has_any =
        apps.each(apps.self, container_id, message.metric_id, append_datapoint, &list);
    if (!has_any && !wants_counts) return Status::absent;
    sink.append("],\"dimensions\":");
    append_json_dimensions(sink, message.dimensions);
    const bool has_counts = wants_counts && append_counts(sink, apps, container_id);
    if (sink.status() != Status::ok) return sink.status();
    if (!has_any && !has_counts) return Status::absent;
    sink.append('}');
    return sink.status();
}

}  // namespace nma
