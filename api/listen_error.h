// Why there is no listener, in a sentence that names the place and the cure.
#pragma once

#include "platform/base/fixed_text.h"

namespace nma {

using ListenError = FixedText<512>;

// Sets the sentence, cut when it is too long. Always false, to be returned.
[[gnu::format(printf, 2, 3)]] bool refuse_listener(ListenError& error, const char* format, ...);

}  // namespace nma
