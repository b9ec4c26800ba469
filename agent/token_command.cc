#include "agent/token_command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/auth/new_token.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr int usage_status = 2;

}  // namespace

int print_new_token(const Options& options) {
    std::uint8_t random[new_token_random_bytes];
    if (!take_random(random)) {
        log_line(LogLevel::error, "no random bytes for a token: %s", strerror(errno));
        return 1;
    }
    NewToken made;
    AuthError error;
    const std::string_view uid = options.token_uid == nullptr ? "" : options.token_uid;
    if (!make_token(random, uid, {options.permissions, options.permission_count}, made, error)) {
        log_line(LogLevel::error, "%s", error.c_str());
        return usage_status;
    }
    if (puts(made.token.c_str()) < 0 || fflush(stdout) != 0) {
        log_line(LogLevel::error, "standard output: %s", strerror(errno));
        return 1;
    }
    // Not a line of the log: that would be cut.
    fprintf(stderr, "Add this line to the file of static tokens:\n%s\n", made.line.c_str());
    return 0;
}

}  // namespace nma
