// `node-metrics-agent token new`.
#pragma once

#include "agent/options.h"

namespace nma {

// Prints the token, and nothing else, on standard output: that is for its owner. The line for the
// file of static tokens goes to standard error. Exit status.
int print_new_token(const Options& options);

}  // namespace nma
