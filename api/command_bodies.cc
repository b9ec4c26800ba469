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

CommandBody* CommandBodies::take() {
    for (CommandBody& body : bodies_) {
        if (body.is_taken_) continue;
        body.is_taken_ = true;
        body.size_ = 0;
        return &body;
    }
    return nullptr;
}

void CommandBodies::give_back(CommandBody& body) {
    NMA_CHECK(body.is_taken_);
    body.is_taken_ = false;
}

}  // namespace nma
