#include "agent/app_answers.h"

namespace nma {

namespace {

void set_all(std::string_view pairs, StaticTags& tags) {
    std::string_view key;
    std::string_view value;
    while (take_pair(pairs, key, value))
        (void)tags.set(key, value);
}

void copy(const TaskInfo& info, TaskFacts& facts) {
    facts.executor_id = info.executor_id;
    facts.executor_name = info.executor_name;
    facts.framework_id = info.framework_id;
    facts.framework_name = info.framework_name;
    facts.framework_role = info.framework_role;
    facts.framework_principal = info.framework_principal;
    facts.task_name = info.task_name;
    facts.task_id = info.task_id;
    facts.labels = info.labels;
}

// Passes datapoints on, with tags added.
struct Tagged {
    std::string_view tags;
    std::span<char> memory;
    void (*take)(void* context, const AppDatapoint& datapoint);
    void* context;
    std::string_view merged;
    std::size_t own_bytes = 0;  // that `merged` begins with

    // Parts of a timer have the same tags, one after the other.
    static void on_datapoint(void* self, const AppDatapoint& datapoint) {
        Tagged& tagged = *static_cast<Tagged*>(self);
        AppDatapoint whole = datapoint;
        const bool is_same =
            !tagged.merged.empty() && tagged.merged.substr(0, tagged.own_bytes) == datapoint.tags;
        if (!is_same) {
            std::uint32_t left_out = 0;
            tagged.merged = merge_tags(datapoint.tags, tagged.tags, tagged.memory, left_out);
            tagged.own_bytes = datapoint.tags.size();
        }
        whole.tags = tagged.merged;
        tagged.take(tagged.context, whole);
    }
};

}  // namespace

void AppAnswers::start(std::string_view configured_tags, const NodeIdentity& identity,
                       const AppStore* store, const Metadata* metadata) {
    set_all(configured_tags, labels_);
    set_all(configured_tags, tags_);
    (void)tags_.set_default("dcos_cluster_id", identity.cluster_id.view());
    (void)tags_.set_default("host", identity.hostname.view());
    store_ = store;
    metadata_ = metadata;
    if (store != nullptr) source_ = store->source();
}

AppSource AppAnswers::apps() const {
    AppSource source = source_;
    if (store_ == nullptr) return source;
    source.self = this;
    source.each = each;
    source.container_at = [](const void* self, std::uint32_t index, std::string_view& id) {
        const AppSource& store = static_cast<const AppAnswers*>(self)->source_;
        return store.container_at(store.self, index, id);
    };
    source.each_count = [](const void* self, std::string_view container_id,
                           void (*take)(void*, std::string_view, std::uint64_t), void* context,
                           std::string_view& worst_metric) {
        const AppSource& store = static_cast<const AppAnswers*>(self)->source_;
        return store.each_count(store.self, container_id, take, context, worst_metric);
    };
    source.generation = [](const void* self) {
        const AppSource& store = static_cast<const AppAnswers*>(self)->source_;
        return store.generation(store.self);
    };
    return source;
}

bool AppAnswers::each(const void* self, std::string_view container_id, std::string_view metric_id,
                      void (*take)(void* context, const AppDatapoint& datapoint), void* context) {
    const auto& answers = *static_cast<const AppAnswers*>(self);
    Tagged tagged = {.tags = answers.tags_.view(),
                     .memory = answers.merged_tags_,
                     .take = take,
                     .context = context,
                     .merged = {}};
    return answers.source_.each(answers.source_.self, container_id, metric_id, Tagged::on_datapoint,
                                &tagged);
}

void AppAnswers::find(const void* self, std::string_view container_id, TaskFacts& facts) {
    const auto& answers = *static_cast<const AppAnswers*>(self);
    facts = {};
    const Metadata* metadata = answers.metadata_;
    const TaskInfo* info = metadata == nullptr ? nullptr : metadata->find(container_id);
    if (info != nullptr && !info->is_disputed) {
        copy(*info, facts);
    } else if (metadata != nullptr) {
        facts.missing = info != nullptr ? "disputed"
                        : metadata->state() == MetadataState::ok
                            ? "unknown"
                            : metadata_state_name(metadata->state());
    }
    std::uint32_t left_out = 0;
    facts.labels =
        merge_tags(facts.labels, answers.labels_.view(), answers.merged_labels_, left_out);
}

}  // namespace nma
