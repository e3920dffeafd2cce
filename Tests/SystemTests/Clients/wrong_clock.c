/* A wall clock that is WRONG_CLOCK_SECONDS ahead (or behind, where negative), preloaded into one process. The monotonic clock is right,
   and so is every wait until a time of day: libfaketime misses those of C11 threads, which librdkafka waits by, so that it would wait for
   an hour too long or not at all. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>

static time_t error(void) {
    static time_t seconds;
    static int is_known;
    if (!is_known) {
        const char *text = getenv("WRONG_CLOCK_SECONDS");
        seconds = text ? atol(text) : 0;
        is_known = 1;
    }
    return seconds;
}

/* The function behind ours, in the version that programs are linked to today. */
static void *behind(const char *name) {
    static const char *versions[] = {"GLIBC_2.34", "GLIBC_2.28", "GLIBC_2.17", "GLIBC_2.16", "GLIBC_2.3.2", "GLIBC_2.2.5"};
    for (size_t index = 0; index < sizeof versions / sizeof *versions; index++) {
        void *found = dlvsym(RTLD_NEXT, name, versions[index]);
        if (found) return found;
    }
    abort();
}

#define BEHIND(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))behind(#name)

/* Deadlines since 1970, not those of a condition on the monotonic clock, which begins with the machine. */
static struct timespec right(const struct timespec *deadline) {
    struct timespec time = *deadline;
    if (time.tv_sec > 1000000000) time.tv_sec -= error();
    return time;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    BEHIND(clock_gettime);
    int result = real(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += error();
    return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    BEHIND(gettimeofday);
    int result = real(time, zone);
    if (result == 0) time->tv_sec += error();
    return result;
}

time_t time(time_t *copy) {
    BEHIND(time);
    time_t now = real(NULL) + error();
    if (copy) *copy = now;
    return now;
}

int timespec_get(struct timespec *time, int base) {
    BEHIND(timespec_get);
    int result = real(time, base);
    if (result == TIME_UTC) time->tv_sec += error();
    return result;
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict deadline) {
    BEHIND(cnd_timedwait);
    struct timespec time = right(deadline);
    return real(condition, mutex, &time);
}

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline) {
    BEHIND(pthread_cond_timedwait);
    struct timespec time = right(deadline);
    return real(condition, mutex, &time);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline) {
    BEHIND(pthread_mutex_timedlock);
    struct timespec time = right(deadline);
    return real(mutex, &time);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline) {
    BEHIND(sem_timedwait);
    struct timespec time = right(deadline);
    return real(semaphore, &time);
}
