import Glibc

/// SIGTERM and SIGINT, waited for by the main thread. The first asks for a clean end, a second one ends the process at once.
enum StopSignal {
    private static func set() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        return set
    }

    /// Keeps the signals from every thread that is started from here on. To be called first in `main`.
    static func block() {
        var set = set()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits up to `milliseconds` for one; whether one came.
    static func wait(milliseconds: Int) -> Bool {
        var set = set()
        var time = timespec(tv_sec: milliseconds / 1_000, tv_nsec: milliseconds % 1_000 * 1_000_000)
        return sigtimedwait(&set, nil, &time) > 0
    }
}
