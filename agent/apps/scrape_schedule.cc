#include "agent/apps/scrape_schedule.h"

#include "platform/base/check.h"
#include "platform/base/time_units.h"

namespace nma {

namespace {

// FNV-1a.
std::uint64_t add_to_hash(std::uint64_t hash, std::string_view text) {
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return hash;
}

std::uint64_t key_of(const ScrapeTarget& target) {
    const std::uint64_t hash = add_to_hash(0xcbf29ce484222325, target.container_id.view());
    return add_to_hash(hash ^ 0xff, target.url.view());
}

bool make_target(const ScrapeTargetSpec& spec, ScrapeTarget& target) {
    if (spec.container_id.empty() || !is_sendable(spec.url)) return false;
    if (!target.container_id.assign(spec.container_id) || !target.host.assign(spec.url.host) ||
        !target.path.assign(spec.url.path)) {
        return false;
    }
    target.port = spec.url.port;
    write_scrape_url(spec.url, target.url);
    return true;
}

}  // namespace

void ScrapeSchedule::init(Arena& arena) {
    rows_ = arena.take<Row>("scrape targets", limits::scrape_target_count_max);
    targets_ = arena.take<ScrapeTarget>("scrape targets", limits::scrape_target_count_max);
}

void ScrapeSchedule::set_interval(std::uint32_t interval_s) {
    NMA_CHECK(interval_s > 0);
    interval_ns_ = interval_s * ns_per_second;
}

std::uint32_t ScrapeSchedule::set(ScrapeSource source, std::span<const ScrapeTargetSpec> specs,
                                  std::uint64_t now_ns, Removal removal) {
    const auto bit = static_cast<std::uint8_t>(source);
    for (Row& each : rows_.first(used_count_))
        each.is_named = false;
    std::uint32_t refused_count = 0;
    for (const ScrapeTargetSpec& spec : specs)
        refused_count += name(bit, spec, now_ns) ? 0U : 1U;
    for (std::size_t i = 0; i < used_count_; ++i) {
        Row& each = rows_[i];
        if (each.is_named || (each.sources & bit) == 0) continue;
        each.sources = static_cast<std::uint8_t>(each.sources & ~bit);
        if (each.sources != 0) continue;
        removal.function(removal.context, static_cast<ScrapeIndex>(i));
        if (each.state == State::waiting) each.state = State::unused;
    }
    return refused_count;
}

// Targets of a set that is gone make no room for those of the set that comes: their rows are
// still needed to tell the two apart.
bool ScrapeSchedule::name(std::uint8_t source, const ScrapeTargetSpec& spec, std::uint64_t now_ns) {
    ScrapeTarget target;
    if (!make_target(spec, target)) return false;
    const std::uint64_t key = key_of(target);
    ScrapeIndex index = find(key, target);
    if (index == no_scrape_target) {
        std::size_t free = 0;
        while (free < used_count_ && rows_[free].state != State::unused)
            ++free;
        if (free == rows_.size()) return false;
        if (free == used_count_) ++used_count_;
        index = static_cast<ScrapeIndex>(free);
        targets_[index] = target;
        rows_[index] = {moment_after(key, now_ns), key, State::waiting, 0, false, false};
    }
    Row& named = rows_[index];
    named.sources = static_cast<std::uint8_t>(named.sources | source);
    named.is_named = true;
    return true;
}

ScrapeIndex ScrapeSchedule::find(std::uint64_t key, const ScrapeTarget& target) const {
    for (std::size_t i = 0; i < used_count_; ++i) {
        if (rows_[i].key != key || rows_[i].state == State::unused) continue;
        const ScrapeTarget& other = targets_[i];
        if (other.container_id.view() == target.container_id.view() &&
            other.url.view() == target.url.view()) {
            return static_cast<ScrapeIndex>(i);
        }
    }
    return no_scrape_target;
}

std::uint64_t ScrapeSchedule::moment_after(std::uint64_t key, std::uint64_t now_ns) const {
    NMA_CHECK(interval_ns_ > 0);
    const std::uint64_t moment_ns = now_ns - now_ns % interval_ns_ + key % interval_ns_;
    return moment_ns > now_ns ? moment_ns : moment_ns + interval_ns_;
}

ScrapeIndex ScrapeSchedule::next_due(std::uint64_t now_ns, bool wants_suspects) const {
    ScrapeIndex first = no_scrape_target;
    for (std::size_t i = 0; i < used_count_; ++i) {
        const Row& each = rows_[i];
        if (each.state != State::waiting || each.due_ns > now_ns) continue;
        if (each.is_suspect && !wants_suspects) continue;
        if (first == no_scrape_target || each.due_ns < rows_[first].due_ns)
            first = static_cast<ScrapeIndex>(i);
    }
    return first;
}

std::uint64_t ScrapeSchedule::due_after_ns(std::uint64_t now_ns) const {
    std::uint64_t first_ns = 0;
    for (const Row& each : rows_.first(used_count_)) {
        if (each.state != State::waiting || each.due_ns <= now_ns) continue;
        if (first_ns == 0 || each.due_ns < first_ns) first_ns = each.due_ns;
    }
    return first_ns;
}

void ScrapeSchedule::begin(ScrapeIndex index) {
    NMA_CHECK(row(index).state == State::waiting);
    row(index).state = State::busy;
}

void ScrapeSchedule::end(ScrapeIndex index, bool is_well, std::uint64_t now_ns) {
    Row& ended = row(index);
    NMA_CHECK(ended.state == State::busy);
    ended.state = ended.sources == 0 ? State::unused : State::waiting;
    ended.is_suspect = !is_well;
    ended.due_ns = moment_after(ended.key, now_ns);
}

const ScrapeTarget& ScrapeSchedule::target(ScrapeIndex index) const {
    NMA_CHECK(row(index).state != State::unused);
    return targets_[index];
}

std::uint32_t ScrapeSchedule::target_count() const {
    std::uint32_t count = 0;
    for (const Row& each : rows_.first(used_count_))
        count += each.state != State::unused && each.sources != 0 ? 1U : 0U;
    return count;
}

ScrapeSchedule::Row& ScrapeSchedule::row(ScrapeIndex index) {
    NMA_CHECK(index < used_count_);
    return rows_[index];
}

const ScrapeSchedule::Row& ScrapeSchedule::row(ScrapeIndex index) const {
    NMA_CHECK(index < used_count_);
    return rows_[index];
}

}  // namespace nma
