import StockCore
import StockStream
import StockWire

/// Restores the checkpoints from the state topic as they grow, and compares them at the end with what Redis has.
final class CheckpointAudit {
    private final class Partition {
        var state = PartitionState(limits: StateLimits())
        var mark: StateMark?
        var problem: String?
    }

    private var partitions: [Partition]
    /// SKUs that were compared.
    private(set) var compared = 0

    init(partitions count: Int32) { partitions = (0..<count).map { _ in Partition() } }

    /// Takes a record of the state topic.
    func take(_ record: RecordView) {
        let partition = partitions[Int(record.partition)]
        guard let key = record.key else { return }
        do throws(WireError) {
            let decoded = try StateDecoder.decode(key: key, value: record.value)
            switch decoded {
            case .mark(let mark): partition.mark = mark
            case .anew:
                partition.state = PartitionState(limits: StateLimits())
                partition.mark = nil
            default: _ = partition.state.restore(decoded, key: key, value: record.value)
            }
        } catch {
            partition.problem = "state record at offset \(record.offset) of partition \(record.partition): \(error)"
        }
    }

    /// Ends it: every partition's last mark must be complete, its digest right, every identity hold, and every balance be Redis'.
    func finish(view: (String) -> [String: String]) -> [String] {
        var problems: [String] = []
        for (index, partition) in partitions.enumerated() {
            if let problem = partition.problem { problems.append(problem) }
            guard let mark = partition.mark else { continue }
            if !mark.isComplete { problems.append("partition \(index): the last checkpoint is not complete") }
            do throws(RestoreError) {
                try partition.state.finishRestore(values: mark.values, digest: mark.isComplete ? mark.digest : nil)
            } catch {
                problems.append("partition \(index): the checkpoint does not add up: \(error)")
                continue
            }
            if let broken = partition.state.checkAll() { problems.append("partition \(index): an identity is broken: \(broken)") }
            compare(partition, view, &problems)
        }
        return problems
    }

    private func compare(_ partition: Partition, _ view: (String) -> [String: String], _ problems: inout [String]) {
        var found: [String] = []
        var count = 0
        partition.state.forEachSKU { slot in
            let sku = partition.state.sku(slot)
            let fields = view(sku.key.description)
            count += 1
            func check(_ name: String, _ value: Int64) {
                if fields[name] != String(value) {
                    found.append("\(sku.key): \(name) is \(value) in the checkpoint and \(fields[name] ?? "missing") in Redis")
                }
            }
            check("version", sku.version)
            check("available", sku.totals.available)
            partition.state.forEachLevel(of: slot) { level in
                let level = partition.state.level(level)
                check("\(level.location):onHand", level.balances.onHand)
                check("\(level.location):held", level.balances.held)
                check("\(level.location):committed", level.balances.committed)
                check("\(level.location):available", level.balances.available)
            }
        }
        compared += count
        problems += found
    }
}
