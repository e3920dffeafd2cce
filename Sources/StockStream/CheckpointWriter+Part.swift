import StockCore
import StockWire

// A part of a checkpoint in one transaction: the same for workers and for the tools.
extension CheckpointWriter {
    /// Writes up to `limit` records of the SKUs whose changes are the oldest, and not above `throughSeq`, each SKU whole and beside its
    /// public level, then blocks of the id window (with `isComplete` also the one that is still filling), then the mark. Inside a
    /// transaction of the state.
    func writePart(of state: inout PartitionState, limit: Int, throughSeq: Int64 = .max, isComplete: Bool) {
        var warm = 0
        while output.isUnharmed {
            let sku = state.unwrittenSKU(throughSeq: throughSeq)
            guard sku >= 0 else { break }
            if warm == 0 { warm = state.warmUnwritten(from: sku) }
            warm -= 1
            let records = Int(state.sku(sku).dirtyCount) + 1
            // A SKU that alone has more than the limit goes alone.
            if count > 0 && count + records > limit { break }
            state.writeCheckpoint(of: sku, into: self)
            output.level(of: sku, in: state, partition: partition)
        }
        writeIDs(of: &state, isForced: isComplete)
        put(mark: StateMark(of: state))
    }

    /// Writes this part and the mark.
    func write(_ part: CheckpointRefusals.Part, of state: inout PartitionState, isComplete: Bool) {
        for sku in part.skus where output.isUnharmed {
            state.writeCheckpoint(of: sku, into: self)
            output.level(of: sku, in: state, partition: partition)
        }
        if part.hasIDs { writeIDs(of: &state, isForced: isComplete) }
        put(mark: StateMark(of: state))
    }

    private func writeIDs(of state: inout PartitionState, isForced: Bool) {
        var blocks = 0
        while blocks < (isForced ? .max : 4), output.isUnharmed, let block = state.nextIDBlock(isForced: isForced) {
            put(ids: block.number, positions: block.positions, of: state.ids)
            state.noteIDsWritten(through: block.positions.upperBound)
            blocks += 1
        }
        while output.isUnharmed, let number = state.nextRemovedIDBlock {
            remove(ids: number)
            state.noteIDBlockRemoved()
        }
    }
}

extension StateMark {
    /// The mark of a state as it is now.
    init(of state: borrowing PartitionState) {
        self.init()
        let redo = state.redo
        values = state.values
        redoSeq = redo.seq
        redoTimeMilliseconds = redo.timeMilliseconds
        idsHead = state.ids.head
        idsTail = max(state.ids.writtenPosition, state.ids.head)
        idsThroughSeq = state.ids.writtenThroughSeq(at: state.values.seq)
        idsEvictedThroughMilliseconds = state.ids.evictedThroughMilliseconds
        isComplete = state.isAllWritten
        digest = isComplete ? state.digest : 0
    }
}
