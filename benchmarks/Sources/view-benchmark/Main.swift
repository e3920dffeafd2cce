import Glibc
import RedisAdapter
import StockCore
import StockStream

/// The read model's writer alone: SKUs at three locations, projected into an empty Redis on a Unix socket, 512 a batch.
///
///     view-benchmark SOCKET SKUS [hashes]
///
/// `hashes`: without the sets of what is low and out, and without the change stream (`redis.content`).
/// Prints the SKUs a second, from the first batch to the answer of the last. What it leaves in Redis is what a peer writes next.
@main
struct ViewBenchmark {
    static let locations = [Key("berlin"), Key("lyon"), Key("turin")]
    static let batchSize = 512

    static func main() {
        let arguments = CommandLine.arguments
        let content = arguments.count == 4 ? RedisSettings.Content(rawValue: arguments[3]) : .all
        guard (3...4).contains(arguments.count), let skus = Int(arguments[2]), skus > 0, let content else {
            print("usage: view-benchmark SOCKET SKUS [hashes]")
            exit(64)
        }
        var settings = RedisSettings(endpoint: .unix(path: arguments[1]))
        settings.content = content
        let projector = RedisProjector(settings: settings, seed: 1)
        projector.own(0, incarnation: 1, claim: 1)
        waitUntilReady(projector)
        let began = microseconds()
        for (number, first) in stride(from: 0, to: skus, by: batchSize).enumerated() {
            let last = min(first + batchSize, skus)
            projector.beginBatch(
                0, Watermark(incarnation: 1, claim: 1, batch: Int64(number + 1), seq: Int64(last), next: Int64(last), timeMilliseconds: 1),
                counters: ProjectedCounters())
            for sku in first..<last { add(sku, to: projector) }
            projector.endBatch()
            projector.sendBatches()
            waitUntilReady(projector)
        }
        print("rate=\(Int(Double(skus) / Double(microseconds() - began) * 1e6))")
    }

    /// Polls until the partition is owned and its last batch is applied. Whatever else happens was not wanted.
    static func waitUntilReady(_ projector: RedisProjector) {
        let began = microseconds()
        while microseconds() - began < 30_000_000 {
            while let event = projector.poll(nowMilliseconds: microseconds() / 1_000) {
                switch event {
                case .owned, .applied: continue
                default:
                    print("Redis: \(event)")
                    exit(69)
                }
            }
            if projector.isReady(0) { return }
            projector.wait(milliseconds: 10)
        }
        print("Redis does not answer: \(projector.health.problems)")
        exit(69)
    }

    /// One in ten is low, one in fifty is out.
    static func add(_ number: Int, to projector: RedisProjector) {
        var quantities = ProjectedQuantities()
        (quantities.onHand, quantities.sellable, quantities.held) = (120, 118, Int64(number % 7))
        quantities.available = number % 50 == 0 ? 0 : Int64(number % 100)
        let (isLow, isOut) = (number % 10 == 0, number % 50 == 0)
        projector.addSKU(
            Key(text: "SKU-\(number)")!, version: 3, timeMilliseconds: 1_700_000_000_000, seq: Int64(number), scale: 1, totals: quantities,
            isLow: isLow, isOut: isOut)
        for location in locations { projector.addLocation(location, quantities, isLow: isLow, isOut: isOut) }
    }

    static func microseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
