/// A seeded source of numbers (xoshiro256**, seeded by SplitMix64, both by Blackman and Vigna): the same on every machine and in every run.
public struct WorkloadRandom: Sendable {
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    /// A source that gives the same numbers for the same seed.
    public init(seed: UInt64) {
        var state = seed
        a = WorkloadRandom.split(&state)
        b = WorkloadRandom.split(&state)
        c = WorkloadRandom.split(&state)
        d = WorkloadRandom.split(&state)
    }

    /// One step of SplitMix64.
    static func split(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// 64 random bits.
    public mutating func next() -> UInt64 {
        let scaled = b &* 5
        let result = (scaled << 7 | scaled >> 57) &* 9
        let shifted = b << 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = d << 45 | d >> 19
        return result
    }

    /// A number from 0 to `bound` - 1; `bound` is at least 1. The bias is below bound / 2^64.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0)
        return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number within the range.
    public mutating func number(in range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(below(Int(range.upperBound - range.lowerBound) + 1))
    }

    /// A number from 0 up to but not 1, in steps of 2^-53.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// True with this probability (0 to 1).
    public mutating func chance(_ probability: Double) -> Bool { probability > 0 && unit() < probability }
}
