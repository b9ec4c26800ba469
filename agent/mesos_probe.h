// One question to the Mesos agent, the one that the running agent asks, for `doctor`.
#pragma once

#include "agent/app_facts.h"
#include "agent/apps_config.h"

namespace nma {

struct FetchResult;

// Nothing when no URL is configured. Makes a thread, and waits for the answer as long as the agent
// would.
void ask_mesos(const MesosConfig& config, AppFacts& facts);

// Pure.
MesosProbe judge_mesos_answer(const FetchResult& result);

}  // namespace nma
