// What an external authorizer is being asked, and what it said: by uid and permission, compared in
// full. Whoever does not fit in is not asked about.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/auth/permission.h"
#include "platform/base/arena.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

class AnswerCache {
  public:
    enum class State : std::uint8_t {
        empty,
        waiting,  // until it can be asked
        asking,   // until it is answered
        known,    // as long as it is kept
    };

    struct Entry {
        FixedText<limits::authorizer_uid_bytes_max + 1> uid;
        Permission permission;
        State state;
        bool is_allowed;         // when known
        std::uint64_t until_ns;  // when the state is over
    };

    void init(Arena& arena);

    // The entry, unless there is none or its answer is too old.
    const Entry* find(std::string_view uid, Permission permission, std::uint64_t now_ns) const;

    // A new question, waiting. The known answer that is the first to be over makes room. Null when
    // all others wait, too, or the uid is too long.
    Entry* add(std::string_view uid, Permission permission, std::uint64_t until_ns);

    // An answer for a question that waits or is asked.
    void answer(Entry& entry, bool is_allowed, std::uint64_t until_ns);

    // Of all in that state, the first to be over: who waits longest, as all wait equally long. Null
    // when there is none.
    Entry* first(State state);

    // Everything, also questions.
    void clear();

    std::size_t unanswered_count() const { return unanswered_count_; }

  private:
    std::span<Entry> entries_;
    std::size_t unanswered_count_ = 0;
};

}  // namespace nma
