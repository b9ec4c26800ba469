// Asks other programs by HTTP/1.1 without ever waiting for them: one thread of its own runs
// libevent's client, so that a server that hangs, trickles or lies holds up nothing here. Redirects
// are not followed, bodies are taken as they come (no compression is asked for), no name server is
// asked, and each request has a connection of its own.
//
// libevent allocates from the heap; what it can hold of one answer at a time is bounded by
// fetch_header_bytes_max and fetch_unread_bytes_max. Bodies go straight into the arena.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "agent/apps/fetch_slots.h"
#include "platform/linux/event_loop.h"

struct event;
struct event_base;
struct evbuffer;
struct evbuffer_cb_info;
struct evhttp_connection;
struct evhttp_request;

namespace nma {

class HttpFetcher {
  public:
    // Called on the loop's thread when a request is over, once for each post. The result's texts
    // are good until release, which must follow, then or later.
    struct Done {
        void (*function)(void* context, FetchId id, const FetchResult& result) = nullptr;
        void* context = nullptr;
    };

    void init(Arena& arena) { slots_.init(arena); }

    // Starts the thread. False, and nothing left behind, when the system gives none, or no
    // descriptors. The object must stay where it is.
    bool start(EventLoop& loop);

    // Breaks off what is under way: nobody is told, and no FetchId is good any more. Waits for the
    // thread, which never waits itself.
    void stop();

    // full: all slots are taken, try again after a release. malformed: the request cannot be sent.
    // io_error: not started. In all three nobody is called.
    Status post(const FetchRequest& request, Done done, FetchId& id);

    void release(FetchId id) { slots_.release(id); }

  private:
    // The thread's side of a slot.
    struct Exchange {
        HttpFetcher* fetcher = nullptr;
        FetchSlot* slot = nullptr;
        event* end_event = nullptr;  // its status is final: the rest is cleaned up
        evhttp_connection* connection = nullptr;
        std::size_t received_bytes = 0;  // headers and all
        std::uint32_t header_count = 0;  // status lines with their headers
        bool is_running = false;         // from begin to complete
        bool is_over = false;            // its status is final
    };

    static void* run(void* self);
    static void on_request(int fd, short what, void* self);
    static void on_clock(int fd, short what, void* self);
    static void on_end(int fd, short what, void* exchange);
    static void on_answer(evhttp_request* request, void* exchange);
    static int on_headers(evhttp_request* request, void* exchange);
    static void on_body(evhttp_request* request, void* exchange);
    static void on_input(evbuffer* input, const evbuffer_cb_info* change, void* exchange);
    static void on_done(void* self, std::uint32_t ready);

    bool open_all(EventLoop& loop);
    void close_all();
    void begin(Exchange& exchange);
    void set_clock();
    bool connect(Exchange& exchange);
    static bool send(Exchange& exchange);
    void complete(Exchange& exchange);
    static void end(Exchange& exchange, Status status);

    FetchSlots slots_;
    Exchange exchanges_[fetch_slot_count_all];
    event_base* base_ = nullptr;  // the thread's, once it runs
    event* request_event_ = nullptr;
    event* clock_event_ = nullptr;
    std::atomic<bool> is_stopping_ = false;
    int request_ = -1;  // eventfd, loop to thread
    int done_ = -1;     // eventfd, thread to loop
    int clock_ = -1;    // timerfd: the time of one of the exchanges is up
    pthread_t thread_ = {};
    bool has_thread_ = false;
};

}  // namespace nma
