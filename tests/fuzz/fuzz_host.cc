// All scanners of the node's readers in one program; its own name says which one it runs:
// fuzz.host.<reader>.<path with _ for />, a link to it. `fuzz.host list` prints these names.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "platform/host/collectors.h"

using namespace nma;

namespace {

constexpr std::size_t arena_bytes = std::size_t{64} << 20;
constexpr std::size_t sample_capacity = 256;  // few: full tables are part of what is tried
constexpr std::size_t subject_capacity = 32;

const Collector* collector;
const HostFile* file;
Arena arena;
Snapshot snapshot;
std::span<std::byte> state;

std::string name_of(const Collector& owner, const HostFile& scanned) {
    std::string name = std::string(owner.name) + "." + scanned.path;
    for (char& c : name)
        if (c == '/') c = '_';
    return name;
}

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

// A copy of its own, so that reading past its end is seen.
void scan_once(std::string_view text, std::uint64_t tick) {
    char* copy = new char[text.size()];
    text.copy(copy, text.size());
    SnapshotWriter writer;
    const std::uint64_t second = 1'000'000'000;
    writer.start(snapshot, tick, {second * (second + tick), second * tick});
    writer.begin(0);
    const Status status = file->scan(state.data(), {copy, text.size()}, writer);
    writer.end(status);
    require(status == Status::ok || snapshot.samples.size() == 0, "a failed scan leaves nothing");
    require(snapshot.samples.size() <= sample_capacity, "samples fit");
    require(snapshot.subjects.size() <= subject_capacity, "subjects fit");
    for (const Sample& sample : snapshot.samples) {
        require(sample.spec < collector->specs.size(), "a sample has a spec");
        require(sample.subject < snapshot.subjects.size(), "a sample has a subject");
    }
    delete[] copy;
}

template <class Visit>
void for_each_scanner(Visit visit) {
    for (const Collector& owner : host_collectors())
        for (const HostFile& scanned : owner.files)
            if (scanned.scan != nullptr) visit(owner, scanned);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    if (*argc > 1 && std::strcmp((*argv)[1], "list") == 0) {
        for_each_scanner([](const Collector& owner, const HostFile& scanned) {
            std::puts(name_of(owner, scanned).c_str());
        });
        std::exit(0);
    }
    const std::string path = (*argv)[0];
    for_each_scanner([&](const Collector& owner, const HostFile& scanned) {
        if (!path.ends_with("/fuzz.host." + name_of(owner, scanned))) return;
        collector = &owner;
        file = &scanned;
    });
    if (file == nullptr) {
        std::fprintf(stderr, "%s names no scanner; see: fuzz.host list\n", path.c_str());
        std::exit(2);
    }
    require(arena.map(arena_bytes), "memory");
    Capacities capacities;
    capacities.containers = 1;
    snapshot.init(arena, capacities);
    snapshot.samples = BoundedList<Sample>(arena.take<Sample>("fuzz", sample_capacity));
    snapshot.subjects = BoundedList<Subject>(arena.take<Subject>("fuzz", subject_capacity));
    state = arena.take<std::byte>("fuzz", collector->state_bytes + 1);
    return 0;
}

// Halves first, so that differences between ticks are taken; then the whole as the third tick.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    std::memset(state.data(), 0, state.size());
    scan_once(text.substr(0, size / 2), 1);
    scan_once(text.substr(size / 2), 2);
    scan_once(text, 3);
    return 0;
}
