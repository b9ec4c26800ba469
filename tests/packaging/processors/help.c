// What busybox cannot in a virtual machine of 32 bits: `nma-help set-clock SECONDS`, beyond 2038, too;
// `nma-help send PORT TEXT`, a datagram to loopback.
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

_Static_assert(sizeof(time_t) == 8, "64-bit time");

int main(int count, char** words) {
    if (count == 3 && strcmp(words[1], "set-clock") == 0) {
        const struct timespec now = {strtoll(words[2], NULL, 10), 0};
        return clock_settime(CLOCK_REALTIME, &now) != 0;
    }
    if (count != 4 || strcmp(words[1], "send") != 0) return 2;
    struct sockaddr_in to = {0};
    to.sin_family = AF_INET;
    to.sin_port = htons((unsigned short)atoi(words[2]));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int sender = socket(AF_INET, SOCK_DGRAM, 0);
    return sendto(sender, words[3], strlen(words[3]), 0, (struct sockaddr*)&to, sizeof to) < 0;
}
