// Requests to other programs' HTTP servers, and their answers, in fixed memory. The event loop's
// thread fills a slot and posts it; the fetching thread serves it and completes it; the loop's
// thread reads the answer and frees the slot. A slot has one owner at a time, and its state says
// who: no locks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/apps/scrape_url.h"
#include "platform/base/arena.h"
#include "platform/base/fixed_text.h"
#include "platform/base/status.h"
#include "platform/limits.h"

namespace nma {

enum class HttpMethod : std::uint8_t { get, post };

// Texts are copied. The host is an IP address or "localhost"; path and query begin with "/".
struct FetchRequest {
    HttpMethod method = HttpMethod::get;
    std::string_view host;
    std::uint16_t port = 0;
    std::string_view path;
    std::string_view accept;         // the Accept header; none when empty
    std::string_view content_type;   // of the body
    std::string_view authorization;  // none when empty
    std::string_view body;           // of a POST
    std::uint32_t timeout_ms = 0;    // from the start to the last byte
    std::size_t body_bytes_max = 0;
};

// What became of a request. Any answer that came as a whole is `ok`, whatever its HTTP status.
//   timeout    no whole answer in time
//   gone       the server closed before its end
//   malformed  no HTTP, or of a length that cannot be known
//   truncated  a body, a chunk of it or the headers are larger than we take; the library says the
//              same of a chunk whose size is no number
//   io_error   no connection, or it broke
struct FetchResult {
    Status status = Status::ok;
    int http_status = 0;            // 0 without an answer
    std::string_view content_type;  // empty when there was none, or it was too long
    std::string_view body;          // empty unless `status` is ok
    std::uint64_t duration_ns = 0;
};

// Good from post until release.
using FetchId = std::uint32_t;
inline constexpr FetchId no_fetch = 0xffffffff;

// The last one has the large body.
inline constexpr std::size_t fetch_slot_count_all = limits::fetch_slot_count + 1;

struct FetchSlot {
    enum class State : std::uint32_t { free, posted, completed };

    std::atomic<State> state = State::free;

    // Written before posted.
    HttpMethod method = HttpMethod::get;
    FixedText<limits::fetch_host_bytes> address;
    std::uint16_t port = 0;
    FixedText<limits::fetch_path_bytes> path;
    FixedText<limits::fetch_field_bytes> accept;
    FixedText<limits::fetch_field_bytes> content_type;
    FixedText<limits::authorization_bytes + 1> authorization;
    FixedText<limits::fetch_field_bytes> request_body;
    std::uint32_t timeout_ms = 0;
    std::size_t body_bytes_max = 0;
    void (*on_done)(void* context, FetchId id, const FetchResult& result) = nullptr;
    void* context = nullptr;

    // Written before completed.
    Status status = Status::ok;
    int http_status = 0;
    FixedText<limits::fetch_field_bytes> answer_type;
    std::size_t body_bytes = 0;
    std::size_t touched_bytes = 0;  // of the body's memory
    std::uint64_t started_ns = 0;
    std::uint64_t duration_ns = 0;

    std::span<char> body;
    bool is_taken = false;      // from take to release; the loop's thread alone
    bool is_announced = false;  // its on_done was called; the loop's thread alone

    FetchResult result() const;
    [[nodiscard]] bool append_body(const void* bytes, std::size_t count);  // false: does not fit
};

// All functions are the loop's thread's.
class FetchSlots {
  public:
    void init(Arena& arena);

    // A slot with the request in it, not posted yet. full when all that are large enough are
    // taken, malformed for a request that could not be sent (see is_sendable) or that is longer
    // than our limits.
    Status take(const FetchRequest& request, FetchId& id);

    // Gives the memory of a large body back to the system, too. The slot must not be posted.
    void release(FetchId id);

    // Once there is no thread that serves them.
    void release_all();

    FetchSlot& operator[](FetchId id);

  private:
    std::span<FetchSlot> slots_;
};

}  // namespace nma
