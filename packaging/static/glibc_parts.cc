// What the static program does without, though its libraries name it: glibc finds names of hosts
// and services by libraries that it loads, and a program without shared libraries has none to load.
// The agent gives libevent addresses only, which that reads itself (packaging/static/compile), so
// nobody calls these. That they are here keeps glibc's own, a quarter of a megabyte, out of the
// program.
#include <netdb.h>

#include <cstdlib>

extern "C" {

hostent* gethostbyname(const char*) {
    return nullptr;
}

int gethostbyname_r(const char*, hostent*, char*, size_t, hostent** found, int* why) {
    *found = nullptr;
    *why = HOST_NOT_FOUND;
    return 0;
}

int getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int) {
    return EAI_NONAME;
}

servent* getservbyname(const char*, const char*) {
    return nullptr;
}

protoent* getprotobynumber(int) {
    return nullptr;
}
}

// libstdc++ would write the type of the exception that ended the program; there are no exceptions.
namespace __gnu_cxx {
[[noreturn]] void __verbose_terminate_handler() {
    std::abort();
}
}  // namespace __gnu_cxx
