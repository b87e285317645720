/* Writes down, in their order, all calls by which a program changes files of one folder: what a power cut could undo.
 *
 * It is preloaded (LD_PRELOAD). The kernel stops each such call, also one that is made without libc, and hands it to the
 * handler below as a signal (seccomp, SECCOMP_RET_TRAP). The handler makes the call and appends a record to the log.
 * A call is in the log before the program goes on, so whatever the program does because of it comes later. A sync has two
 * records, before and after it: what was written before the first one is on the disk from the second one on.
 *
 * SQLite's -shm is left out: it is made anew from the log at the first opening. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#define REGISTERS(context) ((context)->uc_mcontext.gregs)
static const int ARGUMENTS[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8};
#define RESULT REG_RAX
#elif defined(__aarch64__)
#define REGISTERS(context) ((context)->uc_mcontext.regs)
static const int ARGUMENTS[] = {0, 1, 2, 3, 4};
#define RESULT 0
#else
#error "the registers of this machine are not known here"
#endif

/* None of these calls has a sixth argument, so one with this there is the handler's own. */
#define OWN 0x706f77657263757fUL

static const int TRAPPED[] = {
#ifdef SYS_open
    SYS_open, SYS_creat, SYS_rename, SYS_unlink, SYS_link, SYS_mkdir, SYS_rmdir,
#endif
    SYS_openat, SYS_write, SYS_writev, SYS_pwrite64, SYS_ftruncate, SYS_fsync, SYS_fdatasync,
    SYS_renameat, SYS_renameat2, SYS_unlinkat, SYS_linkat, SYS_mkdirat,
};

/* Other ways to change a file. Whoever tries them is told that there is no such call, and takes one of the above. */
static const int REFUSED[] = {
    SYS_pwritev, SYS_pwritev2, SYS_truncate, SYS_fallocate, SYS_copy_file_range, SYS_sendfile, SYS_splice,
    SYS_io_uring_setup, SYS_openat2,
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

struct head {
    uint32_t length, kind;
    uint64_t file;
    int64_t at;
    uint32_t thread, name_length;
};

static int log_file = -1;
static char folder[PATH_MAX];
static size_t folder_length;

static long call(long number, const long *a) {
    long result = syscall(number, a[0], a[1], a[2], a[3], a[4], OWN);
    return result < 0 ? -errno : result;
}

static void record(char kind, uint64_t file, int64_t at, const char *name, const void *data, size_t size) {
    size_t name_length = name ? strlen(name) : 0;
    struct head head = {sizeof head + name_length + size, kind, file, at, gettid(), name_length};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)name, name_length}, {(void *)data, size}};
    /* One call, so that no other process's record comes in between. */
    if (call(SYS_writev, (long[]){log_file, (long)parts, 3, 0, 0}) != head.length)
        abort();
}

static int is_inside(const char *path) {
    size_t length = strlen(path);
    return strncmp(path, folder, folder_length) == 0 && (path[folder_length] == '/' || path[folder_length] == 0) &&
           !(length > 4 && strcmp(path + length - 4, "-shm") == 0);
}

/* Whether it is a file or a folder that is recorded, and which one. */
static int is_recorded(int fd, struct stat *found, char *path) {
    if (fstat(fd, found) || !(S_ISREG(found->st_mode) || S_ISDIR(found->st_mode)))
        return 0;
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, PATH_MAX - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return is_inside(path);
}

/* The whole path of a name; whether it is inside. */
static int whole(int base, const char *name, char *path) {
    struct stat unused;
    *path = 0;
    if (*name != '/') {
        if (base == AT_FDCWD ? !getcwd(path, PATH_MAX) : !is_recorded(base, &unused, path))
            return 0;
        strcat(path, "/");
    }
    if (strlen(path) + strlen(name) >= PATH_MAX)
        abort();
    strcat(path, name);
    return is_inside(path);
}

static long opened(long number, const long *a, int flags) {
    char path[PATH_MAX];
    struct stat found;
    long fd = call(number, a);
    if (fd >= 0 && flags & (O_CREAT | O_TRUNC) && is_recorded(fd, &found, path) && S_ISREG(found.st_mode))
        record('O', found.st_ino, !!(flags & O_TRUNC), path, NULL, 0);
    return fd;
}

static long written(long number, const long *a) {
    char path[PATH_MAX];
    struct stat found;
    if (!is_recorded(a[0], &found, path))
        return call(number, a);
    struct iovec part = {(void *)a[1], a[2]};
    long one[5] = {a[0], a[1], a[2], a[3], 0};
    if (number == SYS_writev) {
        /* A write may be shorter than asked for, so the first part will do. */
        const struct iovec *parts = (const struct iovec *)a[1];
        long left = a[2];
        while (left > 1 && parts->iov_len == 0)
            parts++, left--;
        part = *parts;
        one[1] = (long)part.iov_base, one[2] = part.iov_len, number = SYS_write;
    }
    long size = call(number, one);
    if (size > 0) {
        int64_t at = number == SYS_pwrite64 ? a[3] : lseek(a[0], 0, SEEK_CUR) - size;
        record('W', found.st_ino, at, NULL, part.iov_base, size);
    }
    return size;
}

