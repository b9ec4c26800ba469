// The table of all datapoints, printed from the readers' own constants. README's copy is made by
// it.
#pragma once

namespace nma {

// Markdown on standard output. Returns the exit status.
int print_datapoints();

}  // namespace nma
