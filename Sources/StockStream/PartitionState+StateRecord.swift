public import StockCore
public import StockWire

extension PartitionState {
    /// Takes a record of the state topic that belongs to a SKU: its header, a level, hold, commitment, closed record or document, or one
    /// of their tombstones. `key` and `value` are the bytes that it was decoded from; its hash is theirs. False: it is another kind of
    /// record, or the tombstone of a header or a level, and nothing was done.
    public mutating func restore(_ record: StateRecord, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) -> Bool {
        switch record {
        case .removedHold(let hold, let sku): restoreRemoved(hold: hold, sku: sku)
        case .removedCommitment(let line, let sku): restoreRemoved(commitment: line, sku: sku)
        case .removedClosed(let id, let sku): restoreRemoved(closed: id, sku: sku)
        case .removedDocument(let id, let kind, let sku): restoreRemoved(document: id, kind, sku: sku)
        case .removedLotTerms(let lot, let sku): restoreRemoved(terms: lot, sku: sku)
        case .removedLot(let lot, let sku, let location): restoreRemoved(lot: lot, sku: sku, location: location)
        case .removedShippedLot(let line, let sku, let lot): restoreRemoved(shipped: line, sku: sku, lot: lot)
        case .removedNaming(let location, let sku): restoreRemoved(naming: location, sku: sku)
        case .removedChannel(let channel, let sku): restoreRemoved(channel: channel, sku: sku)
        case .removedLotCount(let lot, let disposition, let sku, let location):
            restoreRemoved(lotCount: lot, disposition, sku: sku, location: location)
        case .removedCountedLot(let lot, let disposition, let sku, let location):
            restoreRemoved(countedLot: lot, disposition, sku: sku, location: location)
        case .removedPart(let id, let isHold, let sku, let location): restoreRemoved(part: id, isHold: isHold, sku: sku, location: location)
        default:
            guard let value else { return false }
            return restore(record, hash: StateEncoder.hash(key, value))
        }
        return true
    }

    /// Takes a level or a closed record from its bytes; false: it is another kind of record, and nothing was done.
    mutating func restoreFrequent(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws(WireError) -> Bool {
        switch key.first {
        case RecordKind.level.rawValue:
            let (record, velocity, sku) = try StateDecoder.level(key: key, value: value)
            restore(level: record, velocity: velocity, sku: sku, hash: StateEncoder.hash(key, value))
        case RecordKind.closed.rawValue:
            let (record, sku) = try StateDecoder.closed(key: key, value: value)
            restore(closed: record, sku: sku, hash: StateEncoder.hash(key, value))
        default: return false
        }
        return true
    }

    private mutating func restore(_ record: StateRecord, hash: UInt64) -> Bool {
        switch record {
        case .header(let header): restore(header: header, digest: hash)
        case .level(let level, let velocity, let sku): restore(level: level, velocity: velocity, sku: sku, hash: hash)
        case .hold(let hold, let waiter, let sku, let location):
            restore(hold: hold, waiter: waiter, sku: sku, location: location, hash: hash)
        case .commitment(let line, let waiter, let sku, let location):
            restore(commitment: line, waiter: waiter, sku: sku, location: location, hash: hash)
        case .closed(let closed, let sku): restore(closed: closed, sku: sku, hash: hash)
        case .lotTerms(let terms, let sku): restore(terms: terms, sku: sku, hash: hash)
        case .lot(let lot, let sku, let location, let name): restore(lot: lot, sku: sku, location: location, name: name, hash: hash)
        case .shippedLot(let shipped, let sku, let lot): restore(shipped: shipped, sku: sku, lot: lot, hash: hash)
        case .naming(let naming, let sku, let location): restore(naming: naming, sku: sku, location: location, hash: hash)
        case .lotCount(let count, let sku, let location, let lot):
            restore(lotCount: count, sku: sku, location: location, lot: lot, hash: hash)
        case .countedLot(let counted, let sku, let location, let lot):
            restore(countedLot: counted, sku: sku, location: location, lot: lot, hash: hash)
        case .document(let document, let sku, let location, let to):
            restore(document: document, sku: sku, location: location, to: to, hash: hash)
        case .count(let count, let sku, let location): restore(count: count, sku: sku, location: location, hash: hash)
        case .channel(let channel, let sku): restore(channel: channel, sku: sku, hash: hash)
        case .zone(let zone, let sku, let location): restore(zone: zone, sku: sku, location: location, hash: hash)
        case .unit(let unit, let sku): restore(unit: unit, sku: sku, hash: hash)
        case .part(let part, let sku, let location): restore(part: part, sku: sku, location: location, hash: hash)
        default: return false
        }
        return true
    }
}
