#include "agent/apps/fetch_slots.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "platform/base/check.h"

namespace nma {

namespace {

bool copy_request(const FetchRequest& request, FetchSlot& slot) {
    slot.method = request.method;
    slot.port = request.port;
    slot.timeout_ms = std::clamp(request.timeout_ms, 1U, limits::fetch_timeout_ms_max);
    slot.body_bytes_max = request.body_bytes_max;
    return is_sendable({request.host, request.port, request.path}) &&
           resolve_host(request.host, slot.address) && slot.path.assign(request.path) &&
           slot.accept.assign(request.accept) && slot.content_type.assign(request.content_type) &&
           slot.authorization.assign(request.authorization) &&
           slot.request_body.assign(request.body);
}

void forget_answer(FetchSlot& slot) {
    slot.status = Status::ok;
    slot.http_status = 0;
    slot.answer_type.clear();
    slot.body_bytes = 0;
    slot.started_ns = 0;
    slot.duration_ns = 0;
    slot.is_announced = false;
}

// Pages come back as zeros when they are touched again. Only whole pages of the body may go: its
// neighbours in the arena begin anywhere.
void give_back_pages(std::span<char> body, std::size_t touched_bytes) {
    const auto page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto address = reinterpret_cast<std::uintptr_t>(body.data());
    const std::size_t skip = (page_bytes - address % page_bytes) % page_bytes;
    const std::size_t start = skip + limits::fetch_kept_bytes;
    const std::size_t end = (address + touched_bytes) / page_bytes * page_bytes - address;
    if (touched_bytes <= start || end <= start) return;
    (void)madvise(body.data() + start, end - start, MADV_DONTNEED);
}

}  // namespace

FetchResult FetchSlot::result() const {
    FetchResult result;
    result.status = status;
    result.http_status = http_status;
    result.content_type = answer_type.view();
    if (status == Status::ok) result.body = {body.data(), body_bytes};
    result.duration_ns = duration_ns;
    return result;
}

bool FetchSlot::append_body(const void* bytes, std::size_t count) {
    if (count > body.size() - body_bytes) return false;
    if (count > 0) std::memcpy(body.data() + body_bytes, bytes, count);
    body_bytes += count;
    touched_bytes = std::max(touched_bytes, body_bytes);
    return true;
}

void FetchSlots::init(Arena& arena) {
    slots_ = arena.make_all<FetchSlot>("requests", fetch_slot_count_all);
    for (std::size_t i = 0; i < fetch_slot_count_all; ++i) {
        const std::span<char> body = arena.take<char>(
            "fetched bodies", i < limits::fetch_slot_count ? limits::fetch_body_bytes
                                                           : limits::fetch_large_body_bytes);
        if (!arena.is_measuring()) slots_[i].body = body;
    }
}

// The lowest free slot, so that as few as possible have touched memory.
Status FetchSlots::take(const FetchRequest& request, FetchId& id) {
    const bool is_large = request.body_bytes_max > limits::fetch_body_bytes;
    const std::size_t first = is_large ? limits::fetch_slot_count : 0;
    const std::size_t end = is_large ? fetch_slot_count_all : limits::fetch_slot_count;
    if (request.body_bytes_max > limits::fetch_large_body_bytes) return Status::malformed;
    std::size_t index = first;
    while (index < end && slots_[index].is_taken)
        ++index;
    if (index == end) return Status::full;
    FetchSlot& slot = slots_[index];
    if (!copy_request(request, slot)) return Status::malformed;
    forget_answer(slot);
    slot.is_taken = true;
    id = static_cast<FetchId>(index);
    return Status::ok;
}

void FetchSlots::release(FetchId id) {
    FetchSlot& slot = (*this)[id];
    slot.authorization.clear();
    NMA_CHECK(slot.is_taken);
    NMA_CHECK(slot.state.load(std::memory_order_acquire) != FetchSlot::State::posted);
    give_back_pages(slot.body, slot.touched_bytes);
    slot.touched_bytes = 0;
    slot.state.store(FetchSlot::State::free, std::memory_order_relaxed);
    slot.is_taken = false;
}

void FetchSlots::release_all() {
    for (FetchId id = 0; id < slots_.size(); ++id) {
        FetchSlot& slot = slots_[id];
        slot.state.store(FetchSlot::State::free, std::memory_order_relaxed);
        if (slot.is_taken) release(id);
    }
}

FetchSlot& FetchSlots::operator[](FetchId id) {
    NMA_CHECK(id < slots_.size());
    return slots_[id];
}

}  // namespace nma
