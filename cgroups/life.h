// Figures about the life of containers, which no file of theirs has.
#pragma once

#include <cstdint>

namespace nma {

enum class LifeFigure : std::uint16_t { running, exited, left_out, exit_time };

}  // namespace nma
