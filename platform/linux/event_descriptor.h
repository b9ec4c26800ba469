// An eventfd(2) wakes the thread that watches it: signalled once or many times, it is readable
// until it is drained. Nothing here ever waits.
#pragma once

namespace nma {

// Not readable yet, closed by exec. -1 when the system gives none.
int open_event();

// Any thread may. The event must be open.
void signal_event(int event);

// Takes what was signalled; of a timerfd(2), what expired.
void drain_event(int event);

}  // namespace nma
