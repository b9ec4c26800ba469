#include "agent/apps/packet_batch.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "platform/base/check.h"
#include "platform/limits.h"

namespace nma {

namespace {

// The sender's credentials, which come first, fill it on a unix socket: so the kernel finds no room
// for descriptors that a sender wants to burden us with. Of UDP it holds the count of drops.
constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(ucred));
static_assert(control_bytes >= CMSG_SPACE(sizeof(std::uint32_t)));
static_assert(control_bytes % alignof(cmsghdr) == 0);

template <class T>
bool take_value(const cmsghdr* header, T& value) {
    if (header->cmsg_len < CMSG_LEN(sizeof value)) return false;
    memcpy(&value, CMSG_DATA(header), sizeof value);
    return true;
}

void close_descriptors(const cmsghdr* header) {
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
        int descriptor = -1;
        memcpy(&descriptor, CMSG_DATA(header) + i * sizeof descriptor, sizeof descriptor);
        close(descriptor);
    }
}

}  // namespace

void PacketBatch::init(Arena& arena) {
    constexpr const char* part = "packets";
    bytes_ = arena.take<char>(part, limits::packets_per_batch * limits::packet_bytes_max);
    controls_ = arena.take<char>(part, limits::packets_per_batch * control_bytes);
    vectors_ = arena.take<iovec>(part, limits::packets_per_batch);
    messages_ = arena.take<mmsghdr>(part, limits::packets_per_batch);
}

// The kernel writes what it used over the lengths.
void PacketBatch::reset() {
    for (std::size_t i = 0; i < messages_.size(); ++i) {
        vectors_[i] = {bytes_.data() + i * limits::packet_bytes_max, limits::packet_bytes_max};
        msghdr& header = messages_[i].msg_hdr;
        header = {};
        header.msg_iov = &vectors_[i];
        header.msg_iovlen = 1;
        header.msg_control = controls_.data() + i * control_bytes;
        header.msg_controllen = control_bytes;
    }
}

std::uint32_t PacketBatch::receive(int socket) {
    reset();
    int count = 0;
    do {
        count = recvmmsg(socket, messages_.data(), static_cast<unsigned>(messages_.size()),
                         MSG_DONTWAIT | MSG_CMSG_CLOEXEC, nullptr);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? 0 : static_cast<std::uint32_t>(count);
}

Packet PacketBatch::packet(std::uint32_t index) {
    NMA_CHECK(index < messages_.size());
    msghdr& header = messages_[index].msg_hdr;
    Packet packet;
    packet.bytes = bytes_.subspan(index * limits::packet_bytes_max, messages_[index].msg_len);
    packet.is_truncated = (header.msg_flags & MSG_TRUNC) != 0;
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr;
         item = CMSG_NXTHDR(&header, item)) {
        if (item->cmsg_level != SOL_SOCKET) continue;
        ucred sender = {};
        if (item->cmsg_type == SCM_CREDENTIALS && take_value(item, sender))
            packet.sender = sender.pid;
        if (item->cmsg_type == SCM_RIGHTS) close_descriptors(item);
    }
    return packet;
}

bool PacketBatch::drop_count(std::uint32_t index, std::uint32_t& drop_count) {
    NMA_CHECK(index < messages_.size());
    msghdr& header = messages_[index].msg_hdr;
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr;
         item = CMSG_NXTHDR(&header, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SO_RXQ_OVFL) continue;
        return take_value(item, drop_count);
    }
    return false;
}

}  // namespace nma
