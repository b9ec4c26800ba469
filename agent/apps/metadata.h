// Who the containers are, as the local Mesos agent has it: asks it when somebody is seen that is
// not known, and keeps the last good answer. Never waits: questions go out by a client that
// somebody else gives, and answers are taken in slices. All on the event loop's thread.
//
// It asks at most every 5 seconds, and only when a container is noted that the last answer did not
// have; for one that the Mesos agent does not know at all ever more rarely (unknown_containers.h).
// While questions fail it waits longer, up to a minute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/apps/authorization_file.h"
#include "agent/apps/mesos_state.h"
#include "agent/apps/unknown_containers.h"
#include "platform/base/arena.h"
#include "platform/base/fixed_text.h"

namespace nma {

enum class MetadataState : std::uint8_t {
    never_asked,
    ok,
    unreachable,       // no connection, or no whole answer in time
    refused,           // an HTTP status other than 200
    malformed,         // an answer that is not GET_STATE's
    too_large,         // over limits::mesos_state_bytes_max, or no HTTP (see FetchResult)
    no_authorization,  // the file with the header's text cannot be read; nothing was asked
};

// The word used in logs and answers. Never null.
const char* metadata_state_name(MetadataState state);

struct MetadataOptions {
    MesosStateOptions state;
    FixedText<256> authorization_file;  // empty: no such header
};

// POST /api/v1 of the Mesos agent. Texts are good for the length of the call.
struct MetadataRequest {
    std::string_view path;
    std::string_view body;
    std::string_view content_type;
    std::string_view accept;
    std::string_view authorization;  // empty: no such header
    std::size_t answer_bytes_max = 0;
    std::uint32_t timeout_ms = 0;
};

struct MetadataAnswer {
    enum class Kind : std::uint8_t { answered, unreachable, too_large };
    Kind kind = Kind::unreachable;
    int http_status = 0;
    std::string_view body;   // of answered; must stay until release
    std::string_view error;  // of unreachable: a clause for a person, may be empty
};

// Who brings questions to the Mesos agent. To each begin that was true comes one call of on_answer,
// never from within begin; to each on_answer one call of release, maybe from within.
struct MetadataClient {
    void* self = nullptr;
    bool (*begin)(void* self, const MetadataRequest& request) = nullptr;  // false: no room now
    void (*release)(void* self) = nullptr;  // the answer's body is not needed any more
};

class Metadata {
  public:
    // `capacity` containers. Sets cJSON's hooks (see json_arena.h).
    void init(Arena& arena, std::size_t capacity);

    void configure(const MetadataOptions& options, const MetadataClient& client);

    // A container is there that find does not know, or that is_waiting. Call it at each reading.
    void note_unknown(std::string_view container_id, std::uint64_t now_ns);

    // Asks, if it is wanted and due.
    void tick(std::uint64_t now_ns);

    // When to call tick next; UINT64_MAX: not before a note.
    std::uint64_t due_at_ns() const;

    void on_answer(const MetadataAnswer& answer, std::uint64_t now_ns);

    // Goes on with an answer, for about 2 ms. True while there is more of it: call it again, after
    // others had their turn.
    bool work(std::uint64_t now_ns);
    bool is_working() const { return phase_ == Phase::reading; }

    // Null when nothing is known of it. Good until work.
    const TaskInfo* find(std::string_view container_id) const {
        return mesos_.table().find(container_id);
    }
    // Of all containers in the last good answer, whether they are still there or not.
    std::span<const TaskTarget> targets() const { return mesos_.table().targets(); }
    const TaskTable& table() const { return mesos_.table(); }
    const MesosStateCounts& counts() const { return mesos_.counts(); }

    // Grows by one with each good answer: what was taken from an earlier one is old.
    std::uint64_t generation() const { return generation_; }
    std::uint64_t failure_total() const { return failure_total_; }    // questions, since the start
    std::uint64_t answered_at_ns() const { return answered_at_ns_; }  // the last good one; 0: none

    // Of the last question that is over; the log says why.
    MetadataState state() const { return state_; }

  private:
    enum class Phase : std::uint8_t { idle, asking, reading };

    // Counts of what was in an answer and is not shown.
    struct LeftOut {
        std::uint32_t counts[6] = {};
        bool operator==(const LeftOut&) const = default;
    };

    bool ask();
    void fail(MetadataState state, std::string_view reason, std::uint64_t now_ns);
    void refuse(int http_status, std::uint64_t now_ns);
    void succeed(std::uint64_t now_ns);
    void set_state(MetadataState state, std::string_view reason);
    void report_faults();
    void report_left_out();
    void release();

    MetadataOptions options_;
    MetadataClient client_;
    MesosState mesos_;
    UnknownContainers unknown_;
    AuthorizationText authorization_;
    FixedText<256> reason_;  // for a person: "HTTP status 401: …"
    FixedText<limits::name_bytes_max + 1> reported_task_;
    TargetFault reported_fault_ = TargetFault::none;
    LeftOut reported_left_out_;
    MetadataState state_ = MetadataState::never_asked;
    Phase phase_ = Phase::idle;
    bool is_wanted_ = false;
    std::uint32_t failure_count_ = 0;  // since the last good answer
    std::uint64_t failure_total_ = 0;
    std::uint64_t not_before_ns_ = 0;
    std::uint64_t generation_ = 0;
    std::uint64_t answered_at_ns_ = 0;
};

}  // namespace nma
