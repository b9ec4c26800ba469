#include "api/server.h"

#include <stdio.h>
#include <string.h>

#include "api/accept.h"
#include "api/format.h"
#include "api/json_writer.h"
#include "api/server_callbacks.h"
#include "platform/base/check.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

constexpr std::size_t uri_bytes_max = 8 * 1024;
constexpr int header_count_max = 100;

// A body in the pool starts behind the address of its pool, for whoever gives it back.
struct BodyHead {
    BodyPool* pool;
    std::uint64_t unused;  // keeps what follows aligned
};

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
    {405, "Method Not Allowed", "This API is for reading only: use GET or HEAD.", "Allow",
     "GET, HEAD"},
    {406, "Not Acceptable", "Answers are application/json only: send Accept: application/json."},
    {414, "URI Too Long", "The request's URI has more than 8192 bytes."},
    {431, "Request Header Fields Too Large",
     "The request has more than 100 header fields, or more bytes of them than are taken here."},
    {400, "Bad Request",
     "The query has an unknown view or state: use view=standard or view=full, and state=running or "
     "state=all."},
    {503, "Service Unavailable",
     "All memory for answers is on its way to slow clients. Try again in a second.", "Retry-After",
     "1"},
    {204, "", ""},
};

void give_back(void* body) {
    auto* head = static_cast<BodyHead*>(body);
    head->pool->give_back(reinterpret_cast<const char*>(head));
}

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

MHD_Result add_accept(void* judge, MHD_ValueKind, const char* key, const char* value) {
    if (value != nullptr && strcasecmp(key, "Accept") == 0)
        static_cast<AcceptJudge*>(judge)->add(value);
    return MHD_YES;
}

bool is_acceptable(MHD_Connection* connection, const ServerOptions& options) {
    AcceptJudge judge;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_accept, &judge);
    return judge.accepts_json(!options.is_accept_required);
}

// Others are refused at once: nobody has to send a body first that is not wanted.
bool is_reading(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

bool has_large_headers(MHD_Connection* connection, unsigned header_bytes_max) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return (info != nullptr && info->header_size > header_bytes_max) ||
           MHD_get_connection_values(connection, MHD_HEADER_KIND, nullptr, nullptr) >
               header_count_max;
}

// A key that takes one of two words, the first unless the query has it. False for other words.
bool choose(MHD_Connection* connection, const char* key, const char* first, const char* second,
            bool& is_second) {
    const char* word = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, key);
    is_second = word != nullptr && strcmp(word, second) == 0;
    return word == nullptr || is_second || strcmp(word, first) == 0;
}

bool read_query(MHD_Connection* connection, RouteContext& context) {
    bool is_full = false;
    if (!choose(connection, "view", "standard", "full", is_full)) return false;
    context.view = is_full ? View::full : View::standard;
    return choose(connection, "state", "running", "all", context.has_exited);
}

MHD_Result add_length(void* sum, MHD_ValueKind, const char* key, const char* value) {
    *static_cast<std::size_t*>(sum) += strlen(key) + (value == nullptr ? 0 : strlen(value)) + 2;
    return MHD_YES;
}

// The library has taken the query apart already: the path, and each "&key=value".
bool has_long_uri(MHD_Connection* connection, const char* path) {
    std::size_t bytes = strlen(path);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_length, &bytes);
    return bytes > uri_bytes_max;
}

}  // namespace

MHD_Result ServerCallbacks::handle(void* listener, MHD_Connection* connection, const char* path,
                                   const char* method, const char*, const char*,
                                   std::size_t* upload_bytes, void** context) {
    static char is_seen;
    if (*context == nullptr && is_reading(method)) {
        *context = &is_seen;  // called again when all of the request is there
        return MHD_YES;
    }
    if (*upload_bytes != 0) {
        *upload_bytes = 0;  // nothing that is sent to us is of interest
        return MHD_YES;
    }
    auto& from = *static_cast<Server::Listener*>(listener);
    from.connections.note_request(Server::connection_of(connection), boottime_ns());
    return from.server->answer({connection, path, method, from}) ? MHD_YES : MHD_NO;
}

void Server::init(Arena& arena, const Capacities& capacities, Catalogue catalogue,
                  const NodeIdentity& identity, const ServerOptions& options) {
    static_assert(sizeof fixed_answers / sizeof fixed_answers[0] ==
                  static_cast<std::size_t>(Fixed::count));
    catalogue_ = catalogue;
    identity_ = &identity;
    options_ = options;
    pool_.init(arena, limits::body_pool_bytes(capacities));
    places_ = arena.take<Connection>("connections", options.connection_count_max);
    tls_.init(arena);
}

