// Content negotiation (RFC 9110, section 12.5.1) for a server that speaks JSON only.
#pragma once

#include <string_view>

namespace nma {

// Judges the values of a request's Accept header lines, one after the other.
class AcceptJudge {
  public:
    void add(std::string_view value);

    // Whether application/json may be sent: the most specific range that matches it has a quality
    // above 0. A request without any Accept is `if_missing`.
    bool accepts_json(bool if_missing) const;

  private:
    void add_range(std::string_view range);

    bool is_present_ = false;
    int specificity_ = 0;  // 1: */*, 2: application/*, 3: application/json
    bool is_wanted_ = false;
};

}  // namespace nma
