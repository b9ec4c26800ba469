// NMA_CHECK guards against our own mistakes (indexes, capacities, order of calls). It is never
// applied to what comes from outside: kernel text, requests and configuration get a Status.
#pragma once

namespace nma {

// Writes the place and the broken condition to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace nma

#define NMA_CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::nma::check_failed(#condition, __FILE__, __LINE__))
