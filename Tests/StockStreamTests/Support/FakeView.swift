import StockCore
import StockStream

/// The server of the read model: what every connection sees.
final class FakeViewStore {
    struct Entry {
        var version: Int64
        var seq: Int64
        var incarnation: Int64
        /// As in docs/redis.md: `available`, `WAREHOUSE:available` and so on.
        var fields: [String: String]
    }

    var skus: [Int32: [String: Entry]] = [:]
    var watermarks: [Int32: Watermark] = [:]
    /// The highest claim that was ever shown for a partition.
    var claims: [Int32: Int64] = [:]

    func fields(of sku: String) -> [String: String] { skus.values.lazy.compactMap { $0[sku]?.fields }.first ?? [:] }

    /// Everything is gone.
    func flush() {
        skus = [:]
        watermarks = [:]
    }
}

/// One worker's connection to the read model.
final class FakeView: ProjectionSink {
    enum Fault { case lost, appliedButNotKnown }

    struct Batch {
        var partition: Int32
        var watermark: Watermark
        var entries: [(sku: String, entry: FakeViewStore.Entry, kept: [String])] = []
    }

    private let store: FakeViewStore
    private var events: [ProjectionEvent] = []
    private var owned: [Int32: (incarnation: Int64, claim: Int64)] = [:]
    private var building: Batch?
    private var lastLocation: String?
    /// Batches that are not sent yet, and those that are.
    private var gathered: [Batch] = []
    private var inFlight: [Batch] = []
    /// What happens to those: all of it, or nothing.
    private var fault: Fault?
    private var isAnswering = false
    /// Every batch that was begun, in order.
    private(set) var batches: [Batch] = []
    private(set) var sweeps: [Int32] = []
    /// What happens to the next batch.
    var nextFault: Fault?
    /// The server answers nothing.
    var isAway = false
    /// Looked at whenever a batch is begun.
    var onBatch: (Batch) -> Void = { _ in }

    init(_ store: FakeViewStore) { self.store = store }

    func own(_ partition: Int32, incarnation: Int64, claim: Int64) {
        if claim < store.claims[partition, default: 0] {
            events.append(.superseded(partition: partition))
            return
        }
        store.claims[partition] = claim
        owned[partition] = (incarnation, claim)
        announce(partition)
    }

    private func announce(_ partition: Int32) {
        let watermark = store.watermarks[partition]
        let isSame = watermark?.incarnation == owned[partition]!.incarnation && watermark!.seq >= 0
        if var watermark, isSame {
            watermark.claim = owned[partition]!.claim
            store.watermarks[partition] = watermark
            events.append(.owned(partition: partition, watermark: watermark))
        } else {
            events.append(.owned(partition: partition, watermark: nil))
        }
    }

    /// The server lost everything, or was changed behind our back: ownership is taken anew.
    func reconnect(_ partition: Int32) {
        for one in interrupted(partition) { announce(one) }
    }

    private func interrupted(_ partition: Int32) -> [Int32] {
        let all = [partition] + inFlight.map(\.partition).filter { $0 != partition }
        inFlight = []
        for one in all { events.append(.interrupted(partition: one)) }
        return all
    }

    /// The connection is gone, and no new one comes.
    func breakConnection(_ partition: Int32) { _ = interrupted(partition) }

    func release(_ partition: Int32) {
        owned[partition] = nil
        inFlight.removeAll { $0.partition == partition }
        events.removeAll { $0.partition == partition }
    }

    func poll(nowMilliseconds: Int64) -> ProjectionEvent? {
        if isAway { return nil }
        if !events.isEmpty { return events.removeFirst() }
        guard !inFlight.isEmpty else { return nil }
        if !isAnswering { (fault, nextFault) = (nextFault, nil) }
        let batch = inFlight.removeFirst()
        isAnswering = !inFlight.isEmpty
        return answer(batch)
    }

    private func answer(_ batch: Batch) -> ProjectionEvent {
        let partition = batch.partition
        if store.claims[partition] != batch.watermark.claim { return .superseded(partition: partition) }
        if fault != .lost { apply(batch) }
        if fault == nil { return .applied(partition: partition) }
        announce(partition)
        return .interrupted(partition: partition)
    }

    private func apply(_ batch: Batch) {
        for (sku, entry, kept) in batch.entries {
            var entry = entry
            let old = store.skus[batch.partition]?[sku]?.fields ?? [:]
            for location in kept {
                for (name, value) in old where name.hasPrefix(location + ":") { entry.fields[name] = value }
            }
            store.skus[batch.partition, default: [:]][sku] = entry
        }
        store.watermarks[batch.partition] = batch.watermark
    }

