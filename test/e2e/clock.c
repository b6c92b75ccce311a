/* A clock that tests can set, for a server that is started with it in LD_PRELOAD: the file named by JOINERY_TEST_CLOCK holds two
 * 64-bit numbers of seconds, by which the wall clock and the clock of time passed are ahead of the true ones. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct shift {
    int64_t wall, passed;
};
static const volatile struct shift none, *shift = &none;
static int (*true_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

__attribute__((constructor)) static void open_clock(void) {
    const char *path = getenv("JOINERY_TEST_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    *(void **)&true_timedwait = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!true_timedwait) *(void **)&true_timedwait = dlsym(RTLD_NEXT, "pthread_cond_timedwait"); /* other machines */
    if (file < 0) return;
    void *mapped = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED) shift = mapped;
    close(file);
}

static int64_t ahead(clockid_t clock) {
    return clock == CLOCK_REALTIME ? shift->wall : clock == CLOCK_MONOTONIC ? shift->passed : 0;
}

int clock_gettime(clockid_t clock, struct timespec *out) {
    int failed = (int)syscall(SYS_clock_gettime, clock, out);
    if (!failed) out->tv_sec += ahead(clock);
    return failed;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}

/* The server's conditions wait by the monotonic clock; the kernel knows only the true one. */
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    struct timespec then = {until->tv_sec - shift->passed, until->tv_nsec};
    return true_timedwait(condition, mutex, &then);
}
