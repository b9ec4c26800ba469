// The thread that reads the kernel, and the two snapshots that change places. The event loop's
// thread asks for a reading at each tick and publishes what came; no locks, and neither waits for
// the other. A tick that comes while a reading still runs is skipped and counted.
//
// Between the ticks the thread also looks at containers that were made or are ending, when the
// kernel tells so, or when a look before wanted another one.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>

#include "agent/readers.h"
#include "platform/linux/event_loop.h"

namespace nma {

class Sampler {
  public:
    // What to do with a new snapshot, on the loop's thread. It stays untouched until the next call.
    struct Publish {
        void (*function)(void* context, const Snapshot& snapshot) = nullptr;
        void* context = nullptr;
    };

    void init(Arena& arena, const Capacities& capacities);

    // The first reading, on the caller's thread; published at once.
    void take_first(Readers& readers, Publish publish);

    // From now on every `interval_s`, the first time after at most a second (so that percentages
    // soon cover a short while). False when the kernel gives no thread, timer or descriptor.
    bool start(EventLoop& loop, std::uint32_t interval_s);

    // In place of take_first and start: the thread takes the first reading, too, at once, so that
    // the loop hears signals while the kernel keeps that waiting.
    bool start_with_first(Readers& readers, Publish publish, EventLoop& loop,
                          std::uint32_t interval_s);

    // Whether readings go on: false when one has lasted for more than `max_silence_ns`, or no tick
    // came for so long after it was due. Between the ticks of a long interval all is well.
    // `now_ns` is of CLOCK_MONOTONIC, which stands while the machine sleeps, as the ticks do.
    bool is_making_progress(std::uint64_t now_ns, std::uint64_t max_silence_ns) const;

    // Asks the thread to end, after the container that it reads. Nothing is published any more.
    void ask_to_stop();

    // Asks, and waits for the end. False when the thread is still in a reading after `wait_ms`: the
    // kernel holds it. Then readers, snapshots and this object must stay as they are, and the
    // process can but exit, which ends the thread.
    bool stop(std::uint32_t wait_ms);

    std::uint64_t skipped_tick_count() const { return skipped_tick_count_; }

  private:
    enum class State : std::uint32_t { idle, busy, done };
    enum class Work : std::uint8_t { tick, look };

    static void on_tick(void* self, std::uint32_t ready);
    static void on_change(void* self, std::uint32_t ready);
    static void on_done(void* self, std::uint32_t ready);
    static void* run(void* self);

    bool open_descriptors(std::uint32_t interval_s);
    bool watch(EventLoop& loop);
    void start_work(Work work);
    bool join(std::uint32_t wait_ms);
    void set_look_timer(int wait_ms) const;
    void publish_spare();

    Readers* readers_ = nullptr;
    Publish publish_;
    Snapshot snapshots_[2];
    int spare_ = 0;  // the one that is not published; the loop's thread changes it while idle
    std::uint64_t sequence_ = 0;
    std::uint64_t skipped_tick_count_ = 0;

    std::uint64_t interval_ns_ = 0;
    std::uint64_t tick_due_at_ns_ = 0;  // of CLOCK_MONOTONIC, as below
    std::uint64_t work_began_at_ns_ = 0;

    bool wants_tick_ = false;  // what came while the thread was at work
    bool wants_look_ = false;

    std::atomic<State> state_ = State::idle;
    Work work_ = Work::tick;  // the loop's thread changes it while idle, as those below
    int look_wait_ms_ = -1;   // the thread's answer to a look
    std::atomic<bool> is_stopping_ = false;
    std::atomic<bool> has_ended_ = false;
    int timer_ = -1;
    int look_timer_ = -1;
    int request_ = -1;  // eventfd, loop to thread
    int answer_ = -1;   // eventfd, thread to loop
    pthread_t thread_ = {};
    bool has_thread_ = false;
};

}  // namespace nma
