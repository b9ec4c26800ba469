// Who runs in a container, as the Mesos agent has it, on its way from where it is kept (agent/apps)
// to where it is written down (api): the two know this and not each other.
#pragma once

#include <string_view>

namespace nma {

// What is empty is not known. Texts are UTF-8 as far as the sender's were, and good until the next
// call of find.
struct TaskFacts {
    std::string_view executor_id;
    std::string_view executor_name;
    std::string_view framework_id;
    std::string_view framework_name;
    std::string_view framework_role;
    std::string_view framework_principal;
    std::string_view task_name;
    std::string_view task_id;
    std::string_view labels;  // "key\0value\0" and so on: the task's, then the configuration's
    const char* missing = nullptr;  // why nothing is known, in a word; null when nobody is asked
};

struct TaskSource {
    const void* self = nullptr;

    // Sets what is known of the container; always the labels of the configuration. Null when there
    // is nobody to ask.
    void (*find)(const void* self, std::string_view container_id, TaskFacts& facts) = nullptr;
};

}  // namespace nma
