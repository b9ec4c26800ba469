// What a registration listener hands its requests to: the server knows HTTP, the handler knows what
// may be asked.
#pragma once

#include <cstdint>
#include <string_view>

#include "platform/base/fixed_text.h"
#include "platform/base/text_sink.h"
#include "platform/limits.h"

namespace nma {

struct CommandAnswer {
    std::uint16_t status = 0;                         // 200 to 599
    FixedText<limits::name_bytes_max + 16> location;  // empty: no such header
    const char* allow = nullptr;                      // null: no such header
};

struct CommandHandler {
    void* self = nullptr;

    // Answers a request that is there as a whole, on the loop's thread, and must not wait. `path`
    // is as it was sent, without its query; `body` has at most limits::command_body_bytes_max
    // bytes. Texts are good during the call only. The answer's JSON goes into `sink`, which has
    // room for limits::command_answer_bytes at least; what does not fit is for the handler to tell,
    // and a sink that is full is answered 503.
    CommandAnswer (*answer)(void* self, std::string_view method, std::string_view path,
                            std::string_view body, TextSink& sink) = nullptr;
};

}  // namespace nma
