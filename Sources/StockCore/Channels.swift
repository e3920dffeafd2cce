// Sales channels (domain: c10): a marketplace may demand that what it sells lives longer than what a shop of one's own sells. A request
// says for how many days, or its channel does, or the SKU.

/// For how many days units of a SKU have to be usable that are promised through a sales channel. It goes when the term is taken away.
public struct ChannelRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// The SKU's next channel; -1: none.
    public var next: Int32 = -1
    /// The channel.
    public var name = Key()
    /// At least 0.
    public var minShelfLifeDays: Int64 = 0

    /// A channel that demands nothing.
    public init() {}
}

extension PartitionState {
    /// The slot of a SKU's channel; -1 where it has none of that name. O(its channels).
    public func findChannel(_ sku: Int32, _ name: Key) -> Int32 {
        var slot = sku >= 0 ? skus[sku].firstChannel : -1
        while slot >= 0 && channels[slot].name != name { slot = channels[slot].next }
        return slot
    }

    /// Visits the channels of a SKU.
    public func forEachChannel(of sku: Int32, _ body: (ChannelRecord) -> Void) {
        var slot = skus[sku].firstChannel
        while slot >= 0 {
            body(channels[slot])
            slot = channels[slot].next
        }
    }

    /// For how many days from now the units of a promise have to be usable that names no day: as it says, or as its channel does, or the
    /// SKU's policy; 0: any will do.
    public func shelfLifeDays(of event: StockEvent, _ policy: Policy) -> Int64 {
        if event.minShelfLifeDays != Policy.absent { return event.minShelfLifeDays }
        if !event.counterpart.isEmpty, case let channel = findChannel(findSKU(event.sku), event.counterpart), channel >= 0 {
            return channels[channel].minShelfLifeDays
        }
        return policy.minShelfLifeDays == Policy.absent ? 0 : policy.minShelfLifeDays
    }

    // MARK: Decide

    /// A channel's term, or (-1) none any more.
    func decideChannel(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let isKnown = findChannel(sku, event.counterpart) >= 0
        if event.policy.minShelfLifeDays < 0 { return isKnown ? .none : duplicate(&fact) }
        if isKnown || sku < 0 { return .none }
        var count = 0
        forEachChannel(of: sku) { _ in count += 1 }
        return count < limits.channelsPerSKU ? .none : .tooManyChannels
    }

    // MARK: Apply

    /// False: the state lacks the channel that is taken away.
    mutating func applyChannel(_ fact: inout Fact, _ sku: Int32) -> Bool {
        let found = findChannel(sku, fact.counterpart)
        let days = fact.policy.minShelfLifeDays
        guard days >= 0 || found >= 0 else { return false }
        let slot = found >= 0 ? found : insertChannel(fact.counterpart, of: sku)
        if days >= 0 { channels[slot].minShelfLifeDays = days } else { endChannel(slot) }
        markDirty(.channel, slot, of: sku)
        return true
    }

    private mutating func insertChannel(_ name: Key, of sku: Int32) -> Int32 {
        var record = ChannelRecord()
        record.sku = sku
        record.name = name
        record.next = skus[sku].firstChannel
        let slot = channels.insert(record)
        skus[sku].firstChannel = slot
        return slot
    }

    private mutating func endChannel(_ slot: Int32) {
        unlinkChannel(slot)
        channels[slot].status.isDead = true
    }

    private mutating func unlinkChannel(_ slot: Int32) {
        let record = channels[slot]
        if skus[record.sku].firstChannel == slot { return skus[record.sku].firstChannel = record.next }
        var before = skus[record.sku].firstChannel
        while channels[before].next != slot { before = channels[before].next }
        channels[before].next = record.next
    }

    // MARK: Checkpoint and restore

    mutating func freeChannel(_ slot: Int32, _ key: Key, _ sink: some CheckpointSink, isWritten: Bool) {
        if isWritten { sink.remove(channel: channels[slot].name, sku: key) }
        channels.remove(slot)
    }

    /// Takes a channel.
    public mutating func restore(channel: ChannelRecord, sku key: Key, hash: UInt64) {
        let sku = findOrInsertSKU(key)
        let found = findChannel(sku, channel.name)
        let slot = found >= 0 ? found : insertChannel(channel.name, of: sku)
        channels[slot].minShelfLifeDays = channel.minShelfLifeDays
        channels[slot].status.writtenHash = hash
    }

    /// Takes a channel's tombstone.
    public mutating func restoreRemoved(channel: Key, sku key: Key) {
        let slot = findChannel(findSKU(key), channel)
        guard slot >= 0 else { return }
        unlinkChannel(slot)
        channels.remove(slot)
    }

    // MARK: Invariants

    /// Whether every channel is in its SKU's list, once. O(all channels and SKUs).
    func checkChannels() -> BrokenIdentity? {
        guard channels.count > 0 else { return nil }
        var left = 0
        for slot in 0..<channels.slotBound where channels.isLive(slot) && !channels[slot].status.isDead { left += 1 }
        var broken: BrokenIdentity?
        forEachSKU { sku in
            var count = 0
            forEachChannel(of: sku) { channel in
                let isOwn = channel.sku == sku && !channel.status.isDead && !channel.name.isEmpty && channel.minShelfLifeDays >= 0
                if !isOwn { broken = .counts(sku: skus[sku].key) }
                count += 1
            }
            left -= count
        }
        return left == 0 ? broken : broken ?? .counts(sku: Key())
    }
}
