// What libmicrohttpd calls. For server*.cc alone.
#pragma once

#include <microhttpd.h>

#include "api/server.h"

namespace nma {

struct ServerCallbacks {
    // `listener` is the Server::Listener on which the request came.
    static MHD_Result handle(void* listener, MHD_Connection* connection, const char* path,
                             const char* method, const char* version, const char* upload,
                             std::size_t* upload_bytes, void** context);

    // Paths stay as they were sent: an escaped slash is part of a name, and escapes are decoded
    // once, by the router.
    static std::size_t leave_escapes(void*, MHD_Connection*, char* text);

    // For the event loop, about one Server::Listener.
    static int timeout_ms(void* listener);
    static void run(void* listener);
};

}  // namespace nma