static long synced(long number, const long *a) {
    char path[PATH_MAX];
    struct stat found;
    if (!is_recorded(a[0], &found, path))
        return call(number, a);
    record(S_ISDIR(found.st_mode) ? 'D' : 'S', found.st_ino, 0, path, NULL, 0);
    long result = call(number, a);
    record('E', found.st_ino, result, NULL, NULL, 0);
    return result;
}

static long shortened(long number, const long *a) {
    char path[PATH_MAX];
    struct stat found;
    long result = call(number, a);
    if (result == 0 && is_recorded(a[0], &found, path))
        record('T', found.st_ino, a[1], NULL, NULL, 0);
    return result;
}

static long renamed(char kind, long number, const long *a, int from_base, long from, int to_base, long to) {
    char old[PATH_MAX], new[PATH_MAX];
    int old_is_inside = whole(from_base, (const char *)from, old), new_is_inside = whole(to_base, (const char *)to, new);
    if (old_is_inside != new_is_inside)
        abort();
    long result = call(number, a);
    if (result == 0 && old_is_inside)
        record(kind, 0, 0, old, new, strlen(new));
    return result;
}

static long named(char kind, long number, const long *a, int base, long name) {
    char path[PATH_MAX];
    int inside = whole(base, (const char *)name, path);
    long result = call(number, a);
    if (result == 0 && inside)
        record(kind, 0, 0, path, NULL, 0);
    return result;
}

static long handle(long number, const long *a) {
    switch (number) {
#ifdef SYS_open
    case SYS_open: return opened(number, a, a[1]);
    case SYS_creat: return opened(number, a, O_CREAT | O_TRUNC);
    case SYS_rename: return renamed('R', number, a, AT_FDCWD, a[0], AT_FDCWD, a[1]);
    case SYS_link: return renamed('L', number, a, AT_FDCWD, a[0], AT_FDCWD, a[1]);
    case SYS_unlink: return named('U', number, a, AT_FDCWD, a[0]);
    case SYS_mkdir: return named('M', number, a, AT_FDCWD, a[0]);
    case SYS_rmdir: return named('U', number, a, AT_FDCWD, a[0]);
#endif
    case SYS_openat: return opened(number, a, a[2]);
    case SYS_renameat:
    case SYS_renameat2: return renamed('R', number, a, a[0], a[1], a[2], a[3]);
    case SYS_linkat: return renamed('L', number, a, a[0], a[1], a[2], a[3]);
    case SYS_unlinkat: return named('U', number, a, a[0], a[1]);
    case SYS_mkdirat: return named('M', number, a, a[0], a[1]);
    case SYS_ftruncate: return shortened(number, a);
    case SYS_fsync:
    case SYS_fdatasync: return synced(number, a);
    default: return written(number, a);
    }
}

static void trapped(int signal, siginfo_t *info, void *context) {
    (void)signal;
    int saved = errno;
    long a[5];
    for (size_t i = 0; i < COUNT(a); i++)
        a[i] = REGISTERS((ucontext_t *)context)[ARGUMENTS[i]];
    REGISTERS((ucontext_t *)context)[RESULT] = handle(info->si_syscall, a);
    errno = saved;
}

static void filter(void) {
    enum { ALL = COUNT(TRAPPED) + COUNT(REFUSED) };
    struct sock_filter code[ALL + 9];
    size_t n = 0, check = ALL + 2, refuse = ALL + 7;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ALL; i++, n++) {
        int is_trapped = i < COUNT(TRAPPED);
        int number = is_trapped ? TRAPPED[i] : REFUSED[i - COUNT(TRAPPED)];
        code[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ, number, (is_trapped ? check : refuse) - n - 1, 0);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW);
    size_t sixth = offsetof(struct seccomp_data, args[5]);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sixth);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ, (uint32_t)OWN, 0, 2);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sixth + 4);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ, (uint32_t)(OWN >> 32), 2, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET, SECCOMP_RET_TRAP);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET, SECCOMP_RET_ERRNO | ENOSYS);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *inside = getenv("POWER_CUTS_FOLDER"), *log = getenv("POWER_CUTS_LOG");
    if (!inside || !log || strlen(inside) >= sizeof folder)
        abort();
    strcpy(folder, inside);
    folder_length = strlen(folder);
    log_file = open(log, O_WRONLY | O_APPEND | O_CLOEXEC);
    struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
    if (log_file < 0 || sigaction(SIGSYS, &action, NULL))
        abort();
    filter();
}
