// An eventfd(2) wakes the thread that watches it: signalled once or many times, it is readable
// until it is drained.
#pragma once

namespace nma {

// Not readable yet, closed by exec, and nothing waits for it. -1 when the system gives none.
int open_event();

// Any thread may. The event must be open.
void signal_event(int event);

// Takes what was signalled; of a timerfd(2), what expired. False when there was nothing; one that
// somebody else made to wait for does that first.
bool drain_event(int event);

}  // namespace nma
