// Messages for the person who runs the agent, one line each on standard error. Never allocates;
// a line longer than 1 KiB is cut. Control characters of what is quoted become '?', so that a
// hostile name cannot forge a second line. Any thread may log.
//
// A line begins with "error: " or "warning: " where it is either. When standard error is the
// journal, it begins with "<3>", "<4>" or "<6>" instead (sd-daemon(3)): the journal takes these off
// and keeps them as the line's priority, so words as well would say it twice.
#pragma once

namespace nma {

enum class LogLevel { error, warning, info };

// Looks whether standard error is the journal: the environment's JOURNAL_STREAM is its "dev:inode".
// Until then it is taken for none. Before any thread is made.
void start_log();

// Leaves out what is less urgent than `level` from now on; until then everything is written. Before
// any thread is made.
void set_log_level(LogLevel level);

// From now on at most limits::log_burst_lines at once, and one more for each second: of errors, and
// of all other lines together. How many were left out is told with the first line of the same sort
// that has room again. Call it when the agent is up: what goes wrong at start is never left out.
void limit_log_rate();

[[gnu::format(printf, 2, 3)]] void log_line(LogLevel level, const char* format, ...);

}  // namespace nma
