/// Which `seq` a partition had at which time of the last while: a small ring of samples, so that the age of an unwritten change can be told
/// without a time in every SKU.
struct SeqAges {
    /// Together with `interval(forAge:)`: room for a quarter more than the age.
    static let capacity = 256
    private var samples = SortedRing<(seq: Int64, monotonicMilliseconds: Int64)>(capacity: capacity)

    /// The time between two samples that lets the ring reach back that far.
    static func interval(forAge milliseconds: Int64) -> Int64 { max(1, milliseconds / 200) }

    /// Notes where the partition stands, unless the last sample is younger than the interval.
    mutating func note(seq: Int64, nowMonotonic: Int64, intervalMilliseconds: Int64) {
        if let last = samples.last, nowMonotonic - last.monotonicMilliseconds < intervalMilliseconds { return }
        samples.append((seq, nowMonotonic))
    }

    /// The last `seq` that is known to have been there at that time; 0 where none is. O(log samples).
    func seq(atOrBefore monotonicMilliseconds: Int64) -> Int64 {
        samples.last { $0.monotonicMilliseconds <= monotonicMilliseconds }?.seq ?? 0
    }
}
