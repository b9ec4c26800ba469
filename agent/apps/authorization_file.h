// What to say in HTTP's header Authorization, from a file: "token=…" or "Bearer …", as the
// Mesos agent of a strict cluster wants it. Somebody else keeps the file fresh, so it is read for
// each question.
#pragma once

#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/base/status.h"
#include "platform/limits.h"

namespace nma {

using AuthorizationText = FixedText<limits::authorization_bytes + 1>;

// The file's one line, without the space around it. absent, denied, io_error; unsupported when it
// is no regular file; truncated when it is larger than the text; malformed when it is empty or has
// control characters, which would be another header. `text` is empty unless ok.
Status read_authorization_file(const char* path, AuthorizationText& text);

}  // namespace nma
