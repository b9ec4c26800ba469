#include "agent/sampler.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <initializer_list>

#include "platform/base/check.h"
#include "platform/limits.h"
#include "platform/linux/clock.h"
#include "platform/linux/event_descriptor.h"

namespace nma {

namespace {

// From the first of many changes to the look at all of them.
constexpr int look_delay_ms = 5;

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t millisecond_ns = 1'000'000;

}  // namespace

void Sampler::init(Arena& arena, const Capacities& capacities) {
    for (Snapshot& snapshot : snapshots_)
        snapshot.init(arena, capacities);
}

void Sampler::take_first(Readers& readers, Publish publish) {
    readers_ = &readers;
    publish_ = publish;
    readers_->take(snapshots_[spare_], ++sequence_);
    publish_spare();
}

bool Sampler::start(EventLoop& loop, std::uint32_t interval_s) {
    interval_ns_ = interval_s * second_ns;
    tick_due_at_ns_ = monotonic_ns() + second_ns;
    if (!open_descriptors(interval_s) || !watch(loop)) return false;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, limits::thread_stack_bytes);
    has_thread_ = pthread_create(&thread_, &attributes, run, this) == 0;
    pthread_attr_destroy(&attributes);
    return has_thread_;
}

bool Sampler::start_with_first(Readers& readers, Publish publish, EventLoop& loop,
                               std::uint32_t interval_s) {
    readers_ = &readers;
    publish_ = publish;
    if (!start(loop, interval_s)) return false;
    start_work(Work::tick);
    return true;
}

bool Sampler::open_descriptors(std::uint32_t interval_s) {
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    look_timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    request_ = eventfd(0, EFD_CLOEXEC);
    answer_ = open_event();
    if (timer_ < 0 || look_timer_ < 0 || request_ < 0 || answer_ < 0) return false;
    itimerspec times = {};
    times.it_value.tv_sec = 1;
    times.it_interval.tv_sec = static_cast<time_t>(interval_s);
    return timerfd_settime(timer_, 0, &times, nullptr) == 0;
}

// The thread takes the changes off their descriptor, so the loop hears of each of them once.
bool Sampler::watch(EventLoop& loop) {
    const int changes = readers_->watch_descriptor();
    if (changes >= 0 && loop.watch(changes, EPOLLIN | EPOLLET, {on_change, this}) != Status::ok) {
        return false;
    }
    return loop.watch(timer_, EPOLLIN, {on_tick, this}) == Status::ok &&
           loop.watch(look_timer_, EPOLLIN, {on_change, this}) == Status::ok &&
           loop.watch(answer_, EPOLLIN, {on_done, this}) == Status::ok;
}

void Sampler::start_work(Work work) {
    if (is_stopping_.load(std::memory_order_relaxed)) return;
    work_ = work;
    work_began_at_ns_ = monotonic_ns();
    state_.store(State::busy, std::memory_order_release);
    signal_event(request_);
}

void Sampler::on_tick(void* self, std::uint32_t) {
    Sampler& sampler = *static_cast<Sampler*>(self);
    if (!drain_event(sampler.timer_)) return;
    sampler.tick_due_at_ns_ = monotonic_ns() + sampler.interval_ns_;
    if (sampler.state_.load(std::memory_order_acquire) == State::idle) {
        sampler.start_work(Work::tick);
    } else if (sampler.work_ == Work::look) {
        sampler.wants_tick_ = true;
    } else {
        ++sampler.skipped_tick_count_;
    }
}

// Many changes come together: those of a while are looked at in one go.
void Sampler::on_change(void* self, std::uint32_t) {
    Sampler& sampler = *static_cast<Sampler*>(self);
    const bool is_due = drain_event(sampler.look_timer_);
    const bool is_idle = sampler.state_.load(std::memory_order_acquire) == State::idle;
    if (is_due && is_idle) return sampler.start_work(Work::look);
    if (is_due) sampler.wants_look_ = true;
    if (!is_due) sampler.set_look_timer(look_delay_ms);
}

