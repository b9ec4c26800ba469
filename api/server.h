// HTTP (RFC 9110, 9112) by libmicrohttpd, on the program's own event loop. The files server*.cc
// are the only ones that know the library.
//
// The library refuses by itself what is no HTTP, or larger than a connection's memory: with the
// right status (400, 413, 414, 431, 501, 505), but with a short HTML body of its own. Everything
// else is answered by us, in JSON.
#pragma once

#include <sys/socket.h>

#include "api/auth/failure_log.h"
#include "api/auth/gate.h"
#include "api/body_pool.h"
#include "api/command.h"
#include "api/command_bodies.h"
#include "api/connection_table.h"
#include "api/listen_socket.h"
#include "api/router.h"
#include "api/server_tls.h"
#include "platform/base/fixed_list.h"
#include "platform/linux/event_loop.h"
#include "platform/metrics/agent_counters.h"

struct MHD_Connection;
struct MHD_Daemon;
struct MHD_Response;

namespace nma {

struct ServerOptions {
    bool is_accept_required = false;         // a request without Accept is 406
    std::size_t connection_count_max = 512;  // on all listeners together
    bool has_registrations = false;          // sets memory aside for listeners that serve them
};

class Server {
  public:
    // What the library sets aside for a connection's request and headers.
    static constexpr std::size_t connection_bytes = 32 * 1024;

    // Sets memory aside. `catalogue` and `identity` must outlive the server; `identity` may still
    // change until the first listen.
    void init(Arena& arena, const Capacities& capacities, Catalogue catalogue,
              const NodeIdentity& identity, const ServerOptions& options);

    // Opens a listener, at most limits::listener_count_max of them, and warns when tokens come over
    // it readably. Clients may connect from now on; they wait until `attach`. False, and `error`
    // says why.
    [[nodiscard]] bool listen(const ListenerOptions& options, ListenError& error);

    // Whether the files and names of these options are good, without opening anything. False, and
    // `error` says why.
    [[nodiscard]] bool try_out(const ListenerOptions& options, ListenError& error);

    // Who answers on listeners that serve registrations; without one they answer 503. Before
    // attach, or on the loop's thread.
    void set_commands(const CommandHandler& commands) { commands_ = commands; }

    // Of the index-th listener, as it was bound: "http://127.0.0.1:61092" or "unix:/path".
    FixedText<256> address(std::size_t index) const;

    // Serves from the loop from now on. False when the loop has no room.
    [[nodiscard]] bool attach(EventLoop& loop);

    // Whom to ask what applications said and who runs where. Both are asked on the loop's thread,
    // and must outlive the server. Before `attach`, or on the loop's thread.
    void set_sources(const AppSource& apps, const TaskSource& tasks);

    // From now on all answers are from this snapshot; the one before is not looked at any more. On
    // the loop's thread only.
    void publish(const Snapshot* snapshot);

    // Reads certificates, keys and client authorities anew. Where they have changed, new
    // connections get the new ones; those that are there end after their next answer, or, when they
    // wait for a request, with the change after this one. No answer is cut off: the second change
    // counts only when all are taken that were on their way at the first, at the latest after
    // `request_s_max`. False, and `error` says why: then the listener with that file, and those
    // after it, keep what they have.
    [[nodiscard]] bool reload_tls(ListenError& error);

    // Lets nobody in any more: stops listening, and ends connections, once they have the answer
    // that they wait for. They are gone when is_drained says so, at the latest after
    // `request_s_max`.
    void drain();
    bool is_drained() const;

    // Ends all connections and removes unix sockets.
    void stop();

    // What the client has shown in the TLS handshake of this connection; `uid` is set when good.
    static ClientCertificate client_certificate(MHD_Connection* connection, CertificateUid& uid);

    // For log lines: "192.0.2.7" or "unix uid 1000".
    static FixedText<64> client_address(MHD_Connection* connection);

    // Reads keys, tokens and permissions anew. False, and `error` says why: then what was read
    // before still counts.
    [[nodiscard]] bool load_auth(const AuthOptions& options, AuthError& error);
    const TokenChecker& tokens() const { return gate_.tokens(); }

    std::size_t listener_count() const { return listeners_.size(); }
    ListenerService service(std::size_t index) const;
    bool asks_for_tokens(std::size_t index) const;
    std::uint64_t pool_full_count() const { return pool_full_count_; }
    std::uint64_t refused_count() const { return refused_count_; }      // no place: 503 or closed
    std::uint64_t evicted_count() const { return evicted_count_; }      // made room for newcomers
    std::uint64_t timed_out_count() const { return timed_out_count_; }  // too slow

  private:
    friend struct ServerCallbacks;

    // Answers that never change.
    enum class Fixed : std::uint8_t {
        bad_path,
        not_found,
        bad_framing,
        unauthorized,
        forbidden,
        method_not_allowed,
        not_acceptable,
        uri_too_long,
        body_too_large,
        headers_too_large,
        bad_query,
        busy,
        bodies_busy,
        empty,
        count,
    };

    // Bodies that are the same for everybody until the next snapshot, or, where they list
    // applications, until there are others.
    struct Shared {
        const Route* route = nullptr;
        View view = View::standard;
        bool has_exited = false;
        std::uint64_t generation = 0;  // of the applications; 0 where they do not count
        MHD_Response* response = nullptr;
    };

