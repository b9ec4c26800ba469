// Why a file that decides who gets in was not taken: a sentence that names the file and the cure
// ("run: chmod o= /etc/…").
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "platform/base/fixed_text.h"

namespace nma {

using AuthError = FixedText<512>;

// Replaces the sentence by these pieces, one after the other; what does not fit is cut. Gives
// false, so that a parser can say it and be done.
bool refuse(AuthError& error, std::initializer_list<std::string_view> pieces);

// A number as one of the pieces.
class NumberText {
  public:
    explicit NumberText(std::uint64_t number);
    operator std::string_view() const { return text_.view(); }  // NOLINT: to be a piece like others

  private:
    FixedText<24> text_;
};

}  // namespace nma
