// Which Prometheus endpoints there are, and when each is asked next. Pure: the caller says what
// time it is.
//
// Endpoints are spread over the interval by a hash of what they are, so that each is asked at the
// same moment of every interval, and not all at once. One that takes longer than the interval is
// asked again at the next such moment.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/apps/scrape_url.h"
#include "platform/base/arena.h"
#include "platform/base/fixed_text.h"
#include "platform/limits.h"

namespace nma {

// Texts are copied.
struct ScrapeTargetSpec {
    std::string_view container_id;  // whose datapoints the samples become
    UrlParts url;
};

// Who names targets. One that both name is asked once.
enum class ScrapeSource : std::uint8_t { discovered = 1, configured = 2 };

struct ScrapeTarget {
    FixedText<limits::name_bytes_max + 1> container_id;
    FixedText<limits::fetch_host_bytes> host;
    std::uint16_t port = 0;
    FixedText<limits::fetch_path_bytes> path;
    ScrapeUrl url;
};

// Stays the same from the set that first has the target to the one that has it no more.
using ScrapeIndex = std::uint32_t;
inline constexpr ScrapeIndex no_scrape_target = 0xffffffff;

class ScrapeSchedule {
  public:
    struct Removal {
        void (*function)(void* context, ScrapeIndex index) = nullptr;
        void* context = nullptr;
    };

    void init(Arena& arena);
    void set_interval(std::uint32_t interval_s);

    // All targets of one source, in place of those that it had. `removal` is called for each one
    // that is gone now, while its texts are still there. Returns how many specs were refused: URLs
    // that cannot be asked, container IDs that are empty or too long, and more than there is
    // room for.
    std::uint32_t set(ScrapeSource source, std::span<const ScrapeTargetSpec> specs,
                      std::uint64_t now_ns, Removal removal);

    // The one that should have been asked longest ago, among those that are not busy, and without
    // the suspects if they are not wanted. no_scrape_target when none is due.
    ScrapeIndex next_due(std::uint64_t now_ns, bool wants_suspects) const;

    // When the next one becomes due after `now_ns`; 0 when none does.
    std::uint64_t due_after_ns(std::uint64_t now_ns) const;

    // A busy target's texts stay where they are, even if it is removed meanwhile.
    void begin(ScrapeIndex index);
    // `is_well` false (it failed, or was slow) makes it a suspect until it is true again. Frees a
    // target that was removed.
    void end(ScrapeIndex index, bool is_well, std::uint64_t now_ns);

    bool is_suspect(ScrapeIndex index) const { return row(index).is_suspect; }
    bool is_removed(ScrapeIndex index) const { return row(index).sources == 0; }
    const ScrapeTarget& target(ScrapeIndex index) const;
    std::uint32_t target_count() const;

  private:
    enum class State : std::uint8_t { unused, waiting, busy };

    // What a search looks at, apart from the texts.
    struct Row {
        std::uint64_t due_ns;
        std::uint64_t key;  // hash of container and URL
        State state;
        std::uint8_t sources;  // bits; 0: removed while busy
        bool is_suspect;
        bool is_named;  // in the set that is being taken in
    };

    Row& row(ScrapeIndex index);
    const Row& row(ScrapeIndex index) const;
    ScrapeIndex find(std::uint64_t key, const ScrapeTarget& target) const;
    bool name(std::uint8_t source, const ScrapeTargetSpec& spec, std::uint64_t now_ns);
    std::uint64_t moment_after(std::uint64_t key, std::uint64_t now_ns) const;

    std::uint64_t interval_ns_ = 0;
    std::span<Row> rows_;
    std::span<ScrapeTarget> targets_;
    std::size_t used_count_ = 0;  // rows after it were never used
};

}  // namespace nma
