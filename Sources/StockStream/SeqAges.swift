/// Which `seq` a partition had at which time of the last while: a small ring of samples, so that the age of an unwritten change can be told
/// without a time in every SKU.
struct SeqAges {
    /// Together with `interval(forAge:)`: room for a quarter more than the age.
    static let capacity = 256
    private var samples: [(seq: Int64, monotonicMilliseconds: Int64)] = []
    private var oldest = 0

    /// The time between two samples that lets the ring reach back that far.
    static func interval(forAge milliseconds: Int64) -> Int64 { max(1, milliseconds / 200) }

    /// Notes where the partition stands, unless the last sample is younger than the interval.
    mutating func note(seq: Int64, nowMonotonic: Int64, intervalMilliseconds: Int64) {
        if let newest, nowMonotonic - newest.monotonicMilliseconds < intervalMilliseconds { return }
        if samples.count < SeqAges.capacity {
            samples.append((seq, nowMonotonic))
        } else {
            samples[oldest] = (seq, nowMonotonic)
            oldest = (oldest + 1) % SeqAges.capacity
        }
    }

    /// The last `seq` that is known to have been there at that time; 0 where none is. O(log samples).
    func seq(atOrBefore monotonicMilliseconds: Int64) -> Int64 {
        var low = 0
        var high = samples.count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].monotonicMilliseconds <= monotonicMilliseconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? 0 : self[low - 1].seq
    }

    private var newest: (seq: Int64, monotonicMilliseconds: Int64)? { samples.isEmpty ? nil : self[samples.count - 1] }

    private subscript(_ age: Int) -> (seq: Int64, monotonicMilliseconds: Int64) { samples[(oldest + age) % samples.count] }
}
