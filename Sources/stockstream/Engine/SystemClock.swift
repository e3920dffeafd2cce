import Glibc

/// The machine's clocks.
struct SystemClock {
    /// Milliseconds since 1970.
    func wallMilliseconds() -> Int64 { SystemClock.read(CLOCK_REALTIME) / 1_000 }
    /// Microseconds of a clock that never jumps.
    func monotonicMicroseconds() -> Int64 { SystemClock.read(CLOCK_MONOTONIC) }
    /// Milliseconds of the same clock.
    func monotonicMilliseconds() -> Int64 { monotonicMicroseconds() / 1_000 }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
