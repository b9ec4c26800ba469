// An HTTP server that answers as its paths say, well or badly. Listens on 127.0.0.1; each
// connection is served by a thread of its own.
#pragma once

#include <cstdint>
#include <string_view>

namespace nma::test {

// Paths:
//   /ok          the text, with its length          /chunked     the text in chunks of 7 bytes
//   /until-close the text, without a length         /echo        the request itself
//   /openmetrics the text, by that content type     /status/NNN  that status, with "no" as body
//   /empty       200 and a length of 0              /bare        200, no content type
//   /silent      reads, never answers               /trickle     a header that never ends, slowly
//   /early       closes before its length           /early-chunk closes inside of a chunk
//   /huge        says that 1 GiB will follow        /flood       sends without end, no length
//   /garbage     bytes that are no HTTP             /close       closes at once
//   /headers     headers without end                /line        a chunk's size without end
//   /big-chunk   a chunk of 2 MiB                   /continue    "100 Continue" without end
//   /slow        /ok, after 1.2 seconds
//   /bad-chunk   a chunk of no number               /random      random bytes after "HTTP/1.1 200"
std::uint16_t odd_server_start();
void odd_server_stop();  // waits for its connections' ends

// The text from now on; it must stay until the next call.
void odd_server_say(std::string_view text);

// Connections that were accepted, and that are open now; and the most at one time.
int odd_server_count();
int odd_server_open_count();
int odd_server_open_count_max();

// A port of this machine that nobody listens on.
std::uint16_t unused_port();

}  // namespace nma::test
