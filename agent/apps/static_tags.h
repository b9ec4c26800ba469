// What the configuration says of the whole node: tags of applications' datapoints and labels of
// containers, such as dcos_cluster_id, dcos_cluster_name, fault_domain_region, fault_domain_zone
// and host, or any other key. Pure.
//
// Who wins, when several say the same key:
//   the application or its task   (an exporter's label "host" tells its series apart: replaced, two
//                                  of them would look like one)
//   then the configuration
//   then what the agent found out (set_default)
// So what must be true of the node whatever a task says is read from the dimensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "platform/base/pair_text.h"
#include "platform/limits.h"

namespace nma {

class StaticTags {
  public:
    enum class Result : std::uint8_t {
        ok,
        bad_key,    // empty, longer than 255 bytes, or with control characters
        bad_value,  // empty, or with control characters
        reserved,   // container_id: it is the agent's own
        full,
    };

    StaticTags() = default;
    StaticTags(const StaticTags&) = delete;  // its pairs are in itself
    StaticTags& operator=(const StaticTags&) = delete;

    // Of the configuration: replaces what is there.
    Result set(std::string_view key, std::string_view value);

    // Found out: kept only when nothing is there. An empty value is not known, and ok.
    Result set_default(std::string_view key, std::string_view value);

    // "key\0value\0" and so on. Good until the next change.
    std::string_view view() const { return pairs_.view(); }

  private:
    Result put(std::string_view key, std::string_view value, PairText::Twin twin);

    char memory_[limits::static_tag_bytes] = {};
    PairText pairs_{memory_};
};

// A sentence's end for the person who wrote the key: "is empty …". Never null.
const char* static_tag_error(StaticTags::Result result);

// `own` with those of `added` whose keys it has not, in `memory`. Whole pairs only; `left_out`
// grows by those that had no room.
std::string_view merge_tags(std::string_view own, std::string_view added, std::span<char> memory,
                            std::uint32_t& left_out);

}  // namespace nma
