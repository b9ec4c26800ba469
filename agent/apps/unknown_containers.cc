#include "agent/apps/unknown_containers.h"

#include <algorithm>

#include "platform/base/time_units.h"
#include "platform/limits.h"

namespace nma {

namespace {

// FNV-1a. Who makes two IDs of one hash delays a question for one of them.
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash == 0 ? 1 : hash;
}

// On whole multiples of the wait, so that one question does for many.
std::uint64_t next_due_ns(std::uint32_t answer_count, std::uint64_t now_ns) {
    std::uint64_t wait_s = limits::mesos_ask_interval_s;
    for (std::uint32_t i = 1; i < answer_count && wait_s < limits::mesos_unknown_backoff_s_max; ++i)
        wait_s *= 2;
    wait_s = std::min<std::uint64_t>(wait_s, limits::mesos_unknown_backoff_s_max);
    const std::uint64_t wait_ns = wait_s * ns_per_second;
    return (now_ns / wait_ns + 1) * wait_ns;
}

}  // namespace

void UnknownContainers::init(Arena& arena, std::size_t capacity) {
    notes_ = arena.take<Note>("Mesos metadata", capacity * limits::mesos_unknown_per_container);
}

UnknownContainers::Note* UnknownContainers::place_of(std::uint64_t hash, std::uint64_t now_ns) {
    Note* oldest = nullptr;
    for (std::size_t i = 0; i < std::min(limits::mesos_unknown_probe_count, notes_.size()); ++i) {
        Note& note = notes_[static_cast<std::size_t>((hash + i) % notes_.size())];
        if (note.hash == hash) return &note;
        if (note.hash == 0) {
            note = {hash, now_ns, 0, Wish::none};
            return &note;
        }
        if (oldest == nullptr || note.due_at_ns < oldest->due_at_ns) oldest = &note;
    }
    if (oldest != nullptr) *oldest = {hash, now_ns, 0, Wish::none};
    return oldest;
}

bool UnknownContainers::note(std::string_view container_id, std::uint64_t now_ns) {
    Note* note = place_of(hash_of(container_id), now_ns);
    if (note == nullptr || note->wish == Wish::asked || now_ns < note->due_at_ns) return false;
    note->wish = Wish::due;
    return true;
}

void UnknownContainers::on_asked() {
    for (Note& note : notes_) {
        if (note.wish == Wish::due) note.wish = Wish::asked;
    }
}

void UnknownContainers::on_answered(std::uint64_t now_ns) {
    for (Note& note : notes_) {
        if (note.wish != Wish::asked) continue;
        note.wish = Wish::none;
        if (note.answer_count < UINT32_MAX) ++note.answer_count;
        note.due_at_ns = next_due_ns(note.answer_count, now_ns);
    }
}

void UnknownContainers::on_failed() {
    for (Note& note : notes_) {
        if (note.wish == Wish::asked) note.wish = Wish::none;
    }
}

}  // namespace nma
