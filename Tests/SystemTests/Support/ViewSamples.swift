import Foundation
import RedisAdapter
import StockCore
import StockSim

/// What readers of the view see while it is behind or being filled: each sample is one moment, taken in one MULTI. Whatever the view's age,
/// everything that a watermark speaks for has to be there (docs/redis.md).
final class ViewSamples {
    private struct Sample {
        var partition: Int32
        var seq: Int64
        var next: Int64
        /// Versions by SKU; a SKU without a hash is missing.
        var versions: [String: Int64]
    }

    private let prefix: String
    private let partitions: Int32
    private let skus: [String]
    private var samples: [Sample] = []
    /// Samples in which a partition's watermark was missing or said that nothing can be relied on.
    private(set) var unknown = 0
    private(set) var count = 0

    init(_ installation: Installation, _ options: WorkloadOptions) {
        prefix = installation.name
        partitions = installation.partitions
        let catalogue = SampleCatalogue(seed: options.seed, count: options.skus)
        skus = (0..<options.skus).map { catalogue.sku($0).description }
    }

    /// Takes a sample; a server that does not answer gives none.
    func take(_ reader: RedisReader) {
        var commands = [["MULTI"]]
        for partition in 0..<partitions { commands.append(["HMGET", "\(prefix):watermark:\(partition)", "seq", "next"]) }
        for sku in skus { commands.append(["HMGET", "\(prefix):sku:\(sku)", "version", "partition"]) }
        commands.append(["EXEC"])
        guard let replies = try? reader.pipeline(commands), case .array(let all) = replies.last else { return }
        count += 1
        let pairs = all.map { reply -> (Int64?, Int64?) in
            guard case .array(let pair) = reply, pair.count == 2 else { return (nil, nil) }
            return (pair[0].text.flatMap { Int64($0) }, pair[1].text.flatMap { Int64($0) })
        }
        for partition in 0..<partitions {
            let (seq, next) = pairs[Int(partition)]
            guard let seq, let next, seq >= 0 || next >= 0 else {
                unknown += 1
                continue
            }
            var versions: [String: Int64] = [:]
            for (sku, pair) in zip(skus, pairs.dropFirst(Int(partitions))) where pair.1 == Int64(partition) { versions[sku] = pair.0 }
            samples.append(Sample(partition: partition, seq: seq, next: next, versions: versions))
        }
    }

    /// What watermarks spoke for and was not there, by the whole ledger.
    func broken(_ ledger: [AuditedFact]) -> [String] {
        var broken: [String] = []
        for partition in 0..<partitions {
            let facts = ledger.filter { $0.partition == partition }
            let held = samples.filter { $0.partition == partition }.sorted { ($0.seq, $0.next) < ($1.seq, $1.next) }
            var versions: [String: Int64] = [:]
            var read = 0
            for sample in held {
                while read < facts.count, facts[read].seq <= sample.seq {
                    if facts[read].version > 0 { versions[facts[read].sku] = facts[read].version }
                    read += 1
                }
                var promised = versions
                for fact in facts[read...] where fact.version > 0 && fact.offset >= 0 && fact.offset < sample.next {
                    promised[fact.sku] = fact.version
                }
                let missing = promised.filter { sample.versions[$0.key] ?? 0 < $0.value }
                guard let (sku, version) = missing.min(by: { $0.key < $1.key }) else { continue }
                broken.append(
                    "partition \(partition) through seq \(sample.seq), next \(sample.next): \(sku) has version "
                        + "\(sample.versions[sku] ?? 0) and not \(version), \(missing.count) SKUs are too old")
            }
        }
        return broken
    }
}
