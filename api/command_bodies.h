// Memory for the bodies of requests on their way from clients to a CommandHandler. Used by the
// server's thread only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "api/connection_table.h"
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

    Connection* holder_;  // null: free
    std::uint64_t since_ns_;
    std::uint32_t size_;
    char bytes_[limits::command_body_bytes_max];
};

class CommandBodies {
  public:
    void init(Arena& arena);

    // False before init.
    bool has_memory() const { return !bodies_.empty(); }

    // Gives an empty body to Connection::body, to be given back. When all are taken, the one is
    // taken away that was held for longest, if that is longer than a body is on its way: who sends
    // half of one keeps nobody else from his. `hang_up` is called with its holder, whose body is
    // null then. False when there is none.
    [[nodiscard]] bool take(Connection& holder, std::uint64_t now_ns,
                            void (*hang_up)(const Connection&));

    // Nothing happens when the connection has none.
    static void give_back(Connection& holder);

  private:
    CommandBody* find_free();
    CommandBody* find_oldest();

    std::span<CommandBody> bodies_;
};

}  // namespace nma
