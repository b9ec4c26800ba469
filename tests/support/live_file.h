// For tests over the machine itself: what one of its files says now, and what a reader made of it.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "tests/support/reader_bed.h"

namespace nma::test {

// The first number after `key` at the start of a line of `path`; of the first line when `key` is
// empty. False when there is no such file or line.
inline bool live_number(const char* path, const char* key, std::uint64_t& value) {
    FILE* file = std::fopen(path, "r");
    if (file == nullptr) return false;
    static char line[65536];
    bool is_found = false;
    while (!is_found && std::fgets(line, sizeof line, file) != nullptr) {
        if (std::strncmp(line, key, std::strlen(key)) != 0) continue;
        unsigned long long number = 0;
        is_found = std::sscanf(line + std::strlen(key), "%llu", &number) == 1;
        value = number;
    }
    std::fclose(file);
    return is_found;
}

// The node's own sample of that name. False when there is none.
inline bool bed_value(const ReaderBed& bed, const char* name, std::uint64_t& value) {
    for (const Sample& sample : bed.snapshot.samples) {
        if (sample.subject != node_subject) continue;
        if (std::strcmp(bed.source.specs[sample.spec].name, name) != 0) continue;
        value = sample.value;
        return true;
    }
    return false;
}

}  // namespace nma::test