    func isReady(_ partition: Int32) -> Bool {
        owned[partition] != nil && inFlight.isEmpty && !isAway && !gathered.contains { $0.partition == partition }
    }

    func beginBatch(_ partition: Int32, _ watermark: Watermark, counters: ProjectedCounters) {
        precondition(isReady(partition) && building == nil)
        building = Batch(partition: partition, watermark: watermark)
    }

    func addSKU(
        _ sku: Key, version: Int64, timeMilliseconds: Int64, seq: Int64, scale: Int64, totals: ProjectedQuantities, isLow: Bool, isOut: Bool
    ) {
        var fields = ["version": "\(version)"]
        FakeView.add(totals, "", isLow: isLow, isOut: isOut, &fields)
        let entry = FakeViewStore.Entry(version: version, seq: seq, incarnation: building!.watermark.incarnation, fields: fields)
        building!.entries.append((sku.description, entry, []))
        lastLocation = nil
    }

    func addLocation(_ location: Key, _ quantities: ProjectedQuantities, isLow: Bool, isOut: Bool) {
        lastLocation = location.description
        FakeView.add(quantities, "\(location):", isLow: isLow, isOut: isOut, &building!.entries[building!.entries.count - 1].entry.fields)
    }

    func addUnchangedLocation(_ location: Key, hasSold: Bool) {
        building!.entries[building!.entries.count - 1].kept.append(location.description)
        lastLocation = nil
    }

    func addSold(_ sold: SoldDays) {
        let prefix = lastLocation.map { "\($0):" } ?? ""
        FakeView.add(sold, prefix, &building!.entries[building!.entries.count - 1].entry.fields)
    }

    /// As docs/redis.md has it.
    private static func add(_ sold: SoldDays, _ prefix: String, _ fields: inout [String: String]) {
        fields[prefix + "soldAsOf"] = "\(sold.lastDayMilliseconds)"
        guard sold.lastDay != nil else { return }
        fields[prefix + "sold"] = "[" + sold.told.map { "\($0)" }.joined(separator: ",") + "]"
        for days in [7, 28, 35] { fields[prefix + "sold\(days)"] = "\(sold.sum(ofDays: days))" }
    }

    static func add(
        _ quantities: ProjectedQuantities, _ prefix: String, isLow: Bool, isOut: Bool, _ fields: inout [String: String]
    ) {
        fields[prefix + "low"] = isLow ? "1" : "0"
        fields[prefix + "out"] = isOut ? "1" : "0"
        fields[prefix + "onHand"] = "\(quantities.onHand)"
        fields[prefix + "sellable"] = "\(quantities.sellable)"
        fields[prefix + "held"] = "\(quantities.held)"
        fields[prefix + "committed"] = "\(quantities.committed)"
        fields[prefix + "unavailable"] = "\(quantities.unavailable)"
        fields[prefix + "shortfall"] = "\(quantities.shortfall)"
        fields[prefix + "safetyStock"] = "\(quantities.safetyStock)"
        fields[prefix + "available"] = "\(quantities.available)"
        fields[prefix + "incoming"] = "\(quantities.incoming)"
        fields[prefix + "inTransit"] = "\(quantities.inTransit)"
        fields[prefix + "backordered"] = "\(quantities.backordered)"
        fields[prefix + "preordered"] = "\(quantities.preordered)"
        fields[prefix + "waiting"] = "\(quantities.waiting)"
    }

    func endBatch() {
        batches.append(building!)
        onBatch(building!)
        gathered.append(building!)
        building = nil
    }

    /// Asked for while a commit is waited for.
    private(set) var pumps = 0

    func pump(nowMilliseconds: Int64) -> Bool {
        pumps += 1
        return false
    }

    func sendBatches() {
        precondition(!gathered.isEmpty && inFlight.isEmpty)
        (inFlight, gathered) = (gathered, [])
        isAnswering = false
    }

    func sweep(_ partition: Int32, incarnation: Int64) {
        sweeps.append(partition)
        store.skus[partition] = store.skus[partition]?.filter { $0.value.incarnation >= incarnation }
    }
}

extension ProjectionEvent {
    var partition: Int32 {
        switch self {
        case .owned(let partition, _), .applied(let partition), .interrupted(let partition), .superseded(let partition): partition
        }
    }
}
