// Questions to a request as the library has read it. For server*.cc alone.
#pragma once

#include <microhttpd.h>

#include <cstddef>
#include <cstdint>

#include "api/auth/credentials.h"
#include "api/route.h"

namespace nma {

// Of the path and its query, as they were sent.
bool has_long_uri(MHD_Connection* connection, const char* path);

// More than 100 fields, or more than `bytes_max` of them all.
bool has_large_headers(MHD_Connection* connection, std::size_t bytes_max);

// Whether a proxy before us may think that the request ends elsewhere (request smuggling, RFC 9112,
// section 11.2).
bool has_doubtful_end(MHD_Connection* connection);

// The length of its body as the header has it, which the library keeps to; UINT64_MAX when that is
// no number. 0 for a body in chunks.
std::uint64_t announced_body_bytes(MHD_Connection* connection);

// Whether application/json may be sent; `if_missing` when nothing is said about it.
bool accepts_json(MHD_Connection* connection, bool if_missing);

// View and state, as the query wants them. False when it has other words for them.
bool read_query(MHD_Connection* connection, RouteContext& context);

// All that could be a token; texts are good as long as the request.
void collect_credentials(MHD_Connection* connection, ShownCredentials& credentials);

}  // namespace nma
