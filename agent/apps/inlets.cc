#include "agent/apps/inlets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "platform/base/check.h"
#include "platform/linux/clock.h"
#include "platform/linux/log.h"

namespace nma {

namespace {

constexpr std::uint64_t turn_ns = limits::inlet_turn_us * 1000;

}  // namespace

void Inlets::init(Arena& arena, std::size_t registration_count_max) {
    batch_.init(arena);
    senders_.init(arena);
    registered_max_ = static_cast<std::uint32_t>(registration_count_max);
    inlets_ = arena.take<Inlet>("inlets", registration_count_max + limits::shared_inlet_count_max);
}

Status Inlets::start(AppStore& store, const HostRoot& root, const ContainerQuestions& questions,
                     const InletOptions& options) {
    options_ = options;
    senders_.start(root, questions);
    intake_.start(store, questions, options.nobody_id);
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    return epoll_ < 0 ? Status::io_error : Status::ok;
}

Status Inlets::watch(EventLoop& loop) {
    return loop.watch(epoll_, EPOLLIN, {on_ready, this});
}

void Inlets::stop() {
    for (std::uint32_t i = 0; i < shared_count_; ++i)
        close(inlets_[registered_max_ + i].socket_plus_one - 1);
    shared_count_ = 0;
    for (Inlet& inlet : inlets_)
        inlet = Inlet{};
    senders_.close();
    if (epoll_ >= 0) close(epoll_);
    epoll_ = -1;
}

bool Inlets::watch_socket(std::uint32_t index, const Inlet& inlet) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.u32 = index;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, inlet.socket_plus_one - 1, &event) == 0;
}

void Inlets::on_added(void* self, std::uint32_t index, const Registration& registration) {
    auto& inlets = *static_cast<Inlets*>(self);
    NMA_CHECK(index < inlets.registered_max_);
    Inlet& inlet = inlets.inlets_[index];
    inlet = {&registration, registration.socket + 1, 0, false};
    if (inlets.watch_socket(index, inlet)) return;
    log_line(LogLevel::error,
             "the kernel cannot watch the port of container %s (%s), so nothing it sends is read; "
             "raise fs.epoll.max_user_watches",
             registration.id.c_str(), strerror(errno));
}

void Inlets::on_removed(void* self, std::uint32_t index, const Registration& registration) {
    auto& inlets = *static_cast<Inlets*>(self);
    Inlet& inlet = inlets.inlets_[index];
    inlets.drain(inlet);
    epoll_ctl(inlets.epoll_, EPOLL_CTL_DEL, registration.socket, nullptr);
    inlet = Inlet{};
}

int Inlets::add_shared(int socket, bool is_unix, const char* what, FixedText<256>& error) {
    char message[FixedText<256>::bytes_max] = "";
    if (socket < 0) {
        snprintf(message, sizeof message, "cannot bind %.180s: %s", what, strerror(errno));
    } else if (shared_count_ == limits::shared_inlet_count_max) {
        snprintf(message, sizeof message, "no room for %.180s: %zu shared sockets are the most",
                 what, limits::shared_inlet_count_max);
    } else {
        const std::uint32_t index = registered_max_ + shared_count_;
        inlets_[index] = {nullptr, socket + 1, 0, is_unix};
        if (watch_socket(index, inlets_[index])) {
            ++shared_count_;
            return socket;
        }
        snprintf(message, sizeof message, "cannot watch %.180s: %s", what, strerror(errno));
    }
    (void)error.assign(message);
    return -1;
}

int Inlets::listen_udp(const IpAddress& address, std::uint16_t port, FixedText<256>& error) {
    char what[IpText::bytes_max + 32];
    snprintf(what, sizeof what, "UDP port %u of %s", unsigned{port}, ip_text(address).c_str());
    const int socket = open_udp_socket(address, port, options_.receive_buffer_bytes);
    const int added = add_shared(socket, false, what, error);
    if (added < 0 && socket >= 0) close(socket);
    return added;
}

int Inlets::listen_unix(const char* path, mode_t mode, FixedText<256>& error) {
    const int socket = open_unix_datagram_socket(path, mode, options_.receive_buffer_bytes);
    const int added = add_shared(socket, true, path, error);
    if (added < 0 && socket >= 0) close(socket);
    if (added >= 0) tell_if_blind(path);
    return added;
}

