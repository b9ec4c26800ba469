// Sends StatsD packets to a UDP port of this host at a steady rate, and says how many went out.
//
//   flood PORT LINES_PER_PACKET LINES_PER_SECOND SECONDS
//
// Of ten lines six are counters, two are gauges and two are timers, of 10 names each; each line of
// the form that all daemons understand. Prints "packets lines microseconds".
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr std::uint64_t ns_per_s = 1'000'000'000;
constexpr std::uint64_t tick_ns = 250'000;  // bursts of this much fit into the kernel's buffers
constexpr std::size_t batch_size = 64;
constexpr std::size_t packet_count = 640;  // different ones

std::uint64_t now_ns() {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * ns_per_s +
           static_cast<std::uint64_t>(now.tv_nsec);
}

std::string line(std::uint64_t number) {
    const std::string name = std::to_string(number / 10 % 10);
    const std::string value = std::to_string(number % 1000);
    switch (number % 10) {
        case 3:
        case 7:
            return "bench.queue.depth." + name + ":" + value + "|g\n";
        case 5:
        case 9:
            return "bench.request.time." + name + ":" + value + "|ms\n";
        default:
            return "bench.requests." + name + ":1|c\n";
    }
}

std::vector<std::string> make_packets(std::size_t lines_per_packet) {
    std::vector<std::string> packets(packet_count);
    std::uint64_t number = 0;
    for (std::string& packet : packets) {
        for (std::size_t i = 0; i < lines_per_packet; ++i)
            packet += line(number++);
    }
    return packets;
}

int connect_to(std::uint16_t port) {
    const int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int bytes = 4 << 20;
    setsockopt(sender, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    if (connect(sender, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        perror("connect");
        exit(1);
    }
    return sender;
}

class Flood {
  public:
    Flood(int sender, std::vector<std::string>& packets)
        : sender_(sender), vectors_(packets.size()), messages_(packets.size()) {
        for (std::size_t i = 0; i < packets.size(); ++i) {
            vectors_[i] = {packets[i].data(), packets[i].size()};
            messages_[i].msg_hdr.msg_iov = &vectors_[i];
            messages_[i].msg_hdr.msg_iovlen = 1;
        }
    }

    void send(std::uint64_t count) {
        while (count > 0) {
            const std::size_t most = std::min({count, messages_.size() - next_, batch_size});
            const int done = sendmmsg(sender_, &messages_[next_], static_cast<unsigned>(most), 0);
            if (done < 0 && errno == ECONNREFUSED) continue;
            if (done < 0) {
                perror("sendmmsg");
                exit(1);
            }
            next_ = (next_ + static_cast<std::size_t>(done)) % messages_.size();
            count -= static_cast<std::uint64_t>(done);
        }
    }

  private:
    int sender_;
    std::vector<iovec> vectors_;
    std::vector<mmsghdr> messages_;
    std::size_t next_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: flood PORT LINES_PER_PACKET LINES_PER_SECOND SECONDS\n");
        return 2;
    }
    const std::uint64_t lines_per_packet = strtoull(argv[2], nullptr, 10);
    const std::uint64_t packets_per_s = strtoull(argv[3], nullptr, 10) / lines_per_packet;
    const std::uint64_t duration_ns = strtoull(argv[4], nullptr, 10) * ns_per_s;
    std::vector<std::string> packets = make_packets(lines_per_packet);
    Flood flood(connect_to(static_cast<std::uint16_t>(strtoul(argv[1], nullptr, 10))), packets);
    const std::uint64_t began_ns = now_ns();
    std::uint64_t sent_count = 0;
    std::uint64_t elapsed_ns = 0;
    while ((elapsed_ns = now_ns() - began_ns) < duration_ns) {
        const std::uint64_t due_count = packets_per_s * (elapsed_ns / 1000) / 1'000'000;
        // Who was kept from sending does not make up for it in one burst.
        const std::uint64_t most = 4 * packets_per_s * tick_ns / ns_per_s + 1;
        const std::uint64_t count = std::min(due_count - std::min(due_count, sent_count), most);
        flood.send(count);
        sent_count += count;
        const timespec pause = {0, static_cast<long>(tick_ns)};
        if (count < most) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
    }
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", sent_count, sent_count * lines_per_packet,
           (now_ns() - began_ns) / 1000);
    return 0;
}
