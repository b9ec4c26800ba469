// Answers that never change: made once.
#include "api/server_callbacks.h"

#include <string.h>

#include "api/format.h"
#include "api/json_writer.h"
#include "platform/base/check.h"

namespace nma {

namespace {

struct FixedAnswer {
    unsigned status;
    const char* reason;
    const char* message;
    const char* header = nullptr;
    const char* header_value = nullptr;
};

// In the order of Server::Fixed.
constexpr FixedAnswer fixed_answers[] = {
    {400, "Bad Request",
     "The path has a space, a control character, or a % without two hexadecimal digits."},
    {404, "Not Found",
     "There is no such resource. The index of all resources is at /v0/, /system/v1/metrics/v0/ and "
     "/system/v1/agent/{agent_id}/metrics/v0/."},
    {400, "Bad Request",
     "The request has a Transfer-Encoding, more than one Content-Length, or a field whose name has "
     "a blank or a mark in it, so that its end is in doubt; it needs none of them.",
     "Connection", "close"},
    {401, "Unauthorized",
     "Send a valid token: Authorization: token=TOKEN, Authorization: Bearer TOKEN, or the cookie "
     "dcos-acs-auth-cookie.",
     "WWW-Authenticate", "Bearer realm=\"metrics\""},
    {403, "Forbidden", "You have no permission for this."},
    {405, "Method Not Allowed", "This API is for reading only: use GET or HEAD.", "Allow",
     "GET, HEAD"},
    {406, "Not Acceptable", "Answers are application/json only: send Accept: application/json."},
    {414, "URI Too Long", "The request's URI has more than 8192 bytes."},
    {413, "Content Too Large", "A body has at most 4096 bytes here."},
    {431, "Request Header Fields Too Large",
     "The request has more than 100 header fields, or more bytes of them than this address takes."},
    {400, "Bad Request",
     "The query has an unknown view or state: use view=standard or view=full, and state=running or "
     "state=all."},
    {503, "Service Unavailable",
     "All memory for answers is on its way to slow clients. Try again in a second.", "Retry-After",
     "1"},
    {503, "Service Unavailable",
     "The bodies of too many requests are on their way. Try again in a second.", "Retry-After",
     "1"},
    {204, "", ""},
};

static_assert(limits::command_body_bytes_max == 4096, "as the message says");

MHD_Response* make_error(const FixedAnswer& answer) {
    char body[512];
    TextSink sink(body);
    sink.append("{\"error\":{\"status\":");
    sink.append_u64(answer.status);
    sink.append(",\"reason\":");
    append_json_string(sink, answer.reason);
    sink.append(",\"message\":");
    append_json_string(sink, answer.message);
    sink.append("}}");
    NMA_CHECK(sink.status() == Status::ok);
    return MHD_create_response_from_buffer(sink.size(), body, MHD_RESPMEM_MUST_COPY);
}

MHD_Response* make_fixed_response(const FixedAnswer& answer) {
    MHD_Response* response =
        answer.status == 204 ? MHD_create_response_from_buffer(0, nullptr, MHD_RESPMEM_PERSISTENT)
                             : make_error(answer);
    if (response == nullptr) return nullptr;
    if (answer.status != 204) {
        MHD_add_response_header(response, "Content-Type", all_formats()[0].content_type);
    }
    if (answer.header != nullptr) {
        MHD_add_response_header(response, answer.header, answer.header_value);
    }
    return response;
}

}  // namespace

bool Server::make_fixed() {
    static_assert(sizeof fixed_answers / sizeof fixed_answers[0] ==
                  static_cast<std::size_t>(Fixed::count));
    for (std::size_t i = 0; i < static_cast<std::size_t>(Fixed::count); ++i) {
        if (fixed_[i] == nullptr) fixed_[i] = make_fixed_response(fixed_answers[i]);
        if (fixed_[i] == nullptr) return false;
    }
    return true;
}

bool Server::send_fixed(const Request& request, Fixed which) {
    const auto index = static_cast<std::size_t>(which);
    return MHD_queue_response(request.connection, fixed_answers[index].status, fixed_[index]) ==
           MHD_YES;
}

void Server::drop_responses() {
    drop_shared();
    for (MHD_Response*& response : fixed_) {
        if (response != nullptr) MHD_destroy_response(response);
        response = nullptr;
    }
}

}  // namespace nma
