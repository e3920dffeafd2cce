internal import StockCore
internal import StockStream

/// Encodes the batches of a transaction: MULTI; for each partition per SKU its hash and an entry of the change stream, then the sets, the
/// counters, the watermark; EXEC.
///
/// Its arrays are reused from batch to batch; nothing is allocated per SKU once they have grown.
struct BatchEncoder {
    /// The commands per SKU whose integer answers come in pairs: fields added by HSET, then HLEN.
    static let integersPerSKU = 2
    /// The fields of a hash beside those of locations.
    static let fixedFields = 22
    /// The fields per location.
    static let fieldsPerLocation = 15
    /// The fields of what was sold, of a SKU and of each location where anything was.
    static let fieldsOfSold = 5

    struct Location {
        var name: Key
        /// Whether the view has its fields already; then only its name counts, and whether it has those of what was sold.
        var isUnchanged = false
        var hasSold = false
        var quantities: ProjectedQuantities
        var isLow: Bool
        var isOut: Bool
    }

    struct SKU {
        var name: Key
        var version: Int64
        var timeMilliseconds: Int64
        var seq: Int64
        var scale: Int64
        var totals: ProjectedQuantities
        var isLow: Bool
        var isOut: Bool
        /// Whether what is sold is kept.
        var keepsSold = false
        /// Whether anything was.
        var hasSold = false
    }

    /// One partition's batch in the transaction.
    struct Part {
        var batch: ProjectionStateMachine.Batch
        /// Its SKUs among those of the transaction.
        var skus: Range<Int>
        /// The place of its first answer among the integers that EXEC brings.
        var firstInteger: Int
    }

    /// The batches of the transaction that have ended.
    private(set) var parts: [Part] = []
    /// Whether batches may still come.
    private(set) var isGathering = false
    /// The SKUs of the transaction, and how many fields each one's hash has to have.
    private(set) var skus: [Key] = []
    private(set) var fieldCounts: [Int64] = []
    /// What a clean-up has to know of each where its hash has more.
    private(set) var remnants: [Remnant] = []
    /// The highest id of the change stream, this batch included.
    private var stream = StreamID()
    private(set) var partition: Int32 = -1
    private var firstSKU = 0
    private var firstInteger = 0
    private(set) var watermark = Watermark(incarnation: 0, claim: 0, batch: 0, seq: 0, next: 0, timeMilliseconds: 0)
    /// The commands between MULTI and EXEC.
    private(set) var queuedCommands = 0
    /// Those among them that are answered by an integer.
    private var integers = 0
    private var isOpen = false
    private var content = RedisSettings.Content.all
    private var counters = ProjectedCounters()
    private var current: SKU?
    private(set) var locations: [Location] = []
    private var changedLocations = 0
    /// What was sold, of the SKU that was added last and at its changed locations, one after the other.
    private var sold = SoldList()
    private(set) var table = MemberTable()
    private var changes: [UInt8] = []

    mutating func begin(
        _ partition: Int32, _ watermark: Watermark, _ counters: ProjectedCounters, after stream: StreamID,
        _ content: RedisSettings.Content, keys: ViewKeys, to output: inout OutputBuffer
    ) {
        precondition(!isOpen, "a batch is open already")
        if !isGathering { beginTransaction(&output) }
        isOpen = true
        firstSKU = skus.count
        firstInteger = integers
        self.partition = partition
        self.watermark = watermark
        self.counters = counters
        self.stream = stream
        self.content = content
        changes = keys.changes(partition)
        table.removeAll()
        current = nil
        locations.removeAll(keepingCapacity: true)
        sold.removeAll()
        changedLocations = 0
    }

    private mutating func beginTransaction(_ output: inout OutputBuffer) {
        isGathering = true
        parts.removeAll(keepingCapacity: true)
        (queuedCommands, integers) = (0, 0)
        skus.removeAll(keepingCapacity: true)
        remnants.removeAll(keepingCapacity: true)
        fieldCounts.removeAll(keepingCapacity: true)
        output.raw("*1\r\n$5\r\nMULTI\r\n")
    }

    /// Whether the partition has a batch in the transaction.
    func has(_ partition: Int32) -> Bool { parts.contains { $0.batch.partition == partition } }

