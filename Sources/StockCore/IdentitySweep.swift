/// An identity that was found broken in a partition that is at work.
public struct Inconsistency: Error, Sendable, Equatable {
    /// Which, and of what.
    public var identity: BrokenIdentity
    /// It was whole through this seq: what broke it came later. 0: it may never have been.
    public var wholeThroughSeq: Int64
    /// It is broken since this seq at the latest.
    public var seq: Int64
    /// The input offset of that fact; -1 where it is not known, or not a record's.
    public var offset: Int64
}

/// Goes through a live partition a few records at a time, and checks the identities I1, I2, I3, I5 and I6 of every SKU that stays as it is
/// meanwhile; of one that changes, those that need no sum over its holds and order lines. 8 bytes a level while a pass runs.
public struct IdentitySweep: Sendable {
    /// Passes that came to the end.
    public private(set) var passes: Int64 = 0
    private var stage = Stage.between
    /// The next slot of the stage.
    private var position: Int32 = 0
    /// The partition's seq when the pass began.
    private var startSeq: Int64 = 0
    /// That of the pass before.
    private var wholeThroughSeq: Int64 = 0
    /// By level: what its holds and order lines promise, both sums in one number.
    private var promised: [UInt64] = []

    private enum Stage { case between, holds, commitments, parts, documents, skus }

    /// A sweep that has not begun.
    public init() {}

    /// Goes on by about `most` records, between transactions. O(`most`), and O(levels) where a pass begins. Answers with what it finds
    /// broken; the next step goes on behind it.
    public mutating func step(_ state: borrowing PartitionState, most: Int32) -> Inconsistency? {
        assert(!state.isInTransaction, "what a transaction has changed may be put back")
        assert(most > 0)
        switch stage {
        case .between:
            startSeq = state.values.seq
            promised = Array(repeating: 0, count: Int(state.levels.slotBound))
            enter(.holds)
            return nil
        case .holds: return sweepHolds(state, most)
        case .commitments: return sweepCommitments(state, most)
        case .parts: return sweepParts(state, most)
        case .documents: return sweepDocuments(state, most)
        case .skus: return sweepSKUs(state, most)
        }
    }

    private mutating func enter(_ next: Stage) {
        stage = next
        position = 0
    }

    /// Sums that have to be right each; that others give the same number is as likely as a collision of hashes.
    private static func term(held: Int64 = 0, committed: Int64 = 0, incoming: Int64 = 0, inTransit: Int64 = 0) -> UInt64 {
        UInt64(bitPattern: held) &+ UInt64(bitPattern: committed) &* 0x9E37_79B9_7F4A_7C15
            &+ UInt64(bitPattern: incoming) &* 0xC2B2_AE3D_27D4_EB4F &+ UInt64(bitPattern: inTransit) &* 0xD6E8_FEB8_6659_FD93
    }

    private mutating func add(_ term: UInt64, at level: Int32) {
        // A level that is younger than the pass belongs to a SKU that has changed.
        if level < promised.count { promised[Int(level)] &+= term }
    }

    private mutating func sweepHolds(_ state: borrowing PartitionState, _ most: Int32) -> Inconsistency? {
        let end = min(state.holds.slotBound, position + most)
        while position < end {
            if state.holds.isLive(position), case let hold = state.holds[position], !hold.status.isDead {
                add(IdentitySweep.term(held: hold.remaining), at: hold.level)
            }
            position += 1
        }
        if position >= state.holds.slotBound { enter(.commitments) }
        return nil
    }

    private mutating func sweepCommitments(_ state: borrowing PartitionState, _ most: Int32) -> Inconsistency? {
        let end = min(state.commitments.slotBound, position + most)
        while position < end {
            let slot = position
            position += 1
            guard state.commitments.isLive(slot), case let line = state.commitments[slot], !line.status.isDead else { continue }
            add(IdentitySweep.term(committed: line.open), at: line.level)
            if !state.isWhole(line) {
                let sku = state.skus[line.sku]
                return found(.orderLine(sku: sku.key), sku)
            }
        }
        if position >= state.commitments.slotBound { enter(.parts) }
        return nil
    }

    private mutating func sweepParts(_ state: borrowing PartitionState, _ most: Int32) -> Inconsistency? {
        let end = min(state.promiseParts.slotBound, position + most)
        while position < end {
            if state.promiseParts.isLive(position), case let part = state.promiseParts[position], !part.status.isDead {
                let term =
                    part.isHold ? IdentitySweep.term(held: part.quantity) : IdentitySweep.term(committed: part.quantity)
                add(term, at: part.level)
            }
            position += 1
        }
        if position >= state.promiseParts.slotBound { enter(.documents) }
        return nil
    }

