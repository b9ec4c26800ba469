#include "api/auth/auth_error.h"

#include "platform/base/text_sink.h"

namespace nma {

bool refuse(AuthError& error, std::initializer_list<std::string_view> pieces) {
    error.clear();
    for (const std::string_view piece : pieces) {
        const std::size_t room = AuthError::bytes_max - error.size();
        (void)error.append(piece.substr(0, room));
    }
    return false;
}

NumberText::NumberText(std::uint64_t number) {
    char digits[20];
    TextSink sink(digits);
    sink.append_u64(number);
    (void)text_.assign(sink.view());
}

}  // namespace nma
