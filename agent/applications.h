// What applications say, as a whole: their sockets, their endpoints, who they are, and where it is
// kept. What the configuration does not ask for takes no memory, no descriptor and no thread.
//
// All on the event loop's thread, but for the fetcher's own (http_fetch.h).
#pragma once

#include <optional>

#include "agent/app_answers.h"
#include "agent/apps/inlets.h"
#include "agent/apps/registry.h"
#include "agent/config.h"
#include "agent/container_directory.h"
#include "agent/mesos_client.h"
#include "api/command.h"
#include "platform/linux/socket_file.h"

namespace nma {

class Applications {
  public:
    // Runs once over a measuring arena for `budget`, too.
    void init(Arena& arena, const Config& config);

    // Whether anything that applications say can come in.
    static bool can_send(const Config& config);

    // What it takes outside of the arena, for `budget`.
    void print_budget() const;

    // Descriptors that it may need.
    static std::size_t file_count(const Config& config);

    // Opens the shared sockets: their ports and directories may take rights that are given away
    // then. All must outlive it; `identity` is complete. False when something fails; that was
    // logged.
    [[nodiscard]] bool open(const HostRoot& root, const NodeIdentity& identity,
                            const Config& config);

    // After rights were given away: reads the registrations of before, and starts to ask others.
    // False when the system has no room; that was logged.
    [[nodiscard]] bool start(EventLoop& loop);

    // A new reading, until the next call. From the first one on packets are read: before, nobody
    // could say which containers there are.
    void publish(const Snapshot& snapshot);

    // When the server has stopped: nobody asks any more.
    void stop();

    // Good as long as this. Null functions when there is nothing to be asked.
    AppSource apps() const { return answers_.apps(); }
    TaskSource tasks() const { return answers_.tasks(); }
    CommandHandler commands() { return {this, answer_command}; }

  private:
    static CommandAnswer answer_command(void* self, std::string_view method, std::string_view path,
                                        std::string_view body, TextSink& sink);
    static void on_added(void* self, std::uint32_t index, const Registration& registration);
    static void on_removed(void* self, std::uint32_t index, const Registration& registration);
    static void on_tick(void* self, std::uint32_t ready);

    void make_directory() const;
    bool open_shared(const StatsdConfig& statsd);
    bool open_one(const ListenAddress& address, const StatsdConfig& statsd, SocketFile& file);
    void take_kept_sockets();
    void remove_socket_files();
    bool start_registry();
    bool start_timer(EventLoop& loop);
    bool start_fetching(EventLoop& loop);
    ScrapeSink scrape_sink();
    void set_configured_targets();
    void set_discovered_targets();
    void read_packets();
    void note_unknown(const Snapshot& snapshot);
    void forget_departed();
    bool is_needed(std::string_view id) const;
    void drop_lost_registrations();
    void count() const;
    void tell_losses();
    AppContainer worst_container() const;

    const Config* config_ = nullptr;
    SocketFile socket_files_[limits::shared_inlet_count_max];  // by StatsdConfig::listen
    AppStore store_;
    Inlets inlets_;
    Registry registry_;
    HttpFetcher fetcher_;
    // Large, so there only when the configuration asks for them.
    std::optional<ScrapeTargets> targets_;
    std::optional<MesosClient> mesos_;
    ContainerDirectory directory_;
    AppAnswers answers_;
    std::span<std::uint64_t> unneeded_since_ns_;  // by AppContainer; 0: it is needed
    std::span<ScrapeTargetSpec> target_specs_;    // room for one set
    std::span<bool> loaded_;                      // by registration: it is from before the start
    FixedText<256> node_ip_;                      // or a name, when it was configured
    EventLoop* loop_ = nullptr;
    bool is_reading_packets_ = false;
    int timer_ = -1;
    std::uint32_t tick_count_ = 0;
    bool has_told_unattributed_ = false;
    bool has_told_drops_ = false;
    bool has_told_overflow_ = false;
    std::uint64_t started_at_ns_ = 0;
    std::uint64_t shown_generation_ = 0;  // of the Mesos agent's answer
    bool has_store_ = false;
    bool has_inlets_ = false;
    bool has_registry_ = false;
};

}  // namespace nma
