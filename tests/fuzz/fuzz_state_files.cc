// State files of runtimes. The first byte of the input says which: d(ocker), o(ci), s(torage), or
// a(rray) for the cursor alone.
#include <stdlib.h>

#include <cstdint>

#include "cgroups/state_files/json_text.h"
#include "cgroups/state_files/state_files.h"
#include "platform/base/json_list_cursor.h"

namespace {

using namespace nma;

constexpr std::string_view id = "3f1a2b9c";

void check(bool is_good) {
    if (!is_good) abort();
}

void check_array(std::string_view text) {
    JsonListCursor cursor(text, json_array);
    JsonElement element;
    std::size_t bytes = 0;
    while (cursor.next(text.size(), element) == JsonListCursor::Step::element) {
        check(!element.text.empty() && element.text.data() > text.data());
        check(element.text.data() + element.text.size() <= text.data() + text.size());
        bytes += element.text.size();
    }
    check(bytes <= text.size());
}

Status scan_list(std::string_view text, JsonArena& json, ContainerMeta& meta) {
    JsonListCursor cursor(text, json_array);
    JsonElement element;
    Status status = Status::absent;
    while (status == Status::absent &&
           cursor.next(text.size(), element) == JsonListCursor::Step::element)
        status = scan_storage_container(element.text, id, json, meta);
    return status;
}

void check_meta(const ContainerMeta& meta, Status status) {
    check((status == Status::ok) == (meta.source != nullptr));
    check(is_plain_text(meta.name.view()) && is_plain_text(meta.image.view()));
    check(is_plain_text(meta.pod.view()) && is_plain_text(meta.mesos_id.view()));
    check(status == Status::ok || (meta.name.empty() && meta.labels.empty()));
    std::size_t end_count = 0;
    for (const char c : meta.labels.view())
        end_count += c == '\0' ? 1 : 0;
    check(end_count % 2 == 0 && (meta.labels.empty() || meta.labels.view().back() == '\0'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Arena arena;
    static JsonArena json;
    if (arena.is_measuring()) {
        check(arena.map(64 * 1024));
        json.init(arena, "JSON", 64 * 1024);
    }
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    ContainerMeta meta;
    Status status = Status::absent;
    switch (data[0]) {
        case 'd':
            status = scan_docker_config(text, id, json, meta);
            break;
        case 'o':
            status = scan_oci_config(text, id, json, meta);
            break;
        case 's':
            status = scan_list(text, json, meta);
            break;
        default:
            check_array(text);
    }
    check_meta(meta, status);
    return 0;
}
