#include "agent/apps/offenders.h"

#include "platform/base/check.h"

namespace nma {

// The place with the lowest count, which a free one has, goes to a new name, count and all.
void Offenders::note(std::string_view name) {
    name = name.substr(0, limits::app_name_bytes_max);
    Offender* least = offenders_;
    for (Offender& offender : offenders_) {
        if (offender.count > 0 && offender.name.view() == name) {
            ++offender.count;
            return;
        }
        if (offender.count < least->count) least = &offender;
    }
    NMA_CHECK(least->name.assign(name));
    ++least->count;
}

const Offenders::Offender& Offenders::worst() const {
    const Offender* worst = offenders_;
    for (const Offender& offender : offenders_)
        if (offender.count > worst->count) worst = &offender;
    return *worst;
}

}  // namespace nma
