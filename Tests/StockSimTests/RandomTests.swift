import Testing

@testable import StockSim

@Suite struct RandomTests {
    @Test func sameSeedSameNumbers() {
        var a = WorkloadRandom(seed: 7)
        var b = WorkloadRandom(seed: 7)
        var c = WorkloadRandom(seed: 8)
        let first = (0..<1_000).map { _ in a.next() }
        #expect(first == (0..<1_000).map { _ in b.next() })
        #expect(first != (0..<1_000).map { _ in c.next() })
        #expect(Set(first).count == 1_000)
    }

    @Test func splitMixGivesThePublishedNumbers() {
        // From the reference implementation (Vigna, splitmix64.c) with the state 1234567.
        var state: UInt64 = 1_234_567
        let numbers = (0..<3).map { _ in WorkloadRandom.split(&state) }
        #expect(numbers == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    @Test func numbersStayWithinTheirBounds() {
        var random = WorkloadRandom(seed: 1)
        var counts = [Int](repeating: 0, count: 10)
        var outside = 0
        for _ in 0..<100_000 {
            counts[random.below(10)] += 1
            if !(5...6).contains(random.number(in: 5...6)) { outside += 1 }
            if !(0..<1).contains(random.unit()) { outside += 1 }
        }
        #expect(outside == 0)
        for count in counts { #expect((9_500...10_500).contains(count)) }
        let isCertain = random.chance(0)
        #expect(!isCertain)
    }

    @Test func plainMathIsExactEnough() {
        for step in 1...300 {
            let x = Double(step) * 0.37
            let back = PlainMath.exp(PlainMath.log(x))
            #expect(abs(back - x) <= x * 1e-14, "\(x)")
        }
        #expect(abs(PlainMath.log(2) - 0.693_147_180_559_945_3) < 1e-16)
        #expect(abs(PlainMath.log(10) - 2.302_585_092_994_046) < 1e-15)
        #expect(abs(PlainMath.exp(1) - 2.718_281_828_459_045) < 1e-15)
        #expect(abs(PlainMath.exp(-20) - 2.061_153_622_438_558e-9) < 1e-23)
        for x in [-0.5, -2e-4, -1.1e-4, -0.9e-4, 1e-9, 0.9e-4, 1.1e-4, 0.5] {
            // The series near 0 and the formula beside it agree: log(1 + x) = x * ratio.
            #expect(abs(PlainMath.exp(x * PlainMath.logRatio(x)) - (1 + x)) < 1e-13)
            #expect(abs(PlainMath.log(1 + x * PlainMath.expRatio(x)) - x) < 1e-13)
        }
    }
}

@Suite struct ZipfTests {
    private func shares(count: Int, skew: Double, draws: Int) -> [Double] {
        let sampler = ZipfSampler(count: count, skew: skew)
        var random = WorkloadRandom(seed: 99)
        var counts = [Int](repeating: 0, count: count)
        for _ in 0..<draws { counts[sampler.sample(&random)] += 1 }
        return counts.map { Double($0) / Double(draws) }
    }

    @Test(arguments: [0.3, 0.9, 1.0, 1.3, 2.5]) func followsTheLaw(skew: Double) {
        let count = 50
        let weights = (1...count).map { PlainMath.exp(-skew * PlainMath.log(Double($0))) }
        let sum = weights.reduce(0, +)
        let found = shares(count: count, skew: skew, draws: 100_000)
        for (rank, weight) in weights.enumerated() {
            let expected = weight / sum
            // Five standard deviations of a share.
            let tolerance = 5 * (expected * (1 - expected) / 100_000).squareRoot()
            #expect(abs(found[rank] - expected) < tolerance, "rank \(rank): \(found[rank]), expected \(expected)")
        }
    }

    @Test func noSkewIsEven() {
        for share in shares(count: 20, skew: 0, draws: 200_000) { #expect(abs(share - 0.05) < 0.003) }
    }

    @Test func millionsOfRanks() {
        let sampler = ZipfSampler(count: 5_000_000, skew: 0.99)
        var random = WorkloadRandom(seed: 3)
        var highest = 0
        var lowest = 0
        var first = 0
        for _ in 0..<100_000 {
            let rank = sampler.sample(&random)
            lowest = min(lowest, rank)
            highest = max(highest, rank)
            if rank == 0 { first += 1 }
        }
        #expect(lowest == 0 && highest > 4_000_000 && highest < 5_000_000)
        #expect((5_000...7_500).contains(first))
    }

    @Test func oneRank() {
        var random = WorkloadRandom(seed: 3)
        let rank = ZipfSampler(count: 1, skew: 1).sample(&random)
        #expect(rank == 0)
    }
}
