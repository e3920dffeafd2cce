import StockCore

/// What of a task's checkpoint the broker refuses, for its size or for want of rights. The input goes on meanwhile and nothing is lost: the
/// mark's redo stays below what is not written, so that a restore only has more of the ledger to read.
///
/// From the first refusal on the checkpoint goes in transactions of its own. A part that is refused is halved until one SKU is alone; that
/// one is passed over, and tried again alone after a while.
struct CheckpointRefusals {
    /// What one transaction holds of a checkpoint.
    struct Part: Equatable {
        /// These SKUs by slot, each whole.
        var skus: [Int32] = []
        /// The blocks of the id window.
        var hasIDs = false
    }

    /// So many are passed over; where more are refused it is not about single SKUs, and nothing new is tried for a while.
    static let passedOverMaximum = 16
    /// In `passedOver`, the blocks of the id window.
    private static let ids: Int32 = -1

    /// Whether the checkpoint goes alone, in parts that are looked at closely.
    private(set) var isActive = false
    /// SKUs of one part at most.
    private var most = Int.max
    /// SKUs by slot, or `ids`, that were refused alone, with the time at which each is tried again. Few, and in an order that a seed of
    /// tests reproduces.
    private var passedOver: [(unit: Int32, until: Int64)] = []
    /// Nothing is written before this time.
    private var waitsUntil = Int64.min
    /// The ids were in a part that was refused: they are tried alone next.
    private var suspectsIDs = false
    /// Of the last refusal; nil: nothing is refused now.
    private(set) var error: PortError?

    /// How many SKUs wait, where the id window counts as one; 1 where it is about all.
    var count: Int { error == nil ? 0 : max(passedOver.count, 1) }

    /// A checkpoint was refused in a transaction that held other things, or whose part is not known: from here on it goes alone.
    mutating func suspect() { isActive = true }

    /// What is written next; nil: nothing now. `limit` is that of records.
    func next(_ state: borrowing PartitionState, limit: Int, isForced: Bool, nowMonotonic: Int64) -> Part? {
        guard nowMonotonic >= waitsUntil else { return nil }
        let hasIDs = state.nextIDBlock(isForced: isForced) != nil
        for (unit, time) in passedOver where time <= nowMonotonic && (unit != Self.ids || hasIDs) {
            return unit == Self.ids ? Part(hasIDs: true) : Part(skus: [unit])
        }
        guard passedOver.count < Self.passedOverMaximum else { return nil }
        let takesIDs = hasIDs && !isPassedOver(Self.ids)
        if suspectsIDs && takesIDs { return Part(hasIDs: true) }
        var part = Part()
        var records = 0
        var sku = state.oldestUnwrittenSKU
        while sku >= 0, part.skus.count < most {
            if !isPassedOver(sku) {
                records += Int(state.sku(sku).dirtyCount) + 1
                guard part.skus.isEmpty || records <= limit else { break }
                part.skus.append(sku)
            }
            sku = state.nextUnwrittenSKU(after: sku)
        }
        part.hasIDs = takesIDs && part.skus.count < most
        return part == Part() ? nil : part
    }

    /// A part was refused that was alone in its transaction. `isContent`: the fault lies in the records. Tried again at `until`.
    mutating func refuse(_ part: Part, _ error: PortError, isContent: Bool, until: Int64) {
        isActive = true
        if !isContent || part == Part() {
            waitsUntil = until
            self.error = error
        } else if part.skus.count + (part.hasIDs ? 1 : 0) > 1 {
            suspectsIDs = part.hasIDs
            most = max(1, part.skus.count / 2)
        } else {
            suspectsIDs = false
            let unit = part.skus.first ?? Self.ids
            passedOver.removeAll { $0.unit == unit }
            passedOver.append((unit, until))
            self.error = error
        }
    }

    /// At a clean end everything is tried once more.
    mutating func tryAgain() {
        waitsUntil = .min
        for index in passedOver.indices { passedOver[index].until = .min }
    }

    private func isPassedOver(_ unit: Int32) -> Bool { passedOver.contains { $0.unit == unit } }

    /// A part was committed, after which the state is this.
    mutating func accept(_ part: Part, _ state: borrowing PartitionState) {
        guard part != Part() else { return }
        if part.hasIDs { suspectsIDs = false }
        let hasNoIDs = part.hasIDs || state.nextIDBlock(isForced: true) == nil
        if !passedOver.isEmpty { passedOver.removeAll { $0.unit == Self.ids ? hasNoIDs : part.skus.contains($0.unit) } }
        waitsUntil = .min
        most = most > Int.max / 2 ? .max : most * 2
        guard passedOver.isEmpty else { return }
        error = nil
        if state.oldestUnwrittenSKU < 0 || most == .max { self = CheckpointRefusals() }
    }
}
