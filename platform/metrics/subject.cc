#include "platform/metrics/subject.h"

#include "platform/base/check.h"

namespace nma {

namespace {

// In the order of SubjectKind.
constexpr SubjectTags tags_of_kind[] = {
    {nullptr, nullptr},         // node
    {"cpu", nullptr},           // cpu: "0", "1" …
    {"interface", nullptr},     // interface
    {"device", nullptr},        // disk
    {"path", nullptr},          // filesystem
    {"state", nullptr},         // process_state
    {"zone", "type"},           // thermal_zone: "thermal_zone0", "x86_pkg_temp"
    {"chip", "sensor"},         // sensor: "coretemp", "temp1"
    {"container_id", nullptr},  // container
    {"device", "policy"},       // container_device: "8.0", "throttling"
    {"page_size", nullptr},     // container_page_size: "2MB"
    {"volume_persistence_id", "volume_persistence_principal"},  // container_volume
};
static_assert(sizeof tags_of_kind / sizeof tags_of_kind[0] == subject_kind_count);

}  // namespace

const SubjectTags& subject_tags(SubjectKind kind) {
    const auto index = static_cast<unsigned>(kind);
    NMA_CHECK(index < subject_kind_count);
    return tags_of_kind[index];
}

}  // namespace nma