    /// Ends the transaction.
    mutating func execute(to output: inout OutputBuffer) {
        precondition(isGathering && !isOpen && !parts.isEmpty)
        isGathering = false
        output.raw("*1\r\n$4\r\nEXEC\r\n")
    }

    /// Forgets what has not been sent.
    mutating func cancel() { (isOpen, isGathering) = (false, false) }

    mutating func add(
        _ name: Key, version: Int64, timeMilliseconds: Int64, seq: Int64, scale: Int64, totals: ProjectedQuantities, isLow: Bool,
        isOut: Bool, keys: ViewKeys, to output: inout OutputBuffer
    ) {
        precondition(isOpen && !name.isEmpty)
        flush(keys, to: &output)
        current = SKU(
            name: name, version: version, timeMilliseconds: timeMilliseconds, seq: seq, scale: scale, totals: totals, isLow: isLow,
            isOut: isOut)
    }

    mutating func addLocation(_ name: Key, _ quantities: ProjectedQuantities, isLow: Bool, isOut: Bool) {
        precondition(current != nil && !name.isEmpty, "a location without its SKU")
        locations.append(Location(name: name, quantities: quantities, isLow: isLow, isOut: isOut))
        changedLocations += 1
    }

    mutating func addUnchangedLocation(_ name: Key, hasSold: Bool) {
        precondition(current != nil && !name.isEmpty, "a location without its SKU")
        locations.append(
            Location(name: name, isUnchanged: true, hasSold: hasSold, quantities: ProjectedQuantities(), isLow: false, isOut: false))
    }

    mutating func addSold(_ sold: SoldDays) {
        precondition(current != nil, "what was sold without its SKU")
        if locations.isEmpty {
            current?.keepsSold = true
            current?.hasSold = sold.lastDay != nil
        } else {
            precondition(sold.lastDay != nil, "a location tells only what there is")
            locations[locations.count - 1].hasSold = true
        }
        if sold.lastDay != nil { self.sold.append(sold) }
    }

    // MARK: - A SKU

    /// Encodes the SKU that was added last: only now the number of its locations is known, which stands in front.
    private mutating func flush(_ keys: ViewKeys, to output: inout OutputBuffer) {
        guard let sku = current else { return }
        current = nil
        let index = Int32(skus.count)
        let own = Self.fixedFields + (sku.hasSold ? Self.fieldsOfSold : sku.keepsSold ? 1 : 0)
        let changed = Self.fieldsPerLocation * changedLocations + Self.fieldsOfSold * locations.count { $0.hasSold && !$0.isUnchanged }
        let fields = own + changed
        skus.append(sku.name)
        remnants.append(Remnant(sku: sku.name, version: sku.version, keepsSold: sku.keepsSold, hasSold: sku.hasSold))
        fieldCounts.append(Int64(own + Self.fieldsPerLocation * locations.count + Self.fieldsOfSold * locations.count(where: \.hasSold)))
        table.add(Key(), sku: index, available: sku.totals.available, isLow: sku.isLow, isOut: sku.isOut)
        output.command(2 + 2 * fields)
        output.raw("$4\r\nHSET\r\n")
        output.bulk(keys.sku, sku.name)
        encodeTotals(sku, to: &output)
        if sku.hasSold {
            sold.encodeNext(of: nil, to: &output)
        } else if sku.keepsSold {
            output.field("$8\r\nsoldAsOf\r\n", 0)
        }
        for location in locations where !location.isUnchanged {
            table.add(location.name, sku: index, available: location.quantities.available, isLow: location.isLow, isOut: location.isOut)
            Self.encode(location, to: &output)
            if location.hasSold { sold.encodeNext(of: location.name, to: &output) }
        }
        sold.removeAll()
        output.raw("*2\r\n$4\r\nHLEN\r\n")
        output.bulk(keys.sku, sku.name)
        note(integers: 2)
        if content == .all { encodeChange(sku, to: &output) }
        locations.removeAll(keepingCapacity: true)
        changedLocations = 0
    }

