#include "api/command_bodies.h"

#include <string.h>

#include "platform/base/check.h"

namespace nma {

bool CommandBody::append(std::string_view piece) {
    if (piece.size() > sizeof bytes_ - size_) return false;
    memcpy(bytes_ + size_, piece.data(), piece.size());
    size_ += static_cast<std::uint32_t>(piece.size());
    return true;
}

void CommandBodies::init(Arena& arena) {
    bodies_ = arena.take<CommandBody>("bodies of registrations", limits::command_count_max);
}

CommandBody* CommandBodies::find_free() {
    for (CommandBody& body : bodies_)
        if (body.holder_ == nullptr) return &body;
    return nullptr;
}

CommandBody* CommandBodies::find_oldest() {
    CommandBody* oldest = nullptr;
    for (CommandBody& body : bodies_)
        if (oldest == nullptr || body.since_ns_ < oldest->since_ns_) oldest = &body;
    return oldest;
}

bool CommandBodies::take(Connection& holder, std::uint64_t now_ns,
                         void (*hang_up)(const Connection&)) {
    constexpr std::uint64_t undisturbed_ns = limits::command_undisturbed_ms * 1'000'000;
    CommandBody* body = find_free();
    if (body == nullptr) {
        body = find_oldest();
        if (body == nullptr || now_ns - body->since_ns_ < undisturbed_ns) return false;
        hang_up(*body->holder_);
        give_back(*body->holder_);
    }
    body->holder_ = &holder;
    body->since_ns_ = now_ns;
    body->size_ = 0;
    holder.body = body;
    return true;
}

void CommandBodies::give_back(Connection& holder) {
    if (holder.body == nullptr) return;
    NMA_CHECK(holder.body->holder_ == &holder);
    holder.body->holder_ = nullptr;
    holder.body = nullptr;
}

}  // namespace nma