    private mutating func sweepDocuments(_ state: borrowing PartitionState, _ most: Int32) -> Inconsistency? {
        let end = min(state.documents.slotBound, position + most)
        while position < end {
            let slot = position
            position += 1
            guard state.documents.isLive(slot), case let document = state.documents[slot], !document.status.isDead else { continue }
            if document.kind == .transfer {
                add(IdentitySweep.term(inTransit: document.open), at: document.toLevel)
                if !state.isTransferWhole(document) {
                    let sku = state.skus[document.sku]
                    return found(.inTransit(sku: sku.key, location: state.location(of: document.toLevel)), sku)
                }
            } else {
                add(IdentitySweep.term(incoming: document.open), at: document.level)
            }
        }
        if position >= state.documents.slotBound { enter(.skus) }
        return nil
    }

    private mutating func sweepSKUs(_ state: borrowing PartitionState, _ most: Int32) -> Inconsistency? {
        let end = min(state.skus.slotBound, position + most)
        while position < end {
            let slot = position
            position += 1
            guard state.skus.isLive(slot) else { continue }
            let sku = state.skus[slot]
            let hasChanged = sku.lastSeq > startSeq
            let promised = promised
            let broken = state.checkLevels(of: slot) { level, balances in
                let term = IdentitySweep.term(
                    held: balances.held, committed: balances.committed, incoming: balances.incoming, inTransit: balances.inTransit)
                return hasChanged || promised[Int(level)] == term
            }
            if let broken = broken ?? state.checkSKU(slot) { return found(broken, sku) }
        }
        if position >= state.skus.slotBound {
            passes += 1
            wholeThroughSeq = startSeq
            promised = []
            enter(.between)
        }
        return nil
    }

    private func found(_ identity: BrokenIdentity, _ sku: SKURecord) -> Inconsistency {
        Inconsistency(identity: identity, wholeThroughSeq: min(wholeThroughSeq, sku.lastSeq), seq: sku.lastSeq, offset: -1)
    }
}

extension PartitionState {
    /// The first identity that was found broken right after a fact, since the partition was made; nil: none was.
    public var firstInconsistency: Inconsistency? { parts.pointee.firstInconsistency }

    @inline(never) mutating func noteBroken(_ identity: BrokenIdentity, _ fact: inout Fact) {
        guard parts.pointee.firstInconsistency == nil else { return }
        parts.pointee.firstInconsistency = Inconsistency(
            identity: identity, wholeThroughSeq: fact.seq - 1, seq: fact.seq, offset: fact.offset)
    }
}

extension BrokenIdentity: CustomStringConvertible {
    /// What is broken, for people.
    public var description: String {
        switch self {
        case .promises(let sku, let location):
            "\(sku) at \(location): held, committed, incoming or in transit is not the sum of what is open (I2)"
        case .conservation(let sku): "\(sku): balances and virtual accounts do not sum to zero (I3)"
        case .negative(let sku, let location): "\(sku) at \(location): a disposition that has to exist is below zero (I1)"
        case .totals(let sku): "\(sku): the totals are not the sums over the locations (I1)"
        case .orderLine(let sku): "\(sku): an order line is not open + waiting + shipped + canceled, or more was returned than shipped (I5)"
        case .incoming(let sku, let location): "\(sku) at \(location): what is expected is not the sum of its open incoming lines"
        case .lots(let sku, let location): "\(sku) at \(location): its lots do not sum to its balances, or stand out of order (I4)"
        case .waiters(let sku, let location): "\(sku) at \(location): what waits is not the sum of its order lines, or out of order (I5)"
        case .inTransit(let sku, let location): "\(sku) at \(location): what is in transit is not the sum of its transfers (I6)"
        case .counts(let sku): "\(sku): a count of open records is wrong"
        case .queues(let sku): "\(sku): a queue of records is wrong"
        }
    }
}

extension Inconsistency: CustomStringConvertible {
    /// What is broken, and since when, for people.
    public var description: String {
        let place = offset >= 0 ? ", input offset \(offset)" : ""
        return "\(identity); by seq \(seq)\(place), and not yet at seq \(wholeThroughSeq)"
    }
}
