import StockStream

/// Clocks moved by hand. Every reading of the monotonic clock lets a little time pass, so that no loop with a deadline is endless.
final class FakeClock: WorkerClock {
    /// Microseconds since the world began.
    private var now: Int64 = 0
    /// The wall clock is this much ahead of the start, plus what has passed.
    var wallStart: Int64 = 1_772_442_000_000
    static let microsecondsPerReading: Int64 = 20

    /// Lets time pass.
    func advance(milliseconds: Int64) { now += milliseconds * 1_000 }

    func wallMilliseconds() -> Int64 { wallStart + now / 1_000 }

    func monotonicMicroseconds() -> Int64 {
        now += FakeClock.microsecondsPerReading
        return now
    }

    func measuredErrorMilliseconds() -> Int64? { 0 }
}

/// A worker's own wall clock: the world's with an error.
final class SkewedClock: WorkerClock {
    let base: FakeClock
    var errorMilliseconds: Int64 = 0
    /// Whether it is compared with the brokers', and whether that finds the error.
    var isCompared = true
    var isErrorFound = false

    init(_ base: FakeClock) { self.base = base }

    func wallMilliseconds() -> Int64 { base.wallMilliseconds() + errorMilliseconds }
    func monotonicMicroseconds() -> Int64 { base.monotonicMicroseconds() }
    func measuredErrorMilliseconds() -> Int64? { isCompared ? (isErrorFound ? errorMilliseconds : 0) : nil }
}
