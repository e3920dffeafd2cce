/// What kind of day it is.
public enum WorkloadMix: String, Sendable, CaseIterable {
    /// Orders from the hold to the return, receipts, tills, corrections.
    case marketplace
    /// Seven in ten are corrections and sales at tills, three are holds, commits and shipments: the engine's benchmark.
    case sales
    /// Nearly everybody wants one SKU.
    case flashSale = "flash-sale"
    /// Goods come in: receipts as running totals, many of them repeated.
    case receiving
    /// Bursts of sales from one store at a time; a till that was offline reports late.
    case tills
    /// Everything that the engine knows: lots, counts, transfers, who waits, returns, several locations, and what goes wrong with them.
    case domain
}

/// From what a workload is made. The same options give the same bytes.
public struct WorkloadOptions: Sendable {
    /// From what everything is drawn, and what makes the ids differ from those of another workload.
    public var seed: UInt64 = 1
    /// The number of SKUs, at least 1.
    public var skus = 2_000
    /// How unequal SKUs are in demand: 0 alike, 1 as in most shops; 0 to 10.
    public var skew = 0.9
    /// What happens.
    public var mix = WorkloadMix.marketplace
    /// Whether definitions and opening stock come first.
    public var hasPrefill = true
    /// The share of records that repeat an event with its id (0 to 1).
    public var duplicates = 0.01
    /// The share of records that have the id of an earlier event and another body.
    public var conflicts = 0.000_5
    /// The share of records that are no event.
    public var malformed = 0.001
    /// The share of records with a wrong partition, a wrong key or none.
    public var misrouted = 0.001
    /// The share of events in CloudEvents form, half of them binary and half structured.
    public var cloudEvents = 0.2
    /// The number of partitions, for the misrouted; 0: not known, and only the key is wrong then.
    public var partitions: Int32 = 0

    /// The defaults.
    public init() {}
}
