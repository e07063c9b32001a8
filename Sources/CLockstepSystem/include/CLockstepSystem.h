#pragma once

#include <stddef.h>
#include <stdint.h>

/// Has the kernel send `signal` to this process when the thread that started it ends. Returns 0, or -1 with errno.
///
/// prctl(2) takes a variable number of arguments, so Swift cannot call it.
int lockstep_signal_on_parent_death(int signal);

/// The number of cores that the scheduler may put this process on, or -1 with errno.
///
/// The sets of cores that sched_getaffinity(2) speaks of are read by macros, which Swift does not see.
int lockstep_usable_cores(void);

/// A new file without a name that lies in memory and that child processes do not inherit, or -1 with errno.
///
/// memfd_create(2) is declared for GNU programs alone, and Swift's Glibc is not read as one.
int lockstep_memory_file(void);

/// Has the address sanitizer, in a program that was built with it, look for memory that nobody can free any more, and end the process
/// with its report if there is any. Does nothing in any other.
///
/// It looks by itself where a process ends by exit(3), but not at _exit(2). The function is the sanitizer's and is there with it alone,
/// which takes a weak symbol to ask.
void lockstep_check_leaks(void);

/// Has the C library keep blocks of up to 32 MiB that are freed for the next ones, on every thread, rather than give each back to
/// the system and ask for it again. Returns whether it does.
///
/// mallopt(3) is not in Swift's Glibc.
int lockstep_keep_freed_memory(void);

/// For how many microseconds, in all, a tcp socket has had something under way that the other host had not acknowledged, without the
/// time in which that host's process took nothing in; or -1 where the kernel does not say. It counts in ticks of its clock, some
/// milliseconds, rounding up and down alike.
///
/// The C library's struct tcp_info ends before these fields, and the kernel's cannot be read beside it.
int64_t lockstep_sending_time(int socket);

/// A new file of so many bytes in memory, of zeros, that child processes do not inherit and whose size nobody can change any more; or
/// -1 with errno. Memory is taken as it is written to.
///
/// Seals, as memfd_create(2), are for GNU programs alone.
int lockstep_sealed_memory(size_t bytes);

/// Whether a file is one of `lockstep_sealed_memory`, so that to map it is safe: no access beyond an end that somebody has moved.
int lockstep_is_sealed_memory(int descriptor);

/// The process that made the other end of a local socket, if it is this process's user's, or -1.
///
/// struct ucred is for GNU programs alone.
int32_t lockstep_peer_process(int socket);

/// Reads a number that another process writes to, and sees what that process wrote to the same memory before it.
///
/// Swift's atomics own their memory; these are in memory that two processes share.
uint32_t lockstep_load_shared(const void *address);

/// Writes a number that another process reads, after all else that this one wrote.
void lockstep_store_shared(void *address, uint32_t value);
