// For which containers the Mesos agent shall be asked, and when again. One that it does not know
// may be too new for it (it names a container once the task has reported), or none of its own, as
// those that Docker or a person started: then the questions become rare.
//
// Notes have a fixed place for each ID's hash. When all of those are taken, the one that was due
// first is lost, and its container is asked for as a new one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/arena.h"

namespace nma {

class UnknownContainers {
  public:
    void init(Arena& arena, std::size_t capacity);

    // A container that is not known was seen. Call it as often as it is. True when a question is
    // due for it.
    bool note(std::string_view container_id, std::uint64_t now_ns);

    // A question goes out, for all that are due.
    void on_asked();

    // It was answered: who is still not known waits twice as long as before.
    void on_answered(std::uint64_t now_ns);

    // It was not: who is seen again is due again.
    void on_failed();

  private:
    enum class Wish : std::uint8_t { none, due, asked };
    struct Note {
        std::uint64_t hash;  // 0: free
        std::uint64_t due_at_ns;
        std::uint32_t answer_count;
        Wish wish;
    };

    Note* place_of(std::uint64_t hash, std::uint64_t now_ns);

    std::span<Note> notes_;
};

}  // namespace nma