// 0 would stop the timer.
void Sampler::set_look_timer(int wait_ms) const {
    itimerspec times = {};
    times.it_value.tv_sec = wait_ms / 1000;
    times.it_value.tv_nsec = (wait_ms % 1000) * static_cast<long>(millisecond_ns) + 1;
    itimerspec now = {};
    const bool is_sooner = timerfd_gettime(look_timer_, &now) != 0 ||
                           (now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0) ||
                           now.it_value.tv_sec > times.it_value.tv_sec ||
                           (now.it_value.tv_sec == times.it_value.tv_sec &&
                            now.it_value.tv_nsec > times.it_value.tv_nsec);
    if (is_sooner) timerfd_settime(look_timer_, 0, &times, nullptr);
}

void* Sampler::run(void* self) {
    Sampler& sampler = *static_cast<Sampler*>(self);
    while (drain_event(sampler.request_) && !sampler.is_stopping_.load(std::memory_order_acquire)) {
        NMA_CHECK(sampler.state_.load(std::memory_order_acquire) == State::busy);
        if (sampler.work_ == Work::tick) {
            sampler.readers_->take(sampler.snapshots_[sampler.spare_], ++sampler.sequence_);
        } else {
            sampler.look_wait_ms_ = sampler.readers_->look();
        }
        sampler.state_.store(State::done, std::memory_order_release);
        signal_event(sampler.answer_);
    }
    sampler.has_ended_.store(true, std::memory_order_release);
    signal_event(sampler.answer_);
    return nullptr;
}

void Sampler::on_done(void* self, std::uint32_t) {
    Sampler& sampler = *static_cast<Sampler*>(self);
    // A reading that was broken off is not published.
    if (!drain_event(sampler.answer_) || sampler.is_stopping_.load(std::memory_order_relaxed))
        return;
    NMA_CHECK(sampler.state_.load(std::memory_order_acquire) == State::done);
    if (sampler.work_ == Work::tick) {
        sampler.publish_spare();
    } else if (sampler.look_wait_ms_ >= 0) {
        sampler.set_look_timer(sampler.look_wait_ms_);
    }
    sampler.state_.store(State::idle, std::memory_order_release);
    if (sampler.wants_tick_ || sampler.wants_look_) {
        const Work work = sampler.wants_tick_ ? Work::tick : Work::look;
        (work == Work::tick ? sampler.wants_tick_ : sampler.wants_look_) = false;
        sampler.start_work(work);
    }
}

void Sampler::publish_spare() {
    const Snapshot& fresh = snapshots_[spare_];
    spare_ = 1 - spare_;
    publish_.function(publish_.context, fresh);
}

bool Sampler::is_making_progress(std::uint64_t now_ns, std::uint64_t max_silence_ns) const {
    if (!has_thread_ || is_stopping_.load(std::memory_order_relaxed)) return true;
    const bool is_at_work = state_.load(std::memory_order_acquire) != State::idle;
    if (is_at_work && now_ns > work_began_at_ns_ + max_silence_ns) return false;
    return now_ns <= tick_due_at_ns_ + max_silence_ns;
}

void Sampler::ask_to_stop() {
    if (!has_thread_ || is_stopping_.exchange(true, std::memory_order_acq_rel)) return;
    readers_->ask_to_stop();
    signal_event(request_);
}

// By the event, not by a join with a time: that would count by the wall clock, which may be set.
bool Sampler::join(std::uint32_t wait_ms) {
    const std::uint64_t end_ns = monotonic_ns() + wait_ms * millisecond_ns;
    while (!has_ended_.load(std::memory_order_acquire)) {
        const std::uint64_t now_ns = monotonic_ns();
        if (now_ns >= end_ns) return false;
        pollfd event = {answer_, POLLIN, 0};
        poll(&event, 1, static_cast<int>((end_ns - now_ns) / millisecond_ns) + 1);
        drain_event(answer_);
    }
    pthread_join(thread_, nullptr);
    has_thread_ = false;
    return true;
}

bool Sampler::stop(std::uint32_t wait_ms) {
    ask_to_stop();
    if (has_thread_ && !join(wait_ms)) return false;
    for (int* descriptor : {&timer_, &look_timer_, &request_, &answer_}) {
        if (*descriptor >= 0) close(*descriptor);
        *descriptor = -1;
    }
    return true;
}

}  // namespace nma