bool Server::make_fixed() {
    for (std::size_t i = 0; i < static_cast<std::size_t>(Fixed::count); ++i) {
        if (fixed_[i] == nullptr) fixed_[i] = make_fixed_response(fixed_answers[i]);
        if (fixed_[i] == nullptr) return false;
    }
    return true;
}

void Server::publish(const Snapshot* snapshot) {
    snapshot_ = snapshot;
    drop_shared();
}

// Clients that are still getting one keep it alive.
void Server::drop_shared() {
    for (Shared& shared : shared_) {
        if (shared.response != nullptr) MHD_destroy_response(shared.response);
        shared = Shared{};
    }
}

bool Server::answer(const Request& request) {
    if (has_long_uri(request.connection, request.path))
        return send_fixed(request, Fixed::uri_too_long);
    if (has_large_headers(request.connection, request.listener.options.header_bytes_max))
        return send_fixed(request, Fixed::headers_too_large);
    RouteMatch match;
    switch (match_route(request.path, *identity_, match)) {
        case RouteStatus::found:
            return answer_route(request, match);
        case RouteStatus::not_found:
            return send_fixed(request, Fixed::not_found);
        case RouteStatus::bad_path:
            return send_fixed(request, Fixed::bad_path);
    }
    return false;
}

bool Server::answer_route(const Request& request, const RouteMatch& match) {
    if (!is_reading(request.method)) return send_fixed(request, Fixed::method_not_allowed);
    if (!is_acceptable(request.connection, options_)) {
        return send_fixed(request, Fixed::not_acceptable);
    }
    RouteContext context = {snapshot_,
                            catalogue_,
                            *identity_,
                            View::standard,
                            false,
                            match.container_id.view(),
                            match.metric_id.view()};
    if (!read_query(request.connection, context)) return send_fixed(request, Fixed::bad_query);
    return match.route->is_shared ? send_shared(request, context, *match.route)
                                  : send_own(request, context, *match.route);
}

bool Server::send_fixed(const Request& request, Fixed which) {
    const auto index = static_cast<std::size_t>(which);
    return MHD_queue_response(request.connection, fixed_answers[index].status, fixed_[index]) ==
           MHD_YES;
}

// The slot that holds, or may hold, this body. Null when there are more kinds than slots.
Server::Shared* Server::shared_slot(const RouteContext& context, const Route& route) {
    for (Shared& shared : shared_) {
        const bool is_same = shared.route == &route && shared.view == context.view &&
                             shared.has_exited == context.has_exited;
        if (shared.route == nullptr || is_same) return &shared;
    }
    return nullptr;
}

bool Server::send_shared(const Request& request, const RouteContext& context, const Route& route) {
    Shared* shared = shared_slot(context, route);
    if (shared == nullptr) return send_own(request, context, route);
    if (shared->response == nullptr) {
        Fixed instead = Fixed::empty;
        MHD_Response* response = encode(context, route, instead);
        if (response == nullptr) return send_fixed(request, instead);
        *shared = {&route, context.view, context.has_exited, response};
    }
    return MHD_queue_response(request.connection, MHD_HTTP_OK, shared->response) == MHD_YES;
}

bool Server::send_own(const Request& request, const RouteContext& context, const Route& route) {
    Fixed instead = Fixed::empty;
    MHD_Response* response = encode(context, route, instead);
    if (response == nullptr) return send_fixed(request, instead);
    const bool is_queued = MHD_queue_response(request.connection, MHD_HTTP_OK, response) == MHD_YES;
    MHD_destroy_response(response);
    return is_queued;
}

// Null when there is nothing to send, or no room: then `instead` says what to send.
MHD_Response* Server::encode(const RouteContext& context, const Route& route, Fixed& instead) {
    const std::span<char> run = pool_.longest_free();
    Status status = Status::full;
    std::size_t body_bytes = 0;
    if (!run.empty()) {
        TextSink sink(run.subspan(sizeof(BodyHead)));
        status = route.write(context, sink);
        body_bytes = sink.size();
    }
    if (status != Status::ok) {
        if (status == Status::full) ++pool_full_count_;
        instead = status == Status::absent ? Fixed::empty : Fixed::busy;
        return nullptr;
    }
    pool_.take(run, sizeof(BodyHead) + body_bytes);
    auto* head = reinterpret_cast<BodyHead*>(run.data());
    head->pool = &pool_;
    MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
        body_bytes, run.data() + sizeof(BodyHead), give_back, head);
    if (response == nullptr) {
        give_back(head);
        instead = Fixed::busy;
        return nullptr;
    }
    MHD_add_response_header(response, "Content-Type", all_formats()[0].content_type);
    return response;
}

void Server::drop_responses() {
    drop_shared();
    for (MHD_Response*& response : fixed_) {
        if (response != nullptr) MHD_destroy_response(response);
        response = nullptr;
    }
}

}  // namespace nma
