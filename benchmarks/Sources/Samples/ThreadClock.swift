import Glibc

/// The processor time of this thread, so that neighbours on the machine count less.
public enum ThreadClock {
    /// In nanoseconds, from any beginning.
    public static func nanoseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
