// Messages for the person who runs the agent, one line each on standard error. Never allocates;
// a line longer than 1 KiB is cut. Control characters of what is quoted become '?', so that a
// hostile name cannot forge a second line.
#pragma once

namespace nma {

enum class LogLevel { error, warning, info };

// Leaves out what is less urgent than `level` from now on; until then everything is written. Before
// any thread is made.
void set_log_level(LogLevel level);

[[gnu::format(printf, 2, 3)]] void log_line(LogLevel level, const char* format, ...);

}  // namespace nma
