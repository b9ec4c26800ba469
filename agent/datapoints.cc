#include "agent/datapoints.h"

#include <stdio.h>

#include "agent/readers.h"

namespace nma {

namespace {

const char* kind_name(MetricKind kind) {
    return kind == MetricKind::counter ? "counter" : "gauge";
}

void print_tags(SubjectKind kind) {
    const SubjectTags& tags = subject_tags(kind);
    const bool is_part_of_container =
        kind == SubjectKind::container_device || kind == SubjectKind::container_page_size;
    if (is_part_of_container) printf("container_id, ");
    if (tags.name_key != nullptr) printf("%s", tags.name_key);
    if (tags.detail_key != nullptr) printf(", %s", tags.detail_key);
}

void print_view(View view) {
    bool is_first = true;
    for (const MetricSource& source : Readers::catalogue()) {
        for (const MetricSpec& spec : source.specs) {
            if (spec.view != view) continue;
            if (is_first)
                printf(
                    "| name | unit | kind | tags | reader | what it is "
                    "|\n|---|---|---|---|---|---|\n");
            is_first = false;
            printf("| `%s` | %s | %s | ", spec.name, unit_name(spec.unit), kind_name(spec.kind));
            print_tags(spec.about);
            printf(" | %s | %s |\n", source.name, spec.help);
        }
    }
}

}  // namespace

int print_datapoints() {
    printf("### In every answer\n\n");
    print_view(View::standard);
    printf("\n### With `?view=full`\n\n");
    print_view(View::full);
    return 0;
}

}  // namespace nma
