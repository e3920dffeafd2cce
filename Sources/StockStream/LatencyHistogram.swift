/// Counts latencies in microseconds, from 0 to one hour, with an error below one part in a thousand.
///
/// The layout is HdrHistogram's with three significant digits: values below 2,048 have a slot each; above that every power of two is cut
/// into 1,024 equal slots. Memory is fixed (188 kB), recording is a few instructions and never allocates, and two histograms add up slot
/// by slot.
///
/// It is a value whose copies share their memory until one of them changes, so a copy that is kept makes the next `record` allocate. To
/// hand a state to another thread again and again, use `assign`, which copies into memory that is there.
public struct LatencyHistogram: Sendable, Equatable {
    /// What is above counts as this: one hour.
    public static let maxMicroseconds: Int64 = 3_600_000_000

    private static let halfBits = 10
    private static let half = 1 << halfBits
    private static let buckets = 22
    private static let slots = (buckets + 1) * half

    private var counts: [UInt64]
    /// How many values were recorded.
    public private(set) var count: UInt64 = 0
    /// The exact sum of what was recorded (values above the maximum count as it).
    public private(set) var sumMicroseconds: UInt64 = 0
    /// The exact highest recorded value; 0 where there is none.
    public private(set) var highestMicroseconds: Int64 = 0

    /// An empty histogram.
    public init() {
        counts = Array(repeating: 0, count: LatencyHistogram.slots)
    }

    // MARK: Recording

    /// Counts a latency. Below 0 (clocks that disagree) counts as 0, above one hour as one hour.
    public mutating func record(microseconds: Int64) { record(microseconds: microseconds, times: 1) }

    /// Counts a latency that was met `times` times.
    public mutating func record(microseconds: Int64, times: UInt64) {
        guard times > 0 else { return }
        let value = min(max(microseconds, 0), LatencyHistogram.maxMicroseconds)
        counts[LatencyHistogram.slot(of: value)] += times
        count += times
        sumMicroseconds &+= UInt64(value) &* times
        highestMicroseconds = max(highestMicroseconds, value)
    }

    /// Adds what another histogram counted.
    public mutating func merge(_ other: LatencyHistogram) {
        for slot in 0..<LatencyHistogram.slots { counts[slot] += other.counts[slot] }
        count += other.count
        sumMicroseconds &+= other.sumMicroseconds
        highestMicroseconds = max(highestMicroseconds, other.highestMicroseconds)
    }

    /// Becomes equal to another histogram without sharing its memory.
    public mutating func assign(_ other: LatencyHistogram) {
        for slot in 0..<LatencyHistogram.slots { counts[slot] = other.counts[slot] }
        count = other.count
        sumMicroseconds = other.sumMicroseconds
        highestMicroseconds = other.highestMicroseconds
    }

    /// Forgets everything; keeps the memory.
    public mutating func reset() {
        for slot in 0..<LatencyHistogram.slots { counts[slot] = 0 }
        count = 0
        sumMicroseconds = 0
        highestMicroseconds = 0
    }

    // MARK: Reading

    /// The lowest value that at least `percentile` percent (0 to 100) of the recorded values do not exceed, rounded up to the end of its
    /// slot as HdrHistogram does; 0 where nothing was recorded.
    public func microseconds(atPercentile percentile: Double) -> Int64 {
        precondition(percentile >= 0 && percentile <= 100)
        guard count > 0 else { return 0 }
        let exact = percentile / 100 * Double(count)
        let wanted = max(1, UInt64(exact) + (Double(UInt64(exact)) < exact ? 1 : 0))
        var seen: UInt64 = 0
        for slot in 0..<LatencyHistogram.slots {
            seen += counts[slot]
            if seen >= wanted { return LatencyHistogram.upperEnd(of: slot) }
        }
        return LatencyHistogram.upperEnd(of: LatencyHistogram.slot(of: highestMicroseconds))
    }

    /// For each bound, in rising order, how many recorded values lie in slots that end at or below it: the cumulative buckets of a
    /// Prometheus histogram.
    public func cumulativeCounts(atMicroseconds bounds: [Int64]) -> [UInt64] {
        var result: [UInt64] = []
        var seen: UInt64 = 0
        var slot = 0
        for bound in bounds {
            while slot < LatencyHistogram.slots, LatencyHistogram.upperEnd(of: slot) <= bound {
                seen += counts[slot]
                slot += 1
            }
            result.append(seen)
        }
        return result
    }

