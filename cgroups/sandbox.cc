#include "cgroups/sandbox.h"

#include <unistd.h>

#include <algorithm>

#include "cgroups/sandbox_path.h"
#include "platform/base/clear_used.h"

namespace nma {

namespace {

constexpr std::uint64_t search_interval_ns = 5'000'000'000;
constexpr std::uint64_t open_interval_ns = 60'000'000'000;

std::uint64_t hash_of(std::string_view id) {
    std::uint64_t hash = 14695981039346656037U;  // FNV-1a
    for (const char c : id)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return hash ^ (hash >> 32U);
}

}  // namespace

std::string_view Sandbox::framework_id() const {
    return path_component(place.path.view(), framework_component);
}

std::string_view Sandbox::executor_id() const {
    return path_component(place.path.view(), executor_component);
}

bool Sandbox::is_nested() const {
    return end_of_component(place.path.view(), run_component) < place.path.size();
}

std::string_view SandboxVolume::persistence_id() const {
    const std::string_view path = place.path.view();
    return path.substr(path.rfind('/') + 1);
}

void Sandboxes::init(Arena& arena, const Capacities& capacities) {
    const char* part = "sandboxes";
    const std::size_t count = capacities.containers;
    sandboxes_ = arena.take<Sandbox>(part, count);
    slots_ = arena.take<std::uint32_t>(part, 2 * count + 1);
    volumes_ = arena.take<SandboxVolume>(part, count * limits::sandbox_volumes_per_container);
    pending_names_ = BoundedList<char>(arena.take<char>(part, limits::sandbox_pending_bytes));
    pending_ = BoundedList<std::uint32_t>(
        arena.take<std::uint32_t>(part, limits::sandbox_pending_count_max));
    walk_.init(arena);
}

void Sandboxes::start(const SandboxOptions& options) {
    stop();
    options_ = options;
}

void Sandboxes::stop() {
    walk_.stop();
    walked_ = nullptr;
    if (work_dir_plus_one_ != 0) close(work_dir());
    work_dir_plus_one_ = 0;
    opened_at_ns_ = 0;
    for (Sandbox& sandbox : used_sandboxes())
        sandbox.state = Sandbox::State::free;
    for (SandboxVolume& volume : used_volumes())
        volume.sandbox_plus_one = 0;
    clear_used(slots_);
}

// A work_dir that was mounted or replaced meanwhile is found after a while.
void Sandboxes::begin(const HostContext& context, std::uint64_t now_ns) {
    if (opened_at_ns_ == 0 || now_ns - opened_at_ns_ >= open_interval_ns) {
        opened_at_ns_ = now_ns;
        open_work_dir(context);
    }
    overflow_count_ = 0;
    for (Sandbox& sandbox : used_sandboxes())
        sandbox.is_wanted = false;
}

void Sandboxes::want(std::string_view id, std::string_view parent) {
    if (work_dir_plus_one_ == 0) return;
    std::uint32_t& slot = slot_of(id);
    if (slot != 0) {
        sandboxes_[slot - 1].is_wanted = true;
        return;
    }
    if (parent.empty() && id.rfind('.') != id.npos) parent = id.substr(0, id.rfind('.'));
    Sandbox* sandbox = new_sandbox();
    if (sandbox == nullptr || !sandbox->id.assign(id) || !sandbox->parent.assign(parent)) {
        ++overflow_count_;
        return;
    }
    sandbox->state = Sandbox::State::unsearched;
    sandbox->is_wanted = true;
    has_unsearched_ = true;
    slot = static_cast<std::uint32_t>(sandbox - sandboxes_.data()) + 1;
}

// Null when there is no room.
Sandbox* Sandboxes::new_sandbox() {
    if (sandbox_count_ < sandboxes_.size()) ++sandbox_count_;
    const auto used = used_sandboxes();
    const auto is_free = [](const Sandbox& one) { return one.state == Sandbox::State::free; };
    const bool is_last_free = !used.empty() && is_free(used.back());
    const auto found =
        is_last_free ? used.end() - 1 : std::find_if(used.begin(), used.end(), is_free);
    if (found == used.end()) return nullptr;
    *found = Sandbox{};
    return &*found;
}

void Sandboxes::refresh(const HostContext& context, std::uint64_t now_ns) {
    if (work_dir_plus_one_ == 0) return;
    forget_unwanted();
    const bool is_due = searched_at_ns_ == 0 || now_ns - searched_at_ns_ >= search_interval_ns;
    if (has_unsearched_ && is_due) {
        searched_at_ns_ = now_ns;
        search(context);
    }
    read_mounts(context);
    walk(now_ns);
}

void Sandboxes::forget_unwanted() {
    bool is_any_gone = false;
    for (Sandbox& sandbox : used_sandboxes()) {
        if (sandbox.state == Sandbox::State::free || sandbox.is_wanted) continue;
        forget(sandbox.place);
        sandbox.state = Sandbox::State::free;
        is_any_gone = true;
    }
    if (!is_any_gone) return;
    for (SandboxVolume& volume : used_volumes()) {
        if (volume.sandbox_plus_one == 0) continue;
        if (sandboxes_[volume.sandbox_plus_one - 1].state != Sandbox::State::free) continue;
        forget(volume.place);
        volume.sandbox_plus_one = 0;
    }
    rebuild_slots();
}

void Sandboxes::forget(DiskPlace& place) {
    if (walked_ != &place) return;
    walk_.stop();
    walked_ = nullptr;
}

std::uint32_t& Sandboxes::slot_of(std::string_view id) {
    auto at = static_cast<std::size_t>(hash_of(id) % slots_.size());
    while (slots_[at] != 0 && sandboxes_[slots_[at] - 1].id.view() != id)
        at = (at + 1) % slots_.size();
    return slots_[at];
}

void Sandboxes::rebuild_slots() {
    clear_used(slots_);
    for (std::size_t i = 0; i < sandbox_count_; ++i) {
        if (sandboxes_[i].state == Sandbox::State::free) continue;
        slot_of(sandboxes_[i].id.view()) = static_cast<std::uint32_t>(i) + 1;
    }
}

Sandbox* Sandboxes::lookup(std::string_view id) {
    if (slots_.empty()) return nullptr;
    const std::uint32_t slot = slot_of(id);
    return slot == 0 ? nullptr : &sandboxes_[slot - 1];
}

// Of two containers of one name the second one is known by its parent's, too.
Sandbox* Sandboxes::lookup_nested(const Sandbox& parent, std::string_view name) {
    FixedText<2 * limits::name_bytes_max + 2> whole;
    if (!whole.assign(parent.id.view()) || !whole.append(".") || !whole.append(name))
        return nullptr;
    if (Sandbox* sandbox = lookup(whole.view()); sandbox != nullptr) return sandbox;
    Sandbox* sandbox = lookup(name);
    if (sandbox == nullptr || sandbox == &parent) return nullptr;
    const bool is_other = !sandbox->parent.empty() && sandbox->parent.view() != parent.id.view();
    return is_other ? nullptr : sandbox;
}

const Sandbox* Sandboxes::find(std::string_view id) {
    const Sandbox* sandbox = lookup(id);
    const bool is_found = sandbox != nullptr && sandbox->state == Sandbox::State::found;
    return is_found ? sandbox : nullptr;
}

Status Sandboxes::why_missing(std::string_view id) {
    if (work_dir_plus_one_ == 0)
        return mounts_status_ == Status::ok ? Status::absent : mounts_status_;
    const Sandbox* sandbox = lookup(id);
    if (sandbox == nullptr) return overflow_count_ > 0 ? Status::full : Status::absent;
    if (sandbox->state == Sandbox::State::unsearched) return Status::timeout;
    return search_status_ == Status::ok ? Status::absent : search_status_;
}

const SandboxVolume* Sandboxes::first_volume(const Sandbox& sandbox) const {
    if (sandbox.volume_count == 0) return nullptr;
    return volume_of(static_cast<std::uint32_t>(&sandbox - sandboxes_.data()) + 1, 0);
}

const SandboxVolume* Sandboxes::next_volume(const SandboxVolume& volume) const {
    const auto next = static_cast<std::size_t>(&volume - volumes_.data()) + 1;
    return volume_of(volume.sandbox_plus_one, next);
}

const SandboxVolume* Sandboxes::volume_of(std::uint32_t sandbox_plus_one, std::size_t first) const {
    for (std::size_t i = first; i < volume_count_; ++i) {
        if (volumes_[i].sandbox_plus_one == sandbox_plus_one) return &volumes_[i];
    }
    return nullptr;
}

}  // namespace nma
