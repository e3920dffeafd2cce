import Foundation

extension Engine {
    /// Waits until it has applied or refused so many more input records than now, which takes commits.
    func waitForProgress(_ records: Int, seconds: Double = 60) throws {
        let before = sum("stock_partition_seq{") ?? 0
        do {
            _ = try within(seconds: seconds, "\(records) more facts") {
                guard process.isRunning else { throw TimedOut(description: "the engine ended") }
                return (sum("stock_partition_seq{") ?? 0) >= before + Double(records) ? true : nil
            }
        } catch {
            throw TimedOut(description: "\(error)\n\(process.errors.suffix(6_000))")
        }
    }

    /// What its transactions have been through, for people.
    var troubles: String {
        let aborted = Int(sum("stock_transactions_aborted_total") ?? -1)
        let unknown = Int(sum("stock_transactions_unknown_total") ?? -1)
        let rebuilt = Int(sum("stock_producers_rebuilt_total") ?? -1)
        let sealed = Int(sum("stock_transactions_sealed_total") ?? -1)
        let restored = Int(sum("stock_partitions_rolled_back_total") ?? -1)
        return "\(aborted) transactions aborted, \(unknown) of unknown outcome, \(rebuilt) producers rebuilt, \(sealed) times ends were "
            + "missing, \(restored) partitions restored again"
    }
}
