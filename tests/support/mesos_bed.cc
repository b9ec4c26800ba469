#include "tests/support/mesos_bed.h"

#include <stdio.h>

#include "platform/base/check.h"
#include "platform/base/text_sink.h"

namespace nma::test {

namespace {

char shown[64 * 1024];

void lay_out(MesosBed& bed, Arena& arena, std::size_t capacity) {
    bed.state.init(arena, capacity);
}

const char* or_dash(std::string_view text) {
    static char kept[16][2048];
    static unsigned next;
    char* memory = kept[next++ % 16];
    snprintf(memory, sizeof kept[0], "%.*s", text.empty() ? 1 : static_cast<int>(text.size()),
             text.empty() ? "-" : text.data());
    return memory;
}

// "key=value;" and so on.
const char* labels_of(std::string_view pairs) {
    static char text[2048];
    std::size_t size = 0;
    bool is_key = true;
    for (const char c : pairs) {
        text[size++] = c != '\0' ? c : is_key ? '=' : ';';
        if (c == '\0') is_key = !is_key;
    }
    text[size] = '\0';
    return text;
}

// With the number in the place of each percent sign.
void add_numbered(TextSink& sink, std::size_t number, std::string_view text) {
    for (const char c : text) {
        if (c == '%') {
            sink.append_u64(number);
        } else {
            sink.append(c);
        }
    }
}

}  // namespace

void mesos_bed_make(MesosBed& bed, std::size_t capacity) {
    bed = {};
    Arena measuring;
    lay_out(bed, measuring, capacity);
    NMA_CHECK(bed.arena.map(measuring.used_bytes()));
    lay_out(bed, bed.arena, capacity);
    set_default_label_rules(bed.options.labels);
    NMA_CHECK(bed.options.node_address.assign("192.0.2.1"));
    bed.state.set_options(bed.options);
}

void mesos_bed_remove(MesosBed& bed) {
    bed.arena.unmap();
}

std::string_view mesos_fixture(const char* name) {
    static char text[256 * 1024];
    char path[512];
    snprintf(path, sizeof path, "%s/tests/fixtures/mesos/%s.json", NMA_SOURCE_DIR, name);
    FILE* file = fopen(path, "r");
    NMA_CHECK(file != nullptr);
    const std::size_t size = fread(text, 1, sizeof text, file);
    NMA_CHECK(size < sizeof text);
    fclose(file);
    return {text, size};
}

MesosState::Progress mesos_bed_take(MesosBed& bed, std::string_view text, std::size_t step_bytes) {
    bed.state.begin(text);
    MesosState::Progress progress;
    std::size_t step_count = 0;
    do {
        progress = bed.state.step(step_bytes);
        NMA_CHECK(++step_count <= 2 * text.size() + 4);
    } while (progress == MesosState::Progress::more);
    return progress;
}

const char* mesos_dump(const TaskTable& table) {
    int size = 0;
    shown[0] = '\0';
    for (std::size_t i = 0; i < table.size(); ++i) {
        const TaskInfo& info = table.at(i);
        size += snprintf(shown + size, sizeof shown - static_cast<std::size_t>(size),
                         "%s %s/%s %s/%s %s/%s/%s/%s %s%s%s%s\n", or_dash(info.container_id),
                         or_dash(info.task_name), or_dash(info.task_id), or_dash(info.executor_id),
                         or_dash(info.executor_name), or_dash(info.framework_id),
                         or_dash(info.framework_name), or_dash(info.framework_role),
                         or_dash(info.framework_principal), labels_of(info.labels),
                         info.is_shared ? " shared" : "", info.is_disputed ? " disputed" : "",
                         info.is_waiting ? " waiting" : "");
        NMA_CHECK(static_cast<std::size_t>(size) < sizeof shown);
    }
    return shown;
}

const char* mesos_targets(const TaskTable& table) {
    int size = 0;
    shown[0] = '\0';
    for (const TaskTarget& target : table.targets()) {
        size += snprintf(shown + size, sizeof shown - static_cast<std::size_t>(size),
                         "%s %s:%u%s\n", or_dash(target.container_id), or_dash(target.host),
                         static_cast<unsigned>(target.port), or_dash(target.path));
        NMA_CHECK(static_cast<std::size_t>(size) < sizeof shown);
    }
    return shown;
}

std::string_view mesos_make_large(std::size_t task_count, char* memory, std::size_t bytes) {
    TextSink sink({memory, bytes});
    const auto fill = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            sink.append(R"({"name":"MARATHON_APP_SOMETHING","value":"of some length"},)");
    };
    sink.append(R"({"type":"GET_STATE","get_state":{"get_tasks":{"launched_tasks":[)");
    for (std::size_t i = 0; i < task_count; ++i) {
        if (i > 0) sink.append(',');
        add_numbered(sink, i,
                     R"({"name":"web","task_id":{"value":"t%"},"executor_id":{"value":"e%"},)"
                     R"("framework_id":{"value":"f-0001"},"resources":[)");
        fill(20);
        add_numbered(sink, i,
                     R"({}],"statuses":[{"container_status":{"container_id":{"value":"c-%",)"
                     R"("parent":{"value":"p-%"}},"network_infos":[{"ip_addresses":[{)"
                     R"("protocol":"IPv4","ip_address":"10.0.2.24"}]}]}}],"labels":{"labels":[)"
                     R"({"key":"DCOS_METRICS_team","value":"blue"},{"key":"x"}]},"discovery":)"
                     R"({"ports":{"ports":[{"number":9%,"labels":{"labels":[{"key":)"
                     R"("DCOS_METRICS_FORMAT","value":"prometheus"}]}}]}}})");
    }
    sink.append(R"(]},"get_executors":{"executors":[)");
    for (std::size_t i = 0; i < task_count; ++i) {
        if (i > 0) sink.append(',');
        add_numbered(sink, i,
                     R"({"executor_info":{"executor_id":{"value":"e%"},"framework_id":)"
                     R"({"value":"f-0001"},"name":"executor %","variables":[)");
        fill(40);
        sink.append("{}]}}");
    }
    sink.append(R"(]},"get_frameworks":{"frameworks":[{"framework_info":{"id":{"value":"f-0001"},)"
                R"("name":"marathon","role":"web","principal":"p"}}]}}})");
    NMA_CHECK(sink.status() == Status::ok);
    return sink.view();
}

}  // namespace nma::test
