// HTTP (RFC 9110, 9112) by libmicrohttpd, on the program's own event loop. The files server*.cc
// are the only ones that know the library.
//
// The library refuses by itself what is no HTTP, or larger than a connection's memory: with the
// right status (400, 413, 414, 431, 501, 505), but with a short HTML body of its own. Everything
// else is answered by us, in JSON.
#pragma once

#include "api/body_pool.h"
#include "api/listen_address.h"
#include "api/router.h"
#include "platform/linux/event_loop.h"

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;

namespace nma {

struct ServerOptions {
    bool is_accept_required = false;     // a request without Accept is 406
    unsigned connection_count_max = 64;  // on each listener
};

class Server {
  public:
    // What the library sets aside for a connection's request and headers.
    static constexpr std::size_t connection_bytes = 32 * 1024;

    // Sets memory aside. `catalogue` and `identity` must outlive the server; `identity` may still
    // change until the first listen.
    void init(Arena& arena, const Capacities& capacities, Catalogue catalogue,
              const NodeIdentity& identity, const ServerOptions& options);

    // Opens a listener, at most limits::listener_count_max of them. False, and `error` says why.
    [[nodiscard]] bool listen(const ListenAddress& address, FixedText<256>& error);

    // Of the index-th listener, as it was bound: "http://127.0.0.1:61092" or "unix:/path".
    FixedText<256> address(std::size_t index) const;

    // Serves from the loop from now on. False when the loop has no room.
    [[nodiscard]] bool attach(EventLoop& loop);

    // From now on all answers are from this snapshot; the one before is not looked at any more. On
    // the loop's thread only.
    void publish(const Snapshot* snapshot);

    // Ends all connections and removes unix sockets.
    void stop();

    std::uint64_t pool_full_count() const { return pool_full_count_; }

  private:
    friend struct ServerCallbacks;

    // Answers that never change.
    enum class Fixed : std::uint8_t {
        bad_path,
        not_found,
        method_not_allowed,
        not_acceptable,
        uri_too_long,
        headers_too_large,
        bad_query,
        busy,
        empty,
        count,
    };

    // Bodies that are the same for everybody until the next snapshot.
    struct Shared {
        const Route* route = nullptr;
        View view = View::standard;
        bool has_exited = false;
        MHD_Response* response = nullptr;
    };

    struct Listener {
        Server* server = nullptr;
        MHD_Daemon* daemon = nullptr;
        unsigned connection_count_max = 0;
        ListenAddress address;
        FixedText<256> description;
    };

    struct Request {
        MHD_Connection* connection;
        const char* path;
        const char* method;
        const Listener& listener;
    };

    static constexpr std::size_t shared_count_max = 8;

    bool make_fixed();
    bool answer(const Request& request);
    bool answer_route(const Request& request, const RouteMatch& match);
    bool send_fixed(const Request& request, Fixed which);
    bool send_shared(const Request& request, const RouteContext& context, const Route& route);
    bool send_own(const Request& request, const RouteContext& context, const Route& route);
    Shared* shared_slot(const RouteContext& context, const Route& route);
    MHD_Response* encode(const RouteContext& context, const Route& route, Fixed& instead);
    void drop_shared();
    void drop_responses();

    Catalogue catalogue_;
    const NodeIdentity* identity_ = nullptr;
    ServerOptions options_;
    BodyPool pool_;
    const Snapshot* snapshot_ = nullptr;
    MHD_Response* fixed_[static_cast<std::size_t>(Fixed::count)] = {};
    Shared shared_[shared_count_max] = {};
    Listener listeners_[limits::listener_count_max] = {};
    std::size_t listener_count_ = 0;
    std::uint64_t pool_full_count_ = 0;
};

}  // namespace nma
