#include "api/format.h"

namespace nma {

#define FORMAT(name) extern const Format name##_format;
#include "api/formats.list"
#undef FORMAT

std::span<const Format> all_formats() {
    static const Format formats[] = {
#define FORMAT(name) name##_format,
#include "api/formats.list"
#undef FORMAT
    };
    return formats;
}

}  // namespace nma
