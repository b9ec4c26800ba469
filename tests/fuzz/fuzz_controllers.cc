// The scanners of containers' files, with the state that files of one controller share. An input
// is a byte for the controller, then for each file a byte that says which one, and its text up to
// a byte 0xff.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "cgroups/controller.h"

namespace {

using namespace nma;

constexpr std::size_t arena_bytes = std::size_t{64} << 20;
constexpr std::size_t sample_capacity = 256;  // few: full tables are part of what is tried
constexpr std::size_t subject_capacity = 32;
constexpr char file_end = '\xff';

struct Bed {
    Arena arena;
    Snapshot snapshot;
    SnapshotWriter writer;
    alignas(64) std::byte state[controller_state_bytes_max];
    std::uint64_t tick = 0;
};

Bed bed;

void require(bool holds) {
    if (!holds) std::abort();
}

// A copy of its own, so that reading past its end is seen.
void scan_file(const ControllerFile& file, std::string_view text) {
    char* copy = new char[text.size()];
    text.copy(copy, text.size());
    const std::size_t before = bed.snapshot.samples.size();
    bed.writer.begin(0);
    const Status status = file.scan(bed.state, {copy, text.size()}, bed.writer);
    bed.writer.end(status);
    require(status == Status::ok || bed.snapshot.samples.size() == before);
    delete[] copy;
}

void scan_all(const Controller& controller, std::string_view text) {
    std::memset(bed.state, 0, controller.state_bytes);
    while (!text.empty()) {
        const auto which = static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        const std::size_t end = text.find(file_end);
        scan_file(controller.files[which % controller.files.size()], text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    if (controller.finish == nullptr) return;
    bed.writer.begin(0);
    bed.writer.end(controller.finish(bed.state, bed.writer));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    require(bed.arena.map(arena_bytes));
    Capacities capacities;
    capacities.containers = 1;
    bed.snapshot.init(bed.arena, capacities);
    bed.snapshot.samples = BoundedList<Sample>(bed.arena.take<Sample>("fuzz", sample_capacity));
    bed.snapshot.subjects = BoundedList<Subject>(bed.arena.take<Subject>("fuzz", subject_capacity));
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span<const Controller> controllers = container_controllers();
    const Controller& controller = controllers[data[0] % controllers.size()];
    if (controller.files.empty()) return 0;
    ++bed.tick;
    bed.writer.start(bed.snapshot, bed.tick, {bed.tick, bed.tick});
    bed.writer.end_node();
    require(bed.writer.begin_container("c", 1));
    scan_all(controller, {reinterpret_cast<const char*>(data) + 1, size - 1});
    bed.writer.end_container();
    require(bed.snapshot.containers.size() == 1);
    for (const Sample& sample : bed.snapshot.samples_of(bed.snapshot.containers[0])) {
        require(sample.spec < controller.specs.size());
        require(sample.subject < bed.snapshot.subjects.size());
        const SubjectKind kind = bed.snapshot.subjects[sample.subject].kind;
        require(kind == controller.specs[sample.spec].about);
    }
    return 0;
}
