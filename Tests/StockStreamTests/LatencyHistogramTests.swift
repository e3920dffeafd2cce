import StockStream
import Testing

/// Values of all sizes, the same on every machine (xorshift).
private func values(_ count: Int) -> [Int64] {
    var state: UInt64 = 88_172_645_463_325_252
    return (0..<count).map { index in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int64((state >> 1) % (1 << UInt64(index % 32)) % 3_600_000_001)
    }
}

@Suite struct LatencyHistogramTests {
    @Test(arguments: [1, 2, 3, 10, 999, 20_000])
    func percentilesAgreeWithSortedSamples(count: Int) {
        let samples = values(count)
        let sorted = samples.sorted()
        var histogram = LatencyHistogram()
        for sample in samples { histogram.record(microseconds: sample) }
        for percentile in [0, 0.1, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 100] {
            let rank = max(1, Int((percentile / 100 * Double(count)).rounded(.up)))
            let exact = sorted[rank - 1]
            let answer = histogram.microseconds(atPercentile: percentile)
            #expect(answer >= exact, "never better than it was")
            #expect(answer - exact <= exact / 1_000, "three significant digits: \(answer) for \(exact)")
        }
        #expect(histogram.count == UInt64(count))
        #expect(histogram.sumMicroseconds == UInt64(samples.reduce(0, +)))
        #expect(histogram.highestMicroseconds == sorted.last)
    }