    struct Listener {
        Server* server = nullptr;
        ListenerOptions options;  // with the address as it was bound
        ListenSocket socket;
        FixedText<256> description;
        MHD_Daemon* daemon = nullptr;
        MHD_Daemon* old_daemon = nullptr;  // has the certificate of before, and no new connections
        Sha256Digest tls_digest;           // of what `daemon` has loaded
        bool is_reload_due = false;        // once old_daemon's answers are taken
        int epoll = -1;                    // of the socket and the daemons
        ConnectionTable connections;
        Connection* arriving = nullptr;     // on its way into the daemon
        bool is_ready = false;              // somebody waits to be let in
        std::uint64_t closed_until_ns = 0;  // 0: open
    };

    struct Request {
        MHD_Connection* connection;
        const char* path;
        const char* method;
        Listener& listener;
    };

    // Who asks.
    struct Asker {
        bool is_peer = false;  // known by the listener, without a uid
        Identity identity;
        CertificateUid certificate_uid;  // what `identity` may point to
    };

    static constexpr std::size_t shared_count_max = 8;
    static constexpr std::size_t body_head_bytes = 16;  // before each body in the pool

    // Of the connection, by the library's word for it.
    static Connection& connection_of(MHD_Connection* connection);
    // On listeners with AuthMode::peer: whether the process that connected is in their list. True
    // on others.
    static bool is_peer_allowed(const Request& request);

    MHD_Daemon* start_daemon(Listener& listener, ListenError& error);
    bool open_listener(Listener& listener, ListenError& error);
    bool reload_tls_of(Listener& listener, ListenError& error);
    bool replace_daemon(Listener& listener, ListenError& error);
    void reload_when_answered(Listener& listener);
    static void stop_old_daemon(Listener& listener);
    static void stop_accepting(Listener& listener);
    void pause_accepting(Listener& listener, std::uint64_t now_ns);
    [[nodiscard]] static bool accept_again(Listener& listener);
    void accept_ready(Listener& listener, std::uint64_t now_ns);
    void let_in(Listener& listener, int fd, const sockaddr& address, socklen_t bytes,
                std::uint64_t now_ns);
    bool make_room(Listener& listener, std::uint64_t now_ns, const ClientAddress* client);
    static void refuse(const Listener& listener, int fd);
    void run(Listener& listener, std::uint64_t now_ns);
    static void run_daemons(Listener& listener);

    bool make_fixed();
    bool answer(const Request& request);
    bool answer_route(const Request& request, const RouteMatch& match, const Admission&);
    void init_access(Arena& arena);
    // Null and `asker`, or why nobody is known by what the request shows.
    const char* identify(const Request& request, Asker& asker);
    Verdict permit(const Request& request, const Asker& asker, const RouteMatch& match,
                   const Admission*& admission);
    void note_failure(const Request& request, AgentCounter counter, std::string_view cause);
    void note_denial(const Request& request, const Asker& asker);
    bool suspend(const Request& request);
    static void resume_all(void* self, std::uint32_t);
    bool send_fixed(const Request& request, Fixed which);
    bool send_shared(const Request& request, const RouteContext& context, const Route& route);
    bool send_own(const Request& request, const RouteContext& context, const Route& route);
    Shared* shared_slot(const RouteContext& context, const Route& route);
    MHD_Response* encode(const RouteContext& context, const Route& route, Fixed& instead);
    // A response whose body stands in `run`, of the pool, behind its head; null, and the run given
    // back, when the library has no memory.
    MHD_Response* make_pooled(std::span<char> run, std::size_t body_bytes);
    std::uint64_t app_generation(const Route& route) const;
    static void drop(Shared& shared);
    void drop_shared();
    void drop_responses();
    bool begin_command(const Request& request, void** context);
    bool finish_command(const Request& request);
    static bool send_command_answer(const Request& request, const CommandAnswer& answer,
                                    std::size_t body_bytes, MHD_Response* response);

    Catalogue catalogue_;
    const NodeIdentity* identity_ = nullptr;
    ServerOptions options_;
    Gate gate_;
    FailureLog failures_;
    MHD_Connection* suspended_[limits::suspended_count_max] = {};
    std::size_t suspended_count_ = 0;
    BodyPool pool_;
    CommandHandler commands_;
    CommandBodies bodies_;
    std::span<char> small_answer_;  // to a command, when the pool has no room
    const Snapshot* snapshot_ = nullptr;
    AppSource apps_;
    TaskSource tasks_;
    MHD_Response* fixed_[static_cast<std::size_t>(Fixed::count)] = {};
    Shared shared_[shared_count_max] = {};
    FixedList<Listener, limits::listener_count_max> listeners_;
    std::span<Connection> places_;
    std::size_t place_count_ = 0;  // given to listeners
    ServerTls tls_;
    std::uint64_t pool_full_count_ = 0;
    std::uint64_t refused_count_ = 0;
    std::uint64_t evicted_count_ = 0;
    std::uint64_t timed_out_count_ = 0;
    std::uint64_t warned_at_ns_ = 0;  // that descriptors were short; 0: not yet
};

}  // namespace nma
