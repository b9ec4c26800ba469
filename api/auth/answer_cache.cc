#include "api/auth/answer_cache.h"

#include "platform/base/check.h"

namespace nma {

void AnswerCache::init(Arena& arena) {
    entries_ = arena.take<Entry>("authorization", limits::authorizer_answer_count_max);
}

const AnswerCache::Entry* AnswerCache::find(std::string_view uid, Permission permission,
                                            std::uint64_t now_ns) const {
    for (const Entry& entry : entries_) {
        if (entry.state == State::empty || entry.permission != permission) continue;
        if (entry.state == State::known && entry.until_ns <= now_ns) continue;
        if (entry.uid.view() == uid) return &entry;
    }
    return nullptr;
}

AnswerCache::Entry* AnswerCache::add(std::string_view uid, Permission permission,
                                     std::uint64_t until_ns) {
    Entry* entry = first(State::empty);
    if (entry == nullptr) entry = first(State::known);
    if (entry == nullptr) return nullptr;
    Entry added = {{}, permission, State::waiting, false, until_ns};
    if (!added.uid.assign(uid)) return nullptr;
    *entry = added;
    ++unanswered_count_;
    return entry;
}

void AnswerCache::answer(Entry& entry, bool is_allowed, std::uint64_t until_ns) {
    NMA_CHECK(entry.state == State::waiting || entry.state == State::asking);
    entry.state = State::known;
    entry.is_allowed = is_allowed;
    entry.until_ns = until_ns;
    --unanswered_count_;
}

AnswerCache::Entry* AnswerCache::first(State state) {
    Entry* found = nullptr;
    for (Entry& entry : entries_) {
        if (entry.state != state) continue;
        if (found == nullptr || entry.until_ns < found->until_ns) found = &entry;
    }
    return found;
}

void AnswerCache::clear() {
    for (Entry& entry : entries_) {
        if (entry.state != State::empty) entry = {};
    }
    unanswered_count_ = 0;
}

}  // namespace nma