    @Test func everySlotHoldsItsValues() {
        // Around every power of two: the places where the layout changes.
        for bit in 0..<32 {
            for offset: Int64 in [-2, -1, 0, 1, 2] {
                let value = min(max(0, 1 << Int64(bit) + offset), LatencyHistogram.maxMicroseconds)
                var histogram = LatencyHistogram()
                histogram.record(microseconds: value)
                let answer = histogram.microseconds(atPercentile: 50)
                #expect(answer >= value && answer - value <= value / 1_000)
                if value < 2_048 { #expect(answer == value) }
            }
        }
    }

    @Test func extremesAreClamped() {
        var histogram = LatencyHistogram()
        histogram.record(microseconds: .min)
        histogram.record(microseconds: .max)
        histogram.record(microseconds: 5, times: 0)
        #expect(histogram.count == 2)
        #expect(histogram.microseconds(atPercentile: 0) == 0)
        #expect(histogram.highestMicroseconds == LatencyHistogram.maxMicroseconds)
        #expect(histogram.microseconds(atPercentile: 100) >= LatencyHistogram.maxMicroseconds)
    }

    @Test func emptyAnswersZero() {
        let histogram = LatencyHistogram()
        #expect(histogram.microseconds(atPercentile: 99) == 0)
        #expect(histogram.meanMicroseconds == 0 && histogram.standardDeviationMicroseconds == 0)
        #expect(histogram.cumulativeCounts(atMicroseconds: [1, 2]) == [0, 0])
        #expect(histogram.percentileDistribution().hasSuffix("#[Buckets =           22, SubBuckets     =         2048]\n"))
    }

    @Test func mergingIsTheSameAsRecordingTogether() {
        let samples = values(5_000)
        var together = LatencyHistogram()
        var first = LatencyHistogram()
        var second = LatencyHistogram()
        for (index, sample) in samples.enumerated() {
            together.record(microseconds: sample)
            if index % 3 == 0 { first.record(microseconds: sample) } else { second.record(microseconds: sample) }
        }
        first.merge(second)
        #expect(first == together)
        var copy = LatencyHistogram()
        copy.record(microseconds: 77, times: 3)
        copy.assign(together)
        #expect(copy == together)
        copy.reset()
        #expect(copy == LatencyHistogram())
    }

    @Test func cumulativeCountsAreExactAtSlotEnds() {
        var histogram = LatencyHistogram()
        for value: Int64 in [0, 1, 500, 1_000, 1_001, 2_047, 3_000_000] { histogram.record(microseconds: value) }
        #expect(histogram.cumulativeCounts(atMicroseconds: [0, 1, 999, 1_000, 2_047, 4_000_000]) == [1, 2, 3, 4, 6, 7])
    }

    @Test func distributionIsThatOfHdrHistogram() throws {
        var histogram = LatencyHistogram()
        for value in values(20_000) { histogram.record(microseconds: value) }
        let lines = histogram.percentileDistribution().split(separator: "\n", omittingEmptySubsequences: false)
        let golden = distributionByHdrHistogram.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == golden.count)
        for (line, expected) in zip(lines, golden) where !expected.hasPrefix("#[Mean") { #expect(line == expected) }
        // HdrHistogram takes the mean of slots, here it is exact.
        #expect(abs(histogram.meanMicroseconds - 67_290_461.63) < 67_290)
        #expect(abs(histogram.standardDeviationMicroseconds - 242_441_098.37) < 1_000)
    }
}

/// What the Java HdrHistogram 2.2.2 prints for the same values: `outputPercentileDistribution(out, 5, 1000.0)`.
private let distributionByHdrHistogram = """
           Value     Percentile TotalCount 1/(1-Percentile)

           0.000 0.000000000000       1229           1.00
           0.002 0.100000000000       2224           1.11
           0.022 0.200000000000       4038           1.25
           0.202 0.300000000000       6005           1.43
           1.903 0.400000000000       8000           1.67
          16.415 0.500000000000      10000           2.00
          53.247 0.550000000000      11000           2.22
         153.215 0.600000000000      12000           2.50
         468.991 0.650000000000      13000           2.86
        1492.991 0.700000000000      14000           3.33
        4431.871 0.750000000000      15000           4.00
        7536.639 0.775000000000      15500           4.44
       13484.031 0.800000000000      16000           5.00
       23838.719 0.825000000000      16500           5.71
       41385.983 0.850000000000      17001           6.67
       70451.199 0.875000000000      17501           8.00
       97910.783 0.887500000000      17750           8.89
      124583.935 0.900000000000      18000          10.00
      172752.895 0.912500000000      18250          11.43
      230686.719 0.925000000000      18500          13.33
      310116.351 0.937500000000      18751          16.00
      373817.343 0.943750000000      18875          17.78
      439877.631 0.950000000000      19000          20.00
      505151.487 0.956250000000      19125          22.86
      605552.639 0.962500000000      19250          26.67
      732954.623 0.968750000000      19375          32.00
      806354.943 0.971875000000      19438          35.56
      863502.335 0.975000000000      19500          40.00
      930086.911 0.978125000000      19563          45.71
     1005060.095 0.981250000000      19626          53.33
     1082130.431 0.984375000000      19688          64.00
     1168113.663 0.985937500000      19719          71.11
     1276116.991 0.987500000000      19750          80.00
     1394606.079 0.989062500000      19782          91.43
     1490026.495 0.990625000000      19813         106.67
     1585446.911 0.992187500000      19844         128.00
     1630535.679 0.992968750000      19860         142.22
     1659895.807 0.993750000000      19875         160.00
     1737490.431 0.994531250000      19891         182.86
     1782579.199 0.995312500000      19907         213.33
     1822425.087 0.996093750000      19922         256.00
     1842348.031 0.996484375000      19930         284.44
     1861222.399 0.996875000000      19938         320.00
     1895825.407 0.997265625000      19946         365.71
     1931476.991 0.997656250000      19954         426.67
     1977614.335 0.998046875000      19961         512.00
     1996488.703 0.998242187500      19965         568.89
     2018508.799 0.998437500000      19969         640.00
     2024800.255 0.998632812500      19973         731.43
     2052063.231 0.998828125000      19977         853.33
     2073034.751 0.999023437500      19981        1024.00
     2079326.207 0.999121093750      19983        1137.78
     2081423.359 0.999218750000      19986        1280.00
     2086666.239 0.999316406250      19988        1462.86
     2087714.815 0.999414062500      19989        1706.67
     2094006.271 0.999511718750      19991        2048.00
     2102394.879 0.999560546875      19992        2275.56
     2112880.639 0.999609375000      19993        2560.00
     2116026.367 0.999658203125      19995        2925.71
     2116026.367 0.999707031250      19995        3413.33
     2117074.943 0.999755859375      19996        4096.00
     2117074.943 0.999780273438      19996        4551.11
     2118123.519 0.999804687500      19998        5120.00
     2118123.519 0.999829101563      19998        5851.43
     2118123.519 0.999853515625      19998        6826.67
     2118123.519 0.999877929688      19998        8192.00
     2118123.519 0.999890136719      19998        9102.22
     2132803.583 0.999902343750      19999       10240.00
     2132803.583 0.999914550781      19999       11702.86
     2132803.583 0.999926757813      19999       13653.33
     2132803.583 0.999938964844      19999       16384.00
     2132803.583 0.999945068359      19999       18204.44
     2138046.463 0.999951171875      20000       20480.00
     2138046.463 1.000000000000      20000
    #[Mean    =    67290.462, StdDeviation   =   242441.098]
    #[Max     =  2138046.463, Total count    =        20000]
    #[Buckets =           22, SubBuckets     =         2048]

    """
