/* Lets the disk fail and the clock jump for one process, as a file says: eight bytes for the milliseconds by which the
 * clock is wrong, eight for the way in which the disk fails. Only files of the database are concerned. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* As in control.rs. */
enum { FINE, FULL, WRITES_FAIL, SYNCS_FAIL, HALF_WRITTEN };

static volatile const int64_t *control;

__attribute__((constructor)) static void begin(void) {
    /* No service is left behind. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *path = getenv("TORTURE_CONTROL");
    int file = path ? open(path, O_RDONLY) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, 16, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED) control = page;
}

/* How the disk fails for this file. */
static int64_t fault(int file) {
    if (!control || control[1] == FINE) return FINE;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return FINE;
    path[length] = 0;
    return strstr(path, "/torture.db") ? control[1] : FINE;
}

static int error(int number) {
    errno = number;
    return -1;
}

/* The function of the C library, in whose place ours stands. */
#define NEXT(name) \
    static __typeof__(name) *next; \
    if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define WRITE(name, parameters, whole, half) \
    ssize_t name parameters { \
        NEXT(name); \
        switch (fault(file)) { \
        case FULL: return error(ENOSPC); \
        case WRITES_FAIL: return error(EIO); \
        case HALF_WRITTEN: return length < 2 ? error(ENOSPC) : next half; \
        default: return next whole; \
        } \
    }

WRITE(write, (int file, const void *bytes, size_t length), (file, bytes, length), (file, bytes, length / 2))
WRITE(pwrite, (int file, const void *bytes, size_t length, off_t at), (file, bytes, length, at),
      (file, bytes, length / 2, at))
WRITE(pwrite64, (int file, const void *bytes, size_t length, off64_t at), (file, bytes, length, at),
      (file, bytes, length / 2, at))

#define RESIZE(name, type) \
    int name(int file, type length) { \
        NEXT(name); \
        int64_t how = fault(file); \
        if (how == WRITES_FAIL) return error(EIO); \
        return how == FULL || how == HALF_WRITTEN ? error(ENOSPC) : next(file, length); \
    }

RESIZE(ftruncate, off_t)
RESIZE(ftruncate64, off64_t)

#define SYNC(name) \
    int name(int file) { \
        NEXT(name); \
        return fault(file) == SYNCS_FAIL ? error(EIO) : next(file); \
    }

SYNC(fsync)
SYNC(fdatasync)

int clock_gettime(clockid_t which, struct timespec *now) {
    NEXT(clock_gettime);
    int result = next ? next(which, now) : (int)syscall(SYS_clock_gettime, which, now);
    if (result == 0 && control && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
        int64_t wrong = control[0];
        int64_t nanoseconds = now->tv_nsec + wrong % 1000 * 1000000;
        now->tv_sec += wrong / 1000 + (nanoseconds >= 1000000000) - (nanoseconds < 0);
        now->tv_nsec = (nanoseconds + 1000000000) % 1000000000;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    (void)zone;
    struct timespec precise;
    int result = clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return result;
}

time_t time(time_t *seconds) {
    struct timespec precise;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
    if (seconds) *seconds = precise.tv_sec;
    return precise.tv_sec;
}