    private mutating func encodeChange(_ sku: SKU, to output: inout OutputBuffer) {
        stream = stream.next(atOrAfter: max(0, sku.timeMilliseconds))
        output.raw("*21\r\n$4\r\nXADD\r\n")
        output.bulk(changes)
        output.beginBulk(OutputBuffer.digits(stream.milliseconds) + 1 + OutputBuffer.digits(stream.counter))
        output.decimal(stream.milliseconds)
        output.raw("-")
        output.decimal(stream.counter)
        output.endLine()
        output.raw("$3\r\nsku\r\n")
        output.bulk(sku.name)
        output.field("$7\r\nversion\r\n", sku.version)
        output.field("$11\r\nincarnation\r\n", watermark.incarnation)
        output.field("$3\r\nseq\r\n", sku.seq)
        output.field("$4\r\ntime\r\n", sku.timeMilliseconds)
        output.field("$6\r\nonHand\r\n", sku.totals.onHand)
        output.field("$9\r\navailable\r\n", sku.totals.available)
        output.field("$3\r\nlow\r\n", sku.isLow ? 1 : 0)
        output.field("$3\r\nout\r\n", sku.isOut ? 1 : 0)
        queuedCommands += 1
    }

    // MARK: - The end

    /// Encodes what is one command a batch.
    mutating func end(keys: ViewKeys, changesKept: Int64, to output: inout OutputBuffer) {
        precondition(isOpen)
        flush(keys, to: &output)
        isOpen = false
        if skus.count > firstSKU {
            encodeNames(keys, to: &output)
            if content == .all {
                encodeSets(keys, to: &output)
                encodeTrim(changesKept, to: &output)
            }
        }
        encodeCounters(keys.counters(partition), to: &output)
        output.raw("*14\r\n$4\r\nHSET\r\n")
        output.bulk(keys.watermark(partition))
        output.fields(of: watermark)
        note(integers: 2)
        let batch = ProjectionStateMachine.Batch(partition: partition, watermark: watermark, stream: stream)
        parts.append(Part(batch: batch, skus: firstSKU..<skus.count, firstInteger: firstInteger))
    }

    private mutating func encodeCounters(_ key: [UInt8], to output: inout OutputBuffer) {
        output.raw("*24\r\n$4\r\nHSET\r\n")
        output.bulk(key)
        output.field("$8\r\naccepted\r\n", counters.accepted)
        output.field("$8\r\nrejected\r\n", counters.rejected)
        output.field("$10\r\nduplicates\r\n", counters.duplicates)
        output.field("$11\r\ndeadLetters\r\n", counters.deadLetters)
        output.field("$8\r\nrerouted\r\n", counters.rerouted)
        output.field("$15\r\noversellRefused\r\n", counters.oversellRefused)
        output.field("$12\r\nunitsRefused\r\n", counters.unitsRefused)
        output.field("$12\r\nexpiredHolds\r\n", counters.expiredHolds)
        output.field("$4\r\nskus\r\n", counters.skus)
        output.field("$9\r\nopenHolds\r\n", counters.openHolds)
        output.field("$11\r\nincarnation\r\n", watermark.incarnation)
    }

    /// Commands that are answered by an integer.
    mutating func note(integers count: Int) {
        queuedCommands += count
        integers += count
    }

    private mutating func encodeTrim(_ changesKept: Int64, to output: inout OutputBuffer) {
        output.raw("*5\r\n$5\r\nXTRIM\r\n")
        output.bulk(changes)
        output.raw("$6\r\nMAXLEN\r\n$1\r\n~\r\n")
        output.bulk(changesKept)
        note(integers: 1)
    }

    /// The names that a clean-up goes by.
    private mutating func encodeNames(_ keys: ViewKeys, to output: inout OutputBuffer) {
        output.command(2 + skus.count - firstSKU)
        output.raw("$4\r\nSADD\r\n")
        output.bulk(keys.skus(partition))
        for sku in skus[firstSKU...] { output.bulk(sku) }
        note(integers: 1)
        let named = table.locations.count { !$0.name.isEmpty }
        if named > 0 {
            output.command(2 + named)
            output.raw("$4\r\nSADD\r\n")
            output.bulk(keys.locations)
            for location in table.locations where !location.name.isEmpty { output.bulk(location.name) }
            note(integers: 1)
        }
    }
}
