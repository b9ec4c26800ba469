#include "agent/apps/metadata.h"

#include <algorithm>
#include <iterator>

#include "platform/base/text_sink.h"
#include "platform/base/time_units.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr std::uint64_t interval_ns = limits::mesos_ask_interval_s * ns_per_second;

constexpr std::uint64_t backoff_ns(std::uint32_t failure_count) {
    std::uint64_t wait_s = limits::mesos_ask_interval_s;
    for (std::uint32_t i = 1; i < failure_count && wait_s < limits::mesos_backoff_s_max; ++i)
        wait_s *= 2;
    return std::min<std::uint64_t>(wait_s, limits::mesos_backoff_s_max) * ns_per_second;
}

constexpr const char* state_names[] = {
    "never_asked", "ok", "unreachable", "refused", "malformed", "too_large", "no_authorization",
};

// In the order of Metadata::LeftOut: what, why, and the cure.
constexpr const char* left_out_texts[] = {
    " tasks, executors or frameworks that are not as Mesos writes them (is mesos.url a Mesos "
    "agent's?)",
    " tasks, executors or frameworks over 64 KiB (give them fewer labels or less environment)",
    " labels without room or that are no text (shorten them, or have mesos.label_names and "
    "label_prefixes pass fewer)",
    " entries without room (raise limits.containers)",
    " names or IDs that are longer than 1024 bytes or have control characters (correct them)",
    " containers that tasks of several executors call theirs (one of these executors is wrong)",
};

}  // namespace

const char* metadata_state_name(MetadataState state) {
    return state_names[static_cast<std::size_t>(state)];
}

void Metadata::init(Arena& arena, std::size_t capacity) {
    mesos_.init(arena, capacity);
    unknown_.init(arena, capacity);
}

void Metadata::configure(const MetadataOptions& options, const MetadataClient& client) {
    options_ = options;
    client_ = client;
    mesos_.set_options(options.state);
}

void Metadata::note_unknown(std::string_view container_id, std::uint64_t now_ns) {
    if (unknown_.note(container_id, now_ns)) is_wanted_ = true;
}

void Metadata::tick(std::uint64_t now_ns) {
    if (now_ns < due_at_ns()) return;
    if (!options_.authorization_file.empty()) {
        const char* path = options_.authorization_file.c_str();
        const Status status = read_authorization_file(path, authorization_);
        if (status != Status::ok) {
            char memory[384];
            TextSink why(memory);
            why.append("the file for the header Authorization is ");
            why.append(status_name(status));
            return fail(MetadataState::no_authorization, why.view(), now_ns);
        }
    }
    not_before_ns_ = now_ns + interval_ns;
    const bool has_begun = ask();
    authorization_.clear();
    if (!has_begun) return;
    is_wanted_ = false;
    phase_ = Phase::asking;
    unknown_.on_asked();
}

bool Metadata::ask() {
    const MetadataRequest request = {
        .path = "/api/v1",
        .body = R"({"type":"GET_STATE"})",
        .content_type = "application/json",
        .accept = "application/json",
        .authorization = authorization_.view(),
        .answer_bytes_max = limits::mesos_state_bytes_max,
        .timeout_ms = limits::mesos_timeout_ms,
    };
    return client_.begin(client_.self, request);
}

std::uint64_t Metadata::due_at_ns() const {
    const bool can_ask = client_.begin != nullptr && phase_ == Phase::idle && is_wanted_;
    return can_ask ? not_before_ns_ : UINT64_MAX;
}

void Metadata::on_answer(const MetadataAnswer& answer, std::uint64_t now_ns) {
    if (phase_ != Phase::asking) return;
    if (answer.kind == MetadataAnswer::Kind::unreachable) {
        fail(MetadataState::unreachable, answer.error, now_ns);
    } else if (answer.kind == MetadataAnswer::Kind::too_large) {
        fail(MetadataState::too_large, "the answer is larger than 16 MiB, or no HTTP", now_ns);
    } else if (answer.http_status != 200) {
        refuse(answer.http_status, now_ns);
    } else {
        phase_ = Phase::reading;
        mesos_.begin(answer.body);
    }
}

