#include "agent/service.h"

#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "platform/linux/clock.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t millisecond_ns = 1'000'000;

// Of the two seconds that the end may take.
constexpr std::uint64_t drain_ns_max = second_ns;

}  // namespace

bool Service::open(EventLoop& loop) {
    loop_ = &loop;
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&wanted, number);
    pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    signal(SIGPIPE, SIG_IGN);
    signals_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (manager_.open() != Status::ok) {
        log_line(LogLevel::warning,
                 "NOTIFY_SOCKET is no socket that can be used: the service manager is not told");
    }
    return signals_ >= 0 && loop.watch(signals_, EPOLLIN, {on_signal, this}) == Status::ok &&
           loop.add_hook({wait_ms, after, this}) == Status::ok;
}

bool Service::start(Server& server, Sampler& sampler, const Config& config) {
    server_ = &server;
    sampler_ = &sampler;
    return reload_.start(*loop_, server, config) && start_watchdog();
}

bool Service::start_watchdog() {
    const std::uint64_t period_ns = manager_.watchdog_period_ns();
    if (period_ns == 0) return true;
    watchdog_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    itimerspec times = {};
    times.it_interval.tv_sec = static_cast<time_t>(period_ns / 2 / second_ns);
    times.it_interval.tv_nsec = static_cast<long>(period_ns / 2 % second_ns);
    times.it_value = times.it_interval;
    return watchdog_ >= 0 && timerfd_settime(watchdog_, 0, &times, nullptr) == 0 &&
           loop_->watch(watchdog_, EPOLLIN, {on_watchdog, this}) == Status::ok;
}

FixedText<64> Service::status() const {
    char text[64];
    snprintf(text, sizeof text, "serving; addresses: %zu", server_->listener_count());
    FixedText<64> status;
    (void)status.assign(text);
    return status;
}

void Service::tell_ready() {
    is_ready_ = true;
    manager_.ready(status().view());
}

// A loop that turns is not enough: figures must get newer, too.
void Service::on_watchdog(void* self, std::uint32_t) {
    Service& service = *static_cast<Service*>(self);
    std::uint64_t count = 0;
    if (read(service.watchdog_, &count, sizeof count) != sizeof count) return;
    const bool is_stuck = !service.sampler_->is_making_progress(
        monotonic_ns(), service.manager_.watchdog_period_ns());
    if (!is_stuck) service.manager_.feed_watchdog();
    if (is_stuck && !service.is_stuck_) {
        log_line(LogLevel::error, "a reading does not end: the watchdog is not fed any more");
    }
    service.is_stuck_ = is_stuck;
}

void Service::on_signal(void* self, std::uint32_t) {
    Service& service = *static_cast<Service*>(self);
    signalfd_siginfo info = {};
    while (read(service.signals_, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            service.reload();
        } else if (service.ends_at_ns_ != 0) {
            service.loop_->stop();
        } else {
            service.end();
        }
    }
}

void Service::reload() {
    if (server_ == nullptr || ends_at_ns_ != 0) return;
    if (is_ready_) manager_.reloading("reading keys and certificates");
    const bool is_good = reload_.now();
    if (is_ready_)
        manager_.ready(is_good ? status().view() : "serving with the keys of before; see the log");
}

void Service::end() {
    log_line(
        LogLevel::info, "stopping: asked to by a signal; readings skipped: %llu",
        static_cast<unsigned long long>(sampler_ == nullptr ? 0 : sampler_->skipped_tick_count()));
    manager_.stopping("answers are on their way");
    ends_at_ns_ = monotonic_ns() + drain_ns_max;
    if (sampler_ != nullptr) sampler_->ask_to_stop();
    if (server_ != nullptr) server_->drain();
}

int Service::wait_ms(void* self) {
    const Service& service = *static_cast<const Service*>(self);
    if (service.ends_at_ns_ == 0) return -1;
    const std::uint64_t now_ns = monotonic_ns();
    if (now_ns >= service.ends_at_ns_) return 0;
    return static_cast<int>((service.ends_at_ns_ - now_ns) / millisecond_ns) + 1;
}

void Service::after(void* self) {
    Service& service = *static_cast<Service*>(self);
    if (service.ends_at_ns_ == 0) return;
    const bool is_drained = service.server_ == nullptr || service.server_->is_drained();
    if (is_drained || monotonic_ns() >= service.ends_at_ns_) service.loop_->stop();
}

void Service::close() {
    reload_.stop();
    manager_.close();
    for (int* descriptor : {&signals_, &watchdog_}) {
        if (*descriptor >= 0) ::close(*descriptor);
        *descriptor = -1;
    }
}

}  // namespace nma
