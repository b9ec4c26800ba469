#include "api/peer.h"

#include <asm/socket.h>
#include <sys/socket.h>

#include <algorithm>
#include <span>

#include "platform/limits.h"

namespace nma {

namespace {

bool read_credentials(int fd, ucred& credentials) {
    socklen_t bytes = sizeof credentials;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) == 0 &&
           bytes == sizeof credentials;
}

bool has_group(const PeerList& peers, gid_t gid) {
    const std::span<const gid_t> gids(peers.gids, peers.gid_count);
    return std::find(gids.begin(), gids.end(), gid) != gids.end();
}

bool has_further_group(int fd, const PeerList& peers) {
    gid_t groups[limits::peer_group_count_max];
    socklen_t bytes = sizeof groups;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &bytes) != 0) return false;
    const std::span<const gid_t> known(groups, bytes / sizeof(gid_t));
    return std::any_of(known.begin(), known.end(),
                       [&peers](gid_t gid) { return has_group(peers, gid); });
}

}  // namespace

bool read_peer_uid(int fd, uid_t& uid) {
    ucred credentials = {};
    if (!read_credentials(fd, credentials)) return false;
    uid = credentials.uid;
    return true;
}

bool peer_is_allowed(int fd, const PeerList& peers) {
    ucred credentials = {};
    // The kernel gives -1 for a socket that nobody is connected to.
    if (!read_credentials(fd, credentials) || credentials.uid == static_cast<uid_t>(-1))
        return false;
    const std::span<const uid_t> uids(peers.uids, peers.uid_count);
    return std::find(uids.begin(), uids.end(), credentials.uid) != uids.end() ||
           has_group(peers, credentials.gid) || has_further_group(fd, peers);
}

}  // namespace nma