    /// The exact mean; 0 where nothing was recorded.
    public var meanMicroseconds: Double { count == 0 ? 0 : Double(sumMicroseconds) / Double(count) }

    /// The standard deviation, each value taken as the middle of its slot; 0 where nothing was recorded.
    public var standardDeviationMicroseconds: Double {
        guard count > 0 else { return 0 }
        let mean = meanMicroseconds
        var squares = 0.0
        for slot in 0..<LatencyHistogram.slots where counts[slot] > 0 {
            let middle = Double(LatencyHistogram.lowerEnd(of: slot) + LatencyHistogram.width(of: slot) / 2)
            squares += (middle - mean) * (middle - mean) * Double(counts[slot])
        }
        return LatencyHistogram.squareRoot(squares / Double(count))
    }

    /// By Newton's method, falling until it stands. The standard library's `squareRoot` and `rounded` make the optimiser call libm, which a
    /// program that imports nothing is not linked with.
    private static func squareRoot(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        var root = max(1, value)
        for _ in 0..<1_100 {
            let next = (root + value / root) / 2
            if next >= root { break }
            root = next
        }
        return root
    }

    // MARK: Slots

    /// Bucket 0 has 2,048 slots of width 1; bucket b above it the upper 1,024 of width 2^b.
    private static func slot(of value: Int64) -> Int {
        let bucket = max(0, 63 - halfBits - value.leadingZeroBitCount)
        return (bucket << halfBits) + Int(value >> Int64(bucket))
    }

    private static func bucket(of slot: Int) -> Int { max(0, slot >> halfBits - 1) }

    private static func width(of slot: Int) -> Int64 { 1 << Int64(bucket(of: slot)) }

    private static func lowerEnd(of slot: Int) -> Int64 {
        let bucket = bucket(of: slot)
        return Int64(slot - bucket << halfBits) << Int64(bucket)
    }

    private static func upperEnd(of slot: Int) -> Int64 { lowerEnd(of: slot) + width(of: slot) - 1 }
}

// MARK: - .hgrm

extension LatencyHistogram {
    /// The percentile distribution in HdrHistogram's text form (.hgrm), values in milliseconds, with `ticksPerHalfDistance` lines for
    /// each halving of the distance to 100 %.
    public func percentileDistribution(ticksPerHalfDistance: Int = 5) -> String {
        precondition(ticksPerHalfDistance > 0)
        let column = LatencyHistogram.column
        var text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        var level = 0.0
        var seen: UInt64 = 0
        var last: Int64 = 0
        for slot in 0..<LatencyHistogram.slots where counts[slot] > 0 {
            seen += counts[slot]
            last = LatencyHistogram.upperEnd(of: slot)
            while 100 * Double(seen) / Double(count) >= level, level < 100 {
                text += "\(column(Double(last) / 1_000, 3, 12)) \(column(level / 100, 12, 14)) \(LatencyHistogram.pad("\(seen)", 10))"
                text += " \(column(1 / (1 - level / 100), 2, 14))\n"
                let halvings = (100 / (100 - level)).exponent + 1
                level += 100 / Double(ticksPerHalfDistance << Int(halvings))
                if seen == count { break }
            }
        }
        if count > 0 { text += "\(column(Double(last) / 1_000, 3, 12)) \(column(1, 12, 14)) \(LatencyHistogram.pad("\(count)", 10))\n" }
        text += "#[Mean    = \(column(meanMicroseconds / 1_000, 3, 12)),"
        text += " StdDeviation   = \(column(standardDeviationMicroseconds / 1_000, 3, 12))]\n"
        text += "#[Max     = \(column(Double(last) / 1_000, 3, 12)), Total count    = \(LatencyHistogram.pad("\(count)", 12))]\n"
        text += "#[Buckets = \(LatencyHistogram.pad("\(LatencyHistogram.buckets)", 12)),"
        text += " SubBuckets     = \(LatencyHistogram.pad("\(2 * LatencyHistogram.half)", 12))]\n"
        return text
    }

    /// A number of this many decimals, flush right.
    private static func column(_ value: Double, _ decimals: Int, _ width: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = value * scale + 0.5
        guard scaled < 9e18 else { return pad(String(value), width) }
        let digits = String(Int64(scaled))
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
        return pad("\(padded.dropLast(decimals)).\(padded.suffix(decimals))", width)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
}