void Inlets::tell_if_blind(const char* what) const {
    if (senders_.can_tell()) return;
    log_line(
        LogLevel::warning,
        "the containers of senders to %s cannot be told, so what they send is dropped: run the "
        "agent in the host's PID namespace (--pid=host)",
        what);
}

int Inlets::adopt(int socket, FixedText<256>& error) {
    bool is_unix = false;
    if (!adopt_datagram_socket(socket, options_.receive_buffer_bytes, is_unix)) {
        (void)error.assign("the socket that was handed over is no datagram socket");
        return -1;
    }
    constexpr const char* what = "the socket that was handed over";
    const int added = add_shared(socket, is_unix, what, error);
    if (added >= 0 && is_unix) tell_if_blind(what);
    return added;
}

// One socket for each wait: the kernel puts a socket that it told of to the end of its list, so all
// have their turn one after the other. Of several that it told of, those that time leaves out would
// be behind the others again.
void Inlets::on_ready(void* self, std::uint32_t) {
    auto& inlets = *static_cast<Inlets*>(self);
    std::uint64_t now_ns = boottime_ns();
    const std::uint64_t end_ns = now_ns + turn_ns;
    epoll_event event;
    while (now_ns < end_ns && epoll_wait(inlets.epoll_, &event, 1, 0) == 1) {
        inlets.read_batch(inlets.inlets_[event.data.u32], now_ns);
        now_ns = boottime_ns();
    }
}

std::uint32_t Inlets::read_batch(Inlet& inlet, std::uint64_t now_ns) {
    const std::uint32_t count = batch_.receive(inlet.socket_plus_one - 1);
    if (count == 0) return 0;
    if (inlet.registration != nullptr) {
        intake_.begin(SenderPlace::container, inlet.registration->id.view(), now_ns);
    } else if (!inlet.is_unix) {
        intake_.begin(SenderPlace::outside, {}, now_ns);
    }
    for (std::uint32_t i = 0; i < count; ++i)
        take_packet(inlet, batch_.packet(i), now_ns);
    std::uint32_t drop_count = 0;
    if (batch_.drop_count(count - 1, drop_count)) note_drops(inlet, drop_count, now_ns);
    return count;
}

void Inlets::take_packet(const Inlet& inlet, const Packet& packet, std::uint64_t now_ns) {
    ++counts_.packets;
    if (inlet.is_unix) {
        std::string_view id;
        const SenderPlace place = senders_.find(packet.sender, now_ns, id);
        intake_.begin(place, id, now_ns);
    }
    intake_.take(packet.bytes, packet.is_truncated);
}

// The count of a packet may be older than the socket's own, which the tick asks for.
void Inlets::note_drops(Inlet& inlet, std::uint32_t drop_count, std::uint64_t now_ns) {
    const auto more = static_cast<std::int32_t>(drop_count - inlet.drop_count);
    if (more <= 0) return;
    inlet.drop_count = drop_count;
    const auto dropped = static_cast<std::uint64_t>(more);
    counts_.dropped_packets += dropped;
    if (inlet.registration == nullptr) {
        intake_.begin(SenderPlace::unknown, {}, now_ns);
    } else {
        intake_.begin(SenderPlace::container, inlet.registration->id.view(), now_ns);
    }
    intake_.note_dropped(dropped);
}

// What the container sent last, it sent before it was unregistered.
void Inlets::drain(Inlet& inlet) {
    std::uint64_t now_ns = boottime_ns();
    const std::uint64_t end_ns = now_ns + turn_ns;
    while (now_ns < end_ns && read_batch(inlet, now_ns) == limits::packets_per_batch)
        now_ns = boottime_ns();
    std::uint32_t drop_count = 0;
    if (read_drop_count(inlet.socket_plus_one - 1, drop_count)) {
        note_drops(inlet, drop_count, now_ns);
    }
}

void Inlets::tick(std::uint64_t now_ns) {
    for (Inlet& inlet : inlets_) {
        std::uint32_t drop_count = 0;
        if (inlet.socket_plus_one == 0 || inlet.is_unix) continue;
        if (!read_drop_count(inlet.socket_plus_one - 1, drop_count)) continue;
        note_drops(inlet, drop_count, now_ns);
    }
}

}  // namespace nma
