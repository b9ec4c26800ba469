// Stand-ins for what applications said and for who runs where, of constant tables.
#pragma once

#include <span>

#include "platform/metrics/app_datapoint.h"
#include "platform/metrics/task_facts.h"

namespace nma::test {

struct StandInCount {
    std::string_view name;
    std::uint64_t count;
};

struct StandInApp {
    std::string_view id;
    std::span<const AppDatapoint> datapoints;
    std::span<const StandInCount> counts;
    std::string_view worst_metric;
};

struct StandInTask {
    std::string_view id;
    TaskFacts facts;
};

// Applications by container; those without datapoints are not listed. Parts of a metric are those
// with its name and a dot in front.
struct StandInApps {
    std::span<const StandInApp> apps;
    std::uint64_t generation = 0;
    mutable int list_count = 0;  // how often a list was begun

    AppSource source() const { return {this, each, container_at, each_count, generation_of}; }

  private:
    static const StandInApps& of(const void* self) {
        return *static_cast<const StandInApps*>(self);
    }

    static const StandInApp* find(const void* self, std::string_view id) {
        for (const StandInApp& app : of(self).apps) {
            if (app.id == id) return &app;
        }
        return nullptr;
    }

    static bool is_part(std::string_view name, std::string_view metric_id) {
        return name.starts_with(metric_id) &&
               (metric_id.empty() || name.size() == metric_id.size() ||
                name[metric_id.size()] == '.');
    }

    static bool each(const void* self, std::string_view id, std::string_view metric_id,
                     void (*take)(void* context, const AppDatapoint& datapoint), void* context) {
        const StandInApp* app = find(self, id);
        bool has_any = false;
        if (app == nullptr) return false;
        for (const AppDatapoint& datapoint : app->datapoints) {
            if (!is_part(datapoint.name, metric_id)) continue;
            take(context, datapoint);
            has_any = true;
        }
        return has_any;
    }

    static bool container_at(const void* self, std::uint32_t index, std::string_view& id) {
        if (index == 0) ++of(self).list_count;
        for (const StandInApp& app : of(self).apps) {
            if (app.datapoints.empty() || index-- > 0) continue;
            id = app.id;
            return true;
        }
        return false;
    }

    static bool each_count(const void* self, std::string_view id,
                           void (*take)(void* context, std::string_view name, std::uint64_t count),
                           void* context, std::string_view& worst_metric) {
        const StandInApp* app = find(self, id);
        if (app == nullptr) return false;
        for (const StandInCount& count : app->counts)
            take(context, count.name, count.count);
        worst_metric = app->worst_metric;
        return true;
    }

    static std::uint64_t generation_of(const void* self) { return of(self).generation; }
};

struct StandInTasks {
    std::span<const StandInTask> tasks = {};

    TaskSource source() const { return {this, find}; }

  private:
    static void find(const void* self, std::string_view id, TaskFacts& facts) {
        for (const StandInTask& task : static_cast<const StandInTasks*>(self)->tasks) {
            if (task.id == id) facts = task.facts;
        }
    }
};

}  // namespace nma::test
