// stub
#include "platform/metrics/collector.h"
namespace nma {
extern constexpr Collector stat_collector = {.name = "stat", .specs = {}};
}
