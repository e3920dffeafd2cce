/// Draws ranks whose probability falls with the rank to the power of the skew: Zipf's law, as popularity in shops follows it.
///
/// Rejection-inversion (Hörmann and Derflinger 1996): constant time and memory for any number of ranks, 1.1 tries on average.
public struct ZipfSampler: Sendable {
    /// The number of ranks.
    public let count: Int
    /// 0: all ranks alike; 1: the second is half as likely as the first; higher: steeper.
    public let skew: Double

    private let firstIntegral: Double
    private let lastIntegral: Double
    private let shortcut: Double

    /// A sampler of `count` ranks (at least 1) with a skew from 0 to 10.
    public init(count: Int, skew: Double) {
        precondition(count >= 1 && skew >= 0 && skew <= 10)
        self.count = count
        self.skew = skew
        firstIntegral = ZipfSampler.integral(1.5, skew) - 1
        lastIntegral = ZipfSampler.integral(Double(count) + 0.5, skew)
        shortcut = 2 - ZipfSampler.inverse(ZipfSampler.integral(2.5, skew) - ZipfSampler.density(2, skew), skew)
    }

    /// A rank from 0, the most likely, to `count` - 1.
    public func sample(_ random: inout WorkloadRandom) -> Int {
        if count == 1 { return 0 }
        while true {
            let u = lastIntegral + random.unit() * (firstIntegral - lastIntegral)
            let x = ZipfSampler.inverse(u, skew)
            let rank = min(max((x + 0.5).rounded(.down), 1), Double(count))
            if rank - x <= shortcut || u >= ZipfSampler.integral(rank + 0.5, skew) - ZipfSampler.density(rank, skew) {
                return Int(rank) - 1
            }
        }
    }

    /// The integral of the density from 1 to `x`.
    private static func integral(_ x: Double, _ skew: Double) -> Double {
        let logarithm = PlainMath.log(x)
        return PlainMath.expRatio((1 - skew) * logarithm) * logarithm
    }

    private static func density(_ x: Double, _ skew: Double) -> Double { PlainMath.exp(-skew * PlainMath.log(x)) }

    private static func inverse(_ y: Double, _ skew: Double) -> Double {
        // Rounding must not push the argument of the logarithm to 0.
        let t = max(y * (1 - skew), -1 + 0x1p-52)
        return PlainMath.exp(PlainMath.logRatio(t) * y)
    }
}
