// The bodies of the resources, without HTTP around them: for the routes, and for `once`.
#pragma once

#include "api/node_identity.h"
#include "platform/base/text_sink.h"
#include "platform/metrics/app_datapoint.h"
#include "platform/metrics/snapshot.h"
#include "platform/metrics/task_facts.h"

namespace nma {

// MetricsMessages. ok, full when the sink is too small, absent when there is no such container.
Status write_node(const Snapshot& snapshot, Catalogue catalogue, const NodeIdentity& identity,
                  View view, TextSink& sink);
Status write_container(const Snapshot& snapshot, Catalogue catalogue, const NodeIdentity& identity,
                       std::string_view id, View view, TextSink& sink,
                       const TaskSource& tasks = {});

// A JSON array of the IDs of the containers that live, and of those whose applications have
// something to show; with `has_exited` of those that ended, too. Each is in it once.
Status write_containers(const Snapshot& snapshot, bool has_exited, TextSink& sink,
                        const AppSource& apps = {});

}  // namespace nma
