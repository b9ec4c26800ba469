#include "platform/linux/confinement.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "platform/linux/seccomp_filter.h"

namespace nma {

namespace {

[[gnu::format(printf, 2, 3)]] void report_part(ConfinementReport& report, const char* format, ...) {
    char text[ConfinementReport::bytes_max];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    // What has no room is cut: it is for a line of the log.
    (void)(report.empty() || report.append(", "));
    (void)report.append(text);
}

bool refuse(FixedText<256>& error, const char* what, Status status, const char* key) {
    char text[FixedText<256>::bytes_max];
    snprintf(text, sizeof text, "%s: %s; run it without by %s: false", what, status_name(status),
             key);
    (void)error.assign(text);
    return false;
}

bool start_landlock(const ConfinementOptions& options, ConfinementReport& report,
                    FixedText<256>& error) {
    if (!options.has_landlock) {
        report_part(report, "no landlock (switched off)");
        return true;
    }
    if (does_proc_hide_processes(options.proc, options.mountinfo_path)) {
        report_part(report, "no landlock (/proc is mounted with hidepid)");
        return true;
    }
    int version = 0;
    const Status status = restrict_writing(options.writable_directories, version);
    if (status == Status::absent) {
        report_part(report, "no landlock (not in this kernel)");
        return true;
    }
    if (status != Status::ok) return refuse(error, "landlock", status, "process.landlock");
    report_part(report, "landlock %d", version);
    return true;
}

}  // namespace

bool confine_before_threads(const ConfinementOptions& options, ConfinementReport& report,
                            FixedText<256>& error) {
    SystemUser user;
    CapabilitySet left = 0;
    if (!find_user(options.user, user, error)) return false;
    if (!drop_privileges(user, options.capabilities, left, error)) return false;
    if (user.name.empty()) {
        report_part(report, "user %u", geteuid());
    } else {
        report_part(report, "user %s (%u)", user.name.c_str(), user.uid);
    }
    report_part(report, "capabilities %s", describe_capabilities(left).c_str());
    return start_landlock(options, report, error);
}

bool confine_at_last(const ConfinementOptions& options, ConfinementReport& report,
                     FixedText<256>& error) {
    if (!options.has_seccomp) {
        report_part(report, "no seccomp (switched off)");
        return true;
    }
    const Status status = filter_system_calls();
    if (status == Status::absent) {
        report_part(report, "no seccomp (not in this kernel)");
        return true;
    }
    if (status != Status::ok) return refuse(error, "seccomp", status, "process.seccomp");
    report_part(report, "seccomp");
    return true;
}

}  // namespace nma
