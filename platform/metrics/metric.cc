#include "platform/metrics/metric.h"

namespace nma {

const char* unit_name(Unit unit) {
    switch (unit) {
        case Unit::none:
            return "";
        case Unit::count:
            return "count";
        case Unit::bytes:
            return "bytes";
        case Unit::seconds:
            return "seconds";
        case Unit::percent:
            return "percent";
        case Unit::celsius:
            return "celsius";
    }
    return "";
}

}  // namespace nma
