#include "api/server.h"

#include "api/format.h"
#include "api/server_callbacks.h"
#include "api/server_request.h"
#include "platform/base/check.h"
#include "platform/linux/clock.h"

namespace nma {

namespace {

// A body in the pool starts behind the address of its pool, for whoever gives it back.
struct BodyHead {
    BodyPool* pool;
    std::uint64_t unused;  // keeps what follows aligned
};

void give_back(void* body) {
    auto* head = static_cast<BodyHead*>(body);
    head->pool->give_back(reinterpret_cast<const char*>(head));
}

// Others are refused at once: nobody has to send a body first that is not wanted.
bool is_reading(std::string_view method) {
    return method == "GET" || method == "HEAD";
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
    catalogue_ = catalogue;
    identity_ = &identity;
    options_ = options;
    pool_.init(arena, limits::body_pool_bytes(capacities));
    places_ = arena.take<Connection>("connections", options.connection_count_max);
    tls_.init(arena);
    init_access(arena);
    if (!options.has_registrations) return;
    bodies_.init(arena);
    small_answer_ = arena.take<char>("bodies of registrations", limits::command_answer_bytes);
}

void Server::publish(const Snapshot* snapshot) {
    snapshot_ = snapshot;
    drop_shared();
}

void Server::set_sources(const AppSource& apps, const TaskSource& tasks) {
    apps_ = apps;
    tasks_ = tasks;
    drop_shared();
}

// Clients that are still getting it keep it alive.
void Server::drop(Shared& shared) {
    if (shared.response != nullptr) MHD_destroy_response(shared.response);
    shared.response = nullptr;
}

void Server::drop_shared() {
    for (Shared& shared : shared_) {
        drop(shared);
        shared = Shared{};
    }
}

bool Server::answer(const Request& request) {
    if (has_long_uri(request.connection, request.path))
        return send_fixed(request, Fixed::uri_too_long);
    if (has_large_headers(request.connection, request.listener.options.header_bytes_max))
        return send_fixed(request, Fixed::headers_too_large);
    if (has_doubtful_end(request.connection)) return send_fixed(request, Fixed::bad_framing);
    Asker asker;
    if (const char* cause = identify(request, asker); cause != nullptr) {
        note_failure(request, AgentCounter::auth_failures, cause);
        return send_fixed(request, Fixed::unauthorized);
    }
    RouteMatch match;
    const RouteStatus status = match_route(request.path, *identity_, match);
    if (status == RouteStatus::bad_path) return send_fixed(request, Fixed::bad_path);
    const Admission* admission = nullptr;
    switch (permit(request, asker, match, admission)) {
        case Verdict::deny:
            note_denial(request, asker);
            return send_fixed(request, Fixed::forbidden);
        case Verdict::pending:
            if (!suspend(request)) return send_fixed(request, Fixed::forbidden);
            connection_of(request.connection).is_undecided = true;
            return true;
        case Verdict::allow:
            break;
    }
    return status == RouteStatus::found ? answer_route(request, match, *admission)
                                        : send_fixed(request, Fixed::not_found);
}

bool Server::answer_route(const Request& request, const RouteMatch& match, const Admission&) {
    if (!is_reading(request.method)) return send_fixed(request, Fixed::method_not_allowed);
    if (!accepts_json(request.connection, !options_.is_accept_required)) {
        return send_fixed(request, Fixed::not_acceptable);
    }
    RouteContext context = {.snapshot = snapshot_,
                            .catalogue = catalogue_,
                            .identity = *identity_,
                            .container_id = match.container_id.view(),
                            .metric_id = match.metric_id.view(),
                            .apps = apps_,
                            .tasks = tasks_};
    if (!read_query(request.connection, context)) return send_fixed(request, Fixed::bad_query);
    return match.route->is_shared ? send_shared(request, context, *match.route)
                                  : send_own(request, context, *match.route);
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

std::uint64_t Server::app_generation(const Route& route) const {
    return route.lists_apps && apps_.generation != nullptr ? apps_.generation(apps_.self) : 0;
}

bool Server::send_shared(const Request& request, const RouteContext& context, const Route& route) {
    Shared* shared = shared_slot(context, route);
    if (shared == nullptr) return send_own(request, context, route);
    const std::uint64_t generation = app_generation(route);
    if (shared->generation != generation) drop(*shared);
    if (shared->response == nullptr) {
        Fixed instead = Fixed::empty;
        MHD_Response* response = encode(context, route, instead);
        if (response == nullptr) return send_fixed(request, instead);
        *shared = {&route, context.view, context.has_exited, generation, response};
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
        TextSink sink(run.subspan(body_head_bytes));
        status = route.write(context, sink);
        body_bytes = sink.size();
    }
    if (status != Status::ok) {
        if (status == Status::full) ++pool_full_count_;
        instead = status == Status::absent ? Fixed::empty : Fixed::busy;
        return nullptr;
    }
    MHD_Response* response = make_pooled(run, body_bytes);
    if (response == nullptr) {
        instead = Fixed::busy;
        return nullptr;
    }
    MHD_add_response_header(response, "Content-Type", all_formats()[0].content_type);
    return response;
}

MHD_Response* Server::make_pooled(std::span<char> run, std::size_t body_bytes) {
    static_assert(sizeof(BodyHead) == body_head_bytes);
    pool_.take(run, body_head_bytes + body_bytes);
    auto* head = reinterpret_cast<BodyHead*>(run.data());
    head->pool = &pool_;
    MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
        body_bytes, run.data() + body_head_bytes, give_back, head);
    if (response == nullptr) give_back(head);
    return response;
}

}  // namespace nma
