// What libmicrohttpd calls. For server*.cc alone.
#pragma once

#include <microhttpd.h>

#include "api/server.h"

namespace nma {

// Ends a connection in both directions; the library notices and closes it.
void hang_up(const Connection& connection);

// The same for one whose time is over. An answer that its client does not take goes, too: the
// kernel would keep it for minutes.
void cut_off(const Connection& connection);

struct ServerCallbacks {
    // `listener` is the Server::Listener on which the request came.
    static MHD_Result handle(void* listener, MHD_Connection* connection, const char* path,
                             const char* method, const char* version, const char* upload,
                             std::size_t* upload_bytes, void** context);

    // The same, for a listener that serves registrations.
    static MHD_Result handle_command(void* listener, MHD_Connection* connection, const char* path,
                                     const char* method, const char* version, const char* piece,
                                     std::size_t* piece_bytes, void** context);

    // Paths stay as they were sent: an escaped slash is part of a name, and escapes are decoded
    // once, by the router.
    static std::size_t leave_escapes(void*, MHD_Connection*, char* text);

    // A connection begins and ends, and a request is over, one way or the other.
    static void note_connection(void* listener, MHD_Connection* connection, void** place,
                                MHD_ConnectionNotificationCode code);
    static void note_completed(void* listener, MHD_Connection* connection, void** context,
                               MHD_RequestTerminationCode code);

    // For the event loop: about one Server::Listener, and about all of a Server.
    static void note_ready(void* listener, std::uint32_t ready);
    static int timeout_ms(void* server);
    static void run(void* server);
};

}  // namespace nma
