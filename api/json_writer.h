// Pieces of JSON (RFC 8259) into a bounded sink. Strings come out as valid UTF-8, whatever they
// hold.
#pragma once

#include <string_view>

#include "platform/base/text_sink.h"

namespace nma {

// The text in quotes. Control characters, quotes and backslashes are escaped; each maximal piece
// that is not UTF-8 becomes U+FFFD (Unicode 15, section 3.9).
void append_json_string(TextSink& sink, std::string_view text);

// The number that reads back as the same double, as short as can be; whole ones below 2^64 without
// fraction or exponent, and -0 as 0. NaN and infinities have no number and are the empty string ""
// (contract; clients rely on it).
void append_json_number(TextSink& sink, double value);

// Length of the valid UTF-8 sequence at the start of `text`; 0 when there is none, and then
// `bad_bytes` is how many bytes one U+FFFD stands for. `text` is not empty.
std::size_t utf8_sequence_bytes(std::string_view text, std::size_t& bad_bytes);

}  // namespace nma
