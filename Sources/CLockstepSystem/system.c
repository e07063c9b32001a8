#define _GNU_SOURCE
#include "CLockstepSystem.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

int lockstep_signal_on_parent_death(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

int lockstep_usable_cores(void) {
    // Room for 65536 cores, more than kernels know, so that the set always fits.
    cpu_set_t sets[64];
    CPU_ZERO_S(sizeof sets, sets);
    if (sched_getaffinity(0, sizeof sets, sets) != 0) return -1;
    return CPU_COUNT_S(sizeof sets, sets);
}

int lockstep_memory_file(void) { return memfd_create("lockstep", MFD_CLOEXEC); }

extern void __lsan_do_leak_check(void) __attribute__((weak));

void lockstep_check_leaks(void) {
    if (__lsan_do_leak_check) __lsan_do_leak_check();
}

// 32 MiB is the most that malloc takes from its heaps when asked to; the second line keeps it from giving their ends back.
int lockstep_keep_freed_memory(void) {
    return mallopt(M_MMAP_THRESHOLD, 32 << 20) == 1 && mallopt(M_TRIM_THRESHOLD, INT_MAX) == 1;
}

int64_t lockstep_sending_time(int socket) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return -1;
    // Older kernels know fewer fields.
    if (size < offsetof(struct tcp_info, tcpi_rwnd_limited) + sizeof info.tcpi_rwnd_limited) return -1;
    return (int64_t)(info.tcpi_busy_time - info.tcpi_rwnd_limited);
}

static const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

int lockstep_sealed_memory(size_t bytes) {
    int file = memfd_create("lockstep-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return -1;
    if (ftruncate(file, (off_t)bytes) == 0 && fcntl(file, F_ADD_SEALS, seals) == 0) return file;
    close(file);
    return -1;
}

// Files of other kinds have no seals.
int lockstep_is_sealed_memory(int descriptor) {
    int found = fcntl(descriptor, F_GET_SEALS);
    return found >= 0 && (found & seals) == seals;
}

int32_t lockstep_peer_process(int socket) {
    struct ucred other;
    socklen_t size = sizeof other;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &other, &size) != 0 || size != sizeof other) return -1;
    return other.uid == geteuid() && other.pid > 0 ? other.pid : -1;
}

uint32_t lockstep_load_shared(const void *address) { return __atomic_load_n((const uint32_t *)address, __ATOMIC_ACQUIRE); }

void lockstep_store_shared(void *address, uint32_t value) {
    __atomic_store_n((uint32_t *)address, value, __ATOMIC_RELEASE);
}
