// StatsD's text, as its senders write it:
//
//   name:value|type                       etsy's, the origin
//   name:value|type|@rate                 only this part of the values was sent
//   name:1|c:2|c|@0.5:3|ms                several values of one name, each with a type
//   name:1:2:3|ms                         DogStatsD 1.1: several values of one type
//   name:value|type|@rate|#key:value,key  DogStatsD: tags; and after these, in any order,
//                 |c:ID                   1.2: the sender's container
//                 |T1700000000            1.3: when it was, in seconds since 1970
//                 |e:...  |card:...       later ones: left out, as everything unknown
//   name,key=value,key=value:value|type   Influx' tags
//   _e{5,4}:title|text|...                DogStatsD's events, and
//   _sc|name|status|...                   service checks: not ours, only counted
//
// Types are c, g, ms, h, d and s. Lines end in newline, with or without a carriage return, and the
// last need not end. Blanks around a line are left out, and empty lines.
//
// What a line holds, it holds as a whole: one bad value, and nothing of it counts. Tags and
// container are the line's, wherever they stand; a rate is that of the values before it. Both kinds
// of tags may be given; DogStatsD's win over Influx', later ones over earlier ones.
//
// - Names may hold any bytes but control characters, `:`, `|` and `,` (which begins tags).
// - A set's member is all between the first colon and the bar, colons too: addresses have them.
// - `+n` and `-n` change a gauge; elsewhere a sign is but a sign. `NaN|g` is legal, `inf` is not.
// - A time is checked and then ignored: the agent shows the present.
// - A bad rate is a bad line: without it the value would be wrong.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/apps/statsd_sample.h"

namespace nma {

enum class StatsdSkipped : std::uint8_t { event, service_check };

// Whom to tell. All functions must be there; texts are good for the length of the call.
struct StatsdEvents {
    void* context = nullptr;

    // `container` is what stands after `c:`, not looked at: an ID, "ci-ID" or "in-inode"; empty
    // when there is none.
    void (*on_sample)(void* context, const StatsdSample& sample,
                      std::string_view container) = nullptr;
    void (*on_malformed)(void* context, std::string_view line) = nullptr;
    void (*on_skipped)(void* context, StatsdSkipped kind) = nullptr;
};

// Walks over a packet of any size, and never past it.
void parse_statsd_packet(std::span<const char> packet, const StatsdEvents& events);

}  // namespace nma
