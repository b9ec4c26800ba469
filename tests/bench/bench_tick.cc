// One reading of everything, against its floor: the very same system calls on the same files, in
// the same order, into the same size of buffer, with nothing looked at. The floor is recorded from
// a reading: the program is linked so that its system calls come by here.
//
// Only calls of the thread that reads are recorded, so the file systems' own threads are in
// neither.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "agent/readers.h"

namespace {

using namespace nma;

enum class Call { open, read, list, stat, close };

struct Step {
    Call call;
    int descriptor;  // of the directory, or of the file; of a step in `steps` when is_step
    bool is_step;    // descriptor is the index of the step that opened it
    std::string path;
    int flags;
    std::size_t size;
    off_t offset;
};

std::vector<Step> steps;
bool is_recording = false;
std::vector<int> opener_of;  // by descriptor: index of the step that opened it, or -1
thread_local bool is_reader = false;

Step make_step(Call call, int descriptor) {
    const auto index = static_cast<std::size_t>(descriptor);
    const bool is_step = descriptor >= 0 && index < opener_of.size() && opener_of[index] >= 0;
    return {call, is_step ? opener_of[index] : descriptor, is_step, {}, 0, 0, 0};
}

void note_open(int directory, const char* path, int flags, int result) {
    Step step = make_step(Call::open, directory);
    step.path = path;
    step.flags = flags;
    steps.push_back(step);
    if (result < 0) return;
    const auto index = static_cast<std::size_t>(result);
    if (opener_of.size() <= index) opener_of.resize(index + 1, -1);
    opener_of[index] = static_cast<int>(steps.size() - 1);
}

void note_read(Call call, int file, std::size_t size, off_t offset) {
    Step step = make_step(call, file);
    step.size = size;
    step.offset = offset;
    steps.push_back(step);
}

void note_stat(int directory, const char* path, int flags) {
    Step step = make_step(Call::stat, directory);
    step.path = path;
    step.flags = flags;
    steps.push_back(step);
}

void note_close(int file) {
    steps.push_back(make_step(Call::close, file));
    const auto index = static_cast<std::size_t>(file);
    if (index < opener_of.size()) opener_of[index] = -1;
}

}  // namespace

extern "C" {

int __real_openat(int, const char*, int, ...);
ssize_t __real_pread(int, void*, size_t, off_t);
int __real_fstatat(int, const char*, struct stat*, int);
int __real_close(int);
long __real_syscall(long, ...);

int __wrap_openat(int directory, const char* path, int flags, ...) {
    const int result = __real_openat(directory, path, flags);
    if (is_recording && is_reader) note_open(directory, path, flags, result);
    return result;
}

int __wrap_openat64(int directory, const char* path, int flags, ...) {
    return __wrap_openat(directory, path, flags);
}

ssize_t __wrap_pread(int file, void* memory, size_t size, off_t offset) {
    if (is_recording && is_reader) note_read(Call::read, file, size, offset);
    return __real_pread(file, memory, size, offset);
}

ssize_t __wrap_pread64(int file, void* memory, size_t size, off_t offset) {
    return __wrap_pread(file, memory, size, offset);
}

int __wrap_fstatat(int directory, const char* path, struct stat* status, int flags) {
    if (is_recording && is_reader) note_stat(directory, path, flags);
    return __real_fstatat(directory, path, status, flags);
}

int __wrap_close(int file) {
    if (is_recording && is_reader) note_close(file);
    return __real_close(file);
}

long __wrap_syscall(long number, ...) {
    va_list arguments;
    va_start(arguments, number);
    long words[6];
    for (long& word : words)
        word = va_arg(arguments, long);
    va_end(arguments);
    if (is_recording && is_reader && number == SYS_getdents64) {
        note_read(Call::list, static_cast<int>(words[0]), static_cast<std::size_t>(words[2]), 0);
    }
    return __real_syscall(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}
}

namespace {

struct Bed {
    Arena arena;
    Readers readers;
    Snapshot snapshots[2];
    std::uint64_t sequence = 0;

    const Snapshot& last() const { return snapshots[sequence % 2]; }
};

HostRoot root;
Bed full;  // reads all of each container at every tick
Bed rest;  // reads what moves while the containers rest
char buffer[limits::read_buffer_bytes];

void take(Bed& bed) {
    ++bed.sequence;
    bed.readers.take(bed.snapshots[bed.sequence % 2], bed.sequence);
}

void lay_out(Bed& bed, Arena& arena) {
    Capacities capacities;
    capacities.containers = 2048;
    bed.readers.init(arena, capacities);
    for (Snapshot& snapshot : bed.snapshots)
        snapshot.init(arena, capacities);
}

void prepare_bed(Bed& bed, std::uint32_t idle_age_s) {
    Arena measuring;
    lay_out(bed, measuring);
    if (!bed.arena.map(measuring.used_bytes())) std::abort();
    lay_out(bed, bed.arena);
    DiscoveryOptions options;
    options.idle_age_s = idle_age_s;
    bed.readers.start(root, options);
}

// Files that are not there are asked for again while a container is new, so those of the benchmark
// must not be. The floor is that of a later reading, for the first ones open what stays open.
void prepare() {
    if (root.open("/") != Status::ok) std::abort();
    prepare_bed(full, 0);
    prepare_bed(rest, limits::idle_age_s_max);
    take(full);
    sleep(11);
    for (int i = 0; i < 8; ++i) {
        take(full);
        take(rest);
    }
    is_reader = true;
    is_recording = true;
    take(full);
    is_recording = false;
}

void replay(std::vector<int>& results) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const Step& step = steps[i];
        const int descriptor =
            step.is_step ? results[static_cast<std::size_t>(step.descriptor)] : step.descriptor;
        switch (step.call) {
            case Call::open:
                results[i] = __real_openat(descriptor, step.path.c_str(), step.flags);
                break;
            case Call::read:
                benchmark::DoNotOptimize(__real_pread(descriptor, buffer, step.size, step.offset));
                break;
            case Call::list:
                benchmark::DoNotOptimize(
                    __real_syscall(SYS_getdents64, descriptor, buffer, step.size));
                break;
            case Call::stat: {
                struct stat status;
                benchmark::DoNotOptimize(
                    __real_fstatat(descriptor, step.path.c_str(), &status, step.flags));
                break;
            }
            case Call::close:
                __real_close(descriptor);
                break;
        }
    }
}

void tick(benchmark::State& state) {
    for (auto _ : state)
        take(full);
    state.counters["containers"] = static_cast<double>(full.last().living_count);
    state.counters["samples"] = static_cast<double>(full.last().samples.size());
}

void tick_at_rest(benchmark::State& state) {
    for (auto _ : state)
        take(rest);
}

void floor_of_tick(benchmark::State& state) {
    std::vector<int> results(steps.size(), -1);
    for (auto _ : state)
        replay(results);
    state.counters["calls"] = static_cast<double>(steps.size());
}

BENCHMARK(tick)->Unit(benchmark::kMicrosecond);
BENCHMARK(tick_at_rest)->Unit(benchmark::kMicrosecond);
BENCHMARK(floor_of_tick)->Unit(benchmark::kMicrosecond);

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    prepare();
    benchmark::RunSpecifiedBenchmarks();
    full.readers.stop();
    rest.readers.stop();
    return 0;
}
