// The keys of the configuration file that are about listeners: those of one, and the limits that
// all have unless they say otherwise.
#pragma once

#include "agent/config_keys.h"

namespace nma {

// "token", "none" or "peer". False, and `mode` unchanged, for other words.
[[nodiscard]] bool parse_auth_mode(std::string_view word, AuthMode& mode);

// Octal digits, "0660". False, and `mode` unchanged, for anything else.
[[nodiscard]] bool parse_file_mode(std::string_view text, mode_t& mode);

// Adds a listener for which nothing but its address is said; the keys of "listen[]" are about the
// last one added. False when there is no room, or the text is too long.
[[nodiscard]] bool add_listener(std::string_view text, Config& config);

// Takes the default for each limit that was not given.
void fill_limits(ListenerOptions& options, const ListenerOptions& defaults);

// Takes its address apart, and asks whether it may be listened on; limits that were not given come
// later. False, and `why` says what to do.
[[nodiscard]] bool take_listener(ConfiguredListener& listener, ListenError& why);

std::span<const KeyRow> listener_keys();

}  // namespace nma
