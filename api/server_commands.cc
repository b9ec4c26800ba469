// Requests of registration listeners: their bodies are collected, and a CommandHandler answers. The
// library calls once when the header is there, once for each piece of the body, and once when all
// of the request is there; a request has a context from its first call until it is over.
#include "api/format.h"
#include "api/server_callbacks.h"
#include "api/server_request.h"
#include "platform/linux/clock.h"

namespace nma {

MHD_Result ServerCallbacks::handle_command(void* listener, MHD_Connection* connection,
                                           const char* path, const char* method, const char*,
                                           const char* piece, std::size_t* piece_bytes,
                                           void** context) {
    auto& from = *static_cast<Server::Listener*>(listener);
    Server& server = *from.server;
    const Server::Request request = {connection, path, method, from};
    bool is_good = true;
    if (*context == nullptr) {
        is_good = server.begin_command(request, context);
    } else if (*piece_bytes != 0) {
        CommandBody* body = Server::connection_of(connection).body;
        is_good = body != nullptr && body->append({piece, *piece_bytes});
        *piece_bytes = 0;
    } else {
        from.connections.note_request(Server::connection_of(connection), boottime_ns());
        is_good = server.finish_command(request);
    }
    return is_good ? MHD_YES : MHD_NO;
}

// Refused at once: nobody has to send a body first that is not wanted. The library then reads
// nothing more of this connection, so that the rest of the body is not taken for a request.
bool Server::begin_command(const Request& request, void** context) {
    const auto refuse = [this, &request](Fixed which) {
        Connection& place = connection_of(request.connection);
        request.listener.connections.note_request(place, boottime_ns());
        return send_fixed(request, which);
    };
    if (has_long_uri(request.connection, request.path)) return refuse(Fixed::uri_too_long);
    if (has_large_headers(request.connection, request.listener.options.header_bytes_max))
        return refuse(Fixed::headers_too_large);
    if (has_doubtful_end(request.connection)) return refuse(Fixed::bad_framing);
    // Pages of any site may have a browser on this machine POST to loopback.
    if (MHD_lookup_connection_value(request.connection, MHD_HEADER_KIND, "Origin") != nullptr)
        return refuse(Fixed::forbidden);
    if (!is_peer_allowed(request)) {
        note_denial(request, {.is_peer = true, .identity = {}, .certificate_uid = {}});
        return refuse(Fixed::forbidden);
    }
    const std::uint64_t body_bytes = announced_body_bytes(request.connection);
    if (body_bytes > limits::command_body_bytes_max) return refuse(Fixed::body_too_large);
    Connection& place = connection_of(request.connection);
    if (body_bytes != 0 && !bodies_.take(place, boottime_ns(), hang_up)) {
        return refuse(Fixed::bodies_busy);
    }
    *context = this;
    return true;
}

// Slow readers of metrics may hold all memory for answers. A registration does not fail for that:
// a task's start depends on it.
bool Server::finish_command(const Request& request) {
    if (commands_.answer == nullptr) return send_fixed(request, Fixed::bodies_busy);
    const std::span<char> run = pool_.longest_free();
    const bool is_pooled = run.size() >= body_head_bytes + small_answer_.size();
    TextSink sink(is_pooled ? run.subspan(body_head_bytes) : small_answer_);
    Connection& place = connection_of(request.connection);
    const CommandAnswer answer =
        commands_.answer(commands_.self, request.method, request.path,
                         place.body == nullptr ? std::string_view() : place.body->text(), sink);
    CommandBodies::give_back(place);
    if (sink.status() != Status::ok) return send_fixed(request, Fixed::busy);
    MHD_Response* response = is_pooled
                                 ? make_pooled(run, sink.size())
                                 : MHD_create_response_from_buffer(
                                       sink.size(), small_answer_.data(), MHD_RESPMEM_MUST_COPY);
    return response == nullptr ? send_fixed(request, Fixed::busy)
                               : send_command_answer(request, answer, sink.size(), response);
}

// Gives `response` back.
bool Server::send_command_answer(const Request& request, const CommandAnswer& answer,
                                 std::size_t body_bytes, MHD_Response* response) {
    if (body_bytes != 0)
        MHD_add_response_header(response, "Content-Type", all_formats()[0].content_type);
    if (answer.allow != nullptr) MHD_add_response_header(response, "Allow", answer.allow);
    if (!answer.location.empty())
        MHD_add_response_header(response, "Location", answer.location.c_str());
    const bool is_queued =
        MHD_queue_response(request.connection, answer.status, response) == MHD_YES;
    MHD_destroy_response(response);
    return is_queued;
}

}  // namespace nma
