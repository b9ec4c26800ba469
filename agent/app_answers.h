// What the API is told of applications: the store's datapoints with the node's own tags, and what
// the Mesos agent said, with the node's own labels.
#pragma once

#include "agent/apps/app_store.h"
#include "agent/apps/metadata.h"
#include "agent/apps/static_tags.h"
#include "api/node_identity.h"
#include "platform/metrics/app_datapoint.h"
#include "platform/metrics/task_facts.h"

namespace nma {

class AppAnswers {
  public:
    // What was configured are labels of containers and tags of datapoints; the cluster's ID and the
    // host's address, when they are known, are tags, too. `store` and `metadata` may be null, and
    // outlive this.
    void start(std::string_view configured_tags, const NodeIdentity& identity,
               const AppStore* store, const Metadata* metadata);

    AppSource apps() const;
    TaskSource tasks() const { return {this, find}; }

  private:
    static bool each(const void* self, std::string_view container_id, std::string_view metric_id,
                     void (*take)(void* context, const AppDatapoint& datapoint), void* context);
    static void find(const void* self, std::string_view container_id, TaskFacts& facts);

    StaticTags labels_;
    StaticTags tags_;
    const AppStore* store_ = nullptr;
    const Metadata* metadata_ = nullptr;
    AppSource source_;
    // What one call gave is good during the other.
    mutable char merged_tags_[limits::static_tag_bytes + limits::app_tag_bytes_max];
    mutable char merged_labels_[limits::static_tag_bytes + limits::container_label_bytes];
};

}  // namespace nma