bool Metadata::work(std::uint64_t now_ns) {
    if (phase_ != Phase::reading) return false;
    const MesosState::Progress progress = mesos_.step(limits::mesos_step_bytes);
    if (progress == MesosState::Progress::more) return true;
    if (progress == MesosState::Progress::done) {
        succeed(now_ns);
    } else {
        fail(MetadataState::malformed, mesos_.fault_text(), now_ns);
    }
    return false;
}

void Metadata::refuse(int http_status, std::uint64_t now_ns) {
    char memory[128];
    TextSink why(memory);
    why.append("HTTP status ");
    why.append_i64(http_status);
    if (http_status == 401 || http_status == 403)
        why.append(": it wants a token that may see tasks, executors and frameworks");
    fail(MetadataState::refused, why.view(), now_ns);
}

// An answer that cannot be used counts as a failure, too: the next would hardly be better.
void Metadata::fail(MetadataState state, std::string_view reason, std::uint64_t now_ns) {
    release();
    unknown_.on_failed();
    if (failure_count_ < UINT32_MAX) ++failure_count_;
    ++failure_total_;
    not_before_ns_ = now_ns + backoff_ns(failure_count_);
    set_state(state, reason);
}

void Metadata::succeed(std::uint64_t now_ns) {
    release();
    unknown_.on_answered(now_ns);
    failure_count_ = 0;
    ++generation_;
    answered_at_ns_ = now_ns;
    set_state(MetadataState::ok, {});
    report_faults();
    report_left_out();
}

void Metadata::release() {
    const bool has_answer = phase_ != Phase::idle;
    phase_ = Phase::idle;
    if (has_answer && client_.release != nullptr) client_.release(client_.self);
}

// In the log when it changes: an agent that is away stays so for long.
void Metadata::set_state(MetadataState state, std::string_view reason) {
    const std::string_view shown = reason.substr(0, decltype(reason_)::bytes_max);
    if (state == state_ && shown == reason_.view()) return;
    state_ = state;
    static_cast<void>(reason_.assign(shown));
    if (state == MetadataState::ok) {
        log_line(LogLevel::info, "Mesos agent: tells of %zu containers", table().size());
    } else {
        log_line(LogLevel::warning, "Mesos agent: %s: %s", metadata_state_name(state),
                 reason_.c_str());
    }
}

// The first fault of an answer stands for all of them, and is said once.
void Metadata::report_faults() {
    const MesosStateCounts& found = counts();
    const bool is_new =
        found.first_fault != reported_fault_ || found.faulty_task.view() != reported_task_.view();
    if (!is_new) return;
    reported_fault_ = found.first_fault;
    reported_task_ = found.faulty_task;
    if (found.first_fault == TargetFault::none) return;
    log_line(LogLevel::warning, "task %s cannot be scraped: %s (%u like it in all)",
             found.faulty_task.c_str(), target_fault_text(found.first_fault), found.bad_targets);
}

// In the log when it changes, too.
void Metadata::report_left_out() {
    const TaskTableCounts& kept = table().counts();
    const LeftOut left_out = {{counts().bad_elements, counts().large_elements,
                               counts().labels_left_out, kept.no_room, kept.texts_left_out,
                               kept.disputed}};
    static_assert(std::size(left_out_texts) == std::size(LeftOut().counts));
    if (left_out == reported_left_out_) return;
    reported_left_out_ = left_out;
    char memory[800];
    TextSink line(memory);
    for (std::size_t i = 0; i < std::size(left_out.counts); ++i) {
        if (left_out.counts[i] == 0) continue;
        if (!line.view().empty()) line.append("; ");
        line.append_u64(left_out.counts[i]);
        line.append(left_out_texts[i]);
    }
    if (line.view().empty()) return;
    log_line(LogLevel::warning, "Mesos agent: its answer has parts that are not shown: %.*s",
             static_cast<int>(line.view().size()), line.view().data());
}

}  // namespace nma
