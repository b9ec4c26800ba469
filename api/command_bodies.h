// Memory for the bodies of requests on their way from clients to a CommandHandler. Used by the
// server's thread only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/arena.h"
#include "platform/limits.h"

namespace nma {

class CommandBody {
  public:
    // False, and nothing changed, when it does not fit.
    [[nodiscard]] bool append(std::string_view piece);
    std::string_view text() const { return {bytes_, size_}; }

  private:
    friend class CommandBodies;

    bool is_taken_;
    std::uint32_t size_;
    char bytes_[limits::command_body_bytes_max];
};

class CommandBodies {
  public:
    void init(Arena& arena);

    // False before init.
    bool has_memory() const { return !bodies_.empty(); }

    // An empty body, to be given back. Null when all are taken.
    CommandBody* take();
    static void give_back(CommandBody& body);

  private:
    std::span<CommandBody> bodies_;
};

}  // namespace nma
