#include "tests/support/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nma::test {

int in_child(int (*function)()) {
    fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) _exit(function());
    int status = 0;
    if (waitpid(child, &status, 0) != child) abort();
    return WIFEXITED(status) ? WEXITSTATUS(status) : ended_by_signal + WTERMSIG(status);
}

}  // namespace nma::test
